import Foundation

/// The standard normal distribution, with logarithms where values underflow.
package enum Normal {
    static let logRootTwoPi = 0.5 * log(2 * Double.pi)

    package static func logDensity(_ z: Double) -> Double { -0.5 * z * z - logRootTwoPi }

    /// The probability of a value below `z`.
    package static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z * 0.5.squareRoot()) }

    /// The logarithm of the probability of a value below `z`.
    package static func logCumulative(_ z: Double) -> Double {
        if z > 5 { return log1p(-cumulative(-z)) }
        if z > -20 { return log(cumulative(z)) }
        // The asymptotic series of Mills' ratio.
        let square = 1 / (z * z)
        return logDensity(z) - log(-z) + log1p(-square * (1 - square * (3 - square * (15 - 105 * square))))
    }

    /// The logarithm of the probability of a value from `a` to `b`.
    package static func logMass(_ a: Double, _ b: Double) -> Double {
        if a > 0 { return logMass(-b, -a) }
        if b <= 0 {
            // log(Φ(b) - Φ(a))
            let (upper, lower) = (logCumulative(b), logCumulative(a))
            return upper + log1p(-exp(lower - upper))
        }
        return log1p(-cumulative(a) - cumulative(-b))
    }

    /// The value below which a part `p` lies. By P. Acklam's rational approximation and one step of Halley's method.
    package static func quantile(_ p: Double) -> Double {
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        let a = [
            -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01,
            2.506628277459239e+00,
        ]
        let b = [
            -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01,
        ]
        let c = [
            -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00,
            2.938163982698783e+00,
        ]
        let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00]
        func tail(_ q: Double) -> Double {
            let top = ((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]
            return top / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1)
        }
        var z: Double
        if p < 0.02425 {
            z = tail((-2 * log(p)).squareRoot())
        } else if p > 1 - 0.02425 {
            z = -tail((-2 * log1p(-p)).squareRoot())
        } else {
            let q = p - 0.5
            let r = q * q
            let top = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q
            z = top / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1)
        }
        let error = (cumulative(z) - p) * exp(logRootTwoPi + 0.5 * z * z)
        if error.isFinite { z -= error / (1 + 0.5 * z * error) }
        return z
    }

    /// The value from `a` to `b` below which a part `p` of what lies there lies.
    package static func quantile(_ p: Double, from a: Double, to b: Double) -> Double {
        // In the left tail probabilities are exact.
        if a > 0 { return -quantile(1 - p, from: -b, to: -a) }
        let (low, high) = (cumulative(a), cumulative(b))
        return max(a, min(b, quantile(low + p * (high - low))))
    }
}
