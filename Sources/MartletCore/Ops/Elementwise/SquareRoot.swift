import CKernels

/// `√x`
struct SquareRoot: UnaryOp {
    static let name = "squareRoot"
    static let code = MK_SQRT

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream / (2 * y) }

    static var samples: [OpSample] { unarySamples(SquareRoot(), in: 0.3...4) }
}

extension Tensor {
    /// The square root of each element, NaN below zero. Its derivative at 0 is infinite.
    public func squareRoot() -> Tensor { perform(SquareRoot(), floating) }
}
