// Normalization of rows (layer, RMS) and of columns (batch) in as few passes over memory as there can be, and the
// gradients. float32 and float64.
#ifndef MK_NORM_H
#define MK_NORM_H

#include "mk_common.h"

// Each row of x [rows, n]: y = (x - mean) rstd scale + offset, where rstd = 1 / sqrt(variance + epsilon), of a population.
// mean and rstd [rows] are written. mean NULL: the row is not shifted, and its mean square takes the variance's place.
// scale, offset [n] or NULL. x is read once, y written once.
void mk_row_norm(mk_dtype type, const void *x, const void *scale, const void *offset, void *y, void *mean, void *rstd,
                 int64_t rows, int64_t n, double epsilon);

// From dy and what the forward pass got and gave: dx, and dscale and doffset (each or NULL), in one pass.
void mk_row_norm_gradient(mk_dtype type, const void *dy, const void *x, const void *scale, const void *mean,
                          const void *rstd, void *dx, void *dscale, void *doffset, int64_t rows, int64_t n);

// Each column of x [rows, n]: y = (x - mean) / sqrt(variance + epsilon) scale + offset with the column's mean and
// population variance, which are written, [n]; 0 where there are no rows. scale, offset [n] or NULL. x is read twice.
void mk_column_norm(mk_dtype type, const void *x, const void *scale, const void *offset, void *y, void *mean,
                    void *variance, int64_t rows, int64_t n, double epsilon);

// dx, and dscale and doffset (each or NULL); dy and x are read twice.
void mk_column_norm_gradient(mk_dtype type, const void *dy, const void *x, const void *scale, const void *mean,
                             const void *variance, void *dx, void *dscale, void *doffset, int64_t rows, int64_t n,
                             double epsilon);

#endif
