import CKernels
import Foundation

/// `2ˣ`
struct Exp2: UnaryOp {
    static let name = "exp2"
    static let code = MK_EXP2

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream * (M_LN2 * y) }

    static var samples: [OpSample] { unarySamples(Exp2()) }
}

extension Tensor {
    /// Two to the power of each element.
    public func exp2() -> Tensor { perform(Exp2(), floating) }
}
