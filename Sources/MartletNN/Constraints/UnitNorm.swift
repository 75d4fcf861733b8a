import MartletCore
import MartletFormats

/// Gives the vectors of a weight the length 1.
///
/// Source: [`keras.constraints.UnitNorm`](https://keras.io/api/layers/constraints/#unitnorm-class).
public struct UnitNorm: NormConstraint, Configurable {
    /// The axes along which lengths are taken.
    public let axes: [Int]

    /// Makes a constraint.
    public init(axes: [Int] = [0]) { self.axes = axes }

    public init(config: Configuration) throws { try self.init(axes: config.axes(default: 0)) }

    public func callAsFunction(_ weight: Tensor) -> Tensor { rescale(weight) { Tensor.ones(like: $0) } }
    public var config: [String: JSONValue] { ["axis": axisJSON] }
}

extension Constraint where Self == UnitNorm {
    /// Vectors of length 1.
    public static func unitNorm(axes: [Int] = [0]) -> UnitNorm { UnitNorm(axes: axes) }
}
