#include "conv_internal.h"

#include <string.h>

static bool is_depthwise(const mk_conv_plan *p) {
    return p->groups > 1 && p->groups == p->channels_in;
}

// A convolution that is one matrix product: a pixel sees itself only.
static bool is_pointwise(const mk_conv_plan *p) {
    bool same = p->groups == 1 && mk_volume(p->kernel) == 1;
    for (int axis = 0; axis < 3; axis++) {
        same &= p->stride[axis] == 1 && p->pad_before[axis] == 0 && p->in[axis] == p->out[axis];
    }
    return same;
}

typedef struct {
    const mk_conv_plan *plan;
    const void *x, *bias;
    void *y;
    mk_gather gather;
    int64_t positions, block; // of the batch, of a task
    int64_t columns;          // of one group
    const mk_shared_b *shared; // the groups' kernels
} forward_job;

static void forward_task(int64_t task, void *context) {
    const forward_job *job = context;
    const mk_conv_plan *p = job->plan;
    size_t size = job->gather.size;
    int64_t first = task * job->block, count = mk_min(job->block, job->positions - first);
    int64_t in_group = p->channels_in / p->groups, out_group = p->channels_out / p->groups;
    void *columns = mk_scratch((size_t)(count * job->columns) * size);
    void *y = mk_at_mutable(job->y, first * p->channels_out, size);
    for (int64_t g = 0; g < p->groups; g++) {
        mk_gather_part part = { g * in_group, in_group, 0, p->kernel[0] * p->kernel[1] };
        mk_gather_columns(&job->gather, &part, job->x, first, count, columns);
        mk_gemm_with(job->shared, g, false, count, columns, job->columns, 0, mk_at_mutable(y, g * out_group, size),
                     p->channels_out);
    }
    mk_epilogue(p->type, y, count, p->channels_out, p->channels_out, job->bias, p->activation);
}

static mk_gemm_plan pointwise_product(const mk_conv_plan *plan) {
    return (mk_gemm_plan){ .type = plan->type, .m = plan->n * mk_volume(plan->out), .n = plan->channels_out,
                           .k = plan->channels_in, .batch = 1, .alpha = 1, .activation = plan->activation };
}

// The groups' kernels for tasks of `block` positions.
static mk_shared_b group_kernels(const mk_conv_plan *plan, const void *kernel, int64_t *block) {
    int64_t positions = plan->n * mk_volume(plan->out), out_group = plan->channels_out / plan->groups;
    int64_t columns = mk_volume(plan->kernel) * (plan->channels_in / plan->groups);
    *block = mk_task_positions(columns, mk_size_of(plan->type), positions, columns * plan->channels_out);
    return (mk_shared_b){ .type = plan->type, .m = mk_min(*block, positions), .n = out_group, .k = columns, .b = kernel,
                          .row = plan->channels_out, .count = plan->groups, .stride = out_group };
}

mk_weights *mk_conv_prepare(const mk_conv_plan *plan, const void *kernel) {
    if (plan->n * mk_volume(plan->out) == 0 || plan->channels_out == 0) return NULL;
    if (is_pointwise(plan)) {
        mk_gemm_plan product = pointwise_product(plan);
        return mk_gemm_prepare(&product, kernel);
    }
    if (is_depthwise(plan) || mk_thin_takes(plan)) return NULL;
    if (mk_winograd_takes(plan)) return mk_winograd_prepare(plan, kernel);
    int64_t block;
    return mk_make_weights(MK_OF_COLUMNS, group_kernels(plan, kernel, &block));
}

void mk_conv(const mk_conv_plan *plan, const void *x, const void *kernel, const void *bias, void *y) {
    mk_conv_prepared(plan, x, kernel, NULL, bias, y);
}

void mk_conv_prepared(const mk_conv_plan *plan, const void *x, const void *kernel, const mk_weights *weights,
                      const void *bias, void *y) {
    int64_t positions = plan->n * mk_volume(plan->out);
    if (positions == 0 || plan->channels_out == 0) return;
    if (is_pointwise(plan)) {
        mk_gemm_plan product = pointwise_product(plan);
        mk_gemm_prepared(&product, x, kernel, weights, y, bias);
        return;
    }
    if (is_depthwise(plan)) {
        mk_depthwise(plan, x, kernel, bias, y);
        return;
    }
    if (mk_thin_takes(plan)) {
        mk_thin_forward(plan, x, kernel, bias, y);
        return;
    }
    if (mk_winograd_takes(plan)) {
        mk_winograd_forward(plan, x, kernel, weights, bias, y);
        return;
    }
    size_t offset_bytes = mk_offset_bytes(plan);
    int64_t *offsets = mk_alloc_or_stop(offset_bytes);
    forward_job job = { .plan = plan, .x = x, .bias = bias, .y = y, .positions = positions,
                        .gather = mk_conv_gather(plan, offsets) };
    mk_shared_b own = group_kernels(plan, kernel, &job.block);
    job.columns = own.k;
    weights = mk_weights_for(MK_OF_COLUMNS, weights);
    if (weights == NULL) mk_share_b(&own);
    job.shared = weights == NULL ? &own : &weights->shared;
    mk_parallel_for(mk_ceil_div(positions, job.block), forward_task, &job);
    mk_unshare_b(&own);
    mk_free(offsets, offset_bytes);
}

// The gradient to the kernel: columns^T dy. The positions are cut into `parts` sums, and where the positions are few
// and the kernel large, the kernel's rows (pairs of outer taps) into `strips`.
typedef struct {
    const mk_conv_plan *plan;
    const void *x, *dy;
    void *sums; // parts x kernel
    mk_gather gather;
    int64_t positions, part_positions, block;
    int64_t strips, strip_rows;
} kernel_job;

