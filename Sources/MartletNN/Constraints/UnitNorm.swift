import MartletCore

/// Gives the vectors of a weight the length 1.
///
/// Source: [`keras.constraints.UnitNorm`](https://keras.io/api/layers/constraints/#unitnorm-class).
public struct UnitNorm: NormConstraint, Described {
    /// The axes along which lengths are taken.
    public private(set) var axes: [Int]

    /// Makes a constraint.
    public init(axes: [Int] = [0]) { self.axes = axes }

    public static let arguments = Arguments(default: UnitNorm()) { $0("axis", \.axes, as: .axes) }

    public func callAsFunction(_ weight: Tensor) -> Tensor { rescale(weight) { Tensor.ones(like: $0) } }
}

extension Constraint where Self == UnitNorm {
    /// Vectors of length 1.
    public static func unitNorm(axes: [Int] = [0]) -> UnitNorm { UnitNorm(axes: axes) }
}
