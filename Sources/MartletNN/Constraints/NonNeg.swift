import MartletCore

/// Keeps a weight from being negative.
///
/// Source: [`keras.constraints.NonNeg`](https://keras.io/api/layers/constraints/#nonneg-class).
public struct NonNeg: Constraint, Configurable {
    /// Makes a constraint.
    public init() {}

    public init(config: Configuration) { self.init() }

    public func callAsFunction(_ weight: Tensor) -> Tensor { maximum(weight, 0) }
}

extension Constraint where Self == NonNeg {
    /// No negative elements.
    public static var nonNeg: NonNeg { NonNeg() }
}
