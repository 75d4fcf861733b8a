// Linear algebra, through LAPACKE.
#ifndef MK_LINALG_H
#define MK_LINALG_H

#include "mk_common.h"

// The reduced QR decomposition of a row-major m x n matrix, float32 or float64, by Householder reflections: q is m x k
// with orthonormal columns and r is k x n, upper triangular, k = min(m, n). Signs are LAPACK's. Returns 0, or -1 when
// there is no memory for the work; q and r are then not defined.
int mk_qr(mk_dtype type, int64_t m, int64_t n, const void *a, void *q, void *r);

// The lower triangular l with l l' = a of a symmetric, positive definite n x n matrix, of which only the lower triangle is
// read; NaN where it holds a NaN. Returns 0, or the number (from 1) of the first leading minor that is not positive.
int64_t mk_cholesky(mk_dtype type, int64_t n, const void *a, void *l);

// x of a x = b, or of a' x = b, for n x n a and n x k b, row-major. Returns 0, -1 when there is no memory for the work, or 1
// when a is singular.
int mk_solve(mk_dtype type, bool transpose, int64_t n, int64_t k, const void *a, const void *b, void *x);

// The same for triangular a, of which only one triangle is read. Returns 0, or the number (from 1) of a zero on its diagonal.
int64_t mk_solve_triangular(mk_dtype type, bool lower, bool transpose, int64_t n, int64_t k, const void *a, const void *b,
                            void *x);

// The determinant of an n x n matrix where `determinant` is not NULL; else its sign (0 of a singular matrix) and the
// logarithm of its magnitude. Returns 0, or -1 when there is no memory for the work.
int mk_determinant(mk_dtype type, int64_t n, const void *a, void *determinant, void *sign, void *log_magnitude);

#endif
