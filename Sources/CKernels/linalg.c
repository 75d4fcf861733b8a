#include "mk_linalg.h"
#include "internal.h"

#include <cblas.h>
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

static double element(mk_dtype type, const void *a, int64_t place) {
    return type == MK_F32 ? (double)((const float *)a)[place] : ((const double *)a)[place];
}

int64_t mk_cholesky(mk_dtype type, int64_t n, const void *a, void *l) {
    mk_thread_count();
    size_t size = mk_size_of(type);
    bool has_nan = false;
    for (int64_t i = 0; i < n; i++) {
        memcpy(mk_at_mutable(l, i * n, size), mk_at(a, i * n, size), (size_t)(i + 1) * size);
        memset(mk_at_mutable(l, i * n + i + 1, size), 0, (size_t)(n - i - 1) * size);
        for (int64_t j = 0; j <= i; j++) has_nan = has_nan || isnan(element(type, a, i * n + j));
    }
    if (has_nan) {
        fill_nan(type, l, n * n);
        return 0;
    }
    // The lower triangle by rows is the upper one by columns.
    lapack_int order = (lapack_int)n, leading = (lapack_int)mk_max(1, n);
    return type == MK_F32 ? LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'U', order, l, leading)
                          : LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', order, l, leading);
}

// The factors of a', which is a by columns, and their pivots. Returns LAPACK's answer: above 0 for a singular matrix.
static lapack_int factor(mk_dtype type, lapack_int n, const void *a, void *lu, lapack_int *pivots) {
    memcpy(lu, a, (size_t)n * (size_t)n * mk_size_of(type));
    return type == MK_F32 ? LAPACKE_sgetrf_work(LAPACK_COL_MAJOR, n, n, lu, n, pivots)
                          : LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, n, n, lu, n, pivots);
}

// b of rows x columns, turned.
static void turn(mk_dtype type, int64_t rows, int64_t columns, const void *b, void *out) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            if (type == MK_F32) ((float *)out)[j * rows + i] = ((const float *)b)[i * columns + j];
            else ((double *)out)[j * rows + i] = ((const double *)b)[i * columns + j];
        }
    }
}

int mk_solve(mk_dtype type, bool transpose, int64_t n, int64_t k, const void *a, const void *b, void *x) {
    if (n == 0 || k == 0) return 0;
    mk_thread_count();
    size_t size = mk_size_of(type), squares = (size_t)(n * n) * size, columns = (size_t)(n * k) * size;
    size_t bytes = squares + columns + (size_t)n * sizeof(lapack_int);
    char *work = mk_alloc(bytes);
    if (work == NULL) return -1;
    char *turned = work + squares;
    lapack_int *pivots = (lapack_int *)(turned + columns), order = (lapack_int)n;
    lapack_int info = factor(type, order, a, work, pivots);
    if (info == 0) {
        turn(type, n, k, b, turned);
        // The factors are those of a'.
        char mode = transpose ? 'N' : 'T';
        info = type == MK_F32
            ? LAPACKE_sgetrs_work(LAPACK_COL_MAJOR, mode, order, (lapack_int)k, (float *)work, order, pivots,
                                  (float *)turned, order)
            : LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, mode, order, (lapack_int)k, (double *)work, order, pivots,
                                  (double *)turned, order);
        turn(type, k, n, turned, x);
    }
    mk_free(work, bytes);
    return info == 0 ? 0 : 1;
}

int64_t mk_solve_triangular(mk_dtype type, bool lower, bool transpose, int64_t n, int64_t k, const void *a, const void *b,
                            void *x) {
    if (n == 0 || k == 0) return 0;
    mk_thread_count();
    for (int64_t i = 0; i < n; i++) {
        if (element(type, a, i * n + i) == 0) return i + 1;
    }
    memcpy(x, b, (size_t)(n * k) * mk_size_of(type));
    CBLAS_UPLO triangle = lower ? CblasLower : CblasUpper;
    CBLAS_TRANSPOSE mode = transpose ? CblasTrans : CblasNoTrans;
    if (type == MK_F32) {
        cblas_strsm(CblasRowMajor, CblasLeft, triangle, mode, CblasNonUnit, (int)n, (int)k, 1, a, (int)n, x, (int)k);
    } else {
        cblas_dtrsm(CblasRowMajor, CblasLeft, triangle, mode, CblasNonUnit, (int)n, (int)k, 1, a, (int)n, x, (int)k);
    }
    return 0;
}

int mk_determinant(mk_dtype type, int64_t n, const void *a, void *determinant, void *sign, void *log_magnitude) {
    double product = 1, direction = 1, logarithm = 0;
    if (n > 0) {
        mk_thread_count();
        size_t squares = (size_t)(n * n) * mk_size_of(type), bytes = squares + (size_t)n * sizeof(lapack_int);
        char *work = mk_alloc(bytes);
        if (work == NULL) return -1;
        lapack_int *pivots = (lapack_int *)(work + squares);
        factor(type, (lapack_int)n, a, work, pivots);
        for (int64_t i = 0; i < n; i++) {
            double pivot = element(type, work, i * n + i) * (pivots[i] == i + 1 ? 1 : -1);
            product *= pivot;
            direction *= pivot > 0 ? 1 : pivot < 0 ? -1 : pivot;
            logarithm += log(fabs(pivot));
        }
        mk_free(work, bytes);
    }
    void *places[] = {determinant, sign, log_magnitude};
    double values[] = {product, direction, logarithm};
    for (int i = 0; i < 3; i++) {
        if (places[i] == NULL) continue;
        if (type == MK_F32) *(float *)places[i] = (float)values[i];
        else *(double *)places[i] = values[i];
    }
    return 0;
}
