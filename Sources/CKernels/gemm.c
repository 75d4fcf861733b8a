#include "internal.h"
#include "strided.h"

#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

static void product(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                    const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c) {
    CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans, tb = transpose_b ? CblasTrans : CblasNoTrans;
    blasint lda = (blasint)mk_max(row_a, 1), ldb = (blasint)mk_max(row_b, 1), ldc = (blasint)row_c;
    // The width of an index is OpenBLAS's, 32 bits: a longer inner dimension goes in pieces.
    const int64_t most = (int64_t)1 << 30;
    size_t size = mk_size_of(type);
    for (int64_t first = 0; first == 0 || first < k; first += most) {
        blasint piece = (blasint)mk_min(most, k - first);
        const void *pa = mk_at(a, transpose_a ? first * row_a : first, size);
        const void *pb = mk_at(b, transpose_b ? first : first * row_b, size);
        if (type == MK_F32) {
            cblas_sgemm(CblasRowMajor, ta, tb, (blasint)m, (blasint)n, piece, (float)alpha, pa, lda, pb, ldb,
                        first == 0 ? (float)beta : 1, c, ldc);
        } else {
            cblas_dgemm(CblasRowMajor, ta, tb, (blasint)m, (blasint)n, piece, alpha, pa, lda, pb, ldb,
                        first == 0 ? beta : 1, c, ldc);
        }
    }
}

// OpenBLAS's kernels for AVX-512 do not pack their operands in products of up to 10^6 multiplications, and reach 105 to
// 117 GFLOP/s there where packing gives 90 to 102 (Zen 4, 0.3.21). So larger products are cut into such. Operands whose
// rows are a page and longer, and would miss the translation cache, are copied before, and so is a transposed B, for
// which there is no such kernel.
#define UNPACKED_LIMIT 1000000
#define UNPACKED_ROW 1024

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool unpacked;

static void look_for_unpacked(void) {
    const char *core = openblas_get_corename();
    unpacked = strcmp(core, "SkylakeX") == 0 || strcmp(core, "Cooperlake") == 0 || strcmp(core, "SapphireRapids") == 0;
}

static bool has_unpacked(void) {
    pthread_once(&once, look_for_unpacked);
    return unpacked;
}

// What one call of OpenBLAS takes, and which operands are copied for it.
typedef struct {
    int64_t rows, columns, depth;
    bool copies_a, copies_b;
} call_plan;

// The most even parts of at most `most`, in multiples of `unit`.
static int64_t even_part(int64_t n, int64_t most, int64_t unit) {
    int64_t parts = mk_ceil_div(n, mk_max(most, unit));
    return mk_min(mk_ceil_div(mk_ceil_div(n, parts), unit) * unit, n);
}

static call_plan plan_calls(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                            int64_t row_a, int64_t row_b) {
    call_plan whole = { .rows = m, .columns = n, .depth = k };
    if (type != MK_F32 || m < 16 || n < 16) return whole;
    if ((double)m * (double)n * (double)k <= UNPACKED_LIMIT || !has_unpacked()) return whole;
    call_plan call = {
        .columns = even_part(n, 64, 16), .copies_a = transpose_a && row_a > UNPACKED_ROW,
        .copies_b = transpose_b || row_b > UNPACKED_ROW,
    };
    // A copy pays when it is read often enough.
    if ((call.copies_b && m < 128) || (call.copies_a && n < 128)) return whole;
    // Of a transposed A a piece of some depth is read in short rows, again for each 64 columns: it stays in the
    // second-level cache beside that of B.
    int64_t depth = transpose_a ? mk_clamp(131072 / (m + n), 128, 400) : 400;
    call.depth = even_part(k, depth, 16);
    call.rows = even_part(m, UNPACKED_LIMIT / (call.columns * call.depth) / 8 * 8, 8);
    return call;
}

static void copy_rows(const float *from, int64_t rows, int64_t columns, int64_t row, float *to) {
    for (int64_t i = 0; i < rows; i++) memcpy(to + i * columns, from + i * row, (size_t)columns * sizeof(float));
}

