import CKernels

/// `⌊x⌋`
struct Floor: UnaryOp, NotDifferentiable {
    static let name = "floor"
    static let code = MK_FLOOR
    static var samples: [OpSample] { unarySamples(Floor(), awayFrom: [-2, -1, 0, 1, 2]) }
}

extension Tensor {
    /// The largest whole number not above each element. Integers stay what they are.
    public func floor() -> Tensor { dtype.isFloatingPoint ? perform(Floor(), self) : self }
}
