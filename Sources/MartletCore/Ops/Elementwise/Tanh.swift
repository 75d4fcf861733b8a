import CKernels

/// `(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)`
struct Tanh: UnaryOp {
    static let name = "tanh"
    static let code = MK_TANH

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (1 - y.square()) }

    static var samples: [OpSample] { unarySamples(Tanh()) }
}

extension Tensor {
    /// The hyperbolic tangent of each element.
    public func tanh() -> Tensor { perform(Tanh(), floating) }
}
