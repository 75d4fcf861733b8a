import CKernels

/// `sin x`
struct Sin: UnaryOp {
    static let name = "sin"
    static let code = MK_SIN

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.cos() }

    static var samples: [OpSample] { unarySamples(Sin()) }
}

extension Tensor {
    /// The sine of each element, in radians.
    public func sin() -> Tensor { perform(Sin(), floating) }
}
