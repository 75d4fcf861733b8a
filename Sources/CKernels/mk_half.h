// float16 and bfloat16 as bit patterns, without hardware support: the same bits on every machine, and loops that
// vectorise.
#ifndef MK_HALF_H
#define MK_HALF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline float f32_from_bf16(uint16_t h) {
    uint32_t bits = (uint32_t)h << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint16_t bf16_from_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1); // to nearest, ties to even; a carry into the exponent is right
    return (uint16_t)(x != x ? bits >> 16 | 0x40 : rounded >> 16);
}

// Subnormals are normal numbers of float32, and no float32 subnormal stands on the way to them: those may be read as
// zeros.
static inline float f32_from_f16(uint16_t h) {
    uint32_t mantissa = (uint32_t)(h & 0x7fff) << 13, bits = mantissa + (112u << 23);
    bits |= (h & 0x7c00) == 0x7c00 ? 0x7f800000 : 0; // infinity and NaN
    // Subnormal: 2^-14 with the mantissa, less 2^-14.
    uint32_t raised = mantissa | 113u << 23;
    float small;
    memcpy(&small, &raised, sizeof small);
    small -= 0x1p-14f;
    uint32_t subnormal;
    memcpy(&subnormal, &small, sizeof subnormal);
    bits = (h & 0x7c00) == 0 ? subnormal : bits;
    bits |= (uint32_t)(h & 0x8000) << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint16_t f16_from_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t magnitude = bits & 0x7fffffff;
    // Normal: rebias the exponent and round to nearest, ties to even. 65520 and more become infinity.
    uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
    normal = normal > 0x7c00 ? 0x7c00 : normal;
    // Subnormal: adding 1/2 leaves multiples of 2^-24 in the low bits, rounded by the hardware.
    float value, sum;
    memcpy(&value, &magnitude, sizeof value);
    sum = value + 0.5f;
    uint32_t subnormal;
    memcpy(&subnormal, &sum, sizeof subnormal);
    subnormal -= 0x3f000000;
    uint32_t nan = 0x7e00 | (magnitude >> 13 & 0x3ff);
    uint32_t h = magnitude < 0x38800000 ? subnormal : normal;
    h = magnitude > 0x7f800000 ? nan : h;
    return (uint16_t)(h | (bits >> 16 & 0x8000));
}

// Rounded to odd: inexact results have an odd last bit, so that rounding once more, to fewer bits, equals rounding
// once.
static inline float f32_rounded_to_odd(double x) {
    float nearest = (float)x;
    uint32_t bits;
    memcpy(&bits, &nearest, sizeof bits);
    bits -= (nearest < 0 ? -(double)nearest : (double)nearest) > (x < 0 ? -x : x);
    bits |= nearest != (double)x;
    float odd;
    memcpy(&odd, &bits, sizeof odd);
    return x != x ? nearest : odd;
}

static inline double f64_rounded_to_odd(int64_t x) {
    int64_t sticky = (x & ~(int64_t)0x7ff) | ((x & 0x7ff) != 0 ? 0x800 : 0);
    bool exact = x >= -((int64_t)1 << 53) && x <= (int64_t)1 << 53;
    return (double)(exact ? x : sticky);
}

#endif
