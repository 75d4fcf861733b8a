#include "conv_winograd.h"

#include <stdatomic.h>
#include <string.h>
#include "strided.h"

const float *mk_winograd_patch(const mk_winograd_side *side, const mk_winograd_tiles *tiles, int64_t tile,
                               const float *images, float *room, int64_t *row) {
    int64_t channels = side->channels, height = side->size[0], width = side->size[1], extent = side->extent;
    int64_t in_image = tile % (tiles->tiles[0] * tiles->tiles[1]), image = tile / (tiles->tiles[0] * tiles->tiles[1]);
    int64_t top = in_image / tiles->tiles[1] * MK_TILE - side->pad[0];
    int64_t left = in_image % tiles->tiles[1] * MK_TILE - side->pad[1];
    const float *at = images + ((image * height + top) * width + left) * channels;
    if (top >= 0 && left >= 0 && top + extent <= height && left + extent <= width) {
        *row = width * channels;
        return at;
    }
    *row = extent * channels;
    int64_t low = mk_clamp(-left, 0, extent), high = mk_clamp(width - left, low, extent);
    for (int64_t i = 0; i < extent; i++) {
        float *to = room + i * *row;
        if (top + i < 0 || top + i >= height) {
            memset(to, 0, (size_t)*row * sizeof(float));
            continue;
        }
        memset(to, 0, (size_t)(low * channels) * sizeof(float));
        memcpy(to + low * channels, at + (i * width + low) * channels,
               (size_t)((high - low) * channels) * sizeof(float));
        memset(to + high * channels, 0, (size_t)((extent - high) * channels) * sizeof(float));
    }
    return room;
}

MK_CLONES(static, void, evaluate_inputs, (const float *patch, int64_t row, int64_t channels, int64_t first_row,
           int64_t end_row, float *v, int64_t plane), (patch, row, channels, first_row, end_row, v, plane)) {
    MK_FOR_LANES(c, channels) {
        mk_lanes t[MK_PLANES];
        for (int j = 0; j < MK_PATCH; j++) {
            mk_lanes d[MK_PATCH];
            for (int i = 0; i < MK_PATCH; i++) d[i] = *(const mk_lanes *)(patch + i * row + j * channels + c);
            mk_winograd_input(d, 1, t + j, MK_PATCH);
        }
        for (int64_t i = first_row; i < end_row; i++) {
            mk_lanes r[MK_PATCH];
            mk_winograd_input(t + i * MK_PATCH, 1, r, 1);
            float *to = v + (i - first_row) * MK_PATCH * plane + c;
            for (int j = 0; j < MK_PATCH; j++) *(mk_lanes *)(to + j * plane) = r[j];
        }
    }
}

void mk_winograd_inputs(const mk_winograd_side *side, const mk_winograd_tiles *tiles, const float *images,
                        int64_t first, int64_t count, int64_t first_row, int64_t end_row, float *room, float *v,
                        int64_t plane) {
    for (int64_t i = 0; i < count; i++) {
        int64_t row;
        const float *patch = mk_winograd_patch(side, tiles, first + i, images, room, &row);
        evaluate_inputs(patch, row, side->channels, first_row, end_row, v + i * side->channels, plane);
    }
}

// Writes a tile's rows and columns that exist.
MK_CLONES(static, void, interpolate, (const float *m, int64_t plane, int64_t channels, const float *bias, bool relu,
           float *y, int64_t row, int64_t rows, int64_t columns),
          (m, plane, channels, bias, relu, y, row, rows, columns)) {
    MK_FOR_LANES(c, channels) {
        mk_lanes t[MK_TILE * MK_PATCH];
        for (int j = 0; j < MK_PATCH; j++) {
            mk_lanes d[MK_PATCH];
            for (int i = 0; i < MK_PATCH; i++) d[i] = *(const mk_lanes *)(m + (i * MK_PATCH + j) * plane + c);
            mk_winograd_output(d, 1, t + j, MK_PATCH);
        }
        mk_lanes zero = { 0 }, b = zero;
        if (bias != NULL) b = *(const mk_lanes *)(bias + c);
        for (int64_t i = 0; i < rows; i++) {
            mk_lanes r[MK_TILE];
            mk_winograd_output(t + i * MK_PATCH, 1, r, 1);
            for (int j = 0; j < MK_TILE; j++) {
                r[j] += b;
                if (relu) r[j] = MK_SELECT(r[j] < 0, zero, r[j]);
            }
            for (int64_t j = 0; j < columns; j++) *(mk_lanes *)(y + i * row + j * channels + c) = r[j];
        }
    }
}

