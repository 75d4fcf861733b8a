import CKernels

/// `-x`
struct Negate: UnaryOp {
    static let name = "negate"
    static let code = MK_NEG
    static let isLinear = true

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { -upstream }

    static var samples: [OpSample] { unarySamples(Negate()) }
}

extension Tensor {
    /// The negative of each element. Integers wrap.
    public static prefix func - (x: Tensor) -> Tensor { perform(Negate(), x) }
}
