import CKernels

/// `ln(1 + x)`
struct Log1p: UnaryOp {
    static let name = "log1p"
    static let code = MK_LOG1P

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream / (1 + x) }

    static var samples: [OpSample] { unarySamples(Log1p(), in: -0.6...3) }
}

extension Tensor {
    /// The natural logarithm of one plus each element: exact where the element is small.
    public func log1p() -> Tensor { perform(Log1p(), floating) }
}
