import CKernels

/// `(eˣ - e⁻ˣ) / 2`
struct Sinh: UnaryOp {
    static let name = "sinh"
    static let code = MK_SINH

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.cosh() }

    static var samples: [OpSample] { unarySamples(Sinh()) }
}

extension Tensor {
    /// The hyperbolic sine of each element.
    public func sinh() -> Tensor { perform(Sinh(), floating) }
}
