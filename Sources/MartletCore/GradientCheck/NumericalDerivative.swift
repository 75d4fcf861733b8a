/// Derivatives by finite differences, with whose help gradients are checked.
enum NumericalDerivative {
    /// The derivative at 0 of a function of one number, by the 4-point stencil, whose error is of the order step^4:
    /// (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h.
    static func fourPoint(step h: Double, _ f: (Double) -> [Double]) -> [Double] {
        let (near, far) = (zip(f(h), f(-h)).map { $0 - $1 }, zip(f(2 * h), f(-2 * h)).map { $0 - $1 })
        return zip(near, far).map { (8 * $0 - $1) / (12 * h) }
    }

    /// A step for moving a number of this magnitude: `base` up to 1, growing in powers of two beyond.
    static func step(for magnitude: Double, base: Double) -> Double {
        var step = base
        var bound = 1.0
        while bound < magnitude, bound < 1e300 {
            bound *= 2
            step *= 2
        }
        return step
    }

    /// Repeatable signs, +1 or -1, that make random projections: no direction is favoured and none is missed for long.
    static func signs(_ count: Int, seed: UInt64) -> [Double] {
        SampleInput.uniform([count], in: -1...1, seed: seed).scalars(as: Double.self).map { $0 < 0 ? -1 : 1 }
    }
}
