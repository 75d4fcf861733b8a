import CKernels

/// `arcsin x`
struct Asin: UnaryOp {
    static let name = "asin"
    static let code = MK_ASIN

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? {
        upstream * ((1 - x) * (1 + x)).reciprocalSquareRoot()
    }

    static var samples: [OpSample] { unarySamples(Asin(), in: -0.7...0.7) }
}

extension Tensor {
    /// The angle in -π/2...π/2 whose sine is the element; NaN outside -1...1.
    public func asin() -> Tensor { perform(Asin(), floating) }
}
