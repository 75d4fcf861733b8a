#include "internal.h"
#include "mk_recurrence.h"

#define BAND 256

typedef struct {
    const void *a, *b;
    void *y;
    int64_t n, inner, bands;
    bool reverse;
} recurrence;

#define DEFINE(name, T) \
    MK_CLONES(static, void, name, (int64_t begin, int64_t end, void *context), (begin, end, context)) { \
        const recurrence *p = context; \
        for (int64_t u = begin; u < end; u++) { \
            int64_t column = u % p->bands * BAND, width = mk_min(BAND, p->inner - column); \
            int64_t base = u / p->bands * p->n * p->inner + column; \
            double state[BAND] = {0}; \
            for (int64_t i = 0; i < p->n; i++) { \
                int64_t row = base + (p->reverse ? p->n - 1 - i : i) * p->inner; \
                const T *a = (const T *)p->a + row, *b = (const T *)p->b + row; \
                T *y = (T *)p->y + row; \
                for (int64_t j = 0; j < width; j++) { \
                    double next = a[j] * state[j] + b[j]; \
                    y[j] = (T)state[j]; \
                    state[j] = next; \
                } \
            } \
        } \
    }
DEFINE(recur_f32, float)
DEFINE(recur_f64, double)

void mk_linear_recurrence(mk_dtype dtype, const void *a, const void *b, void *y, int64_t outer, int64_t n,
                          int64_t inner, bool reverse) {
    if (dtype != MK_F32 && dtype != MK_F64) mk_unsupported("mk_linear_recurrence", dtype);
    recurrence p = {a, b, y, n, inner, mk_ceil_div(inner, BAND), reverse};
    mk_parallel_ranges(outer * p.bands, mk_grain_of(n * mk_min(inner, BAND)), dtype == MK_F32 ? recur_f32 : recur_f64,
                       &p);
}
