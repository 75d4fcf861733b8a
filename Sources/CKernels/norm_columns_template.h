// The loops of norm_columns.c for one element type T. A walk goes over `count` lines of `width` elements that lie
// `stride` apart: bands of a wide matrix's rows, or, where rows are short, several rows as one line, whose columns
// repeat.

typedef struct {
    const T *x, *dy, *scale, *offset;
    T *y;
    const T *mean;          // [n]
    const T *factor, *slope, *shift; // [n]: of the second walk
    double *parts;          // [blocks][2][n]: of the first walk
    int64_t rows, n, block; // a task has `block` rows
} NAME(job);

// acc[j] = the sum of x over the lines.
MK_INLINE void NAME(line_sum)(const T *restrict x, int64_t count, int64_t stride, int64_t width, T *restrict acc) {
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const T *p = x + i * stride, *q = p + 2 * stride;
        for (int64_t j = 0; j < width; j++) acc[j] += (p[j] + p[stride + j]) + (q[j] + q[stride + j]);
    }
    for (; i < count; i++)
        for (int64_t j = 0; j < width; j++) acc[j] += x[i * stride + j];
}

// The sums over the lines of the deviations from m and of their squares.
MK_INLINE void NAME(line_moments)(const T *restrict x, int64_t count, int64_t stride, int64_t width,
                                  const T *restrict m, T *restrict sum, T *restrict squares) {
    int64_t i = 0;
    for (; i + 2 <= count; i += 2) {
        const T *p = x + i * stride;
        for (int64_t j = 0; j < width; j++) {
            T a = p[j] - m[j], b = p[stride + j] - m[j];
            sum[j] += a + b;
            squares[j] += a * a + b * b;
        }
    }
    for (; i < count; i++)
        for (int64_t j = 0; j < width; j++) {
            T a = x[i * stride + j] - m[j];
            sum[j] += a;
            squares[j] += a * a;
        }
}

// The sums over the lines of dy and dy (x - m).
MK_INLINE void NAME(line_products)(const T *restrict dy, const T *restrict x, int64_t count, int64_t stride,
                                   int64_t width, const T *restrict m, T *restrict sum, T *restrict products) {
    int64_t i = 0;
    for (; i + 2 <= count; i += 2) {
        const T *p = x + i * stride, *g = dy + i * stride;
        for (int64_t j = 0; j < width; j++) {
            sum[j] += g[j] + g[stride + j];
            products[j] += g[j] * (p[j] - m[j]) + g[stride + j] * (p[stride + j] - m[j]);
        }
    }
    for (; i < count; i++)
        for (int64_t j = 0; j < width; j++) {
            sum[j] += dy[i * stride + j];
            products[j] += dy[i * stride + j] * (x[i * stride + j] - m[j]);
        }
}

// Copies `n` numbers again and again until there are `width`; adds up what such copies have gathered.
MK_INLINE void NAME(repeat)(const T *from, int64_t n, int64_t width, T *to) {
    for (int64_t j = 0; j < width; j++) to[j] = from[j % n];
}
MK_INLINE void NAME(gather)(const T *from, int64_t n, int64_t width, double *to) {
    for (int64_t c = 0; c < n; c++) {
        double sum = 0;
        for (int64_t j = c; j < width; j += n) sum += (double)from[j];
        to[c] = sum;
    }
}

// How a block is walked: bands of columns; in each, lines of one row, or of `fold` rows and the rows left over.
#define FOR_BANDS(p, rows, column, columns, fold) \
    for (int64_t column = 0, columns, fold; \
         column < (p)->n && (columns = mk_min(BAND, (p)->n - column), fold = mk_fold((p)->n), true); column += BAND)

