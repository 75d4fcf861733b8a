import CKernels

/// `e^x`
struct Exp: UnaryOp {
    static let name = "exp"
    static let code = MK_EXP

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * y }

    static var samples: [OpSample] { unarySamples(Exp(), in: -3...3) }
}

extension Tensor {
    /// e to the power of each element.
    public func exp() -> Tensor { perform(Exp(), floating) }
}
