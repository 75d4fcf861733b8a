// float64 instructions: accuracy first (gradient checks run on them), so elementary functions are the C library's.
#include "ewise_loops.h"

#include <math.h>

#define f64_remainder fmod
#include "ewise_floats.h"
MK_DEFINE_FLOAT(f64, double)

static inline double f64_sigmoid(double x) {
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static inline double f64_softplus(double x) { return log1p(exp(-fabs(x))) + (x > 0 ? x : 0); }

#define f64_exp exp
#define f64_exp2 exp2
#define f64_expm1 expm1
#define f64_log log
#define f64_log2 log2
#define f64_log1p log1p
#define f64_sin sin
#define f64_cos cos
#define f64_tan tan
#define f64_asin asin
#define f64_acos acos
#define f64_atan atan
#define f64_sinh sinh
#define f64_cosh cosh
#define f64_tanh tanh
#define f64_asinh asinh
#define f64_acosh acosh
#define f64_atanh atanh
#define f64_erf erf
#define f64_erfc erfc
#define f64_erfinv mk_erfinv
#define f64_lgamma mk_lgamma
#define f64_digamma mk_digamma
#define f64_atan2 atan2
#define f64_hypot hypot
#define f64_pow pow

#define MK_T double
#define MK_OF(name) f64_##name
#define MK_IS_FLOAT 1
#define MK_MATH_LOOP MK_PLAIN_LOOP
#include "ewise_template.h"
