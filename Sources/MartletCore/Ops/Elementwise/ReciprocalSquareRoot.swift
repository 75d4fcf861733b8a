import CKernels

/// `1/√x`
struct ReciprocalSquareRoot: UnaryOp {
    static let name = "reciprocalSquareRoot"
    static let code = MK_RSQRT

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (-0.5 * y * y.square()) }

    static var samples: [OpSample] { unarySamples(ReciprocalSquareRoot(), in: 0.4...4) }
}

extension Tensor {
    /// One over the square root of each element: infinity at 0, NaN below.
    public func reciprocalSquareRoot() -> Tensor { perform(ReciprocalSquareRoot(), floating) }
}
