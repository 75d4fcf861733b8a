import CKernels

/// X without its fraction
struct Trunc: UnaryOp, NotDifferentiable {
    static let name = "trunc"
    static let code = MK_TRUNC
    static var samples: [OpSample] { unarySamples(Trunc(), awayFrom: [-2, -1, 0, 1, 2]) }
}

extension Tensor {
    /// Each element without its fraction. Integers stay what they are.
    public func trunc() -> Tensor { dtype.isFloatingPoint ? perform(Trunc(), self) : self }
}
