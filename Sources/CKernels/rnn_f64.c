// Recurrent loops in float64: accuracy first (gradient checks run on them), so the functions are the C library's.
#include <math.h>
#include <string.h>
#include "rnn_internal.h"

#define T double
#define NAME(x) MK_PASTE(x, f64)

static inline double sigmoid_f64(double x) {
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}
#define tanh_f64 tanh
#define UNITS_LOOP
#include "rnn_template.h"
