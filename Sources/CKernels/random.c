// Philox in blocks of words that stay in the first cache, then one loop that turns words into numbers.
#include <math.h>
#include <string.h>
#include "internal.h"
#include "mk_random.h"
#include "mk_vmath.h"
#include "pairs.h"

#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u
#define ROUNDS 10

void mk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    for (uint32_t r = 0; r < ROUNDS; r++) {
        uint64_t p0 = (uint64_t)MULTIPLIER_0 * c[0], p1 = (uint64_t)MULTIPLIER_1 * c[2];
        uint32_t next0 = (uint32_t)(p1 >> 32) ^ c[1] ^ (key[0] + r * WEYL_0);
        uint32_t next2 = (uint32_t)(p0 >> 32) ^ c[3] ^ (key[1] + r * WEYL_1);
        c[0] = next0;
        c[1] = (uint32_t)p1;
        c[2] = next2;
        c[3] = (uint32_t)p0;
    }
    memcpy(out, c, sizeof c);
}

// Words of a stream that are made at a time, and the blocks that are computed side by side: GROUPS vectors of eight, to
// hide the latency of the multiplications.
#define WORDS 1024
#define GROUPS 4
// Elements of a task: a multiple of WORDS.
#define PIECE 8192

typedef uint64_t lanes __attribute__((ext_vector_type(8), aligned(8), may_alias));

// The blocks first, first + 1, ... as words in order. Each lane holds a word in its low half; the high one is of no
// account.
MK_CLONES(static, void, fill_words, (uint64_t *words, uint64_t key, uint64_t first), (words, key, first)) {
    const lanes low = 0xffffffff;
    for (int64_t block = 0; block < WORDS / 4; block += 8 * GROUPS) {
        lanes c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];
#pragma clang loop unroll(full)
        for (int g = 0; g < GROUPS; g++) {
            c0[g] = first + (uint64_t)block + (uint64_t)(8 * g) + (lanes){0, 1, 2, 3, 4, 5, 6, 7};
            c1[g] = c0[g] >> 32;
            c2[g] = c3[g] = 0;
        }
        for (uint32_t r = 0; r < ROUNDS; r++) {
            lanes k0 = (uint32_t)key + r * WEYL_0, k1 = (uint32_t)(key >> 32) + r * WEYL_1;
#pragma clang loop unroll(full)
            for (int g = 0; g < GROUPS; g++) {
                lanes p0 = (c0[g] & low) * MULTIPLIER_0, p1 = (c2[g] & low) * MULTIPLIER_1;
                c0[g] = (p1 >> 32) ^ c1[g] ^ k0;
                c1[g] = p1;
                c2[g] = (p0 >> 32) ^ c3[g] ^ k1;
                c3[g] = p0;
            }
        }
#pragma clang loop unroll(full)
        for (int g = 0; g < GROUPS; g++) {
            lanes a = (c0[g] & low) | c1[g] << 32, b = (c2[g] & low) | c3[g] << 32;
            lanes *out = (lanes *)(words + 2 * block + 16 * g);
            out[0] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            out[1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        }
    }
}

// What a loop needs to turn words into numbers.
typedef struct {
    double a, b;              // low and high; mean and standard deviation; the value of a success
    bool truncated;
    uint64_t base, range;     // integers: low and high - low; Bernoulli: successes among 2^32 in `range`
} parameters;

typedef struct {
    char *out;
    size_t size;
    int64_t words;  // for one element
    uint64_t key, offset;
    void (*convert)(const void *words, int64_t n, void *out, const parameters *p);
    parameters parameters;
} draw;

static void draw_range(int64_t begin, int64_t end, void *context) {
    const draw *p = context;
    uint64_t words[WORDS / 2];
    for (int64_t i = begin; i < end; i += WORDS / p->words) {
        fill_words(words, p->key, p->offset + (uint64_t)(i * p->words / 4));
        p->convert(words, mk_min(WORDS / p->words, end - i), p->out + i * (int64_t)p->size, &p->parameters);
    }
}

static void run(draw p, int64_t n) {
    // A word costs half a nanosecond.
    if (n < MK_GRAIN) mk_awake_ranges(n, PIECE, draw_range, &p);
    else mk_parallel_ranges(n, PIECE, draw_range, &p);
}

int64_t mk_random_steps(int64_t n) { return n / 2 + n % 2; }

static void convert_bits32(const void *words, int64_t n, void *out, const parameters *p) {
    (void)p;
    memcpy(out, words, (size_t)n * 4);
}

