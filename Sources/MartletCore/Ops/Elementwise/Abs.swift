import CKernels

/// `|x|`
struct Abs: UnaryOp {
    static let name = "abs"
    static let code = MK_ABS
    var choosesElements: Bool { true }

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * x.sign() }

    static var samples: [OpSample] { unarySamples(Abs(), awayFrom: [0]) }
}

extension Tensor {
    /// The absolute value of each element. Its derivative at 0 is taken as 0.
    public func abs() -> Tensor { perform(Abs(), self) }
}