typedef struct {
    mk_winograd_side from, to;
    mk_winograd_tiles tiles;
    // With padding of 2 before every image, the zeros after one are those before the next: images can lie in a grid
    // without gaps, [0] above each other and [1] in a row, and tiles need not end where they end. 0: each by itself.
    int64_t grid[2], images;
    const float *x, *kernel, *bias;
    float *y, *u; // u: the kernel at the points, 36 matrices of channels
    const mk_weights *weights; // the same, prepared; NULL: `u` is made
    mk_shared_b points;        // either, as the products read it
    bool flip, relu;         // flip: the taps are met from the end
    int64_t block;         // tiles of a task
} winograd_job;

static size_t points_size(const winograd_job *job) {
    return (size_t)(MK_PLANES * job->from.channels * job->to.channels) * sizeof(float);
}

// One row of the kernel: an input channel's taps to all output channels.
MK_CLONES(static, void, evaluate_taps, (const float *kernel, int64_t tap, int64_t channels, bool flip, float *u,
           int64_t plane), (kernel, tap, channels, flip, u, plane)) {
    MK_FOR_LANES(c, channels) {
        mk_lanes t[MK_PATCH * 3];
        for (int j = 0; j < 3; j++) {
            mk_lanes g[3];
            for (int i = 0; i < 3; i++) {
                int at = flip ? 8 - (i * 3 + j) : i * 3 + j;
                g[i] = *(const mk_lanes *)(kernel + at * tap + c);
            }
            mk_winograd_taps(g, 1, t + j, 3);
        }
        for (int i = 0; i < MK_PATCH; i++) {
            mk_lanes r[MK_PATCH];
            mk_winograd_taps(t + i * 3, 1, r, 1);
            for (int j = 0; j < MK_PATCH; j++) *(mk_lanes *)(u + (i * MK_PATCH + j) * plane + c) = r[j];
        }
    }
}

static void taps_task(int64_t begin, int64_t end, void *context) {
    const winograd_job *job = context;
    int64_t from = job->from.channels, to = job->to.channels;
    for (int64_t row = begin; row < end; row++) {
        evaluate_taps(job->kernel + row * to, from * to, to, job->flip, job->u + row * to, from * to);
    }
}

// The image at a place of the grid, -1 where there is none.
static int64_t grid_image(const winograd_job *job, int64_t row, int64_t column) {
    int64_t down = row / job->to.size[0], across = column / job->to.size[1];
    int64_t image = down * job->grid[1] + across;
    return down < job->grid[0] && across < job->grid[1] && image < job->images ? image : -1;
}

// The patch of a tile in the grid of images, as mk_winograd_patch gives it.
static const float *grid_patch(const winograd_job *job, int64_t top, int64_t left, float *room, int64_t *row) {
    const mk_winograd_side *from = &job->from;
    int64_t channels = from->channels, height = from->size[0], width = from->size[1];
    int64_t down = job->to.size[0], right = job->to.size[1];
    *row = MK_PATCH * channels;
    for (int64_t i = 0; i < MK_PATCH; i++) {
        int64_t y = (top + i) % down - 2;
        for (int64_t j = 0; j < MK_PATCH;) {
            // As many columns as lie in one image or in its zeros.
            int64_t image = grid_image(job, top + i, left + j), x = (left + j) % right - 2;
            int64_t run = mk_min(x < 0 ? -x : right - 2 - x, MK_PATCH - j);
            float *to = room + (i * MK_PATCH + j) * channels;
            size_t bytes = (size_t)(run * channels) * sizeof(float);
            if (image < 0 || y < 0 || x < 0) memset(to, 0, bytes);
            else memcpy(to, job->x + ((image * height + y) * width + x) * channels, bytes);
            j += run;
        }
    }
    return room;
}

