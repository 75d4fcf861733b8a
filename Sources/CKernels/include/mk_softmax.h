// Softmax, its logarithm, and cross-entropy with class numbers, over the middle axis of [outer, n, inner]. f32 and f64.
// The largest element is subtracted first, so nothing overflows; a slice of -inf alone gives NaN, as in other
// frameworks. Results may be written over an input.
#ifndef MK_SOFTMAX_H
#define MK_SOFTMAX_H

#include "mk_common.h"

void mk_softmax(mk_dtype dtype, const void *x, void *y, int64_t outer, int64_t n, int64_t inner);
void mk_log_softmax(mk_dtype dtype, const void *x, void *y, int64_t outer, int64_t n, int64_t inner);

// Gradients with respect to x, from the output y and its gradient dy: y (dy - sum(y dy)) and dy - exp(y) sum(dy).
void mk_softmax_backward(mk_dtype dtype, const void *dy, const void *y, void *dx, int64_t outer, int64_t n,
                         int64_t inner);
void mk_log_softmax_backward(mk_dtype dtype, const void *dy, const void *y, void *dx, int64_t outer, int64_t n,
                             int64_t inner);

// loss[r] = -log_softmax(logits[r])[labels[r]] for logits [rows, classes]. Returns the first row whose label is not in
// 0..<classes, with nothing written, or -1.
int64_t mk_sparse_cross_entropy(mk_dtype dtype, const void *logits, const int64_t *labels, void *loss, int64_t rows,
                                int64_t classes);
// dx[r] = (softmax(logits[r]) - onehot(labels[r])) g[r]. Returns as above.
int64_t mk_sparse_cross_entropy_backward(mk_dtype dtype, const void *logits, const int64_t *labels, const void *g,
                                         void *dx, int64_t rows, int64_t classes);

#endif