static void convert_bits64(const void *words, int64_t n, void *out, const parameters *p) {
    (void)p;
    memcpy(out, words, (size_t)n * 8);
}

void mk_random_bits(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset) {
    if (dtype == MK_I32) run((draw){out, 4, 1, key, offset, convert_bits32, {0}}, n);
    else if (dtype == MK_I64) run((draw){out, 8, 2, key, offset, convert_bits64, {0}}, n);
    else mk_unsupported("mk_random_bits", dtype);
}

// Rounding may reach `high`; then the number below it is meant.
MK_CLONES(static, void, uniform_f32, (const void *words, int64_t n, void *out, const parameters *p),
          (words, n, out, p)) {
    const uint32_t *restrict w = words;
    float *restrict y = out;
    float low = (float)p->a, high = (float)p->b, width = (float)(p->b - p->a), below = nextafterf(high, low);
    for (int64_t i = 0; i < n; i++) {
        float x = low + (float)(int32_t)(w[i] >> 8) * 0x1p-24f * width;
        y[i] = x < high ? x : below;
    }
}

MK_CLONES(static, void, uniform_f64, (const void *words, int64_t n, void *out, const parameters *p),
          (words, n, out, p)) {
    const uint64_t *restrict w = words;
    double *restrict y = out;
    double low = p->a, high = p->b, width = high - low, below = nextafter(high, low);
    for (int64_t i = 0; i < n; i++) {
        double x = low + (double)(int64_t)(w[i] >> 11) * 0x1p-53 * width;
        y[i] = x < high ? x : below;
    }
}

void mk_random_uniform(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double low, double high) {
    parameters p = {.a = low, .b = high};
    if (dtype == MK_F32) run((draw){out, 4, 1, key, offset, uniform_f32, p}, n);
    else if (dtype == MK_F64) run((draw){out, 8, 2, key, offset, uniform_f64, p}, n);
    else mk_unsupported("mk_random_uniform", dtype);
}

// The probability that a normal number lies within two standard deviations.
#define WITHIN_TWO 0.95449973610364158560

// The normal number whose distance from the median, in probability, is q in [0, 1/2), given tail = 1/2 - q as well:
// AS 241, single precision (PPND7), relative error about 1e-7. A tail below 1e-11 does not occur.
MK_INLINE float normal_f32(float q, float tail) {
    float r = 0.180625f - q * q;
    float s = __builtin_elementwise_sqrt(-f32_log(tail)) - 1.6f;
    float up = ((5.9109374720e+1f * r + 1.5929113202e+2f) * r + 5.0434271938e+1f) * r + 3.3871327179e+0f;
    float down = ((6.7187563600e+1f * r + 7.8757757664e+1f) * r + 1.7895169469e+1f) * r + 1.0f;
    float up_tail = ((1.7023821103e-1f * s + 1.3067284816e+0f) * s + 2.7568153900e+0f) * s + 1.4234372777e+0f;
    float down_tail = (1.2021132975e-1f * s + 7.3700164250e-1f) * s + 1.0f;
    bool central = q <= 0.425f;
    return (central ? q * up : up_tail) / (central ? down : down_tail);
}

// The same in double precision (PPND16), relative error about 1e-16.
MK_INLINE double normal_f64(double q, double tail) {
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
                               1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
                               2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                               1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                               2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                               7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    if (q <= 0.425) {
        double r = 0.180625 - q * q;
        return q * f64_polynomial(r, a, 8) / f64_polynomial(r, b, 8);
    }
    double r = sqrt(-log(tail));
    if (r <= 5) return f64_polynomial(r - 1.6, c, 8) / f64_polynomial(r - 1.6, d, 8);
    return f64_polynomial(r - 5, e, 8) / f64_polynomial(r - 5, f, 8);
}

// The word's sign is the number's; the other bits say how far from the median it is, or from the end: both to the last
// bit.
MK_CLONES(static, void, convert_normal_f32, (const void *words, int64_t n, void *out, const parameters *p),
          (words, n, out, p)) {
    const int32_t *restrict w = words;
    float *restrict y = out;
    float mean = (float)p->a, stddev = (float)p->b, edge = p->truncated ? 2 : INFINITY;
    float scale = p->truncated ? (float)WITHIN_TWO : 1;
    float nearest = p->truncated ? (float)((1 - WITHIN_TWO) / 2) : 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t m = w[i] ^ w[i] >> 31;
        float q = ((float)m + 0.5f) * 0x1p-32f * scale;
        float tail = ((float)(INT32_MAX - m) + 0.5f) * 0x1p-32f * scale + nearest;
        float x = normal_f32(q, tail);
        x = x < edge ? x : edge;
        y[i] = mean + stddev * (w[i] < 0 ? -x : x);
    }
}

