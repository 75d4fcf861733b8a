import CKernels

/// `-1`, `0` or `1`
struct Sign: UnaryOp {
    static let name = "sign"
    static let code = MK_SIGN

    // Zeros, not none, as in TensorFlow: what depends on a sign depends on its argument.
    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { .zeros(like: x) }

    static var samples: [OpSample] { unarySamples(Sign(), awayFrom: [0]) }
}

extension Tensor {
    /// -1, 0 or 1 by the sign of each element, NaN for NaN. Its derivative is 0.
    public func sign() -> Tensor { perform(Sign(), self) }
}
