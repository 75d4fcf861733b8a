import CKernels
import Foundation

/// `erf⁻¹ x`
struct Erfinv: UnaryOp {
    static let name = "erfinv"
    static let code = MK_ERFINV

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (y.square().exp() / M_2_SQRTPI) }

    static var samples: [OpSample] { unarySamples(Erfinv(), in: -0.7...0.7) }
}

extension Tensor {
    /// The number whose error function is the element: infinite at ±1, NaN beyond.
    public func erfinv() -> Tensor { perform(Erfinv(), floating) }
}