MK_CLONES(static, void, NAME(moments), (int64_t task, void *context), (task, context)) {
    const NAME(job) *p = context;
    int64_t first = task * p->block, rows = mk_min(p->block, p->rows - first);
    double *means = p->parts + 2 * task * p->n, *squares = means + p->n;
    FOR_BANDS(p, rows, column, columns, fold) {
        const T *x = p->x + first * p->n + column;
        int64_t width = columns * fold, lines = rows / fold, left = rows % fold, stride = p->n * fold;
        const T *rest = x + lines * stride;
        T a[BAND] = {0}, b[BAND] = {0}, m[BAND];
        double sum[BAND], square[BAND];
        NAME(line_sum)(x, lines, stride, width, a);
        NAME(line_sum)(rest, left, p->n, columns, a);
        NAME(gather)(a, columns, width, sum);
        for (int64_t c = 0; c < columns; c++) b[c] = (T)(sum[c] / (double)rows);
        NAME(repeat)(b, columns, width, m);
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        NAME(line_moments)(x, lines, stride, width, m, a, b);
        NAME(line_moments)(rest, left, p->n, columns, m, a, b);
        NAME(gather)(a, columns, width, sum);
        NAME(gather)(b, columns, width, square);
        // The mean was rounded: what is left of the deviations corrects both.
        for (int64_t c = 0; c < columns; c++) {
            means[column + c] = (double)m[c] + sum[c] / (double)rows;
            squares[column + c] = square[c] - sum[c] * sum[c] / (double)rows;
        }
    }
}

// y = (x - mean) factor + shift
MK_CLONES(static, void, NAME(apply), (int64_t task, void *context), (task, context)) {
    const NAME(job) *p = context;
    int64_t first = task * p->block, rows = mk_min(p->block, p->rows - first);
    FOR_BANDS(p, rows, column, columns, fold) {
        const T *x = p->x + first * p->n + column;
        T *y = p->y + first * p->n + column;
        int64_t width = columns * fold, lines = rows / fold;
        T m[BAND], factor[BAND], shift[BAND];
        NAME(repeat)(p->mean + column, columns, width, m);
        NAME(repeat)(p->factor + column, columns, width, factor);
        NAME(repeat)(p->shift + column, columns, width, shift);
        for (int64_t i = 0, at = 0; at < rows; i++) {
            int64_t length = i < lines ? width : columns;
            const T *restrict from = x + at * p->n;
            T *restrict to = y + at * p->n;
            for (int64_t j = 0; j < length; j++) to[j] = (from[j] - m[j]) * factor[j] + shift[j];
            at += i < lines ? fold : 1;
        }
    }
}

MK_CLONES(static, void, NAME(gradient_sums), (int64_t task, void *context), (task, context)) {
    const NAME(job) *p = context;
    int64_t first = task * p->block, rows = mk_min(p->block, p->rows - first);
    double *sums = p->parts + 2 * task * p->n, *products = sums + p->n;
    FOR_BANDS(p, rows, column, columns, fold) {
        const T *x = p->x + first * p->n + column, *dy = p->dy + first * p->n + column;
        int64_t width = columns * fold, lines = rows / fold, left = rows % fold, stride = p->n * fold;
        T a[BAND] = {0}, b[BAND] = {0}, m[BAND];
        NAME(repeat)(p->mean + column, columns, width, m);
        NAME(line_products)(dy, x, lines, stride, width, m, a, b);
        NAME(line_products)(dy + lines * stride, x + lines * stride, left, p->n, columns, m, a, b);
        NAME(gather)(a, columns, width, sums + column);
        NAME(gather)(b, columns, width, products + column);
    }
}

