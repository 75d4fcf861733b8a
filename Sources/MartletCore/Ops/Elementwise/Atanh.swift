import CKernels

/// `½ ln((1 + x) / (1 - x))`
struct Atanh: UnaryOp {
    static let name = "atanh"
    static let code = MK_ATANH

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream / ((1 - x) * (1 + x)) }

    static var samples: [OpSample] { unarySamples(Atanh(), in: -0.7...0.7) }
}

extension Tensor {
    /// The number whose hyperbolic tangent is the element: infinite at ±1, NaN beyond.
    public func atanh() -> Tensor { perform(Atanh(), floating) }
}
