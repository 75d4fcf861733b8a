// Goals, in this order: the same bits with any number of threads, so work is cut by shape alone; all threads busy in every
// product that is worth it; each operand read, copied or packed as few times as that allows.
//
// Two engines compute a task: ours (sgemm.c) float32 products on CPUs with AVX2 or AVX-512 and all products of bfloat16
// (gemm_bf16.c), OpenBLAS (gemm_openblas.c) the others. Integers have loops of their own (gemm_integer.c).

#include "gemm_internal.h"
#include "sgemm.h"
#include "strided.h"

#include <math.h>
#include <stdatomic.h>

static atomic_int engine = MK_GEMM_AUTOMATIC;
void mk_set_gemm_engine(mk_gemm_engine wanted) { atomic_store(&engine, (int)wanted); }
mk_gemm_engine mk_gemm_engine_in_use(void) { return (mk_gemm_engine)atomic_load_explicit(&engine, memory_order_relaxed); }

// Ours has tiles of whole vectors: of few columns most would be wasted, and so would packing B for few rows.
bool mk_gemm_is_ours(mk_dtype type, bool transpose_b, int64_t m, int64_t n) {
    if (type != MK_F32) return false;
    switch (mk_gemm_engine_in_use()) {
    case MK_GEMM_OPENBLAS: return false;
    case MK_GEMM_OWN: return true;
    case MK_GEMM_AUTOMATIC: return mk_simd > 0 && n >= 8 && (!transpose_b || m >= 8);
    }
    return false;
}

void mk_gemm_block(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                   const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c) {
    if (m == 0 || n == 0) return;
    if (!mk_gemm_is_ours(type, transpose_b, m, n)) {
        mk_openblas_gemm(type, transpose_a, transpose_b, m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c);
        return;
    }
    mk_sgemm_product product = {
        .kernels = mk_sgemm_chosen(), .m = m, .n = n, .k = k, .transpose_a = transpose_a, .transpose_b = transpose_b,
        .a = a, .b = b, .c = c, .row_a = row_a, .row_b = row_b, .row_c = row_c, .alpha = (float)alpha,
        .beta = (float)beta,
    };
    mk_sgemm(&product);
}

// One product, cut into blocks of rows and columns of C and pieces of k; `group` products of a batch make one task.
typedef struct {
    const mk_gemm_plan *plan;
    const void *a, *b, *bias;
    void *c;
    int64_t row_a, row_b, row_c;
    size_t size;
    int64_t rows, columns, depth;                   // of a block
    int64_t row_blocks, column_blocks, depth_blocks;
    int64_t group;
    bool is_short; // some microseconds
    bool is_ours, shares; // shares: B is packed once for all tasks
    const mk_sgemm_kernels *kernels;
    int64_t per;          // how many numbers of the inner dimension an element of A and B holds
    const float *panels;  // B, packed; NULL: each task reads or packs its part
    void *parts; // the sums over the pieces of k, m x n each; NULL: one piece, straight to C
} gemm_job;

// Cuts by measured costs: a task below about a million operations or 300 KB of memory (10 and 5 us) is not worth waking
// a thread for, nor one below a sixth of that worth handing over to one that is awake.
static int64_t wanted_tasks(gemm_job *job) {
    const mk_gemm_plan *p = job->plan;
    double operations = 2.0 * (double)p->m * (double)p->n * (double)p->k;
    double bytes = (double)(p->m * p->k + p->k * p->n + p->m * p->n) * (double)job->size;
    job->is_short = (double)p->batch * fmax(operations / 2e6, bytes / 1e6) < 1;
    int64_t wanted = mk_clamp((int64_t)fmax(operations / (job->is_short ? 1.5e5 : 1e6), bytes / 3e5), 1, 64);
    if (job->is_short) wanted = mk_min(wanted, 4);
    job->group = mk_clamp((int64_t)(2e6 / (operations + 1)), 1, p->batch);
    return p->batch > 8 ? mk_min(wanted, mk_ceil_div(64, p->batch)) : wanted;
}

// OpenBLAS may pack its operands for every call, so a block of a large product needs 128 rows to stay near full speed, and
// columns are cut only when rows do not give enough tasks.
static void cut_for_openblas(gemm_job *job, int64_t wanted) {
    const mk_gemm_plan *p = job->plan;
    // Columns of a transposed A are short rows of its memory: better read for all of B's columns at once.
    // Operands with long rows are copied for each task: it has more rows.
    bool is_wide = mk_max(job->row_b, p->transpose_a ? job->row_a : 0) > MK_UNPACKED_ROW;
    job->row_blocks = mk_clamp(p->m / (wanted <= 16 ? 32 : is_wide ? 256 : p->transpose_a ? 64 : 128), 1, wanted);
    job->column_blocks = mk_clamp(p->n / 64, 1, mk_max(mk_min(8, wanted) / job->row_blocks, 1));
    job->rows = mk_max(mk_ceil_div(mk_ceil_div(p->m, job->row_blocks), 8) * 8, 8);
    job->columns = mk_max(mk_ceil_div(mk_ceil_div(p->n, job->column_blocks), 16) * 16, 16);
}

