// Products of bfloat16 with sums in float32. Goals, in this order: the same bits on every CPU and by either way; no slower
// than float32 anywhere; twice as fast where the CPU multiplies pairs of bfloat16.
//
// The instruction vdpbf16ps adds two products to each sum: c = fma(a[1], b[1], c), then c = fma(a[0], b[0], c), each rounded
// to nearest, denormal numbers taken as zeros. That order is the definition here. Without the instruction the operands become
// float32, with the numbers of each pair in the other order, and float32's loops do the same steps.
//
// The instruction does not pay everywhere: on some CPUs it takes four times as long as a multiplication of float32. So it is
// tried before it is used first.

#include "gemm_internal.h"
#include "mk_float_mode.h"
#include "sgemm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define MK_AVX512_BF16 MK_AVX512 ",avx512bf16"
#pragma clang attribute push(__attribute__((target(MK_AVX512_BF16), min_vector_width(512))), apply_to = function)
#define NAME(x) MK_PASTE(x, pairs)
#define MULTIPLY(sum, x, right) \
    sum = (NAME(vector))_mm512_dpbf16_ps((__m512)(sum), (__m512bh)_mm512_set1_ps(x), (__m512bh)(right))
#define DEPTH 192
#define INTEGERS 0
#include "sgemm_wide.h"
#undef NAME

#define SUMS 16
#define ROUNDS 64
// Nanoseconds of so many multiplications that do not wait for each other.
static double time_of(bool is_pairs) {
    __m512 sums[SUMS], x = _mm512_set1_ps(0);
    for (int i = 0; i < SUMS; i++) sums[i] = _mm512_set1_ps(0);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int round = 0; round < ROUNDS; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) {
            if (is_pairs) sums[i] = _mm512_dpbf16_ps(sums[i], (__m512bh)x, (__m512bh)x);
            else sums[i] = _mm512_fmadd_ps(x, x, sums[i]);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}
#pragma clang attribute pop

bool mk_bf16_has_native(void) { return mk_simd == 2 && __builtin_cpu_supports("avx512bf16"); }

// The least of some tries each: an interruption only ever adds.
static bool is_fast;
static void try(void) {
    double pairs = 1e9, floats = 1e9;
    for (int i = 0; i < 20; i++) {
        double p = time_of(true), f = time_of(false);
        if (p < pairs) pairs = p;
        if (f < floats) floats = f;
    }
    // A pair does the work of two.
    is_fast = pairs < 1.6 * floats;
}
#else
bool mk_bf16_has_native(void) { return false; }
static bool is_fast;
static void try(void) {}
#endif

static atomic_int engine = MK_BF16_AUTOMATIC;
void mk_set_bf16_engine(mk_bf16_engine wanted) { atomic_store(&engine, (int)wanted); }
mk_bf16_engine mk_bf16_engine_in_use(void) { return (mk_bf16_engine)atomic_load_explicit(&engine, memory_order_relaxed); }

bool mk_bf16_is_native(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    mk_bf16_engine wanted = mk_bf16_engine_in_use();
    // The instruction knows no denormal numbers.
    if (wanted == MK_BF16_PORTABLE || !mk_bf16_has_native() || !mk_flushes_denormals()) return false;
    if (wanted == MK_BF16_NATIVE) return true;
    pthread_once(&once, try);
    return is_fast;
}

static const mk_sgemm_kernels *chosen(void) {
#if defined(__x86_64__)
    if (mk_bf16_is_native()) return &mk_sgemm_pairs;
    if (mk_simd == 2) return &mk_sgemm_even_avx512;
    if (mk_simd == 1) return &mk_sgemm_even_avx2;
#endif
    return &mk_sgemm_even_baseline;
}

// Two rows side by side: the numbers of a column become a pair.
MK_CLONES(static, void, join_rows, (int64_t n, const uint16_t *first, const uint16_t *second, uint32_t *to),
          (n, first, second, to)) {
    for (int64_t j = 0; j < n; j++) to[j] = first[j] | (uint32_t)second[j] << 16;
}

MK_CLONES(static, void, widen, (int64_t n, const uint16_t *from, uint32_t *to), (n, from, to)) {
    for (int64_t j = 0; j < n; j++) to[j] = (uint32_t)from[j] << 16;
}

// Pairs of one row, each the other way round.
MK_CLONES(static, void, widen_pairs, (int64_t pairs, const uint16_t *from, uint32_t *to), (pairs, from, to)) {
    for (int64_t j = 0; j < pairs; j++) {
        to[2 * j] = (uint32_t)from[2 * j + 1] << 16;
        to[2 * j + 1] = (uint32_t)from[2 * j] << 16;
    }
}