static void kernel_task(int64_t task, void *context) {
    const kernel_job *job = context;
    const mk_conv_plan *p = job->plan;
    size_t size = job->gather.size;
    int64_t in_group = p->channels_in / p->groups, out_group = p->channels_out / p->groups;
    int64_t part = task / job->strips, first_row = task % job->strips * job->strip_rows;
    int64_t rows = mk_min(job->strip_rows, p->kernel[0] * p->kernel[1] - first_row);
    int64_t row_columns = p->kernel[2] * in_group, columns = rows * row_columns;
    int64_t elements = mk_volume(p->kernel) * in_group * p->channels_out;
    int64_t start = part * job->part_positions, end = mk_min(start + job->part_positions, job->positions);
    void *sums = mk_at_mutable(job->sums, part * elements + first_row * row_columns * p->channels_out, size);
    void *block = mk_scratch((size_t)(job->block * columns) * size);
    for (int64_t first = start; first < end; first += job->block) {
        int64_t count = mk_min(job->block, end - first);
        for (int64_t g = 0; g < p->groups; g++) {
            mk_gather_part taken = { g * in_group, in_group, first_row, rows };
            mk_gather_columns(&job->gather, &taken, job->x, first, count, block);
            mk_gemm_block(p->type, true, false, columns, out_group, count, 1, block, columns,
                          mk_at(job->dy, first * p->channels_out + g * out_group, size), p->channels_out,
                          first == start ? 0 : 1, mk_at_mutable(sums, g * out_group, size), p->channels_out);
        }
    }
}

void mk_conv_kernel_gradient(const mk_conv_plan *plan, const void *x, const void *dy, void *dkernel) {
    int64_t positions = plan->n * mk_volume(plan->out), in_group = plan->channels_in / plan->groups;
    int64_t elements = mk_volume(plan->kernel) * in_group * plan->channels_out;
    size_t size = mk_size_of(plan->type), bytes = (size_t)elements * size;
    if (elements == 0) return;
    if (positions == 0) {
        memset(dkernel, 0, bytes);
        return;
    }
    if (is_pointwise(plan)) {
        mk_gemm_plan product = { .type = plan->type, .transpose_a = true, .m = plan->channels_in,
                                 .n = plan->channels_out, .k = positions, .batch = 1, .alpha = 1 };
        mk_gemm(&product, x, dy, dkernel, NULL);
        return;
    }
    if (is_depthwise(plan)) {
        mk_depthwise_kernel_gradient(plan, x, dy, dkernel);
        return;
    }
    if (mk_thin_takes(plan)) {
        mk_thin_kernel_gradient(plan, x, dy, dkernel);
        return;
    }
    if (mk_winograd_takes_gradients(plan, plan->out)) {
        mk_winograd_kernel_gradient(plan, x, dy, dkernel);
        return;
    }
    size_t offset_bytes = mk_offset_bytes(plan);
    int64_t *offsets = mk_alloc_or_stop(offset_bytes);
    kernel_job job = { .plan = plan, .x = x, .dy = dy, .positions = positions,
                       .gather = mk_conv_gather(plan, offsets) };
    // A sum is worth its memory when it has several times more positions than the products need to be efficient.
    int64_t tap_rows = plan->kernel[0] * plan->kernel[1];
    int64_t wanted = mk_conv_tasks(positions, elements);
    int64_t parts = mk_clamp(positions / 256, 1, wanted);
    job.strips = mk_clamp(wanted / parts, 1, tap_rows);
    job.strip_rows = mk_ceil_div(tap_rows, job.strips);
    job.strips = mk_ceil_div(tap_rows, job.strip_rows);
    job.part_positions = mk_ceil_div(positions, parts);
    parts = mk_ceil_div(positions, job.part_positions);
    job.block = mk_block_positions(job.strip_rows * plan->kernel[2] * in_group, size, job.part_positions);
    job.sums = parts == 1 ? dkernel : mk_alloc_or_stop(bytes * (size_t)parts);
    mk_parallel_for(parts * job.strips, kernel_task, &job);
    mk_free(offsets, offset_bytes);
    if (parts == 1) return;
    mk_sum_parts(plan->type, job.sums, parts, elements);
    memcpy(dkernel, job.sums, bytes);
    mk_free(job.sums, bytes * (size_t)parts);
}

void mk_conv_input_gradient(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx) {
    int64_t pixels = plan->n * mk_volume(plan->in);
    if (pixels == 0 || plan->channels_in == 0) return;
    if (is_pointwise(plan)) {
        mk_gemm_plan product = { .type = plan->type, .transpose_b = true, .m = pixels, .n = plan->channels_in,
                                 .k = plan->channels_out, .batch = 1, .alpha = 1 };
        mk_gemm(&product, dy, kernel, dx, NULL);
    } else if (is_depthwise(plan)) {
        mk_depthwise_input_gradient(plan, dy, kernel, dx);
    } else if (mk_winograd_takes_gradients(plan, plan->in)) {
        mk_winograd_input_gradient(plan, dy, kernel, dx);
    } else if (plan->n >= 4 && 8 * mk_volume(plan->out) < 7 * mk_volume(plan->in)) {
        // By columns the work goes with the outputs, by phases with the inputs; but a task of the former is an image.
        mk_conv_input_by_columns(plan, dy, kernel, dx);
    } else {
        mk_conv_input_by_phases(plan, dy, kernel, dx);
    }
}
