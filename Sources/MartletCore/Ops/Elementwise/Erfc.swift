import CKernels
import Foundation

/// `1 - erf x`
struct Erfc: UnaryOp {
    static let name = "erfc"
    static let code = MK_ERFC

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (-M_2_SQRTPI * (-x.square()).exp()) }

    static var samples: [OpSample] { unarySamples(Erfc()) }
}

extension Tensor {
    /// One less the error function of each element: exact where that is close to one.
    public func erfc() -> Tensor { perform(Erfc(), floating) }
}
