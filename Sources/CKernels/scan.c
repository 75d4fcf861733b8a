#include <math.h>
#include "internal.h"
#include "mk_scan.h"

#define BAND 256

typedef struct {
    const void *in;
    void *out;
    int64_t n, inner, bands;
    bool exclusive, reverse;
} job;

// Each column keeps its running value, of type A.
#define DEFINE(name, T, A, IDENTITY, COMBINE) \
    MK_CLONES(static, void, name, (int64_t begin, int64_t end, void *context), (begin, end, context)) { \
        const job *p = context; \
        for (int64_t u = begin; u < end; u++) { \
            int64_t column = u % p->bands * BAND, width = mk_min(BAND, p->inner - column); \
            int64_t base = u / p->bands * p->n * p->inner + column; \
            A run[BAND]; \
            for (int64_t j = 0; j < width; j++) run[j] = IDENTITY; \
            for (int64_t i = 0; i < p->n; i++) { \
                int64_t row = base + (p->reverse ? p->n - 1 - i : i) * p->inner; \
                const T *x = (const T *)p->in + row; \
                T *y = (T *)p->out + row; \
                for (int64_t j = 0; j < width; j++) { \
                    A next = COMBINE(run[j], (A)x[j]); \
                    y[j] = (T)(p->exclusive ? run[j] : next); \
                    run[j] = next; \
                } \
            } \
        } \
    }

#define ADD(a, b) ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))
#define LARGER(a, b) ((b) > (a) ? (b) : (a))
#define SMALLER(a, b) ((b) < (a) ? (b) : (a))
#define LARGER_NAN(a, b) ((((b) > (a)) | ((b) != (b))) ? (b) : (a))
#define SMALLER_NAN(a, b) ((((b) < (a)) | ((b) != (b))) ? (b) : (a))
DEFINE(sum_f32, float, double, 0, ADD)
DEFINE(sum_f64, double, double, 0, ADD)
DEFINE(sum_i32, uint32_t, uint32_t, 0, ADD)
DEFINE(sum_i64, uint64_t, uint64_t, 0, ADD)
DEFINE(prod_f32, float, double, 1, MULTIPLY)
DEFINE(prod_f64, double, double, 1, MULTIPLY)
DEFINE(prod_i32, uint32_t, uint32_t, 1, MULTIPLY)
DEFINE(prod_i64, uint64_t, uint64_t, 1, MULTIPLY)
DEFINE(max_f32, float, float, -INFINITY, LARGER_NAN)
DEFINE(max_f64, double, double, -INFINITY, LARGER_NAN)
DEFINE(max_i32, int32_t, int32_t, INT32_MIN, LARGER)
DEFINE(max_i64, int64_t, int64_t, INT64_MIN, LARGER)
DEFINE(min_f32, float, float, INFINITY, SMALLER_NAN)
DEFINE(min_f64, double, double, INFINITY, SMALLER_NAN)
DEFINE(min_i32, int32_t, int32_t, INT32_MAX, SMALLER)
DEFINE(min_i64, int64_t, int64_t, INT64_MAX, SMALLER)

void mk_scan(mk_scan_op op, mk_dtype dtype, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
             bool exclusive, bool reverse) {
    static void (*const loops[4][4])(int64_t, int64_t, void *) = {
        {sum_f32, sum_f64, sum_i32, sum_i64},
        {prod_f32, prod_f64, prod_i32, prod_i64},
        {max_f32, max_f64, max_i32, max_i64},
        {min_f32, min_f64, min_i32, min_i64},
    };
    int type = dtype == MK_F32 ? 0 : dtype == MK_F64 ? 1 : dtype == MK_I32 ? 2 : dtype == MK_I64 ? 3 : -1;
    if (type < 0) mk_unsupported("mk_scan", dtype);
    job p = {in, out, n, inner, mk_ceil_div(inner, BAND), exclusive, reverse};
    mk_parallel_ranges(outer * p.bands, mk_grain_of(n * mk_min(inner, BAND)), loops[op][type], &p);
}
