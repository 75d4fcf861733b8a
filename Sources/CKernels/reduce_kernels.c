// Instances of the reduction loops. Integers are summed and multiplied as unsigned numbers, which wrap.
#include <string.h>
#include "reduce_kernels.h"

#define COMBINE(a, b) ((a) + (b))
#define T float
#define NAME(loop) mk_sum_f32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T double
#define NAME(loop) mk_sum_f64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint32_t
#define NAME(loop) mk_sum_i32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint64_t
#define NAME(loop) mk_sum_i64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint8_t
#define NAME(loop) mk_sum_u8_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#undef COMBINE

#define COMBINE(a, b) ((a) * (b))
#define T float
#define NAME(loop) mk_prod_f32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T double
#define NAME(loop) mk_prod_f64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint32_t
#define NAME(loop) mk_prod_i32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint64_t
#define NAME(loop) mk_prod_i64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint8_t
#define NAME(loop) mk_prod_u8_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#undef COMBINE

// A NaN on either side stays: the comparison with the running value fails, and a new one is taken for itself.
#define COMBINE(a, b) ((((b) > (a)) | ((b) != (b))) ? (b) : (a))
#define T float
#define NAME(loop) mk_max_f32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T double
#define NAME(loop) mk_max_f64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#undef COMBINE
#define COMBINE(a, b) (((b) > (a)) ? (b) : (a))
#define T int32_t
#define NAME(loop) mk_max_i32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T int64_t
#define NAME(loop) mk_max_i64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint8_t
#define NAME(loop) mk_max_u8_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#undef COMBINE

#define COMBINE(a, b) ((((b) < (a)) | ((b) != (b))) ? (b) : (a))
#define T float
#define NAME(loop) mk_min_f32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T double
#define NAME(loop) mk_min_f64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#undef COMBINE
#define COMBINE(a, b) (((b) < (a)) ? (b) : (a))
#define T int32_t
#define NAME(loop) mk_min_i32_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T int64_t
#define NAME(loop) mk_min_i64_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#define T uint8_t
#define NAME(loop) mk_min_u8_##loop
#include "reduce_template.h"
#undef T
#undef NAME
#undef COMBINE

#define KERNEL(op, type) (mk_reduce_kernel){mk_##op##_##type##_rows, mk_##op##_##type##_columns}
#define KERNELS(op) \
    switch (dtype) { \
    case MK_F32: return KERNEL(op, f32); \
    case MK_F64: return KERNEL(op, f64); \
    case MK_I32: return KERNEL(op, i32); \
    case MK_I64: return KERNEL(op, i64); \
    case MK_U8: return KERNEL(op, u8); \
    default: mk_unsupported("mk_reduce", dtype); \
    }

mk_reduce_kernel mk_find_reduce_kernel(mk_reduction op, mk_dtype dtype) {
    switch (op) {
    case MK_REDUCE_SUM: KERNELS(sum)
    case MK_REDUCE_PROD: KERNELS(prod)
    case MK_REDUCE_MAX: KERNELS(max)
    case MK_REDUCE_MIN: KERNELS(min)
    default: mk_unsupported("mk_reduce", dtype);
    }
}
