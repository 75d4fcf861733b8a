import CKernels

/// `ln(1 + eˣ)`
struct Softplus: UnaryOp {
    static let name = "softplus"
    static let code = MK_SOFTPLUS

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.sigmoid() }

    static var samples: [OpSample] { unarySamples(Softplus()) }
}

extension Tensor {
    /// A smooth `relu`, the integral of `sigmoid`. Large elements do not overflow.
    public func softplus() -> Tensor { perform(Softplus(), floating) }
}
