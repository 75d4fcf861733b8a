// The loops of norm_rows.c for one element type T. Sums go over chunks in a fixed number of lanes, and over the chunks in
// double precision, so that they are accurate for any length and independent of the instruction set.

typedef T NAME(vector) __attribute__((ext_vector_type(64 / sizeof(T)), aligned(sizeof(T)), may_alias));
#define LANES ((int64_t)(64 / sizeof(T)))
#define LOAD(p) (*(const NAME(vector) *)(p))

typedef struct {
    const T *x, *scale, *offset, *dy;
    T *y, *mean, *rstd;
    T *dscale, *doffset; // [tasks][n] each
    int64_t rows, n, grain;
    double epsilon;
} NAME(job);

MK_INLINE T NAME(fold)(const NAME(vector) *a) {
    T lane[LANES];
    memcpy(lane, a, sizeof lane);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++) lane[l] += lane[l + width];
    return lane[0];
}

MK_INLINE double NAME(sum)(const T *x, int64_t n) {
    double total = 0;
    for (int64_t start = 0; start < n; start += CHUNK) {
        int64_t end = mk_min(start + CHUNK, n), i = start;
        NAME(vector) a = 0, b = 0;
        for (; i + 2 * LANES <= end; i += 2 * LANES) {
            a += LOAD(x + i);
            b += LOAD(x + i + LANES);
        }
        a += b;
        T sum = NAME(fold)(&a);
        for (; i < end; i++) sum += x[i];
        total += (double)sum;
    }
    return total;
}

// The sum of the squares of the deviations from `mean`, and that of the deviations.
MK_INLINE double NAME(sum_squares)(const T *x, T mean, int64_t n, double *deviation) {
    double total = 0;
    *deviation = 0;
    for (int64_t start = 0; start < n; start += CHUNK) {
        int64_t end = mk_min(start + CHUNK, n), i = start;
        NAME(vector) a = 0, b = 0, c = 0, d = 0;
        for (; i + 2 * LANES <= end; i += 2 * LANES) {
            NAME(vector) p = LOAD(x + i) - mean, q = LOAD(x + i + LANES) - mean;
            a += p * p;
            b += q * q;
            c += p;
            d += q;
        }
        a += b;
        c += d;
        T sum = NAME(fold)(&a), rest = NAME(fold)(&c);
        for (; i < end; i++) {
            sum += (x[i] - mean) * (x[i] - mean);
            rest += x[i] - mean;
        }
        total += (double)sum;
        *deviation += (double)rest;
    }
    return total;
}

MK_CLONES(static, void, NAME(rows), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    const int64_t n = p->n;
    const T *restrict scale = p->scale, *restrict offset = p->offset;
    for (int64_t r = begin; r < end; r++) {
        const T *restrict x = p->x + r * n;
        T *restrict y = p->y + r * n;
        T mean = p->mean ? (T)(NAME(sum)(x, n) / (double)n) : 0;
        double deviation, variance = NAME(sum_squares)(x, mean, n, &deviation) / (double)n;
        if (p->mean) {
            // The mean was rounded: what is left of the deviations corrects both.
            deviation /= (double)n;
            variance = variance < deviation * deviation ? 0 : variance - deviation * deviation;
            p->mean[r] = mean = (T)((double)mean + deviation);
        }
        T rstd = (T)(1 / sqrt(variance + p->epsilon));
        p->rstd[r] = rstd;
        if (scale && offset)
            for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * rstd * scale[i] + offset[i];
        else if (scale)
            for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * rstd * scale[i];
        else if (offset)
            for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * rstd + offset[i];
        else
            for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * rstd;
    }
}

// The sums over a row of g and g z, where g = dy scale and z is the normalized row.
MK_INLINE void NAME(gradient_sums)(const T *dy, const T *x, const T *scale, T mean, T rstd, int64_t n, double *sum,
                                   double *product) {
    *sum = *product = 0;
    for (int64_t start = 0; start < n; start += CHUNK) {
        int64_t end = mk_min(start + CHUNK, n), i = start;
        NAME(vector) a = 0, b = 0;
        for (; i + LANES <= end; i += LANES) {
            NAME(vector) g = scale ? LOAD(dy + i) * LOAD(scale + i) : LOAD(dy + i);
            a += g;
            b += g * ((LOAD(x + i) - mean) * rstd);
        }
        T s = NAME(fold)(&a), t = NAME(fold)(&b);
        for (; i < end; i++) {
            T g = scale ? dy[i] * scale[i] : dy[i];
            s += g;
            t += g * ((x[i] - mean) * rstd);
        }
        *sum += (double)s;
        *product += (double)t;
    }
}

