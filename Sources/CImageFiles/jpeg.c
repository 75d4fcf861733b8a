#include "internal.h"

#include <jpeglib.h>
// It needs the header above.
#include <jerror.h>

/// Of a progressive file, which may have a scan of nothing in each few bytes.
#define MOST_SCANS 500

typedef struct {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    char *message;
    bool has_ended;
    int32_t channels;
    uint8_t *pixels, *row;
    size_t size;
} state;

static void fail(j_common_ptr jpeg) {
    state *s = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    ci_note(s->message, text);
    longjmp(s->jump, 1);
}

static void fail_with(state *s, const char *text) {
    ci_note(s->message, text);
    longjmp(s->jump, 1);
}

/// libjpeg warns of damage and goes on with what it guesses. Here it is an error, but for what loses nothing.
static void warn(j_common_ptr jpeg, int level) {
    if (level >= 0) return;
    switch (jpeg->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION: fail(jpeg);
    default: break;
    }
}

static void ignore(j_common_ptr jpeg) { (void)jpeg; }
static void begin(j_decompress_ptr jpeg) { (void)jpeg; }

/// The end of the data reads like the end of the image: a file that lacks nothing but its last marker is whole.
static boolean refill(j_decompress_ptr jpeg) {
    static const JOCTET end[2] = {0xFF, JPEG_EOI};
    state *s = jpeg->client_data;
    if (s->has_ended) fail_with(s, "the data is cut short");
    s->has_ended = true;
    jpeg->src->next_input_byte = end;
    jpeg->src->bytes_in_buffer = sizeof end;
    return TRUE;
}

static void skip(j_decompress_ptr jpeg, long count) {
    if (count <= 0) return;
    if ((size_t)count > jpeg->src->bytes_in_buffer) fail_with(jpeg->client_data, "the data is cut short");
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void watch(j_common_ptr jpeg) {
    if (((j_decompress_ptr)jpeg)->input_scan_number > MOST_SCANS) fail_with(jpeg->client_data, "more than 500 scans");
}

static void prepare(state *s, const uint8_t *bytes, size_t count) {
    s->jpeg.err = jpeg_std_error(&s->errors);
    s->errors.error_exit = fail;
    s->errors.emit_message = warn;
    s->errors.output_message = ignore;
    s->jpeg.client_data = s;
    s->source = (struct jpeg_source_mgr){
        .next_input_byte = bytes, .bytes_in_buffer = count, .init_source = begin, .fill_input_buffer = refill,
        .skip_input_data = skip, .resync_to_restart = jpeg_resync_to_restart, .term_source = begin};
}

static void read_header(state *s) {
    jpeg_create_decompress(&s->jpeg);
    s->jpeg.src = &s->source;
    s->progress.progress_monitor = watch;
    s->jpeg.progress = &s->progress;
    jpeg_read_header(&s->jpeg, TRUE);
}

static bool header(state *s, ci_header *result) {
    if (setjmp(s->jump)) return false;
    read_header(s);
    int64_t area = (int64_t)s->jpeg.image_width * s->jpeg.image_height;
    result->width = s->jpeg.image_width;
    result->height = s->jpeg.image_height;
    result->channels = s->jpeg.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
    result->bits = s->jpeg.data_precision;
    // Files of several scans have their coefficients, two bytes each, in memory.
    result->working_bytes = jpeg_has_multiple_scans(&s->jpeg) ? 2 * area * s->jpeg.num_components : 64 * result->width;
    return true;
}

static inline uint32_t part(uint32_t a, uint32_t b) {
    uint32_t product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/// Inks to light. Files by Adobe's programs, nearly all with inks, have 255 for none.
static void lighten(uint8_t *row, int64_t width, bool is_inverted) {
    for (int64_t i = 0; i < width; i++) {
        uint8_t *ink = row + 4 * i, flip = is_inverted ? 255 : 0;
        uint32_t light = 255 - (ink[3] ^ flip);
        for (int c = 0; c < 3; c++) row[3 * i + c] = (uint8_t)(light - part(ink[c] ^ flip, light));
    }
}

static bool decode(state *s) {
    if (setjmp(s->jump)) return false;
    read_header(s);
    struct jpeg_decompress_struct *jpeg = &s->jpeg;
    bool has_inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = has_inks ? JCS_CMYK : s->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(jpeg);
    int64_t width = jpeg->output_width;
    if (s->size != (size_t)(width * jpeg->output_height * s->channels)) fail_with(s, "another size than before");
    bool is_direct = !has_inks && s->channels != 4;
    if (!is_direct && !(s->row = malloc((size_t)(4 * width)))) fail_with(s, "no memory for a row");
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *target = s->pixels + jpeg->output_scanline * width * s->channels, *row = is_direct ? target : s->row;
        if (jpeg_read_scanlines(jpeg, &row, 1) != 1) fail_with(s, "the data is cut short");
        if (is_direct) continue;
        if (has_inks) lighten(row, width, jpeg->saw_Adobe_marker);
        for (int64_t i = 0; i < width; i++) {
            if (s->channels == 1) {
                target[i] = ci_grey(row + 3 * i);
            } else {
                memcpy(target + s->channels * i, row + 3 * i, 3);
                if (s->channels == 4) target[4 * i + 3] = 255;
            }
        }
    }
    // Scans that are missing are nothing that the decoder misses.
    if (s->has_ended && jpeg_has_multiple_scans(jpeg)) fail_with(s, "the data is cut short");
    return true;
}

bool ci_jpeg_header(const uint8_t *bytes, size_t count, ci_header *result, char *message) {
    state s = {.message = message};
    prepare(&s, bytes, count);
    bool works = header(&s, result);
    jpeg_destroy_decompress(&s.jpeg);
    return works;
}

bool ci_jpeg_decode(const uint8_t *bytes, size_t count, int32_t channels, uint8_t *pixels, size_t size, char *message) {
    state s = {.message = message, .channels = channels, .pixels = pixels, .size = size};
    prepare(&s, bytes, count);
    bool works = decode(&s);
    jpeg_destroy_decompress(&s.jpeg);
    free(s.row);
    return works;
}