// Matrices with `lines` rows of `length` numbers; the inner dimension `k` goes across the rows (each a row of it) or along
// them. `lines` is then k, or `length` is.
typedef struct {
    bool is_native, goes_across;
    int64_t lines, length, k, row, stride;
    const uint16_t *from;
    uint32_t *to;
} layout;

static int64_t even(int64_t k) { return (k + 1) / 2 * 2; }
static int64_t rows_of(const layout *l) { return l->goes_across ? mk_ceil_div(l->k, 2) : l->lines; }
static int64_t out_row(const layout *l) {
    return l->goes_across ? l->length : l->is_native ? mk_ceil_div(l->k, 2) : even(l->k);
}
static int64_t out_rows(const layout *l) { return l->goes_across && !l->is_native ? even(l->k) : rows_of(l); }

// Two rows of the inner dimension. A last one has zeros beside it.
static void lay_out_across(const layout *l, const uint16_t *from, uint32_t *to, int64_t pair) {
    const uint16_t *first = from + 2 * pair * l->row;
    const bool is_whole = 2 * pair + 1 < l->k;
    if (l->is_native) {
        if (is_whole) {
            join_rows(l->length, first, first + l->row, to + pair * l->length);
            return;
        }
        for (int64_t j = 0; j < l->length; j++) to[pair * l->length + j] = first[j];
        return;
    }
    uint32_t *at = to + 2 * pair * l->length;
    if (is_whole) widen(l->length, first + l->row, at);
    else memset(at, 0, (size_t)l->length * sizeof *at);
    widen(l->length, first, at + l->length);
}

static void lay_out_along(const layout *l, const uint16_t *from, uint32_t *to, int64_t line) {
    from += line * l->row;
    to += line * out_row(l);
    const int64_t pairs = l->k / 2;
    if (l->is_native) memcpy(to, from, (size_t)pairs * sizeof *to);
    else widen_pairs(pairs, from, to);
    if (l->k % 2 == 0) return;
    if (l->is_native) {
        to[pairs] = from[l->k - 1];
    } else {
        to[2 * pairs] = 0;
        to[2 * pairs + 1] = (uint32_t)from[l->k - 1] << 16;
    }
}

static void lay_out_rows(int64_t begin, int64_t end, void *context) {
    const layout *l = context;
    const int64_t rows = rows_of(l), size = out_rows(l) * out_row(l);
    for (int64_t i = begin; i < end; i++) {
        const uint16_t *from = l->from + i / rows * l->stride;
        uint32_t *to = l->to + i / rows * size;
        if (l->goes_across) lay_out_across(l, from, to, i % rows);
        else lay_out_along(l, from, to, i % rows);
    }
}

// The operand in elements of four bytes: where it is, when its rows hold whole pairs, else in `room`.
static const void *lay_out(layout l, int64_t batch, int64_t *row, int64_t *stride, void **room) {
    const int64_t count = l.stride == 0 ? 1 : batch;
    if (l.is_native && !l.goes_across && l.k % 2 == 0 && l.row % 2 == 0 && l.stride % 2 == 0) {
        *row = l.row / 2;
        *stride = l.stride / 2;
        return l.from;
    }
    *row = out_row(&l);
    *stride = l.stride == 0 ? 0 : out_rows(&l) * *row;
    *room = l.to = mk_temporary(count * out_rows(&l) * *row, sizeof(uint32_t));
    mk_parallel_ranges(count * rows_of(&l), mk_grain_of(2 * l.length), lay_out_rows, &l);
    return *room;
}

mk_bf16_operands mk_lay_out_bf16(mk_gemm_plan *plan, const void *a, const void *b, const mk_sgemm_kernels *kernels) {
    mk_bf16_operands o = { .kernels = kernels != NULL ? kernels : chosen(), .per = 1 };
    bool is_native = false;
#if defined(__x86_64__)
    is_native = o.kernels == &mk_sgemm_pairs;
#endif
    if (is_native) o.per = 2;
    const int64_t k = plan->k;
    if (a != NULL) {
        const bool across = plan->transpose_a;
        const int64_t length = across ? plan->m : k;
        layout l = { is_native, across, across ? k : plan->m, length, k, plan->row_a ? plan->row_a : length,
                     plan->stride_a, a, NULL };
        o.a = lay_out(l, plan->batch, &o.row_a, &plan->stride_a, &o.room_a);
    }
    if (b != NULL) {
        const bool across = !plan->transpose_b;
        const int64_t length = across ? plan->n : k;
        layout l = { is_native, across, across ? k : plan->n, length, k, plan->row_b ? plan->row_b : length,
                     plan->stride_b, b, NULL };
        o.b = lay_out(l, plan->batch, &o.row_b, &plan->stride_b, &o.room_b);
    }
    plan->type = MK_F32;
    plan->k = even(k);
    return o;
}

void mk_free_bf16(mk_bf16_operands *o) {
    mk_free_temporary(o->room_a);
    mk_free_temporary(o->room_b);
}
