// What float32 and float64 have in common: MK_DEFINE_FLOAT(f32, float) defines f32_add and its siblings.
#ifndef MK_EWISE_FLOATS_H
#define MK_EWISE_FLOATS_H

#include <math.h>

// 1, where the compiler does not know it. A product with it is a zero for a denormal number that counts as one, and the
// number itself otherwise. Needed where bits are chosen or looked at: the C library can get lost when they are not those
// of the zero that arithmetic sees, and instructions for a maximum differ in which of two zeros they choose.
extern const float mk_one_f32 __attribute__((visibility("hidden")));
extern const double mk_one_f64 __attribute__((visibility("hidden")));

// The element-wise builtins are instructions; sqrt and its kin could also set errno, which no vector loop may hold.
#define MK_DEFINE_FLOAT(F, T) \
    static inline T F##_neg(T x) { return -x; } \
    static inline T F##_abs(T x) { return __builtin_elementwise_abs(x); } \
    static inline T F##_sign(T x) { return x > 0 ? 1 : x < 0 ? -1 : x * 0; } \
    static inline T F##_square(T x) { return x * x; } \
    static inline T F##_relu(T x) { return x <= 0 ? 0 : x; } \
    static inline T F##_sqrt(T x) { return __builtin_elementwise_sqrt(x); } \
    static inline T F##_rsqrt(T x) { return 1 / __builtin_elementwise_sqrt(x); } \
    static inline T F##_reciprocal(T x) { return 1 / x; } \
    static inline T F##_floor(T x) { return __builtin_elementwise_floor(x); } \
    static inline T F##_ceil(T x) { return __builtin_elementwise_ceil(x); } \
    static inline T F##_round(T x) { return __builtin_elementwise_rint(x); } \
    static inline T F##_trunc(T x) { return __builtin_elementwise_trunc(x); } \
    static inline bool F##_isnan(T x) { return x != x; } \
    static inline bool F##_isinf(T x) { return __builtin_elementwise_abs(x) == (T)INFINITY; } \
    static inline bool F##_isfinite(T x) { return __builtin_elementwise_abs(x) < (T)INFINITY; } \
    static inline T F##_add(T a, T b) { return a + b; } \
    static inline T F##_sub(T a, T b) { return a - b; } \
    static inline T F##_mul(T a, T b) { return a * b; } \
    static inline T F##_div(T a, T b) { return a / b; } \
    static inline T F##_min(T a, T b) { return (a < b || a != a ? a : b) * mk_one_##F; } \
    static inline T F##_max(T a, T b) { return (a > b || a != a ? a : b) * mk_one_##F; } \
    static inline T F##_gate(T a, T b) { return a > 0 ? b : 0; } \
    static inline T F##_mul_add(T a, T b, T c) { return F##_add(F##_mul(a, b), c); } \
    static inline T F##_mul_sub(T a, T b, T c) { return F##_sub(F##_mul(a, b), c); } \
    static inline T F##_sub_product(T a, T b, T c) { return F##_sub(c, F##_mul(a, b)); } \
    static inline T F##_add_mul(T a, T b, T c) { return F##_mul(F##_add(a, b), c); } \
    static inline T F##_sub_mul(T a, T b, T c) { return F##_mul(F##_sub(a, b), c); } \
    static inline T F##_sub_quotient(T a, T b, T c) { return F##_sub(c, F##_div(a, b)); } \
    static inline T F##_root_add(T a, T b) { return F##_add(F##_sqrt(a), b); } \
    static inline T F##_lerp(T a, T b, T c) { return F##_add(a, F##_mul(F##_sub(b, a), c)); } \
    /* The remainder is exact; the quotient is rounded from (a - remainder) / b, an integer but for rounding. */ \
    static inline T F##_mod(T a, T b) { \
        T m = F##_remainder(a, b); \
        if (m == 0) return (T)copysign(0.0, b); \
        return (m < 0) != (b < 0) ? m + b : m; \
    } \
    static inline T F##_floor_div(T a, T b) { \
        if (b == 0) return a / b; \
        T m = F##_remainder(a, b), q = (a - m) / b; \
        if (m != 0 && (m < 0) != (b < 0)) q -= 1; \
        if (q == 0) return (T)copysign(0.0, a / b); \
        T whole = __builtin_elementwise_floor(q); \
        return q - whole > (T)0.5 ? whole + 1 : whole; \
    }

#endif
