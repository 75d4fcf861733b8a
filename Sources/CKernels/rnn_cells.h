// One step of one sample, and its gradient. Included once for each element type T; NAME(sigmoid) and NAME(tanh) exist.
//
// Forward, `row` is the sample's row of the reserve, holding x W + b in its gates; `product` is h U. Back, `dh` comes
// in as the gradient of the state after the step and leaves as its part in that of the state before, without what goes
// through U; `d` is the row of deltas.

#define LOOP UNITS_LOOP for (int64_t j = 0; j < n; j++)

MK_INLINE void NAME(simple_step)(int64_t n, T *restrict row, const T *restrict product, T *restrict h) {
    LOOP h[j] = row[j] = NAME(tanh)(row[j] + product[j]);
}

MK_INLINE void NAME(simple_back)(int64_t n, const T *restrict row, T *restrict dh, T *restrict d) {
    LOOP {
        d[j] = dh[j] * (1 - row[j] * row[j]);
        dh[j] = 0;
    }
}

MK_INLINE void NAME(lstm_step)(int64_t n, T *restrict row, const T *restrict product, T *restrict h, T *restrict c) {
    LOOP {
        T i = NAME(sigmoid)(row[j] + product[j]), f = NAME(sigmoid)(row[n + j] + product[n + j]);
        T g = NAME(tanh)(row[2 * n + j] + product[2 * n + j]), o = NAME(sigmoid)(row[3 * n + j] + product[3 * n + j]);
        row[j] = i;
        row[n + j] = f;
        row[2 * n + j] = g;
        row[3 * n + j] = o;
        T next = f * c[j] + i * g;
        c[j] = next;
        h[j] = o * NAME(tanh)(next);
    }
}

MK_INLINE void NAME(lstm_back)(int64_t n, const T *restrict row, T *restrict dh, T *restrict dc, T *restrict d) {
    LOOP {
        T i = row[j], f = row[n + j], g = row[2 * n + j], o = row[3 * n + j], before = row[5 * n + j];
        T t = NAME(tanh)(f * before + i * g), u = dc[j] + dh[j] * o * (1 - t * t);
        d[j] = u * g * i * (1 - i);
        d[n + j] = u * before * f * (1 - f);
        d[2 * n + j] = u * i * (1 - g * g);
        d[3 * n + j] = dh[j] * t * o * (1 - o);
        dc[j] = u * f;
        dh[j] = 0;
    }
}

MK_INLINE void NAME(gru_after_step)(int64_t n, T *restrict row, const T *restrict product, const T *restrict bias,
                                    T *restrict h) {
    LOOP {
        T z = NAME(sigmoid)(row[j] + (product[j] + bias[j]));
        T r = NAME(sigmoid)(row[n + j] + (product[n + j] + bias[n + j]));
        T q = product[2 * n + j] + bias[2 * n + j], g = NAME(tanh)(row[2 * n + j] + r * q);
        row[j] = z;
        row[n + j] = r;
        row[2 * n + j] = g;
        row[4 * n + j] = q;
        h[j] = z * h[j] + (1 - z) * g;
    }
}

MK_INLINE void NAME(gru_after_back)(int64_t n, const T *restrict row, T *restrict dh, T *restrict d) {
    LOOP {
        T z = row[j], r = row[n + j], g = row[2 * n + j], before = row[3 * n + j], q = row[4 * n + j];
        T dg = dh[j] * (1 - z) * (1 - g * g);
        d[j] = dh[j] * (before - g) * z * (1 - z);
        d[n + j] = dg * q * r * (1 - r);
        d[2 * n + j] = dg;
        d[3 * n + j] = dg * r;
        dh[j] *= z;
    }
}

// The update and reset gates; `reset` is what the candidate sees of the state.
MK_INLINE void NAME(gru_gates)(int64_t n, T *restrict row, const T *restrict product, const T *restrict h,
                               T *restrict reset) {
    LOOP {
        T r = NAME(sigmoid)(row[n + j] + product[n + j]);
        row[j] = NAME(sigmoid)(row[j] + product[j]);
        row[n + j] = r;
        row[4 * n + j] = reset[j] = r * h[j];
    }
}

MK_INLINE void NAME(gru_step)(int64_t n, T *restrict row, const T *restrict product, T *restrict h) {
    LOOP {
        T g = NAME(tanh)(row[2 * n + j] + product[j]);
        row[2 * n + j] = g;
        h[j] = row[j] * h[j] + (1 - row[j]) * g;
    }
}

MK_INLINE void NAME(gru_back)(int64_t n, const T *restrict row, T *restrict dh, T *restrict d) {
    LOOP {
        T z = row[j], g = row[2 * n + j];
        d[j] = dh[j] * (row[3 * n + j] - g) * z * (1 - z);
        d[2 * n + j] = dh[j] * (1 - z) * (1 - g * g);
        dh[j] *= z;
    }
}

// `product` is the gradient of r h.
MK_INLINE void NAME(gru_reset_back)(int64_t n, const T *restrict row, const T *restrict product, T *restrict dh,
                                    T *restrict d) {
    LOOP {
        T r = row[n + j];
        d[n + j] = product[j] * row[3 * n + j] * r * (1 - r);
        dh[j] += product[j] * r;
    }
}
#undef LOOP
