import CKernels

/// `max(x, 0)`
struct Relu: UnaryOp {
    static let name = "relu"
    static let code = MK_RELU
    var choosesElements: Bool { true }

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { perform(Gate(), y, upstream) }

    static var samples: [OpSample] { unarySamples(Relu(), awayFrom: [0]) }
}

extension Tensor {
    /// The rectified linear unit: each element where it is positive, else 0; NaN stays NaN. Its derivative at 0 is 0.
    public func relu() -> Tensor { perform(Relu(), self) }
}