// Writes a tile of the grid of images, element by element where it lies in several.
static void write_grid_tile(const winograd_job *job, int64_t top, int64_t left, const float *m, int64_t plane,
                            float *room) {
    int64_t channels = job->to.channels, down = job->to.size[0], right = job->to.size[1];
    int64_t image = grid_image(job, top, left), y = top % down, x = left % right;
    if (y + MK_TILE <= down && x + MK_TILE <= right) {
        if (image < 0) return;
        float *to = job->y + ((image * down + y) * right + x) * channels;
        interpolate(m, plane, channels, NULL, false, to, right * channels, MK_TILE, MK_TILE);
        return;
    }
    interpolate(m, plane, channels, NULL, false, room, MK_TILE * channels, MK_TILE, MK_TILE);
    for (int64_t i = 0; i < MK_TILE; i++) {
        for (int64_t j = 0; j < MK_TILE; j++) {
            image = grid_image(job, top + i, left + j);
            if (image < 0) continue;
            memcpy(job->y + ((image * down + (top + i) % down) * right + (left + j) % right) * channels,
                   room + (i * MK_TILE + j) * channels, (size_t)channels * sizeof(float));
        }
    }
}

// `count` tiles from `first` on at the points. `room` holds a patch.
static void evaluate_tiles(const winograd_job *job, int64_t first, int64_t count, float *room, float *v, int64_t plane) {
    int64_t from = job->from.channels, across = job->tiles.tiles[1];
    if (job->grid[0] == 0) {
        mk_winograd_inputs(&job->from, &job->tiles, job->x, first, count, 0, MK_PATCH, room, v, plane);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t row, top = (first + i) / across * MK_TILE, left = (first + i) % across * MK_TILE;
        const float *patch = grid_patch(job, top, left, room, &row);
        evaluate_inputs(patch, row, from, 0, MK_PATCH, v + i * from, plane);
    }
}

// Their results from the products at the points. `room` holds a tile.
static void write_tiles(const winograd_job *job, int64_t first, int64_t count, const float *m, int64_t plane, float *room) {
    int64_t to = job->to.channels, height = job->to.size[0], width = job->to.size[1];
    int64_t down = job->tiles.tiles[0], across = job->tiles.tiles[1];
    for (int64_t i = first; i < first + count; i++, m += to) {
        if (job->grid[0] > 0) {
            write_grid_tile(job, i / across * MK_TILE, i % across * MK_TILE, m, plane, room);
            continue;
        }
        int64_t top = i % (down * across) / across * MK_TILE, left = i % across * MK_TILE;
        interpolate(m, plane, to, job->bias, job->relu,
                    job->y + ((i / (down * across) * height + top) * width + left) * to, width * to,
                    mk_min(MK_TILE, height - top), mk_min(MK_TILE, width - left));
    }
}

static void tiles_task(int64_t task, void *context) {
    const winograd_job *job = context;
    int64_t first = task * job->block, count = mk_min(job->block, mk_winograd_count(&job->tiles) - first);
    int64_t from = job->from.channels, to = job->to.channels;
    int64_t plane_v = mk_winograd_plane(count, from), plane_m = mk_winograd_plane(count, to);
    float *v = mk_scratch((size_t)(MK_PLANES * (plane_v + plane_m + mk_max(from, to))) * sizeof(float));
    float *m = v + MK_PLANES * plane_v, *room = m + MK_PLANES * plane_m;
    evaluate_tiles(job, first, count, room, v, plane_v);
    for (int64_t i = 0; i < MK_PLANES; i++)
        mk_gemm_with(&job->points, i, false, count, v + i * plane_v, from, 0, m + i * plane_m, to);
    write_tiles(job, first, count, m, plane_m, room);
}

#define FEW 32

// Few tiles make few tasks, but there are 36 products: the three steps one after the other, each on all threads.
typedef struct {
    const winograd_job *job;
    float *v, *m;
    int64_t plane_v, plane_m;
} few_tiles;

static void evaluate_few(int64_t first, int64_t end, void *context) {
    const few_tiles *f = context;
    float *room = mk_scratch((size_t)(MK_PLANES * f->job->from.channels) * sizeof(float));
    evaluate_tiles(f->job, first, end - first, room, f->v + first * f->job->from.channels, f->plane_v);
}

