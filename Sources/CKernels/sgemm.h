// Float32 products of our own, beside OpenBLAS's. gemm.c decides which products they take and cuts them into tasks;
// sgemm.c runs one on the calling thread; sgemm_tile.h is its inner loop, once for each instruction set.
#ifndef MK_SGEMM_H
#define MK_SGEMM_H

#include "internal.h"

// What the inner loop sees: a strip of C no wider than a panel.
typedef struct {
    int64_t m, k, columns;
    const float *a, *b;
    float *c;
    int64_t row_a, row_b, row_c;
    float alpha, beta;
    const float *bias;
    bool relu;
} mk_sgemm_strip;

// The inner loops of an instruction set.
typedef struct mk_sgemm_kernels {
    int64_t lanes;            // floats in a vector
    int64_t panel;            // vectors in a panel
    int64_t depth;            // of a piece of the inner dimension, at most
    int64_t unit;             // a piece has a multiple of it
    // Strips of one to four vectors' columns, A in rows or in columns.
    void (*strip[4][2])(const mk_sgemm_strip *strip);
    // Packs n columns, or n rows that become columns, into panels of `width`, one after the other.
    void (*pack)(const float *from, int64_t row, bool turned, int64_t k, int64_t n, int64_t width, float *to);
    // to [k][width] = from, whose first `count` rows become columns; zeros behind them.
    void (*turn)(const float *from, int64_t row, int64_t k, int64_t count, int64_t width, float *to);
} mk_sgemm_kernels;

// The kernels of the SIMD level in use, or those that the calling thread has asked for. Who cuts a product into tasks asks
// once and hands them on.
const mk_sgemm_kernels *mk_sgemm_chosen(void);
// Takes the place of what the SIMD level chooses in products that the calling thread begins: for tests. NULL: back to that.
void mk_sgemm_use(const mk_sgemm_kernels *kernels);
extern const mk_sgemm_kernels mk_sgemm_baseline, mk_sgemm_even_baseline;
#if defined(__x86_64__)
extern const mk_sgemm_kernels mk_sgemm_avx2, mk_sgemm_avx512, mk_sgemm_even_avx2, mk_sgemm_even_avx512;
// Of pairs of bfloat16, where the CPU has instructions for them (gemm_bf16.c): an element of A and B is a pair, C has floats.
extern const mk_sgemm_kernels mk_sgemm_pairs;
// Of four whole numbers of 8 bits (gemm_int8.c): those of A without sign, those of B with one; C has whole numbers of 32 bits.
extern const mk_sgemm_kernels mk_sgemm_quads;
#endif

// C = alpha A B + beta C, then the bias (NULL: none) is added to each row, then relu.
typedef struct {
    const mk_sgemm_kernels *kernels;
    int64_t m, n, k;
    bool transpose_a, transpose_b; // A is stored k x m, B n x k
    const float *a, *b;
    float *c;
    int64_t row_a, row_b, row_c;
    float alpha, beta;
    const float *bias;
    bool relu;
    // B as mk_sgemm_pack leaves it, in place of `b`; NULL: B is read, or packed, as it comes.
    const float *panels;
    // Their depth, where it is more than k, and the first row of them that this product takes.
    int64_t panel_depth, first;
} mk_sgemm_product;

void mk_sgemm(const mk_sgemm_product *product);

// Whether a product with these sizes is better off with B packed than with B where it is.
bool mk_sgemm_packs(const mk_sgemm_kernels *kernels, int64_t m, int64_t n, int64_t k, bool transpose_b, int64_t row_b);

// B in panels: columns side by side as the inner loop reads them, k rows of them, zeros behind the last column.
static inline int64_t mk_sgemm_panel_width(const mk_sgemm_kernels *kernels) { return kernels->panel * kernels->lanes; }
// Floats of all panels.
int64_t mk_sgemm_panels_size(const mk_sgemm_kernels *kernels, int64_t n, int64_t k);
// Packs the panels first..<end.
void mk_sgemm_pack(const mk_sgemm_kernels *kernels, int64_t n, int64_t k, bool transpose_b, const float *b,
                   int64_t row_b, int64_t first, int64_t end, float *panels);

#endif
