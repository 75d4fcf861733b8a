// Attention by tiles, with the softmax computed as the tiles come. Queries, keys and values stay where they are: a head's
// matrix is every `heads`th slice, which the products reach by their row strides.
//
// Source: T. Dao, D. Fu, S. Ermon, A. Rudra, C. Ré, FlashAttention, 2022; M. Milakov, N. Gimelshein, Online normalizer
// calculation for softmax, 2018.
#include <math.h>
#include <string.h>
#include "mk_attention.h"
#include "mk_vmath.h"
#include "reduce_kernels.h"

// The backward pass holds two tiles, which stay in the second cache level. OpenBLAS is near its peak from 32 rows on.
#define TILE_ELEMENTS 32768
#define TILE_KEYS 512
#define MK_ENOUGH_TASKS 8

static void mk_tile_sizes(const mk_attention_plan *plan, int64_t *rows, int64_t *keys) {
    *keys = mk_clamp(plan->keys, 1, TILE_KEYS);
    *rows = mk_clamp(TILE_ELEMENTS / *keys, 32, 256);
    *rows = mk_clamp(plan->queries, 1, *rows);
}

#define T float
#define NAME(loop) MK_PASTE(f32, loop)
#define EXP f32_exp_weight
#define LOG f32_log
#define SUM_ROWS mk_sum_f32_rows
#define MAX_ROWS mk_max_f32_rows
#include "attention_template.h"
#undef T
#undef NAME
#undef EXP
#undef LOG
#undef SUM_ROWS
#undef MAX_ROWS

#define T double
#define NAME(loop) MK_PASTE(f64, loop)
#define EXP exp
#define LOG log
#define SUM_ROWS mk_sum_f64_rows
#define MAX_ROWS mk_max_f64_rows
#include "attention_template.h"

void mk_attention(const mk_attention_plan *plan, const void *query, const void *key, const void *value,
                  const uint8_t *mask, const void *bias, void *out, void *log_sum) {
    if (plan->type == MK_F32) f32_forward(plan, query, key, value, mask, bias, out, log_sum);
    else if (plan->type == MK_F64) f64_forward(plan, query, key, value, mask, bias, out, log_sum);
    else mk_unsupported("mk_attention", plan->type);
}

void mk_attention_gradient(const mk_attention_plan *plan, const void *query, const void *key, const void *value,
                           const uint8_t *mask, const void *bias, const void *out, const void *log_sum,
                           const void *dout, void *dquery, void *dkey, void *dvalue) {
    if (plan->type == MK_F32)
        f32_backward(plan, query, key, value, mask, bias, out, log_sum, dout, dquery, dkey, dvalue);
    else if (plan->type == MK_F64)
        f64_backward(plan, query, key, value, mask, bias, out, log_sum, dout, dquery, dkey, dvalue);
    else mk_unsupported("mk_attention_gradient", plan->type);
}
