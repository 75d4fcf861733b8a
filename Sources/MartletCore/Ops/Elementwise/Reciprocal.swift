import CKernels

/// `1/x`
struct Reciprocal: UnaryOp {
    static let name = "reciprocal"
    static let code = MK_RECIPROCAL

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { -upstream * y.square() }

    static var samples: [OpSample] { unarySamples(Reciprocal(), in: 0.4...3) }
}

extension Tensor {
    /// One over each element.
    public func reciprocal() -> Tensor { perform(Reciprocal(), floating) }
}
