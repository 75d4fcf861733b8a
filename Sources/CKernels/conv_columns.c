#include "conv_internal.h"

#include <string.h>

// The gradient to the input as columns = dy kernel^T, added to their places in dx. Windows overlap, so one task does an
// image, in order.
typedef struct {
    const mk_conv_plan *plan;
    const void *dy;
    void *dx;
    mk_gather gather;
    mk_shared_b kernel; // the groups', transposed
    int64_t columns, block;
} columns_job;

// Adds the columns of `count` positions, from `first` in their image, to the image's channels of one group.
#define ADD_COLUMNS(T, NAME)                                                                                           \
    MK_CLONES(static, void, NAME, (const mk_gather *g, int64_t channels, int64_t first, int64_t count,                 \
               const T *restrict columns, T *restrict image), (g, channels, first, count, columns, image)) {           \
        const int64_t *grid = g->grid;                                                                                 \
        bool together = channels == g->channels;                                                                       \
        for (int64_t t = 1; t < g->taps[2]; t++) together &= g->offset[2][t] == g->offset[2][t - 1] + 1;               \
        int64_t pieces = together ? 1 : g->taps[2], width = together ? g->taps[2] : 1;                                 \
        for (int64_t q = first; q < first + count; q++) {                                                              \
            int64_t q0 = q / (grid[1] * grid[2]), q1 = q / grid[2] % grid[1], q2 = q % grid[2];                        \
            for (int64_t row = 0; row < g->taps[0] * g->taps[1]; row++) {                                              \
                int64_t s0 = q0 * g->step[0] + g->offset[0][row / g->taps[1]];                                         \
                int64_t s1 = q1 * g->step[1] + g->offset[1][row % g->taps[1]];                                         \
                bool inside = s0 >= 0 && s0 < g->source[0] && s1 >= 0 && s1 < g->source[1];                            \
                for (int64_t t = 0; t < pieces; t++, columns += width * channels) {                                    \
                    int64_t s2 = q2 * g->step[2] + g->offset[2][t];                                                    \
                    int64_t low = mk_clamp(-s2, 0, width), high = mk_clamp(g->source[2] - s2, low, width);             \
                    if (!inside || low == high) continue;                                                              \
                    T *to = image + ((s0 * g->source[1] + s1) * g->source[2] + s2 + low) * g->channels;                \
                    const T *from = columns + low * channels;                                                          \
                    for (int64_t i = 0; i < (high - low) * channels; i++) to[i] += from[i];                            \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
ADD_COLUMNS(float, add_columns_f32)
ADD_COLUMNS(double, add_columns_f64)

static void columns_task(int64_t image, void *context) {
    const columns_job *job = context;
    const mk_conv_plan *p = job->plan;
    size_t size = job->gather.size;
    int64_t positions = mk_volume(p->out), pixels = mk_volume(p->in);
    int64_t in_group = p->channels_in / p->groups, out_group = p->channels_out / p->groups;
    void *columns = mk_scratch((size_t)(job->block * job->columns) * size);
    void *dx = mk_at_mutable(job->dx, image * pixels * p->channels_in, size);
    memset(dx, 0, (size_t)(pixels * p->channels_in) * size);
    for (int64_t first = 0; first < positions; first += job->block) {
        int64_t count = mk_min(job->block, positions - first);
        for (int64_t g = 0; g < p->groups; g++) {
            const void *dy = mk_at(job->dy, (image * positions + first) * p->channels_out + g * out_group, size);
            mk_gemm_with(&job->kernel, g, false, count, dy, p->channels_out, 0, columns, job->columns);
            void *to = mk_at_mutable(dx, g * in_group, size);
            if (p->type == MK_F32) add_columns_f32(&job->gather, in_group, first, count, columns, to);
            else add_columns_f64(&job->gather, in_group, first, count, columns, to);
        }
    }
}

void mk_conv_input_by_columns(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx) {
    size_t offset_bytes = mk_offset_bytes(plan);
    int64_t *offsets = mk_alloc_or_stop(offset_bytes);
    columns_job job = { .plan = plan, .dy = dy, .dx = dx, .gather = mk_conv_gather(plan, offsets) };
    job.columns = mk_volume(plan->kernel) * (plan->channels_in / plan->groups);
    job.block = mk_block_positions(job.columns, job.gather.size, mk_volume(plan->out));
    int64_t out_group = plan->channels_out / plan->groups;
    job.kernel = (mk_shared_b){ .type = plan->type, .transpose = true, .m = mk_min(job.block, mk_volume(plan->out)),
                                .n = job.columns, .k = out_group, .b = kernel, .row = plan->channels_out,
                                .count = plan->groups, .stride = out_group };
    mk_share_b(&job.kernel);
    mk_parallel_for(plan->n, columns_task, &job);
    mk_unshare_b(&job.kernel);
    mk_free(offsets, offset_bytes);
}
