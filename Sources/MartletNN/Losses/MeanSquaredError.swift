import MartletCore

/// The mean of the squares of the differences: `mean((yTrue - yPred)²)` over the last axis.
///
/// Source: [`keras.losses.MeanSquaredError`](https://keras.io/api/losses/regression_losses/#meansquarederror-class).
public final class MeanSquaredError: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: MeanSquaredError())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        (yTrue - yPred).square().mean(axis: -1)
    }
}

extension LossConvertible where Self == MeanSquaredError {
    /// The mean of the squares of the differences.
    public static func meanSquaredError(reduction: Reduction = .sumOverBatchSize) -> MeanSquaredError {
        MeanSquaredError(reduction: reduction)
    }
}
