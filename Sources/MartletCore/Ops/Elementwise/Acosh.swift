import CKernels

/// `ln(x + √(x² - 1))`
struct Acosh: UnaryOp {
    static let name = "acosh"
    static let code = MK_ACOSH

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? {
        upstream * ((x - 1) * (x + 1)).reciprocalSquareRoot()
    }

    static var samples: [OpSample] { unarySamples(Acosh(), in: 1.5...4) }
}

extension Tensor {
    /// The number from 0 up whose hyperbolic cosine is the element; NaN below 1.
    public func acosh() -> Tensor { perform(Acosh(), floating) }
}
