import CKernels

/// `x²`
struct Square: UnaryOp {
    static let name = "square"
    static let code = MK_SQUARE

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (2 * x) }

    static var samples: [OpSample] { unarySamples(Square()) }
}

extension Tensor {
    /// The square of each element.
    public func square() -> Tensor { perform(Square(), self) }
}
