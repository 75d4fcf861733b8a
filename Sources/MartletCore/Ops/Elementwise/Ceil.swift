import CKernels

/// `⌈x⌉`
struct Ceil: UnaryOp, NotDifferentiable {
    static let name = "ceil"
    static let code = MK_CEIL
    static var samples: [OpSample] { unarySamples(Ceil(), awayFrom: [-2, -1, 0, 1, 2]) }
}

extension Tensor {
    /// The smallest whole number not below each element. Integers stay what they are.
    public func ceil() -> Tensor { dtype.isFloatingPoint ? perform(Ceil(), self) : self }
}
