import MartletCore

/// The sum of the squares of a weight, times a factor.
///
/// Source: [`keras.regularizers.L2`](https://keras.io/api/layers/regularizers/#l2-class).
public struct L2: Regularizer, Described {
    /// The factor.
    public private(set) var factor: Double

    /// Makes a regularizer.
    public init(_ factor: Double = 0.01) {
        self.factor = factor
        checkArguments()
    }

    public static let arguments = Arguments(default: L2()) { $0("l2", \.factor, .factor) }

    public func callAsFunction(_ weight: Tensor) -> Tensor { weight.square().sum() * factor }
}

extension Regularizer where Self == L2 {
    /// The sum of the squares, times a factor.
    public static func l2(_ factor: Double = 0.01) -> L2 { L2(factor) }
}