static void multiply_few(int64_t first, int64_t end, void *context) {
    const few_tiles *f = context;
    int64_t from = f->job->from.channels, to = f->job->to.channels, count = mk_winograd_count(&f->job->tiles);
    for (int64_t i = first; i < end; i++)
        mk_gemm_with(&f->job->points, i, false, count, f->v + i * f->plane_v, from, 0, f->m + i * f->plane_m, to);
}

static void write_few(int64_t first, int64_t end, void *context) {
    const few_tiles *f = context;
    float *room = mk_scratch((size_t)(MK_PLANES * f->job->to.channels) * sizeof(float));
    write_tiles(f->job, first, end - first, f->m + first * f->job->to.channels, f->plane_m, room);
}

static void run_few(const winograd_job *job) {
    int64_t from = job->from.channels, to = job->to.channels, count = mk_winograd_count(&job->tiles);
    few_tiles f = { .job = job, .plane_v = mk_winograd_plane(count, from), .plane_m = mk_winograd_plane(count, to) };
    f.v = mk_temporary(MK_PLANES * (f.plane_v + f.plane_m), sizeof(float));
    f.m = f.v + MK_PLANES * f.plane_v;
    // A number at the points takes about a nanosecond, ten multiplications of a product as long.
    mk_awake_ranges(count, mk_max(4096 / (MK_PLANES * from), 1), evaluate_few, &f);
    mk_awake_ranges(MK_PLANES, mk_clamp(250000 / (count * from * to), 1, 9), multiply_few, &f);
    mk_awake_ranges(count, mk_max(4096 / (MK_PLANES * to), 1), write_few, &f);
    mk_free_temporary(f.v);
}

// Evaluates the kernel at the points; `points` reads it, or what is packed of it.
static void evaluate_kernel(winograd_job *job) {
    int64_t tiles = mk_winograd_count(&job->tiles), from = job->from.channels, to = job->to.channels;
    // At least eight tasks, if the tiles allow.
    job->block = tiles <= FEW ? tiles
        : mk_min(mk_winograd_block(from + to, MK_PLANES), mk_max(mk_ceil_div(mk_ceil_div(tiles, 8), 16) * 16, 16));
    job->points = (mk_shared_b){ .type = MK_F32, .m = mk_min(job->block, tiles), .n = to, .k = from, .row = to,
                                 .count = MK_PLANES, .stride = from * to };
    if (job->weights != NULL) {
        job->points = job->weights->shared;
        return;
    }
    job->u = mk_alloc_or_stop(points_size(job));
    job->points.b = job->u;
    mk_parallel_ranges(from, mk_grain_of(MK_PLANES * to), taps_task, job);
}

static void run(winograd_job *job) {
    evaluate_kernel(job);
    if (job->weights == NULL) mk_share_b(&job->points);
    int64_t tiles = mk_winograd_count(&job->tiles);
    if (tiles <= FEW) run_few(job);
    else mk_parallel_for(mk_ceil_div(tiles, job->block), tiles_task, job);
    if (job->weights != NULL) return;
    mk_unshare_b(&job->points);
    mk_free(job->u, points_size(job));
}

static winograd_job forward_job(const mk_conv_plan *p, const float *kernel) {
    return (winograd_job){
        .from = { { p->in[1], p->in[2] }, p->channels_in, MK_PATCH, { p->pad_before[1], p->pad_before[2] } },
        .to = { { p->out[1], p->out[2] }, p->channels_out, MK_TILE, { 0, 0 } },
        .tiles = { p->n * p->in[0], { mk_ceil_div(p->out[1], MK_TILE), mk_ceil_div(p->out[2], MK_TILE) } },
        .kernel = kernel, .relu = p->activation == MK_ACTIVATION_RELU,
    };
}

void mk_winograd_forward(const mk_conv_plan *p, const float *x, const float *kernel, const mk_weights *weights,
                         const float *bias, float *y) {
    winograd_job job = forward_job(p, kernel);
    job.x = x;
    job.weights = mk_weights_for(MK_OF_WINOGRAD, weights);
    job.bias = bias;
    job.y = y;
    run(&job);
}

