// float64 instructions: accuracy first (gradient checks run on them), so elementary functions are the C library's.
#include "ewise_loops.h"

#include <math.h>

#include "ewise_floats.h"
#define f64_remainder(a, b) fmod((a) * mk_one_f64, (b) * mk_one_f64)
MK_DEFINE_FLOAT(f64, double)

static inline double f64_sigmoid(double x) {
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

// Neither arguments nor results are denormal where those are flushed.
#define MK_UNARY_LIBRARY(name, function) \
    static inline double f64_##name(double x) { return function(x * mk_one_f64) * mk_one_f64; }
#define MK_BINARY_LIBRARY(name, function) \
    static inline double f64_##name(double x, double y) { \
        return function(x * mk_one_f64, y * mk_one_f64) * mk_one_f64; \
    }
MK_UNARY_LIBRARY(exp, exp)
MK_UNARY_LIBRARY(exp2, exp2)
MK_UNARY_LIBRARY(expm1, expm1)
MK_UNARY_LIBRARY(log, log)
MK_UNARY_LIBRARY(log2, log2)
MK_UNARY_LIBRARY(log1p, log1p)
MK_UNARY_LIBRARY(sin, sin)
MK_UNARY_LIBRARY(cos, cos)
MK_UNARY_LIBRARY(tan, tan)
MK_UNARY_LIBRARY(asin, asin)
MK_UNARY_LIBRARY(acos, acos)
MK_UNARY_LIBRARY(atan, atan)
MK_UNARY_LIBRARY(sinh, sinh)
MK_UNARY_LIBRARY(cosh, cosh)
MK_UNARY_LIBRARY(tanh, tanh)
MK_UNARY_LIBRARY(asinh, asinh)
MK_UNARY_LIBRARY(acosh, acosh)
MK_UNARY_LIBRARY(atanh, atanh)
MK_UNARY_LIBRARY(erf, erf)
MK_UNARY_LIBRARY(erfc, erfc)
MK_UNARY_LIBRARY(erfinv, mk_erfinv)
MK_UNARY_LIBRARY(lgamma, mk_lgamma)
MK_UNARY_LIBRARY(digamma, mk_digamma)
MK_BINARY_LIBRARY(atan2, atan2)
MK_BINARY_LIBRARY(hypot, hypot)
MK_BINARY_LIBRARY(pow, pow)

static inline double f64_softplus(double x) { return f64_log1p(f64_exp(-fabs(x))) + (x > 0 ? x : 0); }

#define MK_T double
#define MK_OF(name) f64_##name
#define MK_IS_FLOAT 1
#define MK_MATH_LOOP MK_PLAIN_LOOP
#include "ewise_template.h"
