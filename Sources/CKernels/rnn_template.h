// The loops over the steps for some samples. Included once for each element type T.

#include "rnn_panels.h"
#include "rnn_cells.h"

MK_INLINE bool NAME(masked)(const mk_rnn_job *job, int64_t sample, int64_t t) {
    return job->in.mask != NULL && !job->in.mask[sample * job->plan.steps + t];
}

MK_INLINE void NAME(copy)(T *to, const T *from, int64_t n) { memcpy(to, from, (size_t)n * sizeof(T)); }

// The output of step s of a sample: with no sequences the last step's is what stays.
MK_INLINE void NAME(emit)(const mk_rnn_job *job, int64_t sample, int64_t s, bool masked, const T *h) {
    const mk_rnn_plan *p = &job->plan;
    T *y = (T *)job->out.y + (p->sequences ? sample * p->steps + s : sample) * p->units;
    if (!masked) {
        if (p->sequences || s == p->steps - 1 || job->in.mask != NULL) NAME(copy)(y, h, p->units);
    } else if (p->zero_masked || s == 0) {
        memset(y, 0, (size_t)p->units * sizeof(T));
    } else if (p->sequences) {
        NAME(copy)(y, y - p->units, p->units);
    }
}

// Adds the gradient of the output of step s to that of the state after it. That of a masked step, which repeated an
// output before it, is carried to there.
MK_INLINE void NAME(absorb)(const mk_rnn_job *job, int64_t sample, int64_t s, bool masked, T *restrict dh,
                            T *restrict carry) {
    const mk_rnn_plan *p = &job->plan;
    int64_t n = p->units;
    T *to = masked ? carry : dh;
    if (job->upstream.y != NULL && (p->sequences || s == p->steps - 1) && !(masked && p->zero_masked)) {
        const T *dy = (const T *)job->upstream.y + (p->sequences ? sample * p->steps + s : sample) * n;
        for (int64_t j = 0; j < n; j++) to[j] += dy[j];
    }
    if (!masked && job->in.mask != NULL) {
        for (int64_t j = 0; j < n; j++) {
            dh[j] += carry[j];
            carry[j] = 0;
        }
    }
}

MK_CLONES(extern, void, NAME(mk_rnn_forward), (int64_t task, void *context), (task, context)) {
    const mk_rnn_job *job = context;
    const mk_rnn_plan *p = &job->plan;
    const bool wide = job->wide;
    const int64_t n = p->units, first = task * job->rows, rows = mk_min(job->rows, p->batch - first);
    const int64_t width = job->width * n, columns = (p->cell == MK_RNN_GRU ? 2 : job->gates) * n;
    const int64_t stride = NAME(padded)(job->gates * n);
    T *h = mk_scratch((size_t)(rows * (3 * n + stride) + 3 * n) * sizeof(T));
    T *c = h + rows * n, *reset = c + rows * n, *product = reset + rows * n, *bias = product + rows * stride;
    NAME(copy)(h, (const T *)job->in.h + first * n, rows * n);
    if (p->cell == MK_RNN_LSTM) NAME(copy)(c, (const T *)job->in.c + first * n, rows * n);
    memset(bias, 0, (size_t)(3 * n) * sizeof(T));
    memset(reset, 0, (size_t)(rows * n) * sizeof(T)); // masked rows stay so
    if (job->recurrent_bias != NULL) NAME(copy)(bias, job->recurrent_bias, 3 * n);

    for (int64_t s = 0; s < p->steps; s++) {
        int64_t t = p->reverse ? p->steps - 1 - s : s;
        T *reserve = (T *)job->out.reserve + (first * p->steps + t) * width;
        const int64_t next = p->steps * width; // from a sample's row to the next one's
        NAME(multiply)(wide, rows, n, columns, h, n, job->panels, product, stride);
        for (int64_t r = 0; r < rows; r++) {
            T *row = reserve + r * next;
            NAME(copy)(row + job->gates * n, h + r * n, n);
            if (p->cell == MK_RNN_LSTM) NAME(copy)(row + 5 * n, c + r * n, n);
            if (NAME(masked)(job, first + r, t)) {
                // The kernel's gradient multiplies r h of all steps with their deltas, zeros here: it must be a number.
                if (p->cell == MK_RNN_GRU) memset(row + 4 * n, 0, (size_t)n * sizeof(T));
                continue;
            }
            switch (p->cell) {
            case MK_RNN_SIMPLE: NAME(simple_step)(n, row, product + r * stride, h + r * n); break;
            case MK_RNN_LSTM: NAME(lstm_step)(n, row, product + r * stride, h + r * n, c + r * n); break;
            case MK_RNN_GRU: NAME(gru_gates)(n, row, product + r * stride, h + r * n, reset + r * n); break;
            case MK_RNN_GRU_RESET_AFTER: NAME(gru_after_step)(n, row, product + r * stride, bias, h + r * n); break;
            }
        }
        if (p->cell == MK_RNN_GRU) NAME(multiply)(wide, rows, n, n, reset, n, job->panels_second, product, stride);
        for (int64_t r = 0; r < rows; r++) {
            bool masked = NAME(masked)(job, first + r, t);
            if (p->cell == MK_RNN_GRU && !masked)
                NAME(gru_step)(n, reserve + r * next, product + r * stride, h + r * n);
            NAME(emit)(job, first + r, s, masked, h + r * n);
        }
    }
    NAME(copy)((T *)job->out.h + first * n, h, rows * n);
    if (p->cell == MK_RNN_LSTM) NAME(copy)((T *)job->out.c + first * n, c, rows * n);
}

