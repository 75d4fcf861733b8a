// Products of whole numbers of 8 bits that are held as float32, as Keras's int8 quantization has them. Sums are exact, so
// whatever way computes them gives the same bits.
//
// AVX512-VNNI has an instruction for four products of each sum (vpdpbusd), of numbers without sign by numbers with one. So 128 is
// added to each number of A, and 128 times the sum of B's column is taken from C. Sums of 32 bits wrap around on the way, and
// are right in the end while the result has 32 bits. Elsewhere float32 computes pieces of the inner dimension so short that
// their sums have 24 bits.

#include "gemm_internal.h"
#include "sgemm.h"

#include <stdatomic.h>
#include <string.h>

#define MOST_K 131071 // 2^14 * 2^17 is 2^31
#define EXACT_K 1024  // 2^14 * 2^10 is 2^24

#if defined(__x86_64__)
#include <immintrin.h>

#define MK_AVX512_VNNI MK_AVX512 ",avx512vnni"
#pragma clang attribute push(__attribute__((target(MK_AVX512_VNNI), min_vector_width(512))), apply_to = function)
#define NAME(x) MK_PASTE(x, quads)
#define MULTIPLY(sum, x, right) \
    sum = (NAME(vector))_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)_mm512_set1_ps(x), (__m512i)(right))
#define DEPTH 384
#define INTEGERS 1
#include "sgemm_wide.h"
#undef NAME
#pragma clang attribute pop

bool mk_int8_has_native(void) { return mk_simd == 2 && __builtin_cpu_supports("avx512vnni"); }
#else
bool mk_int8_has_native(void) { return false; }
#endif

// The float32 way. For a long inner dimension the pieces' sums are added in float64, where they are exact.
static void by_floats(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c) {
    mk_gemm_plan plan = { .type = MK_F32, .m = m, .n = n, .k = k, .row_a = k, .batch = 1, .alpha = 1 };
    if (k <= EXACT_K) {
        mk_gemm(&plan, a, b, c, NULL);
        return;
    }
    double *sums = mk_temporary(m * n, sizeof(double));
    memset(sums, 0, (size_t)(m * n) * sizeof *sums);
    for (int64_t l = 0; l < k; l += EXACT_K) {
        plan.k = mk_min(EXACT_K, k - l);
        mk_gemm(&plan, a + l, b + l * n, c, NULL);
        for (int64_t i = 0; i < m * n; i++) sums[i] += c[i];
    }
    for (int64_t i = 0; i < m * n; i++) c[i] = (float)sums[i];
    mk_free_temporary(sums);
}

#if defined(__x86_64__)
MK_CLONES(static, bool, are_int8, (int64_t n, const float *x), (n, x)) {
    bool are = true;
    for (int64_t i = 0; i < n; i++) are &= x[i] >= -128 && x[i] <= 127 && x[i] == __builtin_rintf(x[i]);
    return are;
}

typedef struct {
    const float *x;
    atomic_bool others; // whether something else was found
} search;

static void look(int64_t begin, int64_t end, void *context) {
    search *s = context;
    if (!are_int8(end - begin, s->x + begin)) atomic_store(&s->others, true);
}

static bool holds_int8(const float *x, int64_t n) {
    search s = { .x = x };
    mk_parallel_ranges(n, MK_GRAIN, look, &s);
    return !atomic_load(&s.others);
}

static int64_t quads(int64_t k) { return mk_ceil_div(k, 4); }

// Four rows of B become one of quads; `sums` gets 128 times the sum of each column.
static void lay_out_b(int64_t n, int64_t k, const float *b, uint32_t *to, uint32_t *sums) {
    memset(sums, 0, (size_t)n * sizeof *sums);
    for (int64_t l = 0; l < k; l += 4, to += n) {
        memset(to, 0, (size_t)n * sizeof *to);
        for (int64_t i = l; i < mk_min(l + 4, k); i++) {
            for (int64_t j = 0; j < n; j++) {
                int32_t x = (int32_t)b[i * n + j];
                to[j] |= (uint32_t)(x & 0xff) << (8 * (i - l));
                sums[j] += 128u * (uint32_t)x;
            }
        }
    }
}

static mk_weights *lay_out(int64_t n, int64_t k, const float *b) {
    mk_weights *w = mk_alloc_or_stop(sizeof *w);
    *w = (mk_weights){ MK_OF_INT8, { .type = MK_F32, .n = n, .k = quads(k), .row = n, .count = 1, .kernels = &mk_sgemm_quads } };
    mk_shared_b *s = &w->shared;
    const int64_t size = mk_sgemm_panels_size(s->kernels, n, s->k);
    // The columns' sums stand behind the panels.
    s->bytes = (size_t)(size + n) * sizeof(float);
    s->panels = mk_alloc_or_stop(s->bytes);
    uint32_t *rows = mk_temporary(s->k * n, sizeof *rows);
    lay_out_b(n, k, b, rows, (uint32_t *)(s->panels + size));
    mk_sgemm_pack(s->kernels, n, s->k, false, (const float *)rows, n, 0, mk_ceil_div(n, mk_sgemm_panel_width(s->kernels)),
                  s->panels);
    mk_free_temporary(rows);
    return w;
}

