import CKernels
import Foundation

/// `2/√π ∫₀ˣ e^(-t²) dt`
struct Erf: UnaryOp {
    static let name = "erf"
    static let code = MK_ERF

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (M_2_SQRTPI * (-x.square()).exp()) }

    static var samples: [OpSample] { unarySamples(Erf()) }
}

extension Tensor {
    /// The error function of each element.
    public func erf() -> Tensor { perform(Erf(), floating) }
}
