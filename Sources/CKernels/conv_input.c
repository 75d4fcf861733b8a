#include "conv_internal.h"

#include <string.h>
#include "strided.h"

// The gradient to the input. Input positions that agree modulo the stride are reached by the same taps of the kernel:
// each such class (a phase) is a gather from dy, as dense as the forward pass, times the kernel transposed. So no
// multiplication meets a zero between strides, and every element of dx has one writer.
typedef struct {
    mk_gather gather;    // from dy
    int64_t residue[3];  // of the input positions
    int64_t columns;     // of one group
    mk_shared_b kernel;  // [group, taps, channels_out / groups, channels_in / groups]
    int64_t block, first_task;
} phase;

typedef struct {
    const mk_conv_plan *plan;
    const void *dy, *kernel;
    void *dx;
    phase *phases;
    int64_t phase_count;
    bool dense; // one phase, whose positions are dx's own
} input_job;

// The taps of an axis that reach residue r, by ascending offset in dy; returns their number.
static int64_t taps_of(const mk_conv_plan *p, int axis, int64_t r, int64_t *taps, int64_t *offsets) {
    int64_t count = 0;
    for (int64_t t = p->kernel[axis] - 1; t >= 0; t--) {
        int64_t distance = r + p->pad_before[axis] - t * p->dilation[axis];
        if (distance % p->stride[axis] != 0) continue;
        taps[count] = t;
        offsets[count++] = distance / p->stride[axis];
    }
    return count;
}

// Writes a phase's kernel; `taps` are those of the three axes.
static void transpose_kernel(const mk_conv_plan *p, const mk_gather *g, int64_t *const taps[3], const void *kernel,
                             void *to) {
    size_t size = g->size;
    int64_t in_group = p->channels_in / p->groups, out_group = p->channels_out / p->groups;
    for (int64_t group = 0; group < p->groups; group++) {
        for (int64_t i = 0; i < mk_volume(g->taps); i++) {
            int64_t t2 = taps[2][i % g->taps[2]], t1 = taps[1][i / g->taps[2] % g->taps[1]];
            int64_t t0 = taps[0][i / (g->taps[2] * g->taps[1])];
            int64_t tap = (t0 * p->kernel[1] + t1) * p->kernel[2] + t2;
            const void *from = mk_at(kernel, tap * in_group * p->channels_out + group * out_group, size);
            mk_transpose_matrix(size, from, in_group, out_group, p->channels_out, to);
            to = mk_at_mutable(to, in_group * out_group, size);
        }
    }
}

// Rows of a block to their places in dx.
static void scatter(const mk_conv_plan *p, const phase *f, const void *rows, int64_t first, int64_t count, void *dx) {
    size_t row_bytes = (size_t)p->channels_in * f->gather.size;
    const int64_t *grid = f->gather.grid;
    for (int64_t i = first; i < first + count; i++) {
        int64_t at = i / mk_volume(grid);
        int64_t q[3] = { i / (grid[1] * grid[2]) % grid[0], i / grid[2] % grid[1], i % grid[2] };
        for (int axis = 0; axis < 3; axis++) at = at * p->in[axis] + q[axis] * p->stride[axis] + f->residue[axis];
        memcpy((char *)dx + (size_t)at * row_bytes, (const char *)rows + (size_t)(i - first) * row_bytes, row_bytes);
    }
}

