#include "internal.h"

// Rows of C for one task, and the inner dimension's piece whose rows of B stay in cache.
#define ROWS 16
#define DEPTH 128

typedef struct {
    const mk_gemm_plan *plan;
    const void *a, *b, *bias;
    void *c;
    int64_t row_a, row_b, row_c, row_blocks;
} integer_job;

// Unsigned arithmetic, because overflow must wrap around.
#define INTEGER_BLOCK(T, NAME)                                                                                         \
    MK_CLONES(static, void, NAME, (const integer_job *job, int64_t entry, int64_t row, int64_t rows),                  \
              (job, entry, row, rows)) {                                                                               \
        const mk_gemm_plan *p = job->plan;                                                                             \
        const T *a = (const T *)job->a + entry * p->stride_a, *b = (const T *)job->b + entry * p->stride_b;            \
        T *start = (T *)job->c + entry * p->stride_c;                                                                  \
        const T *bias = job->bias;                                                                                     \
        T alpha = (T)(int64_t)p->alpha, beta = (T)(int64_t)p->beta;                                                    \
        for (int64_t i = row; i < row + rows; i++) {                                                                   \
            T *c = start + i * job->row_c;                                                                             \
            for (int64_t j = 0; j < p->n; j++) c[j] = (beta == 0 ? 0 : beta * c[j]) + (bias ? bias[j] : 0);            \
        }                                                                                                              \
        for (int64_t first = 0; first < p->k; first += DEPTH) {                                                        \
            int64_t end = mk_min(first + DEPTH, p->k);                                                                 \
            for (int64_t i = row; i < row + rows; i++) {                                                               \
                T *restrict c = start + i * job->row_c;                                                                \
                for (int64_t l = first; l < end; l++) {                                                                \
                    T x = alpha * (p->transpose_a ? a[l * job->row_a + i] : a[i * job->row_a + l]);                    \
                    if (p->transpose_b) {                                                                              \
                        for (int64_t j = 0; j < p->n; j++) c[j] += x * b[j * job->row_b + l];                          \
                    } else {                                                                                           \
                        for (int64_t j = 0; j < p->n; j++) c[j] += x * b[l * job->row_b + j];                          \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
INTEGER_BLOCK(uint32_t, integer_block_i32)
INTEGER_BLOCK(uint64_t, integer_block_i64)

static void integer_task(int64_t task, void *context) {
    const integer_job *job = context;
    int64_t entry = task / job->row_blocks, row = task % job->row_blocks * ROWS;
    int64_t rows = mk_min(ROWS, job->plan->m - row);
    if (job->plan->type == MK_I32) integer_block_i32(job, entry, row, rows);
    else integer_block_i64(job, entry, row, rows);
}

void mk_gemm_integer(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias) {
    integer_job job = { .plan = plan, .a = a, .b = b, .c = c, .bias = bias };
    job.row_a = plan->row_a ? plan->row_a : plan->transpose_a ? plan->m : plan->k;
    job.row_b = plan->row_b ? plan->row_b : plan->transpose_b ? plan->k : plan->n;
    job.row_c = plan->row_c ? plan->row_c : plan->n;
    job.row_blocks = mk_ceil_div(plan->m, ROWS);
    mk_parallel_for(plan->batch * job.row_blocks, integer_task, &job);
}
