// What every kernel shares: element types, limits, and the clones that give one loop several instruction sets.
#ifndef MK_COMMON_H
#define MK_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Element types. The numbers are part of the interface with Swift's `DType`.
typedef enum {
    MK_F32 = 0,
    MK_F64 = 1,
    MK_F16 = 2,
    MK_BF16 = 3,
    MK_I32 = 4,
    MK_I64 = 5,
    MK_U8 = 6,
    MK_BOOL = 7,
} mk_dtype;

// The largest rank of a tensor. Swift refuses more before a kernel sees it.
#define MK_MAX_RANK 16

static inline size_t mk_size_of(mk_dtype t) {
    switch (t) {
    case MK_F32: case MK_I32: return 4;
    case MK_F64: case MK_I64: return 8;
    case MK_F16: case MK_BF16: return 2;
    case MK_U8: case MK_BOOL: return 1;
    }
    return 0;
}

// A package that others depend on may pass no unsafe compiler flags, so a hot loop asks for its instruction sets
// itself: the loader picks the best clone at start-up (ifunc). That is before the thread sanitizer has set itself up, and
// its calls in the choosing functions would crash.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MK_NO_CLONES
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(MK_NO_CLONES)
#define MK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MK_CLONES
#endif

#endif
