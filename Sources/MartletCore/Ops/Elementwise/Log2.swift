import CKernels
import Foundation

/// `log₂ x`
struct Log2: UnaryOp {
    static let name = "log2"
    static let code = MK_LOG2

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { upstream / (M_LN2 * x) }

    static var samples: [OpSample] { unarySamples(Log2(), in: 0.3...4) }
}

extension Tensor {
    /// The logarithm to base 2 of each element.
    public func log2() -> Tensor { perform(Log2(), floating) }
}