// dx = rstd (g - mean(g) - z mean(g z)), the middle term only where the row was shifted.
MK_CLONES(static, void, NAME(gradient_rows), (int64_t begin, int64_t end, T *restrict dscale, T *restrict doffset,
           const NAME(job) *p), (begin, end, dscale, doffset, p)) {
    const int64_t n = p->n;
    const T *restrict scale = p->scale;
    for (int64_t r = begin; r < end; r++) {
        const T *restrict x = p->x + r * n, *restrict dy = p->dy + r * n;
        T *restrict dx = p->y + r * n;
        const T mean = p->mean ? p->mean[r] : 0, rstd = p->rstd[r];
        double sum, product;
        NAME(gradient_sums)(dy, x, scale, mean, rstd, n, &sum, &product);
        const T shift = p->mean ? (T)(sum / (double)n) : 0, slope = (T)(product / (double)n);
        if (scale)
            for (int64_t i = 0; i < n; i++) dx[i] = rstd * (dy[i] * scale[i] - shift - (x[i] - mean) * rstd * slope);
        else
            for (int64_t i = 0; i < n; i++) dx[i] = rstd * (dy[i] - shift - (x[i] - mean) * rstd * slope);
        if (dscale)
            for (int64_t i = 0; i < n; i++) dscale[i] += dy[i] * ((x[i] - mean) * rstd);
        if (doffset)
            for (int64_t i = 0; i < n; i++) doffset[i] += dy[i];
    }
}

MK_CLONES(static, void, NAME(add), (T *restrict to, T *restrict from, int64_t n), (to, from, n)) {
    for (int64_t i = 0; i < n; i++) {
        to[i] += from[i];
        from[i] = 0;
    }
}

// A task sums its rows' share of dscale and doffset, a few rows at a time, so that errors grow with the square root.
static void NAME(gradient_task)(int64_t task, void *context) {
    const NAME(job) *p = context;
    int64_t n = p->n, first = task * p->grain, last = mk_min(first + p->grain, p->rows);
    T *dscale = p->dscale ? p->dscale + task * n : NULL, *doffset = p->doffset ? p->doffset + task * n : NULL;
    if (!dscale && !doffset) return NAME(gradient_rows)(first, last, NULL, NULL, p);
    T *some = mk_scratch((size_t)(2 * n) * sizeof(T));
    memset(some, 0, (size_t)(2 * n) * sizeof(T));
    if (dscale) memset(dscale, 0, (size_t)n * sizeof(T));
    if (doffset) memset(doffset, 0, (size_t)n * sizeof(T));
    for (int64_t r = first; r < last; r += ROWS_ADDED) {
        NAME(gradient_rows)(r, mk_min(r + ROWS_ADDED, last), dscale ? some : NULL, doffset ? some + n : NULL, p);
        if (dscale) NAME(add)(dscale, some, n);
        if (doffset) NAME(add)(doffset, some + n, n);
    }
}

static void NAME(forward)(const void *x, const void *scale, const void *offset, void *y, void *mean, void *rstd,
                          int64_t rows, int64_t n, double epsilon) {
    NAME(job) job = {.x = x, .scale = scale, .offset = offset, .y = y, .mean = mean, .rstd = rstd, .n = n,
                     .epsilon = epsilon};
    mk_parallel_ranges(rows, mk_grain_of(2 * n), NAME(rows), &job);
}

static void NAME(backward)(const void *dy, const void *x, const void *scale, const void *mean, const void *rstd,
                           void *dx, void *dscale, void *doffset, int64_t rows, int64_t n) {
    // One partial sum per task: few enough that adding them up costs little.
    int64_t grain = mk_max(mk_grain_of(2 * n), mk_ceil_div(rows, MOST_PARTS)), tasks = mk_ceil_div(rows, grain);
    size_t bytes = (size_t)(2 * tasks * n) * sizeof(T);
    T *parts = mk_alloc_or_stop(bytes);
    NAME(job) job = {.x = x, .scale = scale, .dy = dy, .y = dx, .mean = (T *)mean, .rstd = (T *)rstd, .rows = rows,
                     .n = n, .grain = grain};
    job.dscale = dscale ? parts : NULL;
    job.doffset = doffset ? parts + tasks * n : NULL;
    mk_parallel_for(tasks, NAME(gradient_task), &job);
    void *sums[2] = {dscale, doffset};
    for (int i = 0; i < 2; i++) {
        if (!sums[i]) continue;
        T *own = parts + i * tasks * n;
        mk_sum_parts(sizeof(T) == 4 ? MK_F32 : MK_F64, own, tasks, n);
        if (tasks > 0) memcpy(sums[i], own, (size_t)n * sizeof(T));
        else memset(sums[i], 0, (size_t)n * sizeof(T));
    }
    mk_free(parts, bytes);
}

#undef LANES
#undef LOAD
