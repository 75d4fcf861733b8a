import MartletCore
import MartletFormats

/// Shortens the vectors of a weight that are longer than a bound.
///
/// Source: [`keras.constraints.MaxNorm`](https://keras.io/api/layers/constraints/#maxnorm-class).
public struct MaxNorm: NormConstraint, Configurable {
    /// The greatest length.
    public let maximum: Double
    /// The axes along which lengths are taken.
    public let axes: [Int]

    /// Makes a constraint.
    public init(_ maximum: Double = 2, axes: [Int] = [0]) {
        self.maximum = maximum
        self.axes = axes
        Argument.check(maximum >= 0, Self.className, "maximum", expected: "a number of at least 0", received: maximum)
    }

    public init(config: Configuration) throws {
        try self.init(config.value("max_value", default: 2), axes: config.axes(default: 0))
    }

    public func callAsFunction(_ weight: Tensor) -> Tensor { rescale(weight) { $0.clipped(to: 0...maximum) } }
    public var config: [String: JSONValue] { ["max_value": .double(maximum), "axis": axisJSON] }
}

extension Constraint where Self == MaxNorm {
    /// No vector longer than a bound.
    public static func maxNorm(_ maximum: Double = 2, axes: [Int] = [0]) -> MaxNorm { MaxNorm(maximum, axes: axes) }
}
