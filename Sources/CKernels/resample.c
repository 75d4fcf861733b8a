#include "internal.h"
#include "mk_resample.h"

#define BAND 256

typedef struct {
    const void *x;
    void *y;
    int64_t n, count, inner, bands;
    const int64_t *starts, *offsets;
    const double *weights;
} resample;

#define DEFINE(name, T) \
    MK_CLONES(static, void, name, (int64_t begin, int64_t end, void *context), (begin, end, context)) { \
        const resample *p = context; \
        for (int64_t u = begin; u < end; u++) { \
            int64_t column = u % p->bands * BAND, width = mk_min(BAND, p->inner - column); \
            int64_t row = u / p->bands, i = row % p->count; \
            const T *x = (const T *)p->x + (row / p->count * p->n + p->starts[i]) * p->inner + column; \
            double sum[BAND] = {0}; \
            for (int64_t k = p->offsets[i]; k < p->offsets[i + 1]; k++, x += p->inner) { \
                double weight = p->weights[k]; \
                for (int64_t j = 0; j < width; j++) sum[j] += weight * x[j]; \
            } \
            T *y = (T *)p->y + row * p->inner + column; \
            for (int64_t j = 0; j < width; j++) y[j] = (T)sum[j]; \
        } \
    }
DEFINE(resample_f32, float)
DEFINE(resample_f64, double)

void mk_resample(mk_dtype dtype, const void *x, void *y, int64_t outer, int64_t n, int64_t count, int64_t inner,
                 const int64_t *starts, const int64_t *offsets, const double *weights) {
    if (dtype != MK_F32 && dtype != MK_F64) mk_unsupported("mk_resample", dtype);
    resample p = {x, y, n, count, inner, mk_ceil_div(inner, BAND), starts, offsets, weights};
    int64_t taps = count > 0 ? mk_ceil_div(offsets[count], count) : 1;
    mk_parallel_ranges(outer * count * p.bands, mk_grain_of(mk_min(inner, BAND) * mk_max(1, taps)),
                       dtype == MK_F32 ? resample_f32 : resample_f64, &p);
}