// Ours reads a B that few rows meet where it is, so columns are cut first, each read by one task. Else it packs it: tasks of
// columns each their own, where there are enough of them and A need not be copied for each; otherwise all tasks share one
// packed B, and rows are cut first.
static void cut_for_ours(gemm_job *job, int64_t wanted) {
    const mk_gemm_plan *p = job->plan;
    int64_t width = mk_sgemm_panel_width(job->kernels), panels = mk_ceil_div(p->n, width);
    if (!mk_sgemm_packs(job->kernels, p->m, p->n, p->k / job->per, p->transpose_b, job->row_b)) {
        job->column_blocks = mk_clamp(p->n / mk_max(width, 32), 1, wanted);
        job->row_blocks = mk_clamp(p->m / 24, 1, wanted / job->column_blocks);
    } else if (p->transpose_a ? wanted == 1 : p->m < 48 || (p->m < 512 && p->n >= 64 * mk_min(8, wanted))) {
        // With fewer columns A's way from memory would take longer than its products.
        job->column_blocks = mk_clamp(p->n / (p->m < 48 ? 32 : p->n < 2048 ? 64 : 128), 1, wanted);
        job->row_blocks = 1;
    } else {
        job->row_blocks = mk_clamp(p->m / (p->m < 512 ? 48 : 128), 1, wanted);
        job->column_blocks = mk_clamp(panels / 4, 1, wanted / job->row_blocks);
        // Products of a batch that have a B each pack it in their tasks.
        job->shares = job->row_blocks > 1 && (p->batch == 1 || p->stride_b == 0);
    }
    job->rows = mk_max(mk_ceil_div(p->m, job->row_blocks), 1);
    job->columns = mk_ceil_div(panels, job->column_blocks) * width;
}

static void cut(gemm_job *job) {
    const mk_gemm_plan *p = job->plan;
    int64_t wanted = wanted_tasks(job), most = mk_min(8, wanted), depth_blocks = 1;
    if (job->is_ours) {
        // A long inner dimension over a small C, as kernels' gradients have it: pieces of it first, so that A and B are each
        // read by one task.
        bool is_long = p->batch == 1 && p->m * p->n <= 65536;
        while (is_long && 2 * depth_blocks <= most && p->k / (2 * depth_blocks) >= 512) depth_blocks *= 2;
        cut_for_ours(job, depth_blocks == 1 ? wanted : mk_max(mk_min(16, wanted) / depth_blocks, 1));
    } else {
        cut_for_openblas(job, wanted);
    }
    job->row_blocks = mk_ceil_div(p->m, job->rows);
    job->column_blocks = mk_ceil_div(p->n, job->columns);
    // Otherwise it is cut only when rows and columns do not give enough tasks.
    int64_t blocks = job->row_blocks * job->column_blocks;
    while (2 * depth_blocks * blocks <= most && p->k / (2 * depth_blocks) >= 512) depth_blocks *= 2;
    job->shares &= depth_blocks == 1;
    job->depth = mk_max(mk_ceil_div(mk_ceil_div(p->k, depth_blocks), 16) * 16, 16);
    job->depth_blocks = mk_max(mk_ceil_div(p->k, job->depth), 1);
}