// dx = factor dy + slope (x - mean) + shift
MK_CLONES(static, void, NAME(gradient_apply), (int64_t task, void *context), (task, context)) {
    const NAME(job) *p = context;
    int64_t first = task * p->block, rows = mk_min(p->block, p->rows - first);
    FOR_BANDS(p, rows, column, columns, fold) {
        int64_t start = first * p->n + column, width = columns * fold, lines = rows / fold;
        T m[BAND], factor[BAND], slope[BAND], shift[BAND];
        NAME(repeat)(p->mean + column, columns, width, m);
        NAME(repeat)(p->factor + column, columns, width, factor);
        NAME(repeat)(p->slope + column, columns, width, slope);
        NAME(repeat)(p->shift + column, columns, width, shift);
        for (int64_t i = 0, at = 0; at < rows; i++) {
            int64_t length = i < lines ? width : columns;
            const T *restrict x = p->x + start + at * p->n, *restrict dy = p->dy + start + at * p->n;
            T *restrict dx = p->y + start + at * p->n;
            for (int64_t j = 0; j < length; j++) dx[j] = factor[j] * dy[j] + (slope[j] * (x[j] - m[j]) + shift[j]);
            at += i < lines ? fold : 1;
        }
    }
}

#undef FOR_BANDS

static void NAME(forward)(const void *x, const T *scale, const T *offset, void *y, T *mean, T *variance, int64_t rows,
                          int64_t n, double epsilon) {
    NAME(job) job = {.x = x, .y = y, .mean = mean, .rows = rows, .n = n, .block = mk_column_block(n)};
    int64_t blocks = mk_ceil_div(rows, job.block);
    size_t bytes = (size_t)(2 * blocks * n) * sizeof(double) + (size_t)(2 * n) * sizeof(T);
    job.parts = mk_alloc_or_stop(bytes);
    mk_parallel_for(blocks, NAME(moments), &job);
    mk_join_moments(job.parts, blocks, job.block, rows, n);
    T *factor = (T *)(job.parts + 2 * blocks * n), *shift = factor + n;
    for (int64_t c = 0; c < n; c++) {
        double v = rows > 0 ? job.parts[n + c] / (double)rows : 0;
        mean[c] = rows > 0 ? (T)job.parts[c] : 0;
        variance[c] = (T)v;
        factor[c] = (T)((scale ? (double)scale[c] : 1) / sqrt(v + epsilon));
        shift[c] = offset ? offset[c] : 0;
    }
    job.factor = factor;
    job.shift = shift;
    mk_parallel_for(blocks, NAME(apply), &job);
    mk_free(job.parts, bytes);
}

static void NAME(backward)(const void *dy, const void *x, const T *scale, const T *mean, const T *variance, void *dx,
                           T *dscale, T *doffset, int64_t rows, int64_t n, double epsilon) {
    NAME(job) job = {.x = x, .dy = dy, .y = dx, .mean = mean, .rows = rows, .n = n, .block = mk_column_block(n)};
    int64_t blocks = mk_ceil_div(rows, job.block);
    size_t bytes = (size_t)(2 * mk_max(blocks, 1) * n) * sizeof(double) + (size_t)(3 * n) * sizeof(T);
    job.parts = mk_alloc_or_stop(bytes);
    mk_parallel_for(blocks, NAME(gradient_sums), &job);
    if (blocks == 0) memset(job.parts, 0, (size_t)(2 * n) * sizeof(double));
    for (int64_t b = 1; b < blocks; b++)
        for (int64_t c = 0; c < 2 * n; c++) job.parts[c] += job.parts[2 * b * n + c];
    T *factor = (T *)(job.parts + 2 * mk_max(blocks, 1) * n), *slope = factor + n, *shift = slope + n;
    for (int64_t c = 0; c < n; c++) {
        double rstd = 1 / sqrt((double)variance[c] + epsilon), count = (double)mk_max(rows, 1);
        double sum = job.parts[c], product = job.parts[n + c], f = (scale ? (double)scale[c] : 1) * rstd;
        factor[c] = (T)f;
        slope[c] = (T)(-f * rstd * rstd * product / count);
        shift[c] = (T)(-f * sum / count);
        if (dscale) dscale[c] = (T)(product * rstd);
        if (doffset) doffset[c] = (T)sum;
    }
    job.factor = factor;
    job.slope = slope;
    job.shift = shift;
    mk_parallel_for(blocks, NAME(gradient_apply), &job);
    mk_free(job.parts, bytes);
}
