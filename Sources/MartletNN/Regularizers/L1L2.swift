import MartletCore
import MartletFormats

/// The sums of the absolute values and of the squares of a weight, each times a factor.
///
/// Source: [`keras.regularizers.L1L2`](https://keras.io/api/layers/regularizers/#l1l2-class).
public struct L1L2: Regularizer, Described {
    /// The factor of the absolute values.
    public private(set) var l1: Double
    /// The factor of the squares.
    public private(set) var l2: Double

    /// Makes a regularizer.
    public init(l1: Double = 0, l2: Double = 0) {
        self.l1 = l1
        self.l2 = l2
        checkArguments()
    }

    public static let arguments = Arguments(default: L1L2()) {
        $0("l1", \.l1, .factor)
        $0("l2", \.l2, .factor)
    }

    public func callAsFunction(_ weight: Tensor) -> Tensor {
        let penalties = [l1 == 0 ? nil : L1(l1)(weight), l2 == 0 ? nil : L2(l2)(weight)].compactMap { $0 }
        return penalties.dropFirst().reduce(penalties.first ?? .zeros([], dtype: weight.dtype), +)
    }
}

extension Regularizer where Self == L1L2 {
    /// The sums of the absolute values and of the squares, each times a factor.
    public static func l1l2(l1: Double = 0.01, l2: Double = 0.01) -> L1L2 { L1L2(l1: l1, l2: l2) }
}
