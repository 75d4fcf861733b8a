// Scaled dot-product attention over tiles that stay in cache: the scores are never held as a whole. float32 and float64.
#ifndef MK_ATTENTION_H
#define MK_ATTENTION_H

#include "mk_common.h"

// query [batch, queries, heads, depth], key [batch, keys, key_heads, depth], value [batch, keys, key_heads, value_depth];
// key_heads divides heads, and each key head serves heads / key_heads neighbours. All extents may be 0.
//
// mask (bool, true: visible) and bias (added to scaled scores) broadcast to [batch, heads, queries, keys] by strides in
// elements, 0 along axes that repeat. causal: query i sees keys 0...i. A query that sees no key sees all of them alike.
typedef struct {
    mk_dtype type;
    int64_t batch, heads, key_heads, queries, keys, depth, value_depth;
    double scale;
    bool causal;
    int64_t mask_strides[4], bias_strides[4];
} mk_attention_plan;

// out [batch, queries, heads, value_depth], and log_sum [batch, queries, heads]: the logarithm of the sum of the
// exponentials of each query's scores. mask and bias may be NULL.
void mk_attention(const mk_attention_plan *plan, const void *query, const void *key, const void *value,
                  const uint8_t *mask, const void *bias, void *out, void *log_sum);

// From what the forward pass got and gave, and the gradient dout of out.
void mk_attention_gradient(const mk_attention_plan *plan, const void *query, const void *key, const void *value,
                           const uint8_t *mask, const void *bias, const void *out, const void *log_sum,
                           const void *dout, void *dquery, void *dkey, void *dvalue);

#endif
