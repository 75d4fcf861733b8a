import MartletCore
import MartletFormats

/// The sum of the squares of a weight, times a factor.
///
/// Source: [`keras.regularizers.L2`](https://keras.io/api/layers/regularizers/#l2-class).
public struct L2: Regularizer, Configurable {
    /// The factor.
    public let factor: Double

    /// Makes a regularizer.
    public init(_ factor: Double = 0.01) {
        self.factor = factor
        Self.check(factor, "l2")
    }

    public init(config: Configuration) throws { try self.init(config.value("l2", default: 0.01)) }

    public func callAsFunction(_ weight: Tensor) -> Tensor { weight.square().sum() * factor }
    public var config: [String: JSONValue] { ["l2": .double(factor)] }
}

extension Regularizer where Self == L2 {
    /// The sum of the squares, times a factor.
    public static func l2(_ factor: Double = 0.01) -> L2 { L2(factor) }
}