static void run_block(const gemm_job *job, int64_t entry, int64_t block) {
    const mk_gemm_plan *p = job->plan;
    int64_t column = block % job->column_blocks * job->columns;
    block /= job->column_blocks;
    int64_t row = block % job->row_blocks * job->rows, part = block / job->row_blocks, first = part * job->depth;
    int64_t m = mk_min(job->rows, p->m - row), n = mk_min(job->columns, p->n - column);
    int64_t k = mk_min(job->depth, p->k - first);

    int64_t start = first / job->per;
    int64_t in_a = entry * p->stride_a + (p->transpose_a ? start * job->row_a + row : row * job->row_a + start);
    int64_t in_b = entry * p->stride_b + (p->transpose_b ? column * job->row_b + start : start * job->row_b + column);
    bool direct = job->parts == NULL;
    int64_t row_c = direct ? job->row_c : p->n;
    int64_t in_c = row * row_c + column + (direct ? entry * p->stride_c : part * p->m * p->n);
    void *c = mk_at_mutable(direct ? job->c : job->parts, in_c, job->size);
    if (job->is_ours) {
        mk_sgemm_product product = {
            .kernels = job->kernels, .m = m, .n = n, .k = k / job->per, .transpose_a = p->transpose_a,
            .transpose_b = p->transpose_b, .a = (const float *)job->a + in_a, .b = (const float *)job->b + in_b, .c = c,
            .row_a = job->row_a, .row_b = job->row_b, .row_c = row_c, .alpha = (float)p->alpha, .beta = direct ? (float)p->beta : 0,
            .bias = direct && job->bias != NULL ? (const float *)job->bias + column : NULL,
            .relu = direct && p->activation == MK_ACTIVATION_RELU,
            .panels = job->panels == NULL ? NULL : job->panels + column * (p->k / job->per),
            .panel_depth = p->k / job->per, .first = start,
        };
        mk_sgemm(&product);
        return;
    }
    mk_openblas_gemm(p->type, p->transpose_a, p->transpose_b, m, n, k, p->alpha, mk_at(job->a, in_a, job->size),
                     job->row_a, mk_at(job->b, in_b, job->size), job->row_b, direct ? p->beta : 0, c, row_c);
    const void *bias = job->bias == NULL ? NULL : mk_at(job->bias, column, job->size);
    if (direct) mk_epilogue(p->type, c, m, n, row_c, bias, p->activation);
}

static void gemm_task(int64_t task, void *context) {
    const gemm_job *job = context;
    int64_t blocks = job->row_blocks * job->column_blocks * job->depth_blocks;
    if (job->group == 1) {
        run_block(job, task / blocks, task % blocks);
        return;
    }
    int64_t end = mk_min((task + 1) * job->group, job->plan->batch);
    for (int64_t entry = task * job->group; entry < end; entry++) {
        for (int64_t block = 0; block < blocks; block++) run_block(job, entry, block);
    }
}

// C = activation(sum + beta C + bias) for one row.
static void finish_row(int64_t row, void *context) {
    const gemm_job *job = context;
    const mk_gemm_plan *p = job->plan;
    void *c = mk_at_mutable(job->c, row * job->row_c, job->size);
    const void *sum = mk_at(job->parts, row * p->n, job->size);
    if (p->type == MK_F32) {
        float *to = c, beta = (float)p->beta;
        const float *from = sum;
        for (int64_t j = 0; j < p->n; j++) to[j] = beta == 0 ? from[j] : from[j] + beta * to[j];
    } else {
        double *to = c;
        const double *from = sum;
        for (int64_t j = 0; j < p->n; j++) to[j] = p->beta == 0 ? from[j] : from[j] + p->beta * to[j];
    }
    mk_epilogue(p->type, c, 1, p->n, job->row_c, job->bias, p->activation);
}

static void run_in_depth(gemm_job *job) {
    const mk_gemm_plan *p = job->plan;
    int64_t blocks = job->row_blocks * job->column_blocks * job->depth_blocks;
    size_t bytes = (size_t)(p->m * p->n * job->depth_blocks) * job->size;
    job->parts = mk_alloc_or_stop(bytes);
    mk_parallel_for(blocks, gemm_task, job);
    mk_sum_parts(p->type, job->parts, job->depth_blocks, p->m * p->n);
    for (int64_t row = 0; row < p->m; row++) finish_row(row, job);
    mk_free(job->parts, bytes);
}

// There are no unpacked kernels for a transposed B, and those that pack are slow in small products. A copy of B the
// other way round costs a few percent where there are many rows.
static bool wants_plain_b(const mk_gemm_plan *p) {
    return p->type == MK_F32 && p->transpose_b && !p->transpose_a && (p->batch == 1 || p->stride_b == 0)
        && p->m * p->batch >= 128 && p->n >= 16 && p->n <= MK_UNPACKED_ROW && p->k > 0 && p->n * p->k <= 1 << 20
        && mk_openblas_has_unpacked();
}

static void with_plain_b(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias) {
    mk_gemm_plan plain = *plan;
    size_t bytes = (size_t)(plan->n * plan->k) * sizeof(float);
    void *copy = mk_alloc_or_stop(bytes);
    mk_transpose_matrix(sizeof(float), b, plan->n, plan->k, plan->row_b ? plan->row_b : plan->k, copy);
    plain.transpose_b = false;
    plain.row_b = plan->n;
    mk_gemm(&plain, a, copy, c, bias);
    mk_free(copy, bytes);
}

static mk_shared_b whole_b(const gemm_job *job) {
    const mk_gemm_plan *p = job->plan;
    return (mk_shared_b){ .type = p->type, .transpose = p->transpose_b, .m = p->m, .n = p->n, .k = p->k / job->per,
                          .b = job->b, .row = job->row_b, .count = 1, .kernels = job->kernels };
}

