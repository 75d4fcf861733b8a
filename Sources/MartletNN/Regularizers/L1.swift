import MartletCore

/// The sum of the absolute values of a weight, times a factor.
///
/// Source: [`keras.regularizers.L1`](https://keras.io/api/layers/regularizers/#l1-class).
public struct L1: Regularizer, Described {
    /// The factor.
    public private(set) var factor: Double

    /// Makes a regularizer.
    public init(_ factor: Double = 0.01) {
        self.factor = factor
        checkArguments()
    }

    public static let arguments = Arguments(default: L1()) { $0("l1", \.factor, .factor) }

    public func callAsFunction(_ weight: Tensor) -> Tensor { weight.abs().sum() * factor }
}

extension Regularizer where Self == L1 {
    /// The sum of the absolute values, times a factor.
    public static func l1(_ factor: Double = 0.01) -> L1 { L1(factor) }
}
