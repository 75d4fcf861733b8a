// Recurrent layers: the products over all steps at once, and the tasks that go through the steps.
#include <string.h>
#include "rnn_internal.h"

int64_t mk_rnn_gates(mk_rnn_cell cell) { return cell == MK_RNN_SIMPLE ? 1 : cell == MK_RNN_LSTM ? 4 : 3; }
int64_t mk_rnn_reserve(mk_rnn_cell cell) { return cell == MK_RNN_SIMPLE ? 2 : cell == MK_RNN_LSTM ? 6 : 5; }

// Samples of a task. The recurrent kernel is read from the cache for each step and each 8 rows of a task: one that
// does not fit the second level is read less often by tasks of more rows.
static int64_t rows_of_task(const mk_rnn_plan *p) {
    int64_t bytes = p->units * p->units * mk_rnn_gates(p->cell) * (int64_t)mk_size_of(p->type);
    return bytes <= 512 << 10 ? 8 : 16;
}

static bool has_wide_registers(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

static mk_rnn_job make_job(const mk_rnn_plan *plan, const mk_rnn_inputs *in) {
    if (plan->type != MK_F32 && plan->type != MK_F64) mk_unsupported("mk_rnn", plan->type);
    mk_rnn_job job = {.plan = *plan, .in = *in, .rows = rows_of_task(plan), .wide = has_wide_registers()};
    job.gates = mk_rnn_gates(plan->cell);
    job.width = mk_rnn_reserve(plan->cell);
    job.blocks = job.gates + (plan->cell == MK_RNN_GRU_RESET_AFTER);
    if (plan->cell == MK_RNN_GRU_RESET_AFTER && in->bias != NULL)
        job.recurrent_bias = mk_at(in->bias, job.gates * plan->units, mk_size_of(plan->type));
    return job;
}

static int64_t panels_size(mk_dtype type, int64_t k, int64_t n) {
    return type == MK_F32 ? mk_rnn_panels_f32(k, n) : mk_rnn_panels_f64(k, n);
}

static void pack(mk_dtype type, const void *matrix, int64_t row, bool transposed, int64_t k, int64_t n, void *panels) {
    (type == MK_F32 ? mk_rnn_pack_f32 : mk_rnn_pack_f64)(matrix, row, transposed, k, n, panels);
}

// C = A B or, transposed, A^T B, over the rows of all steps of all samples.
static mk_gemm_plan product(const mk_rnn_job *job, bool transpose_a, int64_t m, int64_t n, int64_t k) {
    return (mk_gemm_plan){.type = job->plan.type, .transpose_a = transpose_a, .m = m, .n = n, .k = k, .batch = 1,
                          .alpha = 1};
}

void mk_rnn_forward(const mk_rnn_plan *plan, const mk_rnn_inputs *in, const mk_rnn_outputs *out) {
    mk_rnn_job job = make_job(plan, in);
    size_t size = mk_size_of(plan->type);
    int64_t n = plan->units, columns = job.gates * n;
    job.out = *out;
    if (plan->batch == 0) return;
    if (plan->steps == 0 && !plan->sequences) memset(out->y, 0, (size_t)(plan->batch * n) * size);

    mk_gemm_plan gates = product(&job, false, plan->batch * plan->steps, columns, plan->features);
    gates.row_c = job.width * n;
    mk_gemm(&gates, in->x, in->kernel, out->reserve, in->bias);

    // The candidate of GRU has a product of its own.
    int64_t together = plan->cell == MK_RNN_GRU ? 2 * n : columns;
    int64_t split = panels_size(plan->type, n, together);
    size_t bytes = (size_t)(split + panels_size(plan->type, n, n)) * size;
    char *panels = mk_alloc_or_stop(bytes), *second = panels + (size_t)split * size;
    pack(plan->type, in->recurrent, columns, false, n, together, panels);
    if (plan->cell == MK_RNN_GRU)
        pack(plan->type, mk_at(in->recurrent, 2 * n, size), columns, false, n, n, second);
    job.panels = panels;
    job.panels_second = second;
    mk_parallel_for(mk_ceil_div(plan->batch, job.rows), plan->type == MK_F32 ? mk_rnn_forward_f32 : mk_rnn_forward_f64,
                    &job);
    mk_free(panels, bytes);
}

// The gradients of the kernels and the input, from the deltas of all steps.
static void multiply_deltas(const mk_rnn_job *job) {
    const mk_rnn_plan *p = &job->plan;
    size_t size = mk_size_of(p->type);
    int64_t n = p->units, columns = job->gates * n, deltas = job->blocks * n, all = p->batch * p->steps;
    if (job->gradient.x != NULL) {
        mk_gemm_plan plan = product(job, false, all, p->features, columns);
        plan.transpose_b = true;
        plan.row_a = deltas;
        plan.row_b = columns;
        mk_gemm(&plan, job->deltas, job->in.kernel, job->gradient.x, NULL);
    }
    if (job->gradient.kernel != NULL) {
        mk_gemm_plan plan = product(job, true, p->features, columns, all);
        plan.row_b = deltas;
        mk_gemm(&plan, job->in.x, job->deltas, job->gradient.kernel, NULL);
    }
    if (job->gradient.recurrent != NULL) {
        bool gru = p->cell == MK_RNN_GRU || p->cell == MK_RNN_GRU_RESET_AFTER;
        mk_gemm_plan plan = product(job, true, n, gru ? 2 * n : columns, all);
        plan.row_a = job->width * n;
        plan.row_b = deltas;
        plan.row_c = columns;
        const void *state = mk_at(job->reserve, job->gates * n, size);
        mk_gemm(&plan, state, job->deltas, job->gradient.recurrent, NULL);
        if (!gru) return;
        bool after = p->cell == MK_RNN_GRU_RESET_AFTER;
        plan.n = n;
        mk_gemm(&plan, after ? state : mk_at(job->reserve, 4 * n, size), mk_at(job->deltas, (after ? 3 : 2) * n, size),
                mk_at_mutable(job->gradient.recurrent, 2 * n, size), NULL);
    }
}

void mk_rnn_backward(const mk_rnn_plan *plan, const mk_rnn_inputs *in, const void *reserve,
                     const mk_rnn_upstream *upstream, const mk_rnn_gradients *out) {
    mk_rnn_job job = make_job(plan, in);
    size_t size = mk_size_of(plan->type);
    int64_t n = plan->units, columns = job.gates * n, blocks = job.blocks * n;
    int64_t tasks = mk_ceil_div(plan->batch, job.rows);
    job.upstream = *upstream;
    job.gradient = *out;
    job.reserve = reserve;

    int64_t together = plan->cell == MK_RNN_GRU ? 2 * n : columns;
    int64_t split = panels_size(plan->type, together, n), second = panels_size(plan->type, n, n);
    int64_t deltas = plan->batch * plan->steps * blocks;
    size_t bytes = (size_t)(split + second + deltas + mk_max(tasks, 1) * blocks) * size;
    void *memory = mk_alloc_or_stop(bytes), *panels_second = mk_at_mutable(memory, split, size);
    pack(plan->type, in->recurrent, columns, true, together, n, memory);
    if (plan->cell == MK_RNN_GRU)
        pack(plan->type, mk_at(in->recurrent, 2 * n, size), columns, true, n, n, panels_second);
    job.panels = memory;
    job.panels_second = panels_second;
    job.deltas = mk_at_mutable(memory, split + second, size);
    job.sums = mk_at_mutable(memory, split + second + deltas, size);
    mk_parallel_for(tasks, plan->type == MK_F32 ? mk_rnn_backward_f32 : mk_rnn_backward_f64, &job);
    multiply_deltas(&job);
    if (out->bias != NULL) {
        if (tasks == 0) memset(job.sums, 0, (size_t)blocks * size);
        mk_sum_parts(plan->type, job.sums, tasks, blocks);
        memcpy(out->bias, job.sums, (size_t)columns * size);
        if (plan->cell == MK_RNN_GRU_RESET_AFTER) {
            void *recurrent = mk_at_mutable(out->bias, columns, size);
            memcpy(recurrent, job.sums, (size_t)(2 * n) * size);
            memcpy(mk_at_mutable(recurrent, 2 * n, size), mk_at(job.sums, 3 * n, size), (size_t)n * size);
        }
    }
    mk_free(memory, bytes);
}
