// Recurrent layers over whole sequences, and their gradients: float32 and float64, tanh and sigmoid as activations.
//
// With z = x W + b, the gates of all steps come from one product; then a loop over the steps adds the product of the
// state with U. Columns of W, U and b, in blocks of `units`:
//   simple           h' = tanh(z + h U)
//   LSTM             i f g o: c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c')
//   GRU              z r g: g = tanh(z_g + (r h) U_g), h' = z h + (1 - z) g
//   GRU, reset after z r g: g = tanh(z_g + r (h U_g + b')), and b' is also added to the others; b is [2, 3 units]
// A step whose mask is false keeps the state and repeats the output before, zeros at first.
#ifndef MK_RNN_H
#define MK_RNN_H

#include "mk_common.h"

typedef enum {
    MK_RNN_SIMPLE = 0,
    MK_RNN_LSTM = 1,
    MK_RNN_GRU = 2,
    MK_RNN_GRU_RESET_AFTER = 3,
} mk_rnn_cell;

typedef struct {
    mk_dtype type;
    mk_rnn_cell cell;
    int64_t batch, steps, features, units;
    bool reverse;     // step s reads the input at steps - 1 - s
    bool sequences;   // the output is that of every step, in the order of the steps; otherwise of the last
    bool zero_masked; // the output of a masked step is 0
} mk_rnn_plan;

// x [batch, steps, features], h and c [batch, units] (c for LSTM alone), kernel [features, gates * units],
// recurrent [units, gates * units]; bias and mask [batch, steps] may be NULL.
typedef struct {
    const void *x, *h, *c, *kernel, *recurrent, *bias;
    const uint8_t *mask;
} mk_rnn_inputs;

// y [batch, steps, units] or [batch, units], h and c the states after the last step, reserve [batch, steps,
// mk_rnn_reserve * units]: what the gradient needs of each step.
typedef struct {
    void *y, *h, *c, *reserve;
} mk_rnn_outputs;

// The gradients of y, h and c; NULL is zeros.
typedef struct {
    const void *y, *h, *c;
} mk_rnn_upstream;

// The gradients of the inputs; NULL: not wanted.
typedef struct {
    void *x, *h, *c, *kernel, *recurrent, *bias;
} mk_rnn_gradients;

// The number of blocks of columns in a kernel.
int64_t mk_rnn_gates(mk_rnn_cell cell);
// The number of blocks in a row of the reserve.
int64_t mk_rnn_reserve(mk_rnn_cell cell);

// Each sample's rows see the same arithmetic whatever the batch and the threads are.
void mk_rnn_forward(const mk_rnn_plan *plan, const mk_rnn_inputs *in, const mk_rnn_outputs *out);
void mk_rnn_backward(const mk_rnn_plan *plan, const mk_rnn_inputs *in, const void *reserve,
                     const mk_rnn_upstream *upstream, const mk_rnn_gradients *out);

#endif
