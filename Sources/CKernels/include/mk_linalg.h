// Linear algebra, through LAPACKE.
#ifndef MK_LINALG_H
#define MK_LINALG_H

#include "mk_common.h"

// The reduced QR decomposition of a row-major m x n matrix, float32 or float64, by Householder reflections: q is m x k
// with orthonormal columns and r is k x n, upper triangular, k = min(m, n). Signs are LAPACK's. Returns 0, or -1 when
// there is no memory for the work; q and r are then not defined.
int mk_qr(mk_dtype type, int64_t m, int64_t n, const void *a, void *q, void *r);

#endif
