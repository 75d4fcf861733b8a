// The position of the largest or smallest element along an axis.
#include "reduce_kernels.h"

typedef struct {
    const void *in;
    int64_t *out;
    int64_t n, inner, band, bands;
    void (*extreme)(const void *in, int64_t rows, int64_t n, void *out);
} search;

#define BAND 512
#define ROWS 64 // whose extremes are found together

// `best` holds the extreme of each column so far; a NaN beats all but an earlier NaN.
#define DEFINE(name, T, BEATS) \
    MK_CLONES(static, void, name, (int64_t begin, int64_t end, void *context), (begin, end, context)) { \
        const search *p = context; \
        for (int64_t i = begin; i < end; i++) { \
            int64_t column = i % p->bands * p->band, width = mk_min(p->band, p->inner - column); \
            const T *x = (const T *)p->in + i / p->bands * p->n * p->inner + column; \
            int64_t *out = p->out + i / p->bands * p->inner + column; \
            T best[BAND]; \
            for (int64_t j = 0; j < width; j++) { \
                best[j] = x[j]; \
                out[j] = 0; \
            } \
            for (int64_t r = 1; r < p->n; r++) { \
                const T *row = x + r * p->inner; \
                for (int64_t j = 0; j < width; j++) { \
                    bool better = BEATS(row[j], best[j]); \
                    best[j] = better ? row[j] : best[j]; \
                    out[j] = better ? r : out[j]; \
                } \
            } \
        } \
    }

// The last axis: the extreme of the row first, in a vector loop, then the first element that equals it or is NaN as it
// is.
#define DEFINE_ROWS(name, T) \
    static void name(int64_t begin, int64_t end, void *context) { \
        const search *p = context; \
        T best[ROWS]; \
        for (int64_t r = begin; r < end; r++) { \
            const T *x = (const T *)p->in + r * p->n; \
            int64_t place = (r - begin) % ROWS; \
            if (place == 0) p->extreme(x, mk_min(ROWS, end - r), p->n, best); \
            T wanted = best[place]; \
            int64_t i = 0; \
            while (!(x[i] == wanted || (wanted != wanted && x[i] != x[i]))) i++; \
            p->out[r] = i; \
        } \
    }
DEFINE_ROWS(rows_f32, float)
DEFINE_ROWS(rows_f64, double)
DEFINE_ROWS(rows_i32, int32_t)
DEFINE_ROWS(rows_i64, int64_t)
DEFINE_ROWS(rows_u8, uint8_t)

#define ABOVE(a, b) ((a) > (b))
#define BELOW(a, b) ((a) < (b))
#define ABOVE_NAN(a, b) (((a) > (b)) | (((a) != (a)) & ((b) == (b))))
#define BELOW_NAN(a, b) (((a) < (b)) | (((a) != (a)) & ((b) == (b))))
DEFINE(argmax_f32, float, ABOVE_NAN)
DEFINE(argmax_f64, double, ABOVE_NAN)
DEFINE(argmax_i32, int32_t, ABOVE)
DEFINE(argmax_i64, int64_t, ABOVE)
DEFINE(argmax_u8, uint8_t, ABOVE)
DEFINE(argmin_f32, float, BELOW_NAN)
DEFINE(argmin_f64, double, BELOW_NAN)
DEFINE(argmin_i32, int32_t, BELOW)
DEFINE(argmin_i64, int64_t, BELOW)
DEFINE(argmin_u8, uint8_t, BELOW)

static void run(mk_dtype dtype, bool largest, const void *in, int64_t *out, int64_t outer, int64_t n, int64_t inner) {
    if (dtype == MK_BOOL) dtype = MK_U8;
    search p = {in, out, n, inner, mk_min(mk_max(inner, 1), BAND), 0,
                mk_find_reduce_kernel(largest ? MK_REDUCE_MAX : MK_REDUCE_MIN, dtype).rows};
    p.bands = mk_ceil_div(inner, p.band);
    void (*rows)(int64_t, int64_t, void *), (*columns)(int64_t, int64_t, void *);
    switch (dtype) {
    case MK_F32: rows = rows_f32, columns = largest ? argmax_f32 : argmin_f32; break;
    case MK_F64: rows = rows_f64, columns = largest ? argmax_f64 : argmin_f64; break;
    case MK_I32: rows = rows_i32, columns = largest ? argmax_i32 : argmin_i32; break;
    case MK_I64: rows = rows_i64, columns = largest ? argmax_i64 : argmin_i64; break;
    case MK_U8: rows = rows_u8, columns = largest ? argmax_u8 : argmin_u8; break;
    default: mk_unsupported("mk_argmax", dtype);
    }
    mk_parallel_ranges(outer * p.bands, mk_grain_of(n * p.band), inner == 1 ? rows : columns, &p);
}

void mk_argmax(mk_dtype dtype, const void *in, int64_t *out, int64_t outer, int64_t n, int64_t inner) {
    run(dtype, true, in, out, outer, n, inner);
}

void mk_argmin(mk_dtype dtype, const void *in, int64_t *out, int64_t outer, int64_t n, int64_t inner) {
    run(dtype, false, in, out, outer, n, inner);
}