MK_CLONES(static, void, convert_normal_f64, (const void *words, int64_t n, void *out, const parameters *p),
          (words, n, out, p)) {
    const int64_t *restrict w = words;
    double *restrict y = out;
    double scale = p->truncated ? WITHIN_TWO : 1, nearest = p->truncated ? (1 - WITHIN_TWO) / 2 : 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t m = (w[i] ^ w[i] >> 63) >> 11, far = (1ll << 52) - 1 - m;
        double x = normal_f64(((double)m + 0.5) * 0x1p-53 * scale, ((double)far + 0.5) * 0x1p-53 * scale + nearest);
        if (p->truncated && x > 2) x = 2;
        y[i] = p->a + p->b * (w[i] < 0 ? -x : x);
    }
}

static void run_normal(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, parameters p) {
    if (dtype == MK_F32) run((draw){out, 4, 1, key, offset, convert_normal_f32, p}, n);
    else if (dtype == MK_F64) run((draw){out, 8, 2, key, offset, convert_normal_f64, p}, n);
    else mk_unsupported("mk_random_normal", dtype);
}

void mk_random_normal(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double mean, double stddev) {
    run_normal(dtype, out, n, key, offset, (parameters){.a = mean, .b = stddev});
}

void mk_random_truncated_normal(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double mean,
                                double stddev) {
    run_normal(dtype, out, n, key, offset, (parameters){.a = mean, .b = stddev, .truncated = true});
}

// A threshold of 2^32 does not fit into a word: the comparison is with the largest word that succeeds.
#define DEFINE_BERNOULLI(name, T, ONE) \
    MK_CLONES(static, void, name, (const void *words, int64_t n, void *out, const parameters *p), \
              (words, n, out, p)) { \
        const uint32_t *restrict w = words; \
        T *restrict y = out; \
        T one = p->range > 0 ? (T)(ONE) : 0; \
        uint32_t last = p->range > 0 ? (uint32_t)(p->range - 1) : 0; \
        for (int64_t i = 0; i < n; i++) y[i] = w[i] <= last ? one : 0; \
    }
DEFINE_BERNOULLI(bernoulli_bool, uint8_t, 1)
DEFINE_BERNOULLI(bernoulli_f32, float, p->a)
DEFINE_BERNOULLI(bernoulli_f64, double, p->a)

void mk_random_bernoulli(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double p, double one) {
    double successes = rint(p * 0x1p32);
    parameters q = {.a = one, .range = successes > 0 ? (uint64_t)fmin(successes, 0x1p32) : 0};
    if (dtype == MK_BOOL) run((draw){out, 1, 1, key, offset, bernoulli_bool, q}, n);
    else if (dtype == MK_F32) run((draw){out, 4, 1, key, offset, bernoulli_f32, q}, n);
    else if (dtype == MK_F64) run((draw){out, 8, 1, key, offset, bernoulli_f64, q}, n);
    else mk_unsupported("mk_random_bernoulli", dtype);
}

#define DEFINE_INTEGERS(name, T) \
    static void name(const void *words, int64_t n, void *out, const parameters *p) { \
        const uint64_t *w = words; \
        for (int64_t i = 0; i < n; i++) \
            ((T *)out)[i] = (T)(p->base + (uint64_t)(((unsigned __int128)w[i] * p->range) >> 64)); \
    }
DEFINE_INTEGERS(integers_32, uint32_t)
DEFINE_INTEGERS(integers_64, uint64_t)

void mk_random_integers(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, int64_t low,
                        int64_t high) {
    parameters p = {.base = (uint64_t)low, .range = (uint64_t)high - (uint64_t)low};
    if (dtype == MK_I32) run((draw){out, 4, 2, key, offset, integers_32, p}, n);
    else if (dtype == MK_I64) run((draw){out, 8, 2, key, offset, integers_64, p}, n);
    else mk_unsupported("mk_random_integers", dtype);
}

void mk_random_permutation(int64_t *out, int64_t n, uint64_t key, uint64_t offset) {
    mk_random_bits(MK_I64, out, n, key, offset);
    mk_pair *pairs = mk_temporary(2 * n, sizeof *pairs);
    for (int64_t i = 0; i < n; i++) pairs[i] = (mk_pair){(uint64_t)out[i], i};
    mk_sort_pairs(pairs, pairs + n, n);
    for (int64_t i = 0; i < n; i++) out[i] = pairs[i].index;
    mk_free_temporary(pairs);
}
