#include "mk_linalg.h"
#include "internal.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

// What LAPACKE's factorisations say of a matrix (their fourth argument) that holds a NaN.
#define NAN_FOUND (-4)

static void fill_nan(mk_dtype type, void *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (type == MK_F32) ((float *)out)[i] = NAN;
        else ((double *)out)[i] = (double)NAN;
    }
}

int mk_qr(mk_dtype type, int64_t m, int64_t n, const void *a, void *q, void *r) {
    int64_t k = mk_min(m, n);
    if (k == 0) return 0;
    mk_thread_count(); // so that OpenBLAS has been told its number of threads
    size_t size = mk_size_of(type), bytes = (size_t)(m * n + k) * size;
    char *work = mk_alloc(bytes);
    if (work == NULL) return -1;
    char *tau = work + (size_t)(m * n) * size;
    memcpy(work, a, (size_t)(m * n) * size);
    lapack_int rows = (lapack_int)m, columns = (lapack_int)n, rank = (lapack_int)k;
    lapack_int info = type == MK_F32
        ? LAPACKE_sgeqrf(LAPACK_ROW_MAJOR, rows, columns, (float *)work, columns, (float *)tau)
        : LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, rows, columns, (double *)work, columns, (double *)tau);
    // The upper triangle is r; the reflections below it make q.
    for (int64_t i = 0; i < k && info == 0; i++) {
        memset(mk_at_mutable(r, i * n, size), 0, (size_t)i * size);
        memcpy(mk_at_mutable(r, i * n + i, size), work + (size_t)(i * n + i) * size, (size_t)(n - i) * size);
    }
    for (int64_t i = 0; i < m && info == 0; i++) {
        memcpy(mk_at_mutable(q, i * k, size), work + (size_t)(i * n) * size, (size_t)k * size);
    }
    if (info == 0) {
        info = type == MK_F32 ? LAPACKE_sorgqr(LAPACK_ROW_MAJOR, rows, rank, rank, q, rank, (float *)tau)
                              : LAPACKE_dorgqr(LAPACK_ROW_MAJOR, rows, rank, rank, q, rank, (double *)tau);
    }
    mk_free(work, bytes);
    if (info == NAN_FOUND) {
        fill_nan(type, q, m * k);
        fill_nan(type, r, k * n);
        return 0;
    }
    return info == 0 ? 0 : -1;
}
