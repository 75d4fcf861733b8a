// Layer and RMS normalization: each row by itself, read from memory once and kept in cache for its three walks.
#include <math.h>
#include <string.h>
#include "internal.h"
#include "mk_norm.h"

#define CHUNK 4096     // elements added up in one precision
#define ROWS_ADDED 64  // rows added up before they join their task's sum
#define MOST_PARTS 64  // tasks of a gradient, each with its own sums over rows

#define T float
#define NAME(loop) MK_PASTE(f32, loop)
#include "norm_rows_template.h"
#undef T
#undef NAME
#define T double
#define NAME(loop) MK_PASTE(f64, loop)
#include "norm_rows_template.h"

void mk_row_norm(mk_dtype type, const void *x, const void *scale, const void *offset, void *y, void *mean, void *rstd,
                 int64_t rows, int64_t n, double epsilon) {
    if (type == MK_F32) f32_forward(x, scale, offset, y, mean, rstd, rows, n, epsilon);
    else if (type == MK_F64) f64_forward(x, scale, offset, y, mean, rstd, rows, n, epsilon);
    else mk_unsupported("mk_row_norm", type);
}

void mk_row_norm_gradient(mk_dtype type, const void *dy, const void *x, const void *scale, const void *mean,
                          const void *rstd, void *dx, void *dscale, void *doffset, int64_t rows, int64_t n) {
    if (type == MK_F32) f32_backward(dy, x, scale, mean, rstd, dx, dscale, doffset, rows, n);
    else if (type == MK_F64) f64_backward(dy, x, scale, mean, rstd, dx, dscale, doffset, rows, n);
    else mk_unsupported("mk_row_norm_gradient", type);
}