static gemm_job job_of(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias) {
    gemm_job job = { .plan = plan, .a = a, .b = b, .c = c, .bias = bias, .size = mk_size_of(plan->type), .per = 1,
                     .is_ours = mk_gemm_is_ours(plan->type, plan->transpose_b, plan->m, plan->n),
                     .kernels = mk_sgemm_chosen() };
    job.row_a = plan->row_a ? plan->row_a : plan->transpose_a ? plan->m : plan->k;
    job.row_b = plan->row_b ? plan->row_b : plan->transpose_b ? plan->k : plan->n;
    job.row_c = plan->row_c ? plan->row_c : plan->n;
    return job;
}

static void run(gemm_job *job) {
    const mk_gemm_plan *plan = job->plan;
    cut(job);
    if (job->depth_blocks == 1) {
        mk_shared_b shared = whole_b(job);
        if (job->shares && job->panels == NULL) {
            mk_share_b(&shared);
            job->panels = shared.panels;
        }
        int64_t blocks = job->row_blocks * job->column_blocks;
        int64_t tasks = job->group == 1 ? plan->batch * blocks : mk_ceil_div(plan->batch, job->group);
        if (job->is_short) mk_parallel_for_awake(tasks, gemm_task, job);
        else mk_parallel_for(tasks, gemm_task, job);
        mk_unshare_b(&shared);
        return;
    }
    // Products with a cut inner dimension are large: one after the other, each on all threads.
    job->group = 1;
    const void *a = job->a, *b = job->b;
    void *c = job->c;
    for (int64_t entry = 0; entry < plan->batch; entry++) {
        job->a = mk_at(a, entry * plan->stride_a, job->size);
        job->b = mk_at(b, entry * plan->stride_b, job->size);
        job->c = mk_at_mutable(c, entry * plan->stride_c, job->size);
        run_in_depth(job);
    }
}

// A product of bfloat16 as one of elements with four bytes: `plan` is the latter.
static gemm_job bf16_job(const mk_gemm_plan *plan, const mk_bf16_operands *operands, void *c, const void *bias) {
    gemm_job job = job_of(plan, operands->a, operands->b, c, bias);
    job.is_ours = true;
    job.kernels = operands->kernels;
    job.per = operands->per;
    job.row_a = operands->row_a;
    job.row_b = operands->row_b;
    return job;
}

mk_weights *mk_gemm_prepare(const mk_gemm_plan *plan, const void *b) {
    if (plan->batch == 0 || (plan->batch > 1 && plan->stride_b != 0)) return NULL;
    if (plan->type != MK_BF16) {
        gemm_job job = job_of(plan, NULL, b, NULL, NULL);
        return job.is_ours ? mk_make_weights(MK_OF_PRODUCT, whole_b(&job)) : NULL;
    }
    mk_gemm_plan laid_out = *plan;
    mk_bf16_operands operands = mk_lay_out_bf16(&laid_out, NULL, b, NULL);
    gemm_job job = bf16_job(&laid_out, &operands, NULL, NULL);
    mk_shared_b shared = whole_b(&job);
    // Each run would lay out B, for however few rows.
    shared.m = mk_max(shared.m, 4);
    mk_weights *weights = mk_make_weights(MK_OF_PRODUCT, shared);
    mk_free_bf16(&operands);
    return weights;
}

void mk_gemm(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias) {
    mk_gemm_prepared(plan, a, b, NULL, c, bias);
}

void mk_gemm_prepared(const mk_gemm_plan *plan, const void *a, const void *b, const mk_weights *weights, void *c,
                      const void *bias) {
    if (plan->m == 0 || plan->n == 0 || plan->batch == 0) return;
    if (plan->type == MK_I32 || plan->type == MK_I64) {
        mk_gemm_integer(plan, a, b, c, bias);
        return;
    }
    mk_gemm_plan laid_out = *plan;
    mk_bf16_operands operands = { 0 };
    gemm_job job;
    if (plan->type == MK_BF16) {
        weights = mk_weights_for(MK_OF_PRODUCT, weights);
        operands = mk_lay_out_bf16(&laid_out, a, weights ? NULL : b, weights ? weights->shared.kernels : NULL);
        job = bf16_job(&laid_out, &operands, c, bias);
    } else {
        job = job_of(plan, a, b, c, bias);
        if (!job.is_ours && wants_plain_b(plan)) {
            with_plain_b(plan, a, b, c, bias);
            return;
        }
        weights = job.is_ours ? mk_weights_for(MK_OF_PRODUCT, weights) : NULL;
    }
    if (weights != NULL) {
        job.panels = weights->shared.panels;
        job.kernels = weights->shared.kernels;
    }
    run(&job);
    mk_free_bf16(&operands);
}
