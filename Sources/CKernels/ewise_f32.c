// float32 instructions.
#include "ewise_loops.h"

#include "mk_vmath.h"

#define f32_remainder fmodf
#include "ewise_floats.h"
MK_DEFINE_FLOAT(f32, float)

static inline float f32_lgamma(float x) { return (float)mk_lgamma(x); }
static inline float f32_digamma(float x) { return (float)mk_digamma(x); }

// sin, cos and tan of an argument that the vector loops cannot reduce (see mk_vmath.h) need the C library. A call that
// meets one does each element by itself; the others still take the function that the vector loop takes, so their bits
// do not depend on their neighbours.
static inline bool f32_is_large(float x) { return (f32_bits(x) & 0x7fffffff) >= f32_trigonometric_limit; }

MK_CLONES static bool f32_any_large(int64_t n, const float *x) {
    uint32_t any = 0;
    for (int64_t i = 0; i < n; i++) any |= f32_is_large(x[i]);
    return any;
}

#define MK_T float
#define MK_OF(name) f32_##name
#define MK_IS_FLOAT 1
#define MK_MATH_LOOP MK_VECTOR_LOOP
#include "ewise_template.h"

MK_CLONES static void f32_large_trigonometry(mk_op op, int64_t n, const float *x, float *r) {
    for (int64_t i = 0; i < n; i++) {
        bool large = f32_is_large(x[i]);
        switch (op) {
        case MK_SIN: r[i] = large ? (float)sin(x[i]) : f32_sin(x[i]); break;
        case MK_COS: r[i] = large ? (float)cos(x[i]) : f32_cos(x[i]); break;
        default: r[i] = large ? (float)tan(x[i]) : f32_tan(x[i]); break;
        }
    }
}

void f32_checked_loop(mk_op op, int64_t n, const void *const *src, void *dst) {
    bool trigonometric = op == MK_SIN || op == MK_COS || op == MK_TAN;
    if (trigonometric && f32_any_large(n, src[0])) f32_large_trigonometry(op, n, src[0], dst);
    else f32_loop(op, n, src, dst);
}
