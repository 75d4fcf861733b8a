// The loops that reductions are made of, one pair per operation and element type.
#ifndef MK_REDUCE_KERNELS_H
#define MK_REDUCE_KERNELS_H

#include "internal.h"
#include "mk_reduce.h"

// Blocks of a row, rows of a block, and the bytes of a tile of columns. They fix the order of additions.
#define MK_ROW_BLOCK 4096
#define MK_COLUMN_BLOCK 64
#define MK_TILE_BYTES 4096
// Deepest tree over blocks of rows; with it MK_COLUMN_BLOCK << (MK_COLUMN_LEVELS - 2) rows are safe.
#define MK_COLUMN_LEVELS 10

typedef struct {
    void (*rows)(const void *in, int64_t rows, int64_t n, void *out);
    void (*columns)(const void *in, int64_t rows, int64_t stride, int64_t width, void *out);
} mk_reduce_kernel;

// sum, prod, max or min of one of the five element types.
mk_reduce_kernel mk_find_reduce_kernel(mk_reduction op, mk_dtype dtype);

// Sums and maxima of whole rows, for other kernels.
void mk_sum_f32_rows(const void *in, int64_t rows, int64_t n, void *out);
void mk_sum_f64_rows(const void *in, int64_t rows, int64_t n, void *out);
void mk_max_f32_rows(const void *in, int64_t rows, int64_t n, void *out);
void mk_max_f64_rows(const void *in, int64_t rows, int64_t n, void *out);

#endif
