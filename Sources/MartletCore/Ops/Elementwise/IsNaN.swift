import CKernels

/// Whether each element is not a number.
struct IsNaN: UnaryOp, NotDifferentiable {
    static let name = "isNaN"
    static let code = MK_ISNAN
    static var samples: [OpSample] { unarySamples(IsNaN()) }
}

extension Tensor {
    /// Whether each element is not a number. The result is `bool`.
    public func isNaN() -> Tensor { perform(IsNaN(), floating) }
}