// A float32 product in calls whose operands are copied to where their rows follow each other: all of B's for a piece of
// the inner dimension, A's block by block.
static void product_of_copies(call_plan call, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                              double alpha, const float *a, int64_t row_a, const float *b, int64_t row_b, double beta,
                              float *c, int64_t row_c) {
    float *room = mk_temporary(call.depth * (n + call.rows), sizeof(float)), *block = room + call.depth * n;
    for (int64_t l = 0; l < k; l += call.depth) {
        int64_t depth = mk_min(call.depth, k - l);
        for (int64_t j = 0; j < n && call.copies_b; j += call.columns) {
            int64_t columns = mk_min(call.columns, n - j);
            float *panel = room + j * depth;
            if (transpose_b) mk_transpose_matrix(sizeof(float), b + j * row_b + l, columns, depth, row_b, panel);
            else copy_rows(b + l * row_b + j, depth, columns, row_b, panel);
        }
        for (int64_t i = 0; i < m; i += call.rows) {
            int64_t rows = mk_min(call.rows, m - i);
            const float *from = a + (transpose_a ? l * row_a + i : i * row_a + l);
            if (call.copies_a) copy_rows(from, depth, rows, row_a, block);
            for (int64_t j = 0; j < n; j += call.columns) {
                int64_t columns = mk_min(call.columns, n - j);
                product(MK_F32, transpose_a, false, rows, columns, depth, alpha, call.copies_a ? block : from,
                        call.copies_a ? rows : row_a, call.copies_b ? room + j * depth : b + l * row_b + j,
                        call.copies_b ? columns : row_b, l == 0 ? beta : 1, c + i * row_c + j, row_c);
            }
        }
    }
    mk_free_temporary(room);
}

void mk_gemm_block(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                   const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c) {
    if (m == 0 || n == 0) return;
    call_plan call = plan_calls(type, transpose_a, transpose_b, m, n, k, row_a, row_b);
    if (call.copies_a || call.copies_b) {
        product_of_copies(call, transpose_a, transpose_b, m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c);
        return;
    }
    size_t size = mk_size_of(type);
    for (int64_t l = 0; l == 0 || l < k; l += call.depth) {
        for (int64_t i = 0; i < m; i += call.rows) {
            for (int64_t j = 0; j < n; j += call.columns) {
                product(type, transpose_a, transpose_b, mk_min(call.rows, m - i), mk_min(call.columns, n - j),
                        mk_min(call.depth, k - l), alpha, mk_at(a, transpose_a ? l * row_a + i : i * row_a + l, size),
                        row_a, mk_at(b, transpose_b ? j * row_b + l : l * row_b + j, size), row_b, l == 0 ? beta : 1,
                        mk_at_mutable(c, i * row_c + j, size), row_c);
            }
        }
        if (k == 0) break;
    }
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
    void *parts; // the sums over the pieces of k, m x n each; NULL: one piece, straight to C
} gemm_job;

// Cuts by measured costs: a task below about a million operations or 300 KB of memory (10 and 5 us) is not worth waking
// a thread for, nor one below a sixth of that worth handing over to one that is awake; OpenBLAS may pack its operands
// for every call, so a block of a large product needs 128 rows to stay near full speed, and columns and the inner
// dimension are cut only when rows do not give enough tasks.
static void cut(gemm_job *job) {
    const mk_gemm_plan *p = job->plan;
    double operations = 2.0 * (double)p->m * (double)p->n * (double)p->k;
    double bytes = (double)(p->m * p->k + p->k * p->n + p->m * p->n) * (double)job->size;
    job->is_short = (double)p->batch * fmax(operations / 2e6, bytes / 1e6) < 1;
    int64_t wanted = mk_clamp((int64_t)fmax(operations / (job->is_short ? 1.5e5 : 1e6), bytes / 3e5), 1, 64);
    if (job->is_short) wanted = mk_min(wanted, 4);
    job->group = mk_clamp((int64_t)(2e6 / (operations + 1)), 1, p->batch);
    if (p->batch > 8) wanted = mk_min(wanted, mk_ceil_div(64, p->batch));
    // Columns of a transposed A are short rows of its memory: better read for all of B's columns at once.
    // Operands with long rows are copied for each task: it has more rows.
    bool is_wide = mk_max(job->row_b, p->transpose_a ? job->row_a : 0) > UNPACKED_ROW;
    int64_t row_blocks = mk_clamp(p->m / (wanted <= 16 ? 32 : is_wide ? 256 : p->transpose_a ? 64 : 128), 1, wanted);
    int64_t column_blocks = mk_clamp(p->n / 64, 1, mk_min(8, wanted) / row_blocks);
    int64_t enough = mk_min(8, wanted) / (row_blocks * mk_max(column_blocks, 1)), depth_blocks = 1;
    while (2 * depth_blocks <= enough && p->k / (2 * depth_blocks) >= 512) depth_blocks *= 2;
    job->rows = mk_max(mk_ceil_div(mk_ceil_div(p->m, row_blocks), 8) * 8, 8);
    job->columns = mk_max(mk_ceil_div(mk_ceil_div(p->n, mk_max(column_blocks, 1)), 16) * 16, 16);
    job->depth = mk_max(mk_ceil_div(mk_ceil_div(p->k, depth_blocks), 16) * 16, 16);
    job->row_blocks = mk_ceil_div(p->m, job->rows);
    job->column_blocks = mk_ceil_div(p->n, job->columns);
    job->depth_blocks = mk_max(mk_ceil_div(p->k, job->depth), 1);
}

