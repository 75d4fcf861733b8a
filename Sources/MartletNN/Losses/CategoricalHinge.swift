import MartletCore

/// `max(neg - pos + 1, 0)` with `pos = Σ yTrue · yPred` and `neg = max((1 - yTrue) · yPred)` over the last axis, for
/// one-hot targets.
///
/// Source: [`keras.losses.CategoricalHinge`](https://keras.io/api/losses/hinge_losses/#categoricalhinge-class).
public final class CategoricalHinge: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: CategoricalHinge())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let positive = (yTrue * yPred).sum(axis: -1)
        let negative = ((1 - yTrue) * yPred).max(axis: -1)
        return maximum(negative - positive + 1, 0)
    }
}

extension LossConvertible where Self == CategoricalHinge {
    /// `max(neg - pos + 1, 0)`
    public static func categoricalHinge(reduction: Reduction = .sumOverBatchSize) -> CategoricalHinge {
        CategoricalHinge(reduction: reduction)
    }
}
