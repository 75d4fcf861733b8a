import CKernels

/// `ln |Γ(x)|`
struct Lgamma: UnaryOp {
    static let name = "lgamma"
    static let code = MK_LGAMMA

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.digamma() }

    static var samples: [OpSample] { unarySamples(Lgamma(), in: 0.8...5) }
}

extension Tensor {
    /// The logarithm of the absolute value of the gamma function of each element.
    public func lgamma() -> Tensor { perform(Lgamma(), floating) }
}
