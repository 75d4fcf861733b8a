#include <png.h>

#include "internal.h"

typedef struct {
    const uint8_t *bytes;
    size_t left;
    char *message;
    png_structp png;
    png_infop info;
    ci_header header;
    // Of the pixels that are asked for.
    int32_t channels;
    uint8_t *pixels, *colours;
    size_t size;
    // What was written.
    uint8_t *written;
    size_t count, room;
} state;

static void fail(png_structp png, png_const_charp text) {
    ci_note(((state *)png_get_error_ptr(png))->message, text);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void take(png_structp png, png_bytep target, size_t count) {
    state *s = png_get_io_ptr(png);
    if (count > s->left) png_error(png, "the data is cut short");
    memcpy(target, s->bytes, count);
    s->bytes += count;
    s->left -= count;
}

static bool opens(state *s) {
    s->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, s, fail, ignore);
    if (s->png) s->info = png_create_info_struct(s->png);
    if (!s->info) ci_note(s->message, "no memory for a decoder");
    return s->info != NULL;
}

static void read_header(state *s) {
    png_set_read_fn(s->png, s, take);
    // Sizes are the caller's to judge. Chunks beside the image, profiles and texts, are passed over.
    png_set_user_limits(s->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_keep_unknown_chunks(s->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(s->png, s->info);
    int type = png_get_color_type(s->png, s->info);
    bool has_alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(s->png, s->info, PNG_INFO_tRNS);
    s->header.width = png_get_image_width(s->png, s->info);
    s->header.height = png_get_image_height(s->png, s->info);
    s->header.bits = png_get_bit_depth(s->png, s->info);
    s->header.channels = (type & PNG_COLOR_MASK_COLOR ? 3 : 1) + has_alpha;
    s->header.working_bytes = s->header.width * 32 + (type & PNG_COLOR_MASK_COLOR ? s->header.width * s->header.height * 4 : 0);
}

static bool header(state *s) {
    if (setjmp(png_jmpbuf(s->png))) return false;
    read_header(s);
    return true;
}

static bool decode(state *s) {
    if (setjmp(png_jmpbuf(s->png))) return false;
    read_header(s);
    int type = png_get_color_type(s->png, s->info);
    bool is_colour = type & PNG_COLOR_MASK_COLOR, wants_alpha = s->channels % 2 == 0;
    png_set_strip_16(s->png);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(s->png);
    if (!is_colour) png_set_expand_gray_1_2_4_to_8(s->png);
    if (!wants_alpha) {
        png_set_strip_alpha(s->png);
    } else if (png_get_valid(s->png, s->info, PNG_INFO_tRNS)) {
        png_set_tRNS_to_alpha(s->png);
    } else if (!(type & PNG_COLOR_MASK_ALPHA)) {
        png_set_add_alpha(s->png, 255, PNG_FILLER_AFTER);
    }
    if (!is_colour && s->channels > 2) png_set_gray_to_rgb(s->png);
    int passes = png_set_interlace_handling(s->png);
    png_read_update_info(s->png, s->info);

    bool greys = is_colour && s->channels < 3;
    int64_t width = s->header.width, read = greys ? s->channels + 2 : s->channels;
    if (png_get_rowbytes(s->png, s->info) != (size_t)(width * read)) png_error(s->png, "rows of an unexpected size");
    if (s->size != (size_t)(width * s->header.height * s->channels)) png_error(s->png, "another size than before");
    if (greys && !(s->colours = malloc((size_t)(width * s->header.height * read)))) png_error(s->png, "no memory for the image");
    uint8_t *target = greys ? s->colours : s->pixels;
    for (int pass = 0; pass < passes; pass++)
        for (int64_t y = 0; y < s->header.height; y++) png_read_row(s->png, target + y * width * read, NULL);
    png_read_end(s->png, NULL);
    if (!greys) return true;
    for (int64_t i = 0; i < width * s->header.height; i++) {
        s->pixels[i * s->channels] = ci_grey(target + i * read);
        if (wants_alpha) s->pixels[i * 2 + 1] = target[i * 4 + 3];
    }
    return true;
}

bool ci_png_header(const uint8_t *bytes, size_t count, ci_header *result, char *message) {
    state s = {.bytes = bytes, .left = count, .message = message};
    bool works = opens(&s) && header(&s);
    png_destroy_read_struct(&s.png, &s.info, NULL);
    *result = s.header;
    return works;
}

bool ci_png_decode(const uint8_t *bytes, size_t count, int32_t channels, uint8_t *pixels, size_t size, char *message) {
    state s = {.bytes = bytes, .left = count, .message = message, .channels = channels, .pixels = pixels, .size = size};
    bool works = opens(&s) && decode(&s);
    png_destroy_read_struct(&s.png, &s.info, NULL);
    free(s.colours);
    return works;
}

static void put(png_structp png, png_bytep bytes, size_t count) {
    state *s = png_get_io_ptr(png);
    if (count > s->room - s->count) {
        size_t room = 2 * s->room + count + 4096;
        uint8_t *larger = realloc(s->written, room);
        if (!larger) png_error(png, "no memory for the file");
        s->written = larger;
        s->room = room;
    }
    memcpy(s->written + s->count, bytes, count);
    s->count += count;
}

static void flush(png_structp png) { (void)png; }

static bool encode(state *s) {
    static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    if (setjmp(png_jmpbuf(s->png))) return false;
    png_set_write_fn(s->png, s, put, flush);
    png_set_user_limits(s->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(s->png, s->info, (png_uint_32)s->header.width, (png_uint_32)s->header.height, 8, types[s->channels - 1],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(s->png, s->info);
    for (int64_t y = 0; y < s->header.height; y++) png_write_row(s->png, s->pixels + y * s->header.width * s->channels);
    png_write_end(s->png, NULL);
    return true;
}

bool ci_png_encode(const uint8_t *pixels, int64_t width, int64_t height, int32_t channels, uint8_t **bytes, size_t *count,
                   char *message) {
    state s = {.message = message, .channels = channels, .pixels = (uint8_t *)pixels, .header = {width, height}};
    s.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &s, fail, ignore);
    if (s.png) s.info = png_create_info_struct(s.png);
    if (!s.info) ci_note(message, "no memory for an encoder");
    bool works = s.info && encode(&s);
    png_destroy_write_struct(&s.png, &s.info);
    if (!works) free(s.written);
    *bytes = works ? s.written : NULL;
    *count = works ? s.count : 0;
    return works;
}
