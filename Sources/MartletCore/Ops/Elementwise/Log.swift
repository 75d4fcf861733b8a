import CKernels

/// `ln x`
struct Log: UnaryOp {
    static let name = "log"
    static let code = MK_LOG

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream / x }

    static var samples: [OpSample] { unarySamples(Log(), in: 0.3...4) }
}

extension Tensor {
    /// The natural logarithm of each element: -infinity at 0, NaN below.
    public func log() -> Tensor { perform(Log(), floating) }
}
