import CKernels

/// `eˣ - 1`
struct Expm1: UnaryOp {
    static let name = "expm1"
    static let code = MK_EXPM1

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.exp() }

    static var samples: [OpSample] { unarySamples(Expm1()) }
}

extension Tensor {
    /// e to the power of each element, less one: exact where the power is close to one.
    public func expm1() -> Tensor { perform(Expm1(), floating) }
}
