// One loop for several instruction sets. A package that others depend on may pass no unsafe compiler flags, so a hot
// loop asks for its instruction sets itself; the function behind its name takes the variant of the level in use.
#ifndef MK_CLONES_H
#define MK_CLONES_H

#include "mk_common.h"

#define MK_PASTE_(a, b) a##_##b
#define MK_PASTE(a, b) MK_PASTE_(a, b)

// A helper that takes the instruction set of the clone it is inlined into.
#define MK_INLINE static inline __attribute__((always_inline))

// The level in use: on x86-64 0 baseline, 1 AVX2 and FMA (x86-64-v3), 2 AVX-512 (x86-64-v4); elsewhere always 0. It is
// set before any loop runs, and once: a variable beside the loops, not an ifunc, because the loader resolves ifuncs
// while relocations are still under way, with no table of the CPU's features yet in a shared object, no sanitizer, and
// no say for a setting.
extern __attribute__((visibility("hidden"))) int mk_simd;

// The levels feature by feature: "arch=x86-64-v4" would tune for CPUs on which 512-bit vectors are slow, and use none.
#define MK_AVX2 "avx,avx2,bmi,bmi2,crc32,cx16,f16c,fma,lzcnt,movbe,popcnt,sahf,sse4.2,xsave"
#define MK_AVX512 MK_AVX2 ",avx512f,avx512bw,avx512cd,avx512dq,avx512vl"

// MK_CLONES(static, void, name, (int64_t n, float *x), (n, x)) { body }
//
// defines name(n, x), `static` or `extern`, with the body compiled for each level. Helpers are to be MK_INLINE, or they
// may stay at the baseline. MK_VARIANT(name) is the function of the level in use itself, for tables.
#if defined(__x86_64__)
#define MK_CLONES(STORAGE, RESULT, FUNCTION, PARAMETERS, ARGUMENTS)                                                    \
    MK_INLINE RESULT MK_PASTE(FUNCTION, body) PARAMETERS;                                                              \
    static RESULT MK_PASTE(FUNCTION, sse2) PARAMETERS { return MK_PASTE(FUNCTION, body) ARGUMENTS; }                   \
    __attribute__((target(MK_AVX2))) static RESULT MK_PASTE(FUNCTION, avx2) PARAMETERS {                               \
        return MK_PASTE(FUNCTION, body) ARGUMENTS;                                                                     \
    }                                                                                                                  \
    __attribute__((target(MK_AVX512))) static RESULT MK_PASTE(FUNCTION, avx512) PARAMETERS {                           \
        return MK_PASTE(FUNCTION, body) ARGUMENTS;                                                                     \
    }                                                                                                                  \
    static RESULT (*const MK_PASTE(FUNCTION, variants)[]) PARAMETERS = {                                               \
        MK_PASTE(FUNCTION, sse2), MK_PASTE(FUNCTION, avx2), MK_PASTE(FUNCTION, avx512),                                \
    };                                                                                                                 \
    __attribute__((unused)) STORAGE RESULT FUNCTION PARAMETERS {                                                       \
        return MK_VARIANT(FUNCTION) ARGUMENTS;                                                                         \
    }                                                                                                                  \
    MK_INLINE RESULT MK_PASTE(FUNCTION, body) PARAMETERS
#define MK_VARIANT(FUNCTION) (MK_PASTE(FUNCTION, variants)[mk_simd])
#else
#define MK_CLONES(STORAGE, RESULT, FUNCTION, PARAMETERS, ARGUMENTS) STORAGE RESULT FUNCTION PARAMETERS
#define MK_VARIANT(FUNCTION) (FUNCTION)
#endif

#endif
