import MartletCore

/// Shortens the vectors of a weight that are longer than a bound.
///
/// Source: [`keras.constraints.MaxNorm`](https://keras.io/api/layers/constraints/#maxnorm-class).
public struct MaxNorm: NormConstraint, Described {
    /// The greatest length.
    public private(set) var maximum: Double
    /// The axes along which lengths are taken.
    public private(set) var axes: [Int]

    /// Makes a constraint.
    public init(_ maximum: Double = 2, axes: [Int] = [0]) {
        self.maximum = maximum
        self.axes = axes
        checkArguments()
    }

    public static let arguments = Arguments(default: MaxNorm()) {
        $0("max_value", \.maximum, name: "maximum", .atLeast(0))
        $0("axis", \.axes, as: .axes)
    }

    public func callAsFunction(_ weight: Tensor) -> Tensor { rescale(weight) { $0.clipped(to: 0...maximum) } }
}

extension Constraint where Self == MaxNorm {
    /// No vector longer than a bound.
    public static func maxNorm(_ maximum: Double = 2, axes: [Int] = [0]) -> MaxNorm { MaxNorm(maximum, axes: axes) }
}
