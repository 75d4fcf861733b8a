import CKernels

/// `arccos x`
struct Acos: UnaryOp {
    static let name = "acos"
    static let code = MK_ACOS

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? {
        -upstream * ((1 - x) * (1 + x)).reciprocalSquareRoot()
    }

    static var samples: [OpSample] { unarySamples(Acos(), in: -0.7...0.7) }
}

extension Tensor {
    /// The angle in 0...π whose cosine is the element; NaN outside -1...1.
    public func acos() -> Tensor { perform(Acos(), floating) }
}
