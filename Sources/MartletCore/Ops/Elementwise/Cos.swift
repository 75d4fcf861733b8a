import CKernels

/// `cos x`
struct Cos: UnaryOp {
    static let name = "cos"
    static let code = MK_COS

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { -upstream * x.sin() }

    static var samples: [OpSample] { unarySamples(Cos()) }
}

extension Tensor {
    /// The cosine of each element, in radians.
    public func cos() -> Tensor { perform(Cos(), floating) }
}
