import CKernels

/// `arctan x`
struct Atan: UnaryOp {
    static let name = "atan"
    static let code = MK_ATAN

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream / (1 + x.square()) }

    static var samples: [OpSample] { unarySamples(Atan()) }
}

extension Tensor {
    /// The angle in -π/2...π/2 whose tangent is the element.
    public func atan() -> Tensor { perform(Atan(), floating) }
}
