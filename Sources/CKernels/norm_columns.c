// Batch normalization: statistics of columns by blocks of rows that stay in cache for both walks (mean, deviations),
// joined in double precision in the order of their numbers; then one walk that normalizes.
#include <math.h>
#include <string.h>
#include "internal.h"
#include "mk_norm.h"

#define BAND 256           // columns of a band; copies of narrow columns fill one
#define BLOCK_ELEMENTS 16384
#define BLOCK_ROWS 64      // at least, so that partial sums are small beside the data

// How many rows make a line: short rows would leave vectors empty and sums waiting for each other.
static inline int64_t mk_fold(int64_t n) { return mk_max(1, BAND / mk_max(n, 1)); }

// The rows of a block: a multiple of a line's.
static inline int64_t mk_column_block(int64_t n) {
    int64_t fold = mk_fold(n);
    return mk_ceil_div(mk_max(BLOCK_ROWS, BLOCK_ELEMENTS / mk_max(n, 1)), fold) * fold;
}

// Joins the means and sums of squared deviations of all blocks into those of the first.
//
// Source: T. Chan, G. Golub, R. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.
MK_CLONES(static, void, mk_join_moments, (double *parts, int64_t blocks, int64_t block, int64_t rows, int64_t n),
          (parts, blocks, block, rows, n)) {
    double *restrict mean = parts, *restrict squares = parts + n;
    for (int64_t b = 1; b < blocks; b++) {
        const double *restrict other_mean = parts + 2 * b * n, *restrict other_squares = other_mean + n;
        double before = (double)(b * block), added = (double)mk_min(block, rows - b * block);
        double share = added / (before + added), weight = before * share;
        for (int64_t c = 0; c < n; c++) {
            double difference = other_mean[c] - mean[c];
            mean[c] += difference * share;
            squares[c] += other_squares[c] + difference * difference * weight;
        }
    }
}

#define T float
#define NAME(loop) MK_PASTE(f32, loop)
#include "norm_columns_template.h"
#undef T
#undef NAME
#define T double
#define NAME(loop) MK_PASTE(f64, loop)
#include "norm_columns_template.h"

void mk_column_norm(mk_dtype type, const void *x, const void *scale, const void *offset, void *y, void *mean,
                    void *variance, int64_t rows, int64_t n, double epsilon) {
    if (type == MK_F32) f32_forward(x, scale, offset, y, mean, variance, rows, n, epsilon);
    else if (type == MK_F64) f64_forward(x, scale, offset, y, mean, variance, rows, n, epsilon);
    else mk_unsupported("mk_column_norm", type);
}

void mk_column_norm_gradient(mk_dtype type, const void *dy, const void *x, const void *scale, const void *mean,
                             const void *variance, void *dx, void *dscale, void *doffset, int64_t rows, int64_t n,
                             double epsilon) {
    if (type == MK_F32) f32_backward(dy, x, scale, mean, variance, dx, dscale, doffset, rows, n, epsilon);
    else if (type == MK_F64) f64_backward(dy, x, scale, mean, variance, dx, dscale, doffset, rows, n, epsilon);
    else mk_unsupported("mk_column_norm_gradient", type);
}
