import CKernels

/// `ln(x + √(x² + 1))`
struct Asinh: UnaryOp {
    static let name = "asinh"
    static let code = MK_ASINH

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? {
        upstream * (1 + x.square()).reciprocalSquareRoot()
    }

    static var samples: [OpSample] { unarySamples(Asinh()) }
}

extension Tensor {
    /// The number whose hyperbolic sine is the element.
    public func asinh() -> Tensor { perform(Asinh(), floating) }
}
