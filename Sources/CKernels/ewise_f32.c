// float32 instructions.
#include "ewise_loops.h"

#include "mk_vmath.h"

#include "ewise_floats.h"
#define f32_remainder(a, b) fmodf((a) * mk_one_f32, (b) * mk_one_f32)
MK_DEFINE_FLOAT(f32, float)

static inline float f32_lgamma(float x) { return (float)mk_lgamma(x); }
static inline float f32_digamma(float x) { return (float)mk_digamma(x); }

// sin, cos and tan of an argument that the vector loops cannot reduce (see mk_vmath.h) need the C library. A call that
// meets one does each element by itself; the others still take the function that the vector loop takes, so their bits
// do not depend on their neighbours.
static inline bool f32_is_large(float x) { return (f32_bits(x) & 0x7fffffff) >= f32_trigonometric_limit; }

MK_CLONES(static, bool, f32_any_large, (int64_t n, const float *x), (n, x)) {
    uint32_t any = 0;
    for (int64_t i = 0; i < n; i++) any |= f32_is_large(x[i]);
    return any;
}

#define MK_T float
#define MK_OF(name) f32_##name
#define MK_IS_FLOAT 1
#define MK_MATH_LOOP MK_INTERLEAVED MK_VECTOR_LOOP
#include "ewise_template.h"

#define MK_DEFINE_CHECKED(name) \
    MK_CLONES(static, void, large_##name, (int64_t n, const float *x, float *r), (n, x, r)) { \
        for (int64_t i = 0; i < n; i++) r[i] = f32_is_large(x[i]) ? (float)name(x[i]) : f32_##name(x[i]); \
    } \
    static void checked_##name(MK_LOOP_ARGUMENTS) { \
        if (f32_any_large(n, a)) large_##name(n, a, dst); \
        else f32_##name##_loop(n, scalars, a, b, c, dst); \
    }
MK_DEFINE_CHECKED(sin)
MK_DEFINE_CHECKED(cos)
MK_DEFINE_CHECKED(tan)

mk_loop *f32_checked_loop(mk_op op) {
    switch (op) {
    case MK_SIN: return checked_sin;
    case MK_COS: return checked_cos;
    case MK_TAN: return checked_tan;
    default: return f32_loop(op);
    }
}
