// Integer and bool instructions. Signed arithmetic is done unsigned, so that it wraps and never traps.
#include "ewise_loops.h"

#define MK_DEFINE_INTEGER(F, T, U) \
    static inline bool F##_is_minus_one(T x) { return (T)-1 < 0 && x == (T)-1; } \
    static inline T F##_neg(T x) { return (T)((U)0 - (U)x); } \
    static inline T F##_abs(T x) { return x < 0 ? F##_neg(x) : x; } \
    static inline T F##_sign(T x) { return (T)((x > 0) - (x < 0)); } \
    static inline T F##_square(T x) { return (T)((U)x * (U)x); } \
    static inline T F##_relu(T x) { return x > 0 ? x : 0; } \
    static inline T F##_add(T a, T b) { return (T)((U)a + (U)b); } \
    static inline T F##_sub(T a, T b) { return (T)((U)a - (U)b); } \
    static inline T F##_mul(T a, T b) { return (T)((U)a * (U)b); } \
    static inline T F##_min(T a, T b) { return a < b ? a : b; } \
    static inline T F##_max(T a, T b) { return a > b ? a : b; } \
    static inline T F##_gate(T a, T b) { return a > 0 ? b : 0; } \
    static inline T F##_bit_not(T x) { return (T)~(U)x; } \
    static inline T F##_bit_and(T a, T b) { return a & b; } \
    static inline T F##_bit_or(T a, T b) { return a | b; } \
    static inline T F##_bit_xor(T a, T b) { return a ^ b; } \
    static inline T F##_shift_left(T a, T b) { return (U)b < 8 * sizeof(T) ? (T)((U)a << (U)b) : 0; } \
    static inline T F##_shift_right(T a, T b) { return (U)b < 8 * sizeof(T) ? (T)(a >> b) : (T)(a < 0 ? -1 : 0); } \
    /* The most negative number divided by -1 does not fit, and traps on x86. */ \
    static inline T F##_floor_div(T a, T b) { \
        if (b == 0) return 0; \
        if (F##_is_minus_one(b)) return F##_neg(a); \
        T q = a / b; \
        return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q; \
    } \
    static inline T F##_mod(T a, T b) { \
        if (b == 0 || F##_is_minus_one(b)) return 0; \
        T m = a % b; \
        return m != 0 && (m < 0) != (b < 0) ? m + b : m; \
    } \
    static inline T F##_pow(T base, T exponent) { \
        if (exponent < 0) { \
            if (F##_is_minus_one(base)) return exponent & 1 ? (T)-1 : 1; \
            return base == 1; \
        } \
        U power = (U)base, result = 1; \
        for (U e = (U)exponent; e != 0; e >>= 1) { \
            if (e & 1) result *= power; \
            power *= power; \
        } \
        return (T)result; \
    }

MK_DEFINE_INTEGER(i32, int32_t, uint32_t)
MK_DEFINE_INTEGER(i64, int64_t, uint64_t)
MK_DEFINE_INTEGER(u8, uint8_t, uint8_t)

#define MK_T int32_t
#define MK_OF(name) i32_##name
#define MK_IS_FLOAT 0
#include "ewise_template.h"

#define MK_T int64_t
#define MK_OF(name) i64_##name
#define MK_IS_FLOAT 0
#include "ewise_template.h"

#define MK_T uint8_t
#define MK_OF(name) u8_##name
#define MK_IS_FLOAT 0
#include "ewise_template.h"

#define MK_DEFINE_BOOL(name, f) \
    MK_CLONES(static, void, bool_##name##_loop, (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const uint8_t *x = a, *y = b; \
        uint8_t *r = dst; \
        if (n == 0) return; \
        bool x0 = *x != 0, y0 = *y != 0; \
        MK_SCALARS_OF_TWO(f, x[i] != 0, y[i] != 0) \
    }
#define mk_and(x, y) ((x) & (y))
#define mk_or(x, y) ((x) | (y))
#define mk_xor(x, y) ((x) ^ (y))
#define MK_BOOL_LOOP(NAME, name, types) MK_DEFINE_BOOL(name, mk_##name)
MK_BINARY_LOGICAL(MK_BOOL_LOOP)
MK_BINARY_COMPARISON(MK_BOOL_LOOP)

MK_CLONES(static, void, bool_not_loop, (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) {
    const uint8_t *x = a;
    uint8_t *r = dst;
    MK_VECTOR_LOOP r[i] = x[i] == 0;
}

mk_loop *bool_loop(mk_op op) {
    switch (op) {
#define MK_CASE(NAME, name, types) case MK_##NAME: return MK_VARIANT(bool_##name##_loop);
    MK_UNARY_LOGICAL(MK_CASE)
    MK_BINARY_LOGICAL(MK_CASE)
    MK_BINARY_COMPARISON(MK_CASE)
#undef MK_CASE
    default: return NULL;
    }
}
