// Products by OpenBLAS on the calling thread, in calls that suit its kernels.

#include "gemm_internal.h"
#include "strided.h"

#include <cblas.h>
#include <pthread.h>
#include <string.h>

static void product(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                    const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c) {
    CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans, tb = transpose_b ? CblasTrans : CblasNoTrans;
    blasint lda = (blasint)mk_max(row_a, 1), ldb = (blasint)mk_max(row_b, 1), ldc = (blasint)row_c;
    // The width of an index is OpenBLAS's, 32 bits: a longer inner dimension goes in pieces.
    const int64_t most = (int64_t)1 << 30;
    size_t size = mk_size_of(type);
    for (int64_t first = 0; first == 0 || first < k; first += most) {
        blasint piece = (blasint)mk_min(most, k - first);
        const void *pa = mk_at(a, transpose_a ? first * row_a : first, size);
        const void *pb = mk_at(b, transpose_b ? first : first * row_b, size);
        if (type == MK_F32) {
            cblas_sgemm(CblasRowMajor, ta, tb, (blasint)m, (blasint)n, piece, (float)alpha, pa, lda, pb, ldb,
                        first == 0 ? (float)beta : 1, c, ldc);
        } else {
            cblas_dgemm(CblasRowMajor, ta, tb, (blasint)m, (blasint)n, piece, alpha, pa, lda, pb, ldb,
                        first == 0 ? beta : 1, c, ldc);
        }
    }
}

// OpenBLAS's kernels for AVX-512 do not pack their operands in products of up to 10^6 multiplications, and reach 105 to
// 117 GFLOP/s there where packing gives 90 to 102 (Zen 4, 0.3.21). So larger products are cut into such. Operands whose
// rows are a page and longer, and would miss the translation cache, are copied before, and so is a transposed B, for
// which there is no such kernel.
#define UNPACKED_LIMIT 1000000

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool unpacked;

static void look_for_unpacked(void) {
    const char *core = openblas_get_corename();
    unpacked = strcmp(core, "SkylakeX") == 0 || strcmp(core, "Cooperlake") == 0 || strcmp(core, "SapphireRapids") == 0;
}

bool mk_openblas_has_unpacked(void) {
    pthread_once(&once, look_for_unpacked);
    return unpacked;
}

// What one call of OpenBLAS takes, and which operands are copied for it.
typedef struct {
    int64_t rows, columns, depth;
    bool copies_a, copies_b;
} call_plan;

// The most even parts of at most `most`, in multiples of `unit`.
static int64_t even_part(int64_t n, int64_t most, int64_t unit) {
    int64_t parts = mk_ceil_div(n, mk_max(most, unit));
    return mk_min(mk_ceil_div(mk_ceil_div(n, parts), unit) * unit, n);
}

static call_plan plan_calls(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                            int64_t row_a, int64_t row_b) {
    call_plan whole = { .rows = m, .columns = n, .depth = k };
    if (type != MK_F32 || m < 16 || n < 16) return whole;
    if ((double)m * (double)n * (double)k <= UNPACKED_LIMIT || !mk_openblas_has_unpacked()) return whole;
    call_plan call = {
        .columns = even_part(n, 64, 16), .copies_a = transpose_a && row_a > MK_UNPACKED_ROW,
        .copies_b = transpose_b || row_b > MK_UNPACKED_ROW,
    };
    // A copy pays when it is read often enough.
    if ((call.copies_b && m < 128) || (call.copies_a && n < 128)) return whole;
    // Of a transposed A a piece of some depth is read in short rows, again for each 64 columns: it stays in the
    // second-level cache beside that of B.
    int64_t depth = transpose_a ? mk_clamp(131072 / (m + n), 128, 400) : 400;
    call.depth = even_part(k, depth, 16);
    call.rows = even_part(m, UNPACKED_LIMIT / (call.columns * call.depth) / 8 * 8, 8);
    return call;
}

static void copy_rows(const float *from, int64_t rows, int64_t columns, int64_t row, float *to) {
    for (int64_t i = 0; i < rows; i++) memcpy(to + i * columns, from + i * row, (size_t)columns * sizeof(float));
}

// A float32 product in calls whose operands are copied to where their rows follow each other: all of B's for a piece of
// the inner dimension, A's block by block.
static void product_of_copies(call_plan call, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                              double alpha, const float *a, int64_t row_a, const float *b, int64_t row_b, double beta,
                              float *c, int64_t row_c) {
    float *room = mk_temporary(call.depth * (n + call.rows), sizeof(float)), *block = room + call.depth * n;
    for (int64_t l = 0; l < k; l += call.depth) {
        int64_t depth = mk_min(call.depth, k - l);
        for (int64_t j = 0; j < n && call.copies_b; j += call.columns) {
            int64_t columns = mk_min(call.columns, n - j);
            float *panel = room + j * depth;
            if (transpose_b) mk_transpose_matrix(sizeof(float), b + j * row_b + l, columns, depth, row_b, panel);
            else copy_rows(b + l * row_b + j, depth, columns, row_b, panel);
        }
        for (int64_t i = 0; i < m; i += call.rows) {
            int64_t rows = mk_min(call.rows, m - i);
            const float *from = a + (transpose_a ? l * row_a + i : i * row_a + l);
            if (call.copies_a) copy_rows(from, depth, rows, row_a, block);
            for (int64_t j = 0; j < n; j += call.columns) {
                int64_t columns = mk_min(call.columns, n - j);
                product(MK_F32, transpose_a, false, rows, columns, depth, alpha, call.copies_a ? block : from,
                        call.copies_a ? rows : row_a, call.copies_b ? room + j * depth : b + l * row_b + j,
                        call.copies_b ? columns : row_b, l == 0 ? beta : 1, c + i * row_c + j, row_c);
            }
        }
    }
    mk_free_temporary(room);
}

void mk_openblas_gemm(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                      const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c) {
    call_plan call = plan_calls(type, transpose_a, transpose_b, m, n, k, row_a, row_b);
    if (call.copies_a || call.copies_b) {
        product_of_copies(call, transpose_a, transpose_b, m, n, k, alpha, a, row_a, b, row_b, beta, c, row_c);
        return;
    }
    size_t size = mk_size_of(type);
    for (int64_t l = 0; l == 0 || l < k; l += call.depth) {
        for (int64_t i = 0; i < m; i += call.rows) {
            for (int64_t j = 0; j < n; j += call.columns) {
                product(type, transpose_a, transpose_b, mk_min(call.rows, m - i), mk_min(call.columns, n - j),
                        mk_min(call.depth, k - l), alpha, mk_at(a, transpose_a ? l * row_a + i : i * row_a + l, size),
                        row_a, mk_at(b, transpose_b ? j * row_b + l : l * row_b + j, size), row_b, l == 0 ? beta : 1,
                        mk_at_mutable(c, i * row_c + j, size), row_c);
            }
        }
        if (k == 0) break;
    }
}
