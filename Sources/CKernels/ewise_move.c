// Conversions between all types, and selection.
#include "ewise_loops.h"

#include "mk_half.h"

#define MK_TYPES(X, TO, T) \
    X(TO, T, f32, float, MK_F32) X(TO, T, f64, double, MK_F64) \
    X(TO, T, f16, uint16_t, MK_F16) X(TO, T, bf16, uint16_t, MK_BF16) \
    X(TO, T, i32, int32_t, MK_I32) X(TO, T, i64, int64_t, MK_I64) \
    X(TO, T, u8, uint8_t, MK_U8) X(TO, T, flag, uint8_t, MK_BOOL)

// Float to integer saturates, and NaN gives 0. `BOUND` is the largest integer + 1, a power of two, as a float64.
#define MK_DEFINE_INTEGER_CASTS(TO, T, MIN, MAX, BOUND) \
    static inline T TO##_of_f64(double x) { \
        T inside = (T)(x >= (double)MIN && x < BOUND ? x : 0); \
        return x >= BOUND ? MAX : x < (double)MIN ? MIN : inside; \
    } \
    static inline T TO##_of_f32(float x) { \
        T inside = (T)(x >= (float)MIN && x < (float)BOUND ? x : 0); \
        return x >= (float)BOUND ? MAX : x < (float)MIN ? MIN : inside; \
    } \
    static inline T TO##_of_f16(uint16_t x) { return TO##_of_f32(f32_from_f16(x)); } \
    static inline T TO##_of_bf16(uint16_t x) { return TO##_of_f32(f32_from_bf16(x)); } \
    static inline T TO##_of_i32(int32_t x) { return (T)x; } \
    static inline T TO##_of_i64(int64_t x) { return (T)x; } \
    static inline T TO##_of_u8(uint8_t x) { return (T)x; } \
    static inline T TO##_of_flag(uint8_t x) { return x != 0; }
MK_DEFINE_INTEGER_CASTS(i32, int32_t, INT32_MIN, INT32_MAX, 0x1p31)
MK_DEFINE_INTEGER_CASTS(i64, int64_t, INT64_MIN, INT64_MAX, 0x1p63)
MK_DEFINE_INTEGER_CASTS(u8, uint8_t, 0, UINT8_MAX, 0x1p8)

#define MK_DEFINE_FLOAT_CASTS(TO, T) \
    static inline T TO##_of_f32(float x) { return (T)x; } \
    static inline T TO##_of_f64(double x) { return (T)x; } \
    static inline T TO##_of_f16(uint16_t x) { return f32_from_f16(x); } \
    static inline T TO##_of_bf16(uint16_t x) { return f32_from_bf16(x); } \
    static inline T TO##_of_i32(int32_t x) { return (T)x; } \
    static inline T TO##_of_i64(int64_t x) { return (T)x; } \
    static inline T TO##_of_u8(uint8_t x) { return x; } \
    static inline T TO##_of_flag(uint8_t x) { return x != 0; }
MK_DEFINE_FLOAT_CASTS(f32, float)
MK_DEFINE_FLOAT_CASTS(f64, double)

// What float32 does not hold exactly is rounded to odd first.
#define MK_DEFINE_HALF_CASTS(TO) \
    static inline uint16_t TO##_of_f32(float x) { return TO##_from_f32(x); } \
    static inline uint16_t TO##_of_f64(double x) { return TO##_from_f32(f32_rounded_to_odd(x)); } \
    static inline uint16_t TO##_of_f16(uint16_t x) { return TO##_from_f32(f32_from_f16(x)); } \
    static inline uint16_t TO##_of_bf16(uint16_t x) { return TO##_from_f32(f32_from_bf16(x)); } \
    static inline uint16_t TO##_of_i32(int32_t x) { return TO##_of_f64(x); } \
    static inline uint16_t TO##_of_i64(int64_t x) { return TO##_of_f64(f64_rounded_to_odd(x)); } \
    static inline uint16_t TO##_of_u8(uint8_t x) { return TO##_from_f32(x); } \
    static inline uint16_t TO##_of_flag(uint8_t x) { return TO##_from_f32(x != 0); }
MK_DEFINE_HALF_CASTS(f16)
MK_DEFINE_HALF_CASTS(bf16)

static inline uint8_t flag_of_f32(float x) { return x != 0; }
static inline uint8_t flag_of_f64(double x) { return x != 0; }
static inline uint8_t flag_of_f16(uint16_t x) { return (x & 0x7fff) != 0; }
static inline uint8_t flag_of_bf16(uint16_t x) { return (x & 0x7fff) != 0; }
static inline uint8_t flag_of_i32(int32_t x) { return x != 0; }
static inline uint8_t flag_of_i64(int64_t x) { return x != 0; }
static inline uint8_t flag_of_u8(uint8_t x) { return x != 0; }
static inline uint8_t flag_of_flag(uint8_t x) { return x != 0; }

// One function per target type, as one with all 64 loops would be slow to compile.
#define MK_CAST_CASE(TO, T, FROM, S, NAME) \
    case NAME: { \
        const S *a = src; \
        MK_VECTOR_LOOP r[i] = TO##_of_##FROM(a[i]); \
        break; \
    }
#define MK_DEFINE_CAST_LOOP(TO, T) \
    MK_CLONES(static, void, TO##_cast_loop, (mk_dtype from, int64_t n, const void *src, T *r), (from, n, src, r)) { \
        switch (from) { MK_TYPES(MK_CAST_CASE, TO, T) } \
    }
MK_DEFINE_CAST_LOOP(f32, float)
MK_DEFINE_CAST_LOOP(f64, double)
MK_DEFINE_CAST_LOOP(f16, uint16_t)
MK_DEFINE_CAST_LOOP(bf16, uint16_t)
MK_DEFINE_CAST_LOOP(i32, int32_t)
MK_DEFINE_CAST_LOOP(i64, int64_t)
MK_DEFINE_CAST_LOOP(u8, uint8_t)
MK_DEFINE_CAST_LOOP(flag, uint8_t)

void mk_cast_loop(mk_dtype from, mk_dtype to, int64_t n, const void *src, void *dst) {
    switch (to) {
#define MK_TARGET(unused, unused2, TO, T, NAME) case NAME: TO##_cast_loop(from, n, src, dst); break;
    MK_TYPES(MK_TARGET, , )
#undef MK_TARGET
    }
}

#define MK_CHOICE(x, y) (condition[i] ? (x) : (y))
#define MK_DEFINE_SELECT(T) \
    MK_CLONES(static, void, select_##T, (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const uint8_t *condition = a; \
        const T *x = b, *y = c; \
        T *r = dst; \
        if (n == 0) return; \
        T x0 = *x, y0 = *y; \
        scalars >>= 1; \
        MK_SCALARS_OF_TWO(MK_CHOICE, x[i], y[i]) \
    }
MK_DEFINE_SELECT(uint8_t)
MK_DEFINE_SELECT(uint16_t)
MK_DEFINE_SELECT(uint32_t)
MK_DEFINE_SELECT(uint64_t)

mk_loop *mk_select_loop(size_t width) {
    switch (width) {
    case 1: return MK_VARIANT(select_uint8_t);
    case 2: return MK_VARIANT(select_uint16_t);
    case 4: return MK_VARIANT(select_uint32_t);
    default: return MK_VARIANT(select_uint64_t);
    }
}