typedef struct {
    const mk_shared_b *b;
    int64_t m, k, rows, columns, column_blocks;
    const float *a;
    uint8_t *quads; // A
    float *c;
} int8_job;

MK_CLONES(static, void, without_sign, (int64_t n, const float *x, uint8_t *to), (n, x, to)) {
    for (int64_t i = 0; i < n; i++) to[i] = (uint8_t)((int32_t)x[i] + 128);
}

static void lay_out_a(int64_t begin, int64_t end, void *context) {
    const int8_job *job = context;
    const int64_t row = 4 * job->b->k;
    for (int64_t i = begin; i < end; i++) {
        without_sign(job->k, job->a + i * job->k, job->quads + i * row);
        memset(job->quads + i * row + job->k, 0, (size_t)(row - job->k));
    }
}

MK_CLONES(static, void, finish_row, (int64_t n, const int32_t *sum, const int32_t *offset, float *to), (n, sum, offset, to)) {
    for (int64_t j = 0; j < n; j++) to[j] = (float)(int32_t)((uint32_t)sum[j] - (uint32_t)offset[j]);
}

static void int8_task(int64_t task, void *context) {
    const int8_job *job = context;
    const mk_shared_b *b = job->b;
    const int64_t i = task / job->column_blocks * job->rows, j = task % job->column_blocks * job->columns;
    const int64_t m = mk_min(job->rows, job->m - i), n = mk_min(job->columns, b->n - j);
    const int64_t width = mk_ceil_div(n, b->kernels->lanes) * b->kernels->lanes;
    float *sums = mk_scratch((size_t)(m * width) * sizeof *sums);
    mk_sgemm_product product = {
        .kernels = b->kernels, .m = m, .n = width, .k = b->k, .a = (const float *)(job->quads + i * 4 * b->k), .c = sums,
        .row_a = b->k, .row_c = width, .alpha = 1, .panels = b->panels + j * b->k, .panel_depth = b->k,
    };
    mk_sgemm(&product);
    const int32_t *offset = (const int32_t *)(b->panels + mk_sgemm_panels_size(b->kernels, b->n, b->k)) + j;
    for (int64_t r = 0; r < m; r++) {
        finish_row(n, (const int32_t *)(sums + r * width), offset, job->c + (i + r) * b->n + j);
    }
}

static void by_quads(int64_t m, int64_t k, const float *a, const mk_shared_b *b, float *c) {
    const int64_t width = mk_sgemm_panel_width(b->kernels);
    int8_job job = { .b = b, .m = m, .k = k, .a = a, .c = c };
    // No cut changes a bit.
    job.rows = mk_clamp(mk_ceil_div(mk_ceil_div(m, 8), 12) * 12, 12, 96);
    job.columns = m <= 24 ? 2 * width : mk_ceil_div(mk_min(b->n, 512), width) * width;
    job.column_blocks = mk_ceil_div(b->n, job.columns);
    job.quads = mk_temporary(m * 4 * b->k, 1);
    mk_parallel_ranges(m, mk_grain_of(k), lay_out_a, &job);
    const int64_t tasks = mk_ceil_div(m, job.rows) * job.column_blocks;
    if (m * b->n * b->k < 250000) mk_parallel_for_awake(tasks, int8_task, &job);
    else mk_parallel_for(tasks, int8_task, &job);
    mk_free_temporary(job.quads);
}
#endif

mk_weights *mk_gemm_int8_prepare(int64_t n, int64_t k, const float *b) {
#if defined(__x86_64__)
    if (mk_int8_has_native() && n > 0 && k > 0 && k <= MOST_K && holds_int8(b, n * k)) return lay_out(n, k, b);
#endif
    return NULL;
}

void mk_gemm_int8(int64_t m, int64_t n, int64_t k, const float *a, const float *b, const mk_weights *weights, float *c) {
    if (m == 0 || n == 0) return;
#if defined(__x86_64__)
    // B is laid out for one product where many rows meet it.
    mk_weights *own = NULL;
    weights = mk_weights_for(MK_OF_INT8, weights);
    if (weights == NULL && m >= 64) weights = own = mk_gemm_int8_prepare(n, k, b);
    if (weights != NULL && holds_int8(a, m * k)) {
        by_quads(m, k, a, &weights->shared, c);
        mk_free_weights(own);
        return;
    }
    mk_free_weights(own);
#endif
    by_floats(m, n, k, a, b, c);
}
