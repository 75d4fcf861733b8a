import MartletCore
import MartletFormats

/// The sum of the absolute values of a weight, times a factor.
///
/// Source: [`keras.regularizers.L1`](https://keras.io/api/layers/regularizers/#l1-class).
public struct L1: Regularizer, Configurable {
    /// The factor.
    public let factor: Double

    /// Makes a regularizer.
    public init(_ factor: Double = 0.01) {
        self.factor = factor
        Self.check(factor, "l1")
    }

    public init(config: Configuration) throws { try self.init(config.value("l1", default: 0.01)) }

    public func callAsFunction(_ weight: Tensor) -> Tensor { weight.abs().sum() * factor }
    public var config: [String: JSONValue] { ["l1": .double(factor)] }
}

extension Regularizer where Self == L1 {
    /// The sum of the absolute values, times a factor.
    public static func l1(_ factor: Double = 0.01) -> L1 { L1(factor) }
}
