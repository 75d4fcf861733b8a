import MartletCore

/// Moves the lengths of the vectors of a weight into a range, at once or by a part of the way at each update.
///
/// Source: [`keras.constraints.MinMaxNorm`](https://keras.io/api/layers/constraints/#minmaxnorm-class).
public struct MinMaxNorm: NormConstraint, Described {
    /// The least length.
    public private(set) var minimum: Double
    /// The greatest length.
    public private(set) var maximum: Double
    /// The part of the way into the range that one update goes.
    public private(set) var rate: Double
    /// The axes along which lengths are taken.
    public private(set) var axes: [Int]

    /// Makes a constraint.
    public init(minimum: Double = 0, maximum: Double = 1, rate: Double = 1, axes: [Int] = [0]) {
        self.minimum = minimum
        self.maximum = maximum
        self.rate = rate
        self.axes = axes
        checkArguments()
    }

    public static let arguments = Arguments(default: MinMaxNorm()) {
        $0("min_value", \.minimum)
        $0("max_value", \.maximum)
        $0("rate", \.rate)
        $0("axis", \.axes, as: .axes)
        $0.check {
            Argument.check(
                $0.minimum >= 0 && $0.minimum <= $0.maximum, className, "minimum",
                expected: "a number in 0...\($0.maximum)", received: $0.minimum)
        }
    }

    public func callAsFunction(_ weight: Tensor) -> Tensor {
        rescale(weight) { $0.clipped(min: minimum, max: maximum) * rate + $0 * (1 - rate) }
    }
}

extension Constraint where Self == MinMaxNorm {
    /// Vectors of lengths in a range.
    public static func minMaxNorm(
        minimum: Double = 0, maximum: Double = 1, rate: Double = 1, axes: [Int] = [0]
    ) -> MinMaxNorm { MinMaxNorm(minimum: minimum, maximum: maximum, rate: rate, axes: axes) }
}
