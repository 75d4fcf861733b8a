#include <math.h>
#include "internal.h"
#include "mk_polygamma.h"

// sum over k >= 0 of (x + k)^-s for s >= 2, x > 0: the first terms as they are, the rest by Euler and Maclaurin.
static double hurwitz_zeta(double s, double x) {
    // B(2k) / (2k)!
    static const double coefficient[] = {
        1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160, -691.0 / 1307674368000.0,
        1.0 / 74724249600.0, -3617.0 / 10670622842880000.0,
    };
    double sum = 0, least = 10 + s;
    for (; x < least; x += 1) sum += pow(x, -s);
    double power = pow(x, -s);
    sum += power * x / (s - 1) + power / 2;
    double term = power * s / x;
    for (int k = 0; k < 8; k++) {
        sum += coefficient[k] * term;
        term *= (s + 2 * k + 1) * (s + 2 * k + 2) / (x * x);
    }
    return sum;
}

static double polygamma(int order, double x) {
    if (order == 1 && x < 0) {
        double sine = sin(M_PI * (x - rint(x)));
        return x == -INFINITY ? NAN : M_PI * M_PI / (sine * sine) - polygamma(1, 1 - x);
    }
    if (!(x >= 0)) return NAN;
    double sign = order % 2 ? 1 : -1;
    if (x == 0) return sign * INFINITY;
    if (x == INFINITY) return sign * 0;
    return sign * tgamma(order + 1.0) * hurwitz_zeta(order + 1.0, x);
}

typedef struct {
    mk_dtype dtype;
    int order;
    const void *x;
    void *y;
} job;

static void run(int64_t begin, int64_t end, void *context) {
    const job *p = context;
    if (p->dtype == MK_F32) {
        for (int64_t i = begin; i < end; i++) ((float *)p->y)[i] = (float)polygamma(p->order, ((const float *)p->x)[i]);
    } else {
        for (int64_t i = begin; i < end; i++) ((double *)p->y)[i] = polygamma(p->order, ((const double *)p->x)[i]);
    }
}

void mk_polygamma(mk_dtype dtype, int32_t order, const void *x, void *y, int64_t n) {
    if (dtype != MK_F32 && dtype != MK_F64) mk_unsupported("mk_polygamma", dtype);
    job p = {dtype, order, x, y};
    mk_parallel_ranges(n, MK_GRAIN / 64, run, &p);
}
