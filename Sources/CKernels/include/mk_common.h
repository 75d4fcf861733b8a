// What every kernel shares: element types and limits.
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

#endif
