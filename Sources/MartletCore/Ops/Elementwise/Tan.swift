import CKernels

/// `tan x`
struct Tan: UnaryOp {
    static let name = "tan"
    static let code = MK_TAN

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (1 + y.square()) }

    static var samples: [OpSample] { unarySamples(Tan(), in: -1...1) }
}

extension Tensor {
    /// The tangent of each element, in radians.
    public func tan() -> Tensor { perform(Tan(), floating) }
}
