#include "mk_sample.h"
#include "internal.h"

#include <math.h>
#include <string.h>

// A pixel's number within its image, or OUTSIDE.
#define OUTSIDE (-1)

// Brings the number of a pixel into 0..<n, or gives OUTSIDE.
static int64_t inside(mk_outside outside, int64_t i, int64_t n) {
    switch (outside) {
    case MK_OUTSIDE_CONSTANT: return i >= 0 && i < n ? i : OUTSIDE;
    case MK_OUTSIDE_NEAREST: return mk_clamp(i, 0, n - 1);
    case MK_OUTSIDE_WRAP: return (i % n + n) % n;
    case MK_OUTSIDE_REFLECT: {
        int64_t place = (i < 0 ? -i : i) % (2 * n);
        return place < n ? place : 2 * n - place - 1;
    }
    }
    return OUTSIDE;
}

typedef struct {
    const mk_sample_plan *plan;
    const void *from, *places;
    void *to;
} sampling;

// Names with the suffix of T. `map` is TensorFlow's: a place on one axis brought into the image. Places beyond what an
// integer holds are outside.
#define DEFINE(T, SUFFIX, FLOOR, ROUND, RINT) \
    static T map##SUFFIX(mk_outside outside, T x, int64_t n) { \
        T last = (T)(n - 1), period; \
        if (outside == MK_OUTSIDE_CONSTANT) return x; \
        if (n > 1 && outside == MK_OUTSIDE_REFLECT) { \
            period = (T)(2 * n); \
            if (x < 0) { \
                x = period * (T)(int64_t)(-x / period) + x; \
                x = x < (T)-n ? x + period : -x - 1; \
            } else if (x > last) { \
                x -= period * (T)(int64_t)(x / period); \
                if (x >= (T)n) x = period - x - 1; \
            } \
        } else if (n > 1 && outside == MK_OUTSIDE_WRAP) { \
            if (x < 0) x += (T)n * (T)((int64_t)(-x / last) + 1); \
            else if (x > last) x -= (T)n * (T)(int64_t)(x / last); \
        } \
        return x < 0 ? 0 : x > last ? last : x; \
    } \
    /* The two pixels of an axis that a place lies between, and the weight of the second; of `nearest` only one. */ \
    static T axis##SUFFIX(const mk_sample_plan *p, T x, int64_t n, int64_t pixels[2]) { \
        pixels[0] = pixels[1] = OUTSIDE; \
        if (!(x > (T)-1e9 && x < (T)1e9)) return 0; \
        mk_outside outside = p->by_pixel ? p->outside : MK_OUTSIDE_CONSTANT; \
        if (!p->by_pixel) x = map##SUFFIX(p->outside, x, n); \
        if (!p->linear) { \
            pixels[0] = inside(outside, (int64_t)(p->by_pixel ? RINT(x) : ROUND(x)), n); \
            return 0; \
        } \
        T low = FLOOR(x); \
        pixels[0] = inside(outside, (int64_t)low, n); \
        pixels[1] = inside(outside, (int64_t)low + 1, n); \
        return x - low; \
    } \
    static void taps##SUFFIX(const mk_sample_plan *p, const T *place, int64_t pixels[4], T weights[4]) { \
        int64_t rows[2], columns[2]; \
        T down = axis##SUFFIX(p, place[0], p->height, rows), right = axis##SUFFIX(p, place[1], p->width, columns); \
        for (int i = 0; i < 4; i++) { \
            int64_t row = rows[i / 2], column = columns[i % 2]; \
            pixels[i] = row == OUTSIDE || column == OUTSIDE ? OUTSIDE : row * p->width + column; \
            weights[i] = (i / 2 ? down : 1 - down) * (i % 2 ? right : 1 - right); \
        } \
    } \
    static void sample##SUFFIX(int64_t begin, int64_t end, void *context) { \
        const sampling *s = context; \
        const mk_sample_plan *p = s->plan; \
        int64_t channels = p->channels, pixels[4]; \
        T weights[4]; \
        for (int64_t u = begin; u < end; u++) { \
            const T *image = (const T *)s->from + u / p->rows * p->height * p->width * channels; \
            for (int64_t column = 0; column < p->columns; column++) { \
                int64_t place = u * p->columns + column; \
                T *out = (T *)s->to + place * channels; \
                taps##SUFFIX(p, (const T *)s->places + 2 * place, pixels, weights); \
                for (int64_t c = 0; c < channels; c++) { \
                    T sum = 0; \
                    for (int i = 0; i < 4; i++) { \
                        if (weights[i] == 0) continue; \
                        sum += weights[i] * (pixels[i] == OUTSIDE ? (T)p->value : image[pixels[i] * channels + c]); \
                    } \
                    out[c] = sum; \
                } \
            } \
        } \
    } \
    static void spread##SUFFIX(int64_t begin, int64_t end, void *context) { \
        const sampling *s = context; \
        const mk_sample_plan *p = s->plan; \
        int64_t channels = p->channels, size = p->height * p->width * channels, count = p->rows * p->columns, pixels[4]; \
        T weights[4]; \
        for (int64_t number = begin; number < end; number++) { \
            T *image = (T *)s->to + number * size; \
            memset(image, 0, (size_t)size * sizeof(T)); \
            for (int64_t place = number * count; place < (number + 1) * count; place++) { \
                const T *gradient = (const T *)s->from + place * channels; \
                taps##SUFFIX(p, (const T *)s->places + 2 * place, pixels, weights); \
                for (int i = 0; i < 4; i++) { \
                    if (weights[i] == 0 || pixels[i] == OUTSIDE) continue; \
                    for (int64_t c = 0; c < channels; c++) image[pixels[i] * channels + c] += weights[i] * gradient[c]; \
                } \
            } \
        } \
    }
DEFINE(float, _f32, floorf, roundf, rintf)
DEFINE(double, _f64, floor, round, rint)

static void check(const char *name, const mk_sample_plan *plan) {
    if (plan->type != MK_F32 && plan->type != MK_F64) mk_unsupported(name, plan->type);
}

void mk_sample_images(const mk_sample_plan *plan, const void *images, const void *places, void *out) {
    check("mk_sample_images", plan);
    sampling s = {plan, images, places, out};
    mk_parallel_ranges(plan->batch * plan->rows, mk_grain_of(plan->columns * (16 + 8 * plan->channels)),
                       plan->type == MK_F32 ? sample_f32 : sample_f64, &s);
}

void mk_spread_images(const mk_sample_plan *plan, const void *gradients, const void *places, void *images) {
    check("mk_spread_images", plan);
    sampling s = {plan, gradients, places, images};
    mk_parallel_ranges(plan->batch, mk_grain_of(plan->rows * plan->columns * (16 + 8 * plan->channels)),
                       plan->type == MK_F32 ? spread_f32 : spread_f64, &s);
}
