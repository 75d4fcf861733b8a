#include "conv_winograd.h"

#include <string.h>

// The gradient to the kernel: at each point the sum over the tiles of inputs^T gradients, interpolated once at the end.
// The tiles are cut into `parts` sums; where the channels are many, the 6 rows of points are tasks of their own too.
typedef struct {
    mk_winograd_side x_side, dy_side;
    mk_winograd_tiles tiles;
    const float *x, *dy;
    float *sums, *dkernel;
    int64_t part_tiles, block, strips;
} kernel_job;

MK_CLONES(static, void, evaluate_upstream, (const float *patch, int64_t row, int64_t channels, int64_t first_row,
           int64_t end_row, float *v, int64_t plane), (patch, row, channels, first_row, end_row, v, plane)) {
    MK_FOR_LANES(c, channels) {
        mk_lanes t[MK_PLANES];
        for (int j = 0; j < MK_TILE; j++) {
            mk_lanes d[MK_TILE];
            for (int i = 0; i < MK_TILE; i++) d[i] = *(const mk_lanes *)(patch + i * row + j * channels + c);
            mk_winograd_upstream(d, 1, t + j, MK_PATCH);
        }
        for (int64_t i = first_row; i < end_row; i++) {
            mk_lanes r[MK_PATCH];
            mk_winograd_upstream(t + i * MK_PATCH, 1, r, 1);
            float *to = v + (i - first_row) * MK_PATCH * plane + c;
            for (int j = 0; j < MK_PATCH; j++) *(mk_lanes *)(to + j * plane) = r[j];
        }
    }
}

static void kernel_task(int64_t task, void *context) {
    const kernel_job *job = context;
    int64_t in = job->x_side.channels, out = job->dy_side.channels;
    int64_t part = task / job->strips, rows = MK_PATCH / job->strips, first_row = task % job->strips * rows;
    int64_t start = part * job->part_tiles;
    int64_t end = mk_min(start + job->part_tiles, mk_winograd_count(&job->tiles));
    int64_t plane_v = mk_winograd_plane(job->block, in), plane_d = mk_winograd_plane(job->block, out);
    int64_t planes = rows * MK_PATCH, room_floats = MK_PLANES * mk_max(in, out);
    float *v = mk_scratch((size_t)(planes * (plane_v + plane_d) + room_floats) * sizeof(float));
    float *d = v + planes * plane_v, *room = d + planes * plane_d;
    float *sums = job->sums + (part * MK_PLANES + first_row * MK_PATCH) * in * out;
    for (int64_t first = start; first < end; first += job->block) {
        int64_t count = mk_min(job->block, end - first);
        mk_winograd_inputs(&job->x_side, &job->tiles, job->x, first, count, first_row, first_row + rows, room, v,
                           plane_v);
        for (int64_t i = 0; i < count; i++) {
            int64_t row;
            const float *patch = mk_winograd_patch(&job->dy_side, &job->tiles, first + i, job->dy, room, &row);
            evaluate_upstream(patch, row, out, first_row, first_row + rows, d + i * out, plane_d);
        }
        for (int64_t i = 0; i < planes; i++) {
            mk_gemm_block(MK_F32, true, false, in, out, count, 1, v + i * plane_v, in, d + i * plane_d, out,
                          first == start ? 0 : 1, sums + i * in * out, out);
        }
    }
}

// One input channel's taps from its sums at the points.
MK_CLONES(static, void, interpolate_taps, (const float *sums, int64_t plane, int64_t channels, float *dkernel),
          (sums, plane, channels, dkernel)) {
    MK_FOR_LANES(c, channels) {
        mk_lanes t[3 * MK_PATCH];
        for (int j = 0; j < MK_PATCH; j++) {
            mk_lanes w[MK_PATCH];
            for (int i = 0; i < MK_PATCH; i++) w[i] = *(const mk_lanes *)(sums + (i * MK_PATCH + j) * plane + c);
            mk_winograd_tap_gradients(w, 1, t + j, MK_PATCH);
        }
        for (int i = 0; i < 3; i++) {
            mk_lanes r[3];
            mk_winograd_tap_gradients(t + i * MK_PATCH, 1, r, 1);
            for (int j = 0; j < 3; j++) *(mk_lanes *)(dkernel + (i * 3 + j) * plane + c) = r[j];
        }
    }
}

static void taps_task(int64_t begin, int64_t end, void *context) {
    const kernel_job *job = context;
    int64_t in = job->x_side.channels, out = job->dy_side.channels;
    for (int64_t row = begin; row < end; row++) {
        interpolate_taps(job->sums + row * out, in * out, out, job->dkernel + row * out);
    }
}

void mk_winograd_kernel_gradient(const mk_conv_plan *p, const float *x, const float *dy, float *dkernel) {
    kernel_job job = {
        .x_side = { { p->in[1], p->in[2] }, p->channels_in, MK_PATCH, { p->pad_before[1], p->pad_before[2] } },
        .dy_side = { { p->out[1], p->out[2] }, p->channels_out, MK_TILE, { 0, 0 } },
        .tiles = { p->n * p->in[0], { mk_ceil_div(p->out[1], MK_TILE), mk_ceil_div(p->out[2], MK_TILE) } },
        .x = x, .dy = dy, .dkernel = dkernel,
    };
    int64_t tiles = mk_winograd_count(&job.tiles), elements = MK_PLANES * p->channels_in * p->channels_out;
    // Sums of 16 MiB in all, or one.
    int64_t parts = mk_clamp(((int64_t)4 << 20) / elements, 1, mk_clamp(tiles / 64, 1, 16));
    job.strips = parts >= 8 ? 1 : parts >= 4 ? 2 : 6;
    job.part_tiles = mk_ceil_div(tiles, parts);
    parts = mk_ceil_div(tiles, job.part_tiles);
    job.block = mk_min(job.part_tiles, mk_winograd_block(p->channels_in + p->channels_out, MK_PLANES / job.strips));
    size_t bytes = (size_t)(parts * elements) * sizeof(float);
    job.sums = mk_alloc_or_stop(bytes);
    mk_parallel_for(parts * job.strips, kernel_task, &job);
    mk_sum_parts(MK_F32, job.sums, parts, elements);
    mk_parallel_ranges(p->channels_in, mk_grain_of(MK_PLANES * p->channels_out), taps_task, &job);
    mk_free(job.sums, bytes);
}
