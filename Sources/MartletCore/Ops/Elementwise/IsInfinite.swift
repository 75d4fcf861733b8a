import CKernels

/// Whether each element is infinity or -infinity.
struct IsInfinite: UnaryOp, NotDifferentiable {
    static let name = "isInfinite"
    static let code = MK_ISINF
    static var samples: [OpSample] { unarySamples(IsInfinite()) }
}

extension Tensor {
    /// Whether each element is infinity or -infinity. The result is `bool`.
    public func isInfinite() -> Tensor { perform(IsInfinite(), floating) }
}
