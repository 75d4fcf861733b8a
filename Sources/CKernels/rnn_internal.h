// What the parts of the recurrent kernels share.
#ifndef MK_RNN_INTERNAL_H
#define MK_RNN_INTERNAL_H

#include "internal.h"
#include "mk_rnn.h"

// One sequence operation. Samples do not see each other until the kernels' gradients, so a task takes some of them
// through all steps.
//
// A row of the reserve, in blocks of `units`: the gates, the state before the step, and
//   LSTM: the cell before; GRU: r h; GRU with reset after: the candidate's part of h U + b'.
// A row of the deltas: the gradients of the gates before their activation, which are those of x W + b, and for
// GRU with reset after that of the candidate's part of h U + b'.
typedef struct {
    mk_rnn_plan plan;
    mk_rnn_inputs in;
    mk_rnn_outputs out;
    mk_rnn_upstream upstream;
    mk_rnn_gradients gradient;
    const void *reserve;
    void *deltas;             // [batch, steps, blocks * units]
    void *sums;               // a row of deltas for each task: the sums over its rows
    const void *panels;       // the recurrent kernel, packed; transposed on the way back
    const void *panels_second; // GRU: that of the candidate, apart from the others
    const void *recurrent_bias;
    int64_t gates, width, blocks; // blocks of a kernel, of a row of the reserve, of a row of the deltas
    int64_t rows;                 // samples of a task
    bool wide;                    // 32 vector registers of 64 bytes
} mk_rnn_job;

// The task runs on samples task * rows and those after it.
void mk_rnn_forward_f32(int64_t task, void *job);
void mk_rnn_forward_f64(int64_t task, void *job);
void mk_rnn_backward_f32(int64_t task, void *job);
void mk_rnn_backward_f64(int64_t task, void *job);

// The elements that a matrix of k rows and n columns takes in panels.
int64_t mk_rnn_panels_f32(int64_t k, int64_t n);
int64_t mk_rnn_panels_f64(int64_t k, int64_t n);
// Packs a k x n matrix, given with `row` elements from one stored row to the next, or its transpose.
void mk_rnn_pack_f32(const void *matrix, int64_t row, bool transposed, int64_t k, int64_t n, void *panels);
void mk_rnn_pack_f64(const void *matrix, int64_t row, bool transposed, int64_t k, int64_t n, void *panels);

#endif
