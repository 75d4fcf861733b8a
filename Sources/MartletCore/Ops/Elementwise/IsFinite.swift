import CKernels

/// Whether each element is neither infinite nor NaN.
struct IsFinite: UnaryOp, NotDifferentiable {
    static let name = "isFinite"
    static let code = MK_ISFINITE
    static var samples: [OpSample] { unarySamples(IsFinite()) }
}

extension Tensor {
    /// Whether each element is neither infinite nor NaN. The result is `bool`.
    public func isFinite() -> Tensor { perform(IsFinite(), floating) }
}