static void input_task(int64_t task, void *context) {
    const input_job *job = context;
    const mk_conv_plan *p = job->plan;
    const phase *f = job->phases + job->phase_count - 1;
    while (task < f->first_task) f--;
    size_t size = f->gather.size;
    int64_t first = (task - f->first_task) * f->block;
    int64_t count = mk_min(f->block, p->n * mk_volume(f->gather.grid) - first);
    int64_t in_group = p->channels_in / p->groups, out_group = p->channels_out / p->groups;
    int64_t columns_bytes = mk_ceil_div(count * f->columns * (int64_t)size, 64) * 64;
    void *columns = mk_scratch((size_t)(columns_bytes + (job->dense ? 0 : count * p->channels_in * (int64_t)size)));
    void *rows = job->dense ? mk_at_mutable(job->dx, first * p->channels_in, size) : (char *)columns + columns_bytes;
    for (int64_t g = 0; g < p->groups; g++) {
        mk_gather_part part = { g * out_group, out_group, 0, f->gather.taps[0] * f->gather.taps[1] };
        mk_gather_columns(&f->gather, &part, job->dy, first, count, columns);
        mk_gemm_with(&f->kernel, g, false, count, columns, f->columns, 0, mk_at_mutable(rows, g * in_group, size),
                     p->channels_in);
    }
    if (!job->dense) scatter(p, f, rows, first, count, job->dx);
}

void mk_conv_input_by_phases(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx) {
    const mk_conv_plan *p = plan;
    size_t size = mk_size_of(p->type);
    int64_t most = mk_volume(p->stride), axis_taps = p->kernel[0] + p->kernel[1] + p->kernel[2];
    int64_t in_group = p->channels_in / p->groups, elements = mk_volume(p->kernel) * in_group * p->channels_out;
    // One allocation: the phases, each axis's taps and offsets for each phase, the kernel.
    size_t head = (size_t)most * (sizeof(phase) + 2 * (size_t)axis_taps * sizeof(int64_t)) + 64;
    size_t bytes = head / 64 * 64 + 64 + (size_t)elements * size;
    char *memory = mk_alloc_or_stop(bytes);
    input_job job = { .plan = p, .dy = dy, .kernel = kernel, .dx = dx, .phases = (phase *)memory, .dense = most == 1 };
    int64_t *lists = (int64_t *)(memory + (size_t)most * sizeof(phase));
    void *transposed = memory + head / 64 * 64 + 64;
    int64_t tasks = 0;
    for (int64_t i = 0; i < most; i++) {
        phase *f = &job.phases[job.phase_count];
        *f = (phase){ .gather = { .channels = p->channels_out, .size = size }, .first_task = tasks };
        f->residue[0] = i / (p->stride[1] * p->stride[2]);
        f->residue[1] = i / p->stride[2] % p->stride[1];
        f->residue[2] = i % p->stride[2];
        int64_t *taps[3];
        for (int axis = 0; axis < 3; axis++) {
            taps[axis] = lists;
            f->gather.offset[axis] = lists + p->kernel[axis];
            f->gather.taps[axis] = taps_of(p, axis, f->residue[axis], lists, lists + p->kernel[axis]);
            lists += 2 * p->kernel[axis];
            f->gather.grid[axis] = mk_ceil_div(mk_max(p->in[axis] - f->residue[axis], 0), p->stride[axis]);
            f->gather.source[axis] = p->out[axis];
            f->gather.step[axis] = 1;
        }
        int64_t positions = p->n * mk_volume(f->gather.grid);
        if (positions == 0) continue;
        transpose_kernel(p, &f->gather, taps, kernel, transposed);
        const void *own = transposed;
        transposed = mk_at_mutable(transposed, mk_volume(f->gather.taps) * (elements / mk_volume(p->kernel)), size);
        f->columns = mk_volume(f->gather.taps) * (p->channels_out / p->groups);
        f->block = mk_task_positions(f->columns, size, positions, f->columns * p->channels_in);
        f->kernel = (mk_shared_b){ .type = p->type, .m = mk_min(f->block, positions), .n = in_group, .k = f->columns,
                                   .b = own, .row = in_group, .count = p->groups,
                                   .stride = f->columns * in_group };
        mk_share_b(&f->kernel);
        tasks += mk_ceil_div(positions, f->block);
        job.phase_count++;
    }
    mk_parallel_for(tasks, input_task, &job);
    for (int64_t i = 0; i < job.phase_count; i++) mk_unshare_b(&job.phases[i].kernel);
    mk_free(memory, bytes);
}
