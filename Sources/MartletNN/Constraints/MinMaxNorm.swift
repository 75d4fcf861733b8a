import MartletCore
import MartletFormats

/// Moves the lengths of the vectors of a weight into a range, at once or by a part of the way at each update.
///
/// Source: [`keras.constraints.MinMaxNorm`](https://keras.io/api/layers/constraints/#minmaxnorm-class).
public struct MinMaxNorm: NormConstraint, Configurable {
    /// The least length.
    public let minimum: Double
    /// The greatest length.
    public let maximum: Double
    /// The part of the way into the range that one update goes.
    public let rate: Double
    /// The axes along which lengths are taken.
    public let axes: [Int]

    /// Makes a constraint.
    public init(minimum: Double = 0, maximum: Double = 1, rate: Double = 1, axes: [Int] = [0]) {
        self.minimum = minimum
        self.maximum = maximum
        self.rate = rate
        self.axes = axes
        Argument.check(
            minimum >= 0 && minimum <= maximum, Self.className, "minimum", expected: "a number in 0...\(maximum)",
            received: minimum)
    }

    public init(config: Configuration) throws {
        try self.init(
            minimum: config.value("min_value", default: 0), maximum: config.value("max_value", default: 1),
            rate: config.value("rate", default: 1), axes: config.axes(default: 0))
    }

    public func callAsFunction(_ weight: Tensor) -> Tensor {
        rescale(weight) { $0.clipped(min: minimum, max: maximum) * rate + $0 * (1 - rate) }
    }

    public var config: [String: JSONValue] {
        [
            "min_value": .double(minimum), "max_value": .double(maximum), "rate": .double(rate),
            "axis": axisJSON,
        ]
    }
}

extension Constraint where Self == MinMaxNorm {
    /// Vectors of lengths in a range.
    public static func minMaxNorm(
        minimum: Double = 0, maximum: Double = 1, rate: Double = 1, axes: [Int] = [0]
    ) -> MinMaxNorm { MinMaxNorm(minimum: minimum, maximum: maximum, rate: rate, axes: axes) }
}