MK_CLONES(extern, void, NAME(mk_rnn_backward), (int64_t task, void *context), (task, context)) {
    const mk_rnn_job *job = context;
    const mk_rnn_plan *p = &job->plan;
    const bool wide = job->wide;
    const int64_t n = p->units, first = task * job->rows, rows = mk_min(job->rows, p->batch - first);
    const int64_t width = job->width * n, blocks = job->blocks * n, stride = NAME(padded)(n);
    T *dh = mk_scratch((size_t)(rows * (3 * n + stride + blocks)) * sizeof(T));
    T *dc = dh + rows * n, *carry = dc + rows * n, *product = carry + rows * n, *through = product + rows * stride;
    T *sums = (T *)job->sums + task * blocks;
    memset(dh, 0, (size_t)(3 * rows * n) * sizeof(T));
    memset(sums, 0, (size_t)blocks * sizeof(T));
    if (job->upstream.h != NULL) NAME(copy)(dh, (const T *)job->upstream.h + first * n, rows * n);
    if (job->upstream.c != NULL) NAME(copy)(dc, (const T *)job->upstream.c + first * n, rows * n);
    // What U sees of a row of deltas: all of it but, for GRU with reset after, the third block.
    const int64_t depth = p->cell == MK_RNN_GRU ? 2 * n : job->gates * n;

    for (int64_t s = p->steps - 1; s >= 0; s--) {
        int64_t t = p->reverse ? p->steps - 1 - s : s;
        const T *reserve = (const T *)job->reserve + (first * p->steps + t) * width;
        T *deltas = (T *)job->deltas + (first * p->steps + t) * blocks;
        for (int64_t r = 0; r < rows; r++) {
            const T *row = reserve + r * p->steps * width;
            T *d = deltas + r * p->steps * blocks;
            bool masked = NAME(masked)(job, first + r, t);
            NAME(absorb)(job, first + r, s, masked, dh + r * n, carry + r * n);
            if (masked) {
                memset(d, 0, (size_t)blocks * sizeof(T));
                continue;
            }
            switch (p->cell) {
            case MK_RNN_SIMPLE: NAME(simple_back)(n, row, dh + r * n, d); break;
            case MK_RNN_LSTM: NAME(lstm_back)(n, row, dh + r * n, dc + r * n, d); break;
            case MK_RNN_GRU: NAME(gru_back)(n, row, dh + r * n, d); break;
            case MK_RNN_GRU_RESET_AFTER: NAME(gru_after_back)(n, row, dh + r * n, d); break;
            }
        }
        if (p->cell == MK_RNN_GRU) {
            NAME(multiply)(wide, rows, n, n, deltas + 2 * n, p->steps * blocks, job->panels_second, product, stride);
            for (int64_t r = 0; r < rows; r++) {
                if (NAME(masked)(job, first + r, t)) continue;
                NAME(gru_reset_back)(n, reserve + r * p->steps * width, product + r * stride, dh + r * n,
                                     deltas + r * p->steps * blocks);
            }
        }
        for (int64_t r = 0; r < rows; r++) {
            const T *restrict d = deltas + r * p->steps * blocks;
            for (int64_t j = 0; j < blocks; j++) sums[j] += d[j];
            NAME(copy)(through + r * depth, d, depth);
            if (p->cell == MK_RNN_GRU_RESET_AFTER) NAME(copy)(through + r * depth + 2 * n, d + 3 * n, n);
        }
        NAME(multiply)(wide, rows, depth, n, through, depth, job->panels, product, stride);
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t j = 0; j < n; j++) dh[r * n + j] += product[r * stride + j];
        }
    }
    if (job->gradient.h != NULL) NAME(copy)((T *)job->gradient.h + first * n, dh, rows * n);
    if (job->gradient.c != NULL) NAME(copy)((T *)job->gradient.c + first * n, dc, rows * n);
}

