// float32 elementary functions for vector loops: no branches, no calls, no tables, at most 2 ULP over the whole range.
//
// The hot ones (exp, log, tanh, sigmoid, erf, erfc) compute in float32. The others widen to float64, where a short
// polynomial and one rounding at the end give less than 1 ULP without further care; subnormal results and overflow then
// come from the conversion. Polynomials are our own fits (weighted least squares on Chebyshev nodes, near minimax). A clamp is
// written so that NaN passes through it.
#ifndef MK_VMATH_H
#define MK_VMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// A function left out of line would keep the loop that calls it from being vectorised.
#define MK_INLINE static inline __attribute__((always_inline))
// Stands before a loop over one of these functions. They are chains of many operations: of two vectors at a time, one fills
// the other's waits.
#define MK_INTERLEAVED _Pragma("clang loop interleave_count(2)")

MK_INLINE uint32_t f32_bits(float x) { uint32_t b; memcpy(&b, &x, sizeof b); return b; }
MK_INLINE float f32_from_bits(uint32_t b) { float x; memcpy(&x, &b, sizeof x); return x; }
MK_INLINE uint64_t f64_bits(double x) { uint64_t b; memcpy(&b, &x, sizeof b); return b; }
MK_INLINE double f64_from_bits(uint64_t b) { double x; memcpy(&x, &b, sizeof x); return x; }

MK_INLINE float f32_with_sign(float magnitude, float sign) {
    return f32_from_bits((f32_bits(magnitude) & 0x7fffffff) | (f32_bits(sign) & 0x80000000));
}
MK_INLINE double f64_with_sign(double magnitude, double sign) {
    return f64_from_bits((f64_bits(magnitude) & INT64_MAX) | (f64_bits(sign) & (1ull << 63)));
}

// Horner's rule; the count is a constant wherever this is inlined, so the loop unrolls.
MK_INLINE float f32_polynomial(float x, const float *c, int count) {
    float sum = c[count - 1];
#pragma clang loop unroll(full)
    for (int k = count - 2; k >= 0; k--) sum = sum * x + c[k];
    return sum;
}
MK_INLINE double f64_polynomial(double x, const double *c, int count) {
    double sum = c[count - 1];
#pragma clang loop unroll(full)
    for (int k = count - 2; k >= 0; k--) sum = sum * x + c[k];
    return sum;
}
#define F32_POLYNOMIAL(x, ...) \
    f32_polynomial(x, (const float[]){__VA_ARGS__}, sizeof((const float[]){__VA_ARGS__}) / sizeof(float))