mk_weights *mk_winograd_prepare(const mk_conv_plan *p, const float *kernel) {
    winograd_job job = forward_job(p, kernel);
    evaluate_kernel(&job);
    mk_weights *weights = mk_make_weights(MK_OF_WINOGRAD, job.points);
    mk_free(job.u, points_size(&job));
    return weights;
}

// Lays the images in a grid where that takes fewer tiles.
static void arrange(winograd_job *job) {
    int64_t n = job->tiles.images, down = job->to.size[0], right = job->to.size[1], best = mk_winograd_count(&job->tiles);
    job->images = n;
    // Four images on a side have whole numbers of tiles; more of them only make longer rows.
    for (int64_t rows = 1; rows <= mk_min(n, 4); rows++) {
        int64_t columns = mk_ceil_div(n, rows);
        mk_winograd_tiles tiles = { 1, { mk_ceil_div(rows * down, MK_TILE), mk_ceil_div(columns * right, MK_TILE) } };
        if (mk_winograd_count(&tiles) >= best) continue;
        best = mk_winograd_count(&tiles);
        job->grid[0] = rows;
        job->grid[1] = columns;
        job->tiles = tiles;
    }
}

typedef struct {
    const mk_conv_plan *plan;
    const float *kernel;
    float *transposed;
} transpose_job;

static void transpose_task(int64_t tap, void *context) {
    const transpose_job *job = context;
    int64_t in = job->plan->channels_in, out = job->plan->channels_out;
    mk_transpose_matrix(sizeof(float), job->kernel + tap * in * out, in, out, out, job->transposed + tap * in * out);
}

void mk_winograd_input_gradient(const mk_conv_plan *p, const float *dy, const float *kernel, float *dx) {
    size_t bytes = (size_t)(9 * p->channels_in * p->channels_out) * sizeof(float);
    transpose_job transpose = { p, kernel, mk_alloc_or_stop(bytes) };
    mk_parallel_for(9, transpose_task, &transpose);
    winograd_job job = {
        .from = { { p->out[1], p->out[2] }, p->channels_out, MK_PATCH, { 2 - p->pad_before[1], 2 - p->pad_before[2] } },
        .to = { { p->in[1], p->in[2] }, p->channels_in, MK_TILE, { 0, 0 } },
        .tiles = { p->n * p->in[0], { mk_ceil_div(p->in[1], MK_TILE), mk_ceil_div(p->in[2], MK_TILE) } },
        .x = dy, .kernel = transpose.transposed, .y = dx, .flip = true,
    };
    if (job.from.pad[0] == 2 && job.from.pad[1] == 2) arrange(&job);
    run(&job);
    mk_free(transpose.transposed, bytes);
}

static atomic_bool is_on = true;
void mk_set_winograd(bool on) { atomic_store(&is_on, on); }
bool mk_winograd(void) { return atomic_load(&is_on); }

// Measured: four products saved of every nine pay for the transforms, and `least` tiles for the kernel's.
static bool takes(const mk_conv_plan *p, const int64_t outputs[3], int64_t least) {
    bool fits = p->type == MK_F32 && p->groups == 1 && p->channels_in >= MK_LANES && p->channels_out >= MK_LANES
        && mk_winograd() && mk_is_planar(p);
    for (int axis = 1; axis < 3; axis++) fits &= p->kernel[axis] == 3 && p->stride[axis] == 1 && p->dilation[axis] == 1;
    int64_t tiles = mk_ceil_div(outputs[1], MK_TILE) * mk_ceil_div(outputs[2], MK_TILE);
    return fits && 9 * outputs[1] * outputs[2] >= 65 * tiles && p->n * p->in[0] * tiles >= least;
}

// The kernel's transform costs as much as it saves in some five tiles while it fits in the second-level cache, in ten where
// the third has to hold it. Where a model predicts, it is made once, so fewer would do; but a convolution has the same bits
// then as in training.
bool mk_winograd_takes(const mk_conv_plan *p) {
    int64_t pairs = p->channels_in * p->channels_out;
    return takes(p, p->out, pairs <= 32768 ? 6 : pairs <= 65536 ? 16 : 24);
}
bool mk_winograd_takes_gradients(const mk_conv_plan *p, const int64_t outputs[3]) { return takes(p, outputs, 12); }