static void run_block(const gemm_job *job, int64_t entry, int64_t block) {
    const mk_gemm_plan *p = job->plan;
    int64_t column = block % job->column_blocks * job->columns;
    block /= job->column_blocks;
    int64_t row = block % job->row_blocks * job->rows, part = block / job->row_blocks, first = part * job->depth;
    int64_t m = mk_min(job->rows, p->m - row), n = mk_min(job->columns, p->n - column);
    int64_t k = mk_min(job->depth, p->k - first);

    int64_t in_a = entry * p->stride_a + (p->transpose_a ? first * job->row_a + row : row * job->row_a + first);
    int64_t in_b = entry * p->stride_b + (p->transpose_b ? column * job->row_b + first : first * job->row_b + column);
    bool direct = job->parts == NULL;
    int64_t row_c = direct ? job->row_c : p->n;
    int64_t in_c = row * row_c + column + (direct ? entry * p->stride_c : part * p->m * p->n);
    void *c = mk_at_mutable(direct ? job->c : job->parts, in_c, job->size);
    mk_gemm_block(p->type, p->transpose_a, p->transpose_b, m, n, k, p->alpha, mk_at(job->a, in_a, job->size),
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
        && p->m * p->batch >= 128 && p->n >= 16 && p->n <= UNPACKED_ROW && p->k > 0 && p->n * p->k <= 1 << 20
        && has_unpacked();
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

void mk_gemm(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias) {
    if (plan->m == 0 || plan->n == 0 || plan->batch == 0) return;
    if (plan->type == MK_I32 || plan->type == MK_I64) {
        mk_gemm_integer(plan, a, b, c, bias);
        return;
    }
    if (wants_plain_b(plan)) {
        with_plain_b(plan, a, b, c, bias);
        return;
    }
    gemm_job job = { .plan = plan, .a = a, .b = b, .c = c, .bias = bias, .size = mk_size_of(plan->type) };
    job.row_a = plan->row_a ? plan->row_a : plan->transpose_a ? plan->m : plan->k;
    job.row_b = plan->row_b ? plan->row_b : plan->transpose_b ? plan->k : plan->n;
    job.row_c = plan->row_c ? plan->row_c : plan->n;
    cut(&job);
    if (job.depth_blocks == 1) {
        int64_t blocks = job.row_blocks * job.column_blocks;
        int64_t tasks = job.group == 1 ? plan->batch * blocks : mk_ceil_div(plan->batch, job.group);
        if (job.is_short) mk_parallel_for_awake(tasks, gemm_task, &job);
        else mk_parallel_for(tasks, gemm_task, &job);
        return;
    }
    // Products with a cut inner dimension are large: one after the other, each on all threads.
    job.group = 1;
    for (int64_t entry = 0; entry < plan->batch; entry++) {
        job.a = mk_at(a, entry * plan->stride_a, job.size);
        job.b = mk_at(b, entry * plan->stride_b, job.size);
        job.c = mk_at_mutable(c, entry * plan->stride_c, job.size);
        run_in_depth(&job);
    }
}
