import CKernels

/// `(eˣ + e⁻ˣ) / 2`
struct Cosh: UnaryOp {
    static let name = "cosh"
    static let code = MK_COSH

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.sinh() }

    static var samples: [OpSample] { unarySamples(Cosh()) }
}

extension Tensor {
    /// The hyperbolic cosine of each element.
    public func cosh() -> Tensor { perform(Cosh(), floating) }
}
