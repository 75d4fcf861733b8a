import CKernels

/// The nearest whole number
struct Round: UnaryOp, NotDifferentiable {
    static let name = "round"
    static let code = MK_ROUND
    static var samples: [OpSample] { unarySamples(Round(), awayFrom: [-1.5, -0.5, 0.5, 1.5]) }
}

extension Tensor {
    /// The whole number nearest to each element, the even one when two are: 0.5 and 1.5 give 0 and 2. Integers stay
    /// what they are.
    public func round() -> Tensor { dtype.isFloatingPoint ? perform(Round(), self) : self }
}