#define F64_POLYNOMIAL(x, ...) \
    f64_polynomial(x, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

// MARK: float32 arithmetic

// (exp(r) - 1 - r) / r^2
#define F32_EXP_TAIL(r) F32_POLYNOMIAL(r, 0x1p-1f, 0x1.55548ap-3f, 0x1.5554e4p-5f, 0x1.123e4cp-7f, 0x1.6d5168p-10f)

// x + rest = n ln 2 + r with |r| <= ln 2 / 2 + |rest|; returns exp(r) - 1 - r. Adding 1.5 * 2^23 leaves the nearest integer
// in the low bits.
MK_INLINE float f32_exp_reduced(float x, float rest, int32_t *n, float *r) {
    const float shift = 0x1.8p23f;
    float shifted = x * 0x1.715476p+0f + shift;
    *n = (int32_t)(f32_bits(shifted) - f32_bits(shift));
    float k = shifted - shift;
    // ln 2 in two parts: the first has 9 bits, so that the product is exact without FMA.
    float high = x - k * 0x1.63p-1f, low = k * -0x1.bd0106p-13f - rest;
    *r = high - low;
    float lost = (high - *r) - low;
    return *r * *r * F32_EXP_TAIL(*r) + lost;
}

// x = n ln 2 + r; returns exp(r) - 1.
MK_INLINE float f32_expm1_reduced(float x, int32_t *n) {
    float r, tail = f32_exp_reduced(x, 0, n, &r);
    return r + tail;
}

MK_INLINE float f32_power_of_two(int32_t n) { return f32_from_bits(((uint32_t)n + 127) << 23); }

MK_INLINE float f32_exp(float x) {
    x = x > 89 ? 89 : x;     // above: infinity
    x = x < -104 ? -104 : x; // below: zero
    int32_t n;
    float e = 1 + f32_expm1_reduced(x, &n);
    // Scaled in two steps, as 2^n itself may overflow or be subnormal; only the last step rounds.
    int32_t half = n >> 1;
    return e * f32_power_of_two(half) * f32_power_of_two(n - half);
}

// exp(x) for x <= 88 within 1.1 ULP, and 0 where it would be below 2^-126.5: for the weights of a softmax.
MK_INLINE float f32_exp_weight(float x) {
    x = x < -88 ? -88 : x; // n is -127 there, and 2^n a zero
    const float shift = 0x1.8p23f;
    float shifted = x * 0x1.715476p+0f + shift;
    int32_t n = (int32_t)(f32_bits(shifted) - f32_bits(shift));
    float k = shifted - shift;
    float r = (x - k * 0x1.63p-1f) - k * -0x1.bd0106p-13f;
    return (1 + (r + r * r * F32_EXP_TAIL(r))) * f32_power_of_two(n);
}

// 1 / (1 + exp(-x)) with exp(-x) = 2^n (1 + p). Both sides of the fraction are scaled by 2^-(n / 2) where n > 0, so
// that a very negative x gives its subnormal result, rounded once.
MK_INLINE float f32_sigmoid(float x) {
    x = x > 30 ? 30 : x; // from 17.4 on: 1
    x = x < -104 ? -104 : x;
    int32_t n;
    float p = f32_expm1_reduced(-x, &n);
    int32_t half = n > 0 ? n >> 1 : 0;
    float t = f32_power_of_two(-half), s = f32_power_of_two(n - half);
    // s p is exact. The two large terms first, as long as their sum is exact.
    float whole = n > 12 ? s : s + t, rest = n > 12 ? t : 0;
    return t / (whole + (s * p + rest));
}

// Near zero x + x^3 P(x^2); beyond, 1 - 2 / (exp(2|x|) + 1), which is 1 from 9.02 on.
MK_INLINE float f32_tanh(float x) {
    float a = __builtin_elementwise_abs(x), z = a * a;
    float near = a + a * z * F32_POLYNOMIAL(z, -0x1.55553ep-2f, 0x1.1109c2p-3f, -0x1.b89b86p-5f, 0x1.54ca2p-6f,
                                            -0x1.82a7d8p-8f);
    float b = a > 10 ? 10 : a;
    int32_t n;
    float p = f32_expm1_reduced(2 * b, &n);
    float s = f32_power_of_two(n);
    float far = 1 - 2 / (s * p + (s + 1));
    return f32_with_sign(a < 0.6f ? near : far, x);
}

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
MK_INLINE float f32_log(float x) {
    float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
    uint32_t offset = f32_bits(scaled) - 0x3f3504f3;
    float k = (float)((int32_t)offset >> 23) - (x < 0x1p-126f ? 23.0f : 0.0f);
    float f = f32_from_bits((offset & 0x7fffff) + 0x3f3504f3) - 1;
    float square = f * f;
    float tail = f * square * F32_POLYNOMIAL(f, 0x1.555546p-2f, -0x1p-2f, 0x1.99a546p-3f, -0x1.555f16p-3f, 0x1.232fe8p-3f,
                                             -0x1.fbc1e6p-4f, 0x1.e6f4eep-4f, -0x1.e04a3ap-4f, 0x1.16babcp-4f);
    float r = ((tail + k * 0x1.2fefa4p-17f) - 0.5f * square + f) + k * 0x1.62e3p-1f; // ln 2 in two parts, as above
    r = x < INFINITY ? r : x;
    r = x < 0 ? NAN : r;
    return x == 0 ? -INFINITY : r;
}

// erf(x) / x - 1 as a polynomial in x^2, for |x| <= 0.9375.
MK_INLINE float f32_erf_near(float z) {
    return F32_POLYNOMIAL(z, 0x1.06eba8p-3f, -0x1.812742p-2f, 0x1.ce2deap-4f, -0x1.b80c84p-6f, 0x1.54b692p-8f,
                          -0x1.a9afc2p-11f, 0x1.5b0cd6p-14f);
}

// Near zero x + x P(x^2); beyond, 1 - exp(-Q(|x|)), where Q is a fit of -log(erfc).
MK_INLINE float f32_erf(float x) {
    float a = __builtin_elementwise_abs(x), z = a * a;
    float near = a + a * f32_erf_near(z);
    float b = a > 4 ? 4 : a;
    float q = F32_POLYNOMIAL(b, -0x1.7ef374p-13f, 0x1.212a6ap+0f, 0x1.443bbap-1f, 0x1.bbdfd8p-4f, -0x1.9c7f4cp-6f,
                             0x1.12cd4cp-8f, -0x1.cc68e8p-12f, 0x1.68b62p-16f);
    int32_t n;
    float p = f32_expm1_reduced(-q, &n);
    float s = f32_power_of_two(n);
    float far = (1 - s) - s * p;
    return f32_with_sign(a < 0.9375f ? near : far, x);
}

// Near zero 1 - erf(x), with the difference of 1/2 and x first, which is exact where it matters; beyond, exp(-x^2) / |x|
// times c plus a polynomial in (|x| - 1.5) / (|x| + 1.5). What is large there is exact without FMA: heads of 12 bits.
MK_INLINE float f32_erfc(float x) {
    float a = __builtin_elementwise_abs(x), z = a * a;
    float near = 0.5f + ((0.5f - x) - x * f32_erf_near(z));

    float b = a > 10.2f ? 10.2f : a; // above: zero
    float q = (b - 1.5f) / (b + 1.5f), c = 0x1.eep-2f;
    float even = F32_POLYNOMIAL(q * q, 0x1.f9640ap-5f, -0x1.1f058p-7f, 0x1.ae079ep-12f, -0x1.17da96p-11f);
    float odd = F32_POLYNOMIAL(q * q, -0x1.ba9a1ap-3f, 0x1.44e9fp-6f, -0x1.59214ap-8f, 0x1.1423fap-9f);
    float rest = q * (q * q * even + (q * odd + 0x1.d3df3ep-3f)) - 0x1.6f064cp-15f;

    float head = f32_from_bits((f32_bits(b) + 0x800) & 0xfffff000), tail = b - head, r;
    int32_t n;
    float t = f32_exp_reduced(-(head * head), -tail * (head + b), &n, &r); // exp(-x^2) = 2^n (1 + r + t)
    float small = c * r + (c * t + (rest + rest * (r + t)));
    float w = 1 / b, first = f32_from_bits(f32_bits(w) & 0xfffff000);
    float second = (1 - head * first) - tail * first; // 1 / b = first + second / b
    float far = c * first + w * (small + c * second);
    far = far * f32_power_of_two(n + 64) * 0x1p-64f; // the last step alone may meet a subnormal number
    return a < 0.8125f ? near : x < 0 ? 2 - far : far;
}

// MARK: float64 cores. Arguments are such that no float64 intermediate overflows.

MK_INLINE double wide_expm1_reduced(double r) {
    return r + r * r * F64_POLYNOMIAL(r, 0.4999999999958495, 0.16666666790816947, 0.04166666699768504, 0.00833328029635856,
                                      0.0013888806397794014, 0.00019909783394116221, 2.488278052615639e-05);
}

MK_INLINE double wide_power_of_two(int64_t n) { return f64_from_bits(((uint64_t)n + 1023) << 52); }

// The nearest integer to x, |x| < 2^51: as a float64, and its low bits (two's complement).
MK_INLINE double wide_nearest(double x, int64_t *n) {
    const double shift = 0x1.8p52;
    double shifted = x + shift;
    *n = (int64_t)(f64_bits(shifted) - f64_bits(shift));
    return shifted - shift;
}

// exp(x) - 1; beyond +-200 the float32 result is the same.
MK_INLINE double wide_expm1(double x) {
    x = x > 200 ? 200 : x;
    x = x < -200 ? -200 : x;
    int64_t n;
    double k = wide_nearest(x * M_LOG2E, &n);
    double s = wide_power_of_two(n);
    return s * wide_expm1_reduced(x - k * M_LN2) + (s - 1);
}

MK_INLINE double wide_exp(double x) {
    x = x > 200 ? 200 : x;
    x = x < -200 ? -200 : x;
    int64_t n;
    double k = wide_nearest(x * M_LOG2E, &n);
    double s = wide_power_of_two(n);
    return s + s * wide_expm1_reduced(x - k * M_LN2);
}

MK_INLINE double wide_exp2(double x) {
    x = x > 200 ? 200 : x;
    x = x < -200 ? -200 : x;
    int64_t n;
    double k = wide_nearest(x, &n);
    double s = wide_power_of_two(n);
    return s + s * wide_expm1_reduced((x - k) * M_LN2);
}

// log(1 + x) for x > -1 finite: 1 + x = 2^k (1 + f), log(1 + f) = 2 artanh(f / (2 + f)). Where k is 0, f is x itself.
MK_INLINE double wide_log1p(double x) {
    uint64_t offset = f64_bits(1 + x) - 0x3fe6a09e667f3bcd;
    int64_t k = (int64_t)offset >> 52;
    double f = f64_from_bits((offset & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
    f = k == 0 ? x : f;
    double s = f / (2 + f), z = s * s;
    double r = 2 * s + s * z * F64_POLYNOMIAL(z, 0.666666666665823, 0.40000000054580653, 0.28571416761530566,
                                              0.22223397828621638, 0.18122793092545833, 0.16830121371135487);
    return r + (double)(int32_t)k * M_LN2;
}

// log(x) for x > 0 finite and normal.
MK_INLINE double wide_log(double x) {
    uint64_t offset = f64_bits(x) - 0x3fe6a09e667f3bcd;
    int64_t k = (int64_t)offset >> 52;
    double f = f64_from_bits((offset & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
    double s = f / (2 + f), z = s * s;
    double r = 2 * s + s * z * F64_POLYNOMIAL(z, 0.666666666665823, 0.40000000054580653, 0.28571416761530566,
                                              0.22223397828621638, 0.18122793092545833, 0.16830121371135487);
    return r + (double)(int32_t)k * M_LN2;
}

// atan(x) for x in [0, 1].
MK_INLINE double wide_atan(double x) {
    double z = x * x;
    return x * (1 + z * F64_POLYNOMIAL(z, -0.33333333289533656, 0.19999996467700473, -0.14285613446047918,
                                       0.11109644517444595, -0.09078160211950861, 0.07619854681400542,
                                       -0.06381737952272244, 0.050756985195876056, -0.03566870321883091,
                                       0.020299171528480948, -0.008453126502199456, 0.0022348193436436204,
                                       -0.00027749061811233423));
}

// asin(x) for |x| <= 1/2, given also z = x^2.
MK_INLINE double wide_asin(double x, double z) {
    return x * (1 + z * F64_POLYNOMIAL(z, 0.16666666669658045, 0.07499999533354755, 0.04464310836384149,
                                       0.030375329731968083, 0.022470094306428615, 0.016486438472673986,
                                       0.018594667577621904, -0.002780055634916719, 0.03188852618522917));
}

// MARK: float32 through float64

MK_INLINE float f32_exp2(float x) { return (float)wide_exp2(x); }
MK_INLINE float f32_expm1(float x) { return f32_with_sign((float)wide_expm1(x), x); }

MK_INLINE float f32_log2(float x) {
    float r = (float)(wide_log(x) * M_LOG2E);
    r = x < INFINITY ? r : x;
    r = x < 0 ? NAN : r;
    return x == 0 ? -INFINITY : r;
}

MK_INLINE float f32_log1p(float x) {
    float r = f32_with_sign((float)wide_log1p(x), x);
    r = x < INFINITY ? r : x;
    r = x < -1 ? NAN : r;
    return x == -1 ? -INFINITY : r;
}

MK_INLINE float f32_softplus(float x) {
    double e = wide_exp(-__builtin_elementwise_abs(x));
    float r = (float)(wide_log1p(e) + (x > 0 ? x : 0));
    return x < INFINITY ? r : x;
}

MK_INLINE float f32_sinh(float x) {
    double e = wide_expm1(__builtin_elementwise_abs(x));
    return f32_with_sign((float)(0.5 * (e + e / (e + 1))), x);
}

MK_INLINE float f32_cosh(float x) {
    double e = wide_exp(__builtin_elementwise_abs(x));
    return (float)(0.5 * (e + 1 / e));
}

MK_INLINE float f32_asinh(float x) {
    double a = __builtin_elementwise_abs(x), z = a * a;
    float r = (float)wide_log1p(a + z / (1 + __builtin_elementwise_sqrt(1 + z)));
    return f32_with_sign(a < INFINITY ? r : (float)a, x);
}

MK_INLINE float f32_acosh(float x) {
    double t = (double)x - 1;
    float r = (float)wide_log1p(t + __builtin_elementwise_sqrt(t * (t + 2)));
    r = x < INFINITY ? r : x;
    return x < 1 ? NAN : r;
}

MK_INLINE float f32_atanh(float x) {
    double a = __builtin_elementwise_abs(x);
    float r = (float)(0.5 * wide_log1p(2 * a / (1 - a)));
    r = a < 1 ? r : NAN;
    return f32_with_sign(a == 1 ? INFINITY : r, x);
}

// sin, cos and tan reduce by multiples of pi / 2 in two parts, the first of 33 bits; so |x| must be below 2^20. Larger
// ones take f32_sin_any and its siblings, which no vector loop can hold.
static const uint32_t f32_trigonometric_limit = 0x49800000; // 2^20

MK_INLINE double wide_quadrant(float x, int64_t *n) {
    double k = wide_nearest(x * M_2_PI, n);
    return (x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34;
}
MK_INLINE double wide_sin(double r) {
    double z = r * r;
    return r * (1 + z * F64_POLYNOMIAL(z, -0.16666666666630248, 0.00833333332507979, -0.00019841263732637472,
                                       2.75553404985524e-06, -2.476049721502376e-08));
}
MK_INLINE double wide_cos(double r) {
    double z = r * r;
    return 1 - 0.5 * z + z * z * F64_POLYNOMIAL(z, 0.0416666666665986, -0.001388888887787066, 2.480158081496525e-05,
                                                -2.7555541397227e-07, 2.0646214652392612e-09);
}

MK_INLINE float f32_sin(float x) {
    int64_t n;
    double r = wide_quadrant(x, &n), y = n & 1 ? wide_cos(r) : wide_sin(r);
    return (float)(n & 2 ? -y : y);
}
MK_INLINE float f32_cos(float x) {
    int64_t n;
    double r = wide_quadrant(x, &n), y = n & 1 ? wide_sin(r) : wide_cos(r);
    return (float)((n + 1) & 2 ? -y : y);
}
MK_INLINE float f32_tan(float x) {
    int64_t n;
    double r = wide_quadrant(x, &n), s = wide_sin(r), c = wide_cos(r);
    return (float)((n & 1 ? -c : s) / (n & 1 ? s : c));
}

MK_INLINE float f32_asin(float x) {
    double a = __builtin_elementwise_abs(x), half = 0.5 - 0.5 * a;
    double outer = M_PI_2 - 2 * wide_asin(__builtin_elementwise_sqrt(half), half);
    return f32_with_sign((float)(a <= 0.5 ? wide_asin(a, a * a) : outer), x);
}

MK_INLINE float f32_acos(float x) {
    double a = __builtin_elementwise_abs(x), half = 0.5 - 0.5 * a;
    double outer = 2 * wide_asin(__builtin_elementwise_sqrt(half), half);
    double inner = M_PI_2 - wide_asin(x, a * a);
    return (float)(a <= 0.5 ? inner : x < 0 ? M_PI - outer : outer);
}

MK_INLINE float f32_atan(float x) {
    double a = __builtin_elementwise_abs(x);
    double r = wide_atan((a > 1 ? 1 : a) / (a > 1 ? a : 1));
    return f32_with_sign((float)(a > 1 ? M_PI_2 - r : r), x);
}

// x times a function of w = -log(1 - x^2): a polynomial in w up to 5.5, in sqrt(w) beyond.
MK_INLINE float f32_erfinv(float x) {
    double a = __builtin_elementwise_abs(x);
    double w = -wide_log((1 - a) * (1 + a));
    double central = F64_POLYNOMIAL(w - 2.75, 1.5627896112818231, 0.2443302589587029, -0.005035976365700079,
                                    -0.0010385816363452788, 0.0002090675717886415, -9.486462287580424e-06,
                                    -2.5698706378337352e-06, 4.832169232488639e-07, -7.827888138803836e-09,
                                    -8.373503450493019e-09, 1.0381129499738687e-09, 4.9553605550254786e-11,
                                    -1.8455721229880722e-11, 6.909523694512895e-13);
    double tail = F64_POLYNOMIAL(__builtin_elementwise_sqrt(w) - 3.2, 3.033636573734612, 1.0046924403788293,
                                 0.005973234129764833, -0.00429415537560368, 0.002949818726361274, -0.0019927603521097135,
                                 0.00108411300322575, -0.0003601414934062684, -2.6594689779891063e-05,
                                 0.00010096120163346387, -3.729398379125501e-05);
    float r = (float)(a * (w < 5.5 ? central : tail));
    r = a < 1 ? r : NAN;
    return f32_with_sign(a == 1 ? INFINITY : r, x);
}

MK_INLINE float f32_hypot(float a, float b) {
    double x = a, y = b;
    float r = (float)__builtin_elementwise_sqrt(x * x + y * y);
    bool infinite = __builtin_elementwise_abs(a) == INFINITY || __builtin_elementwise_abs(b) == INFINITY;
    return infinite ? INFINITY : r;
}

MK_INLINE float f32_atan2(float y, float x) {
    double ax = __builtin_elementwise_abs(x), ay = __builtin_elementwise_abs(y);
    double small = ay > ax ? ax : ay, large = ay > ax ? ay : ax;
    double ratio = small / large;
    ratio = small == large ? (large == 0 ? 0 : 1) : ratio; // 0/0 and inf/inf
    double r = wide_atan(ratio);
    r = ay > ax ? M_PI_2 - r : r;
    r = f32_bits(x) >> 31 ? M_PI - r : r;
    r = x != x ? x : r;
    return y != y ? y : f32_with_sign((float)r, y);
}

// As C's pow (IEC 60559), Annex F.10.4.4.
MK_INLINE float f32_pow(float x, float y) {
    float a = __builtin_elementwise_abs(x);
    double l = wide_log(a) * M_LOG2E;
    l = a == 0 ? -INFINITY : l;
    l = a < INFINITY ? l : a;
    double r = wide_exp2(y * l);
    int64_t n;
    // From 2^24 on every float32 is an even integer; infinity counts as one too.
    bool large = __builtin_elementwise_abs(y) >= 0x1p24f;
    double half = large ? 0 : 0.5 * y;
    bool integer = wide_nearest(2 * half, &n) == 2 * half;
    bool odd = integer && wide_nearest(half, &n) != half;
    r = odd && f32_bits(x) >> 31 ? -r : r;
    r = x < 0 && a < INFINITY && !integer ? NAN : r;
    r = a == 1 && large ? 1 : r; // 1^inf
    r = x == 1 || y == 0 ? 1 : r;
    return (float)r;
}

#endif
