// Special functions in float64, one element at a time.
#include "ewise_loops.h"

#include <math.h>

// lgamma itself writes a global sign.
double mk_lgamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

// The derivative of log |gamma|: reflection for x < 0, recurrence up to 10, then the asymptotic series (Abramowitz and
// Stegun 6.3.5 to 6.3.18). A pole is NaN, except that digamma(+-0) is -+infinity.
double mk_digamma(double x) {
    if (x == 0) return -copysign(INFINITY, x);
    double result = 0;
    if (x < 0) {
        double fraction = x - rint(x);
        if (fraction == 0 || x == -INFINITY) return NAN;
        // cot is taken of the distance to the nearest pole, which is exact.
        result = -M_PI / tan(M_PI * fraction);
        x = 1 - x;
    }
    // Around the positive zero the sum below cancels; the Taylor series there keeps its relative accuracy.
    const double root = 1.4616321449683622, root_low = 9.549995429965697e-17;
    double d = (x - root) - root_low;
    if (result == 0 && fabs(d) < 0.05) {
        static const double taylor[] = {
            0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652,
            0.10782405069126237, -0.07219956125645471, 0.04880428816414311, -0.03316112647484736,
            0.022597648232218104, -0.01542476590494896, 0.010538791616612175, -0.007204534386356869,
            0.004926781395729853, -0.003369801655439328,
        };
        double sum = 0;
        for (int k = sizeof taylor / sizeof *taylor; k-- > 0;) sum = sum * d + taylor[k];
        return sum * d;
    }
    while (x < 10) {
        result -= 1 / x;
        x += 1;
    }
    // B(2k) / 2k for k = 1...7.
    static const double series[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12};
    double z = 1 / (x * x), sum = 0;
    for (int k = 7; k-- > 0;) sum = (sum + series[k]) * z;
    return result + log(x) - 0.5 / x - sum;
}

// Halley's method on erf(y) = x, or on erfc where erf is near 1, from a start within a tenth: 0.1, 1e-3, 1e-9, 1e-27.
double mk_erfinv(double x) {
    double a = fabs(x);
    if (!(a < 1)) return a == 1 ? copysign(INFINITY, x) : NAN;
    double y = a * (sqrt(M_PI) / 2);
    if (a > 0.5) {
        // Winitzki, "A handy approximation for the error function and its inverse" (2008).
        double l = log((1 - a) * (1 + a)), c = 2 / (M_PI * 0.147) + l / 2;
        y = sqrt(sqrt(c * c - l / 0.147) - c);
    }
    for (int step = 0; step < 3; step++) {
        double excess = a > 0.5 ? (1 - a) - erfc(y) : erf(y) - a;
        double newton = excess / (2 / sqrt(M_PI) * exp(-y * y));
        y -= newton / (1 + y * newton);
    }
    return copysign(y, x);
}
