import CKernels

/// `1 / (1 + e⁻ˣ)`
struct Sigmoid: UnaryOp {
    static let name = "sigmoid"
    static let code = MK_SIGMOID

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (y * (1 - y)) }

    static var samples: [OpSample] { unarySamples(Sigmoid()) }
}

extension Tensor {
    /// The logistic function of each element.
    public func sigmoid() -> Tensor { perform(Sigmoid(), floating) }
}
