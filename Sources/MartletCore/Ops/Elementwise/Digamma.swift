import CKernels

/// `Γ'(x) / Γ(x)`
struct Digamma: UnaryOp {
    static let name = "digamma"
    static let code = MK_DIGAMMA

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.polygamma(1) }

    static var samples: [OpSample] { unarySamples(Digamma(), in: 0.8...5) }
}

extension Tensor {
    /// The derivative of `lgamma` at each element; NaN at the poles -1, -2, ..., infinite at 0.
    public func digamma() -> Tensor { perform(Digamma(), floating) }
}
