import MartletCore

/// The mean of the absolute differences: `mean(|yTrue - yPred|)` over the last axis.
///
/// Source: [`keras.losses.MeanAbsoluteError`](https://keras.io/api/losses/regression_losses/#meanabsoluteerror-class).
public final class MeanAbsoluteError: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: MeanAbsoluteError())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        (yTrue - yPred).abs().mean(axis: -1)
    }
}

extension LossConvertible where Self == MeanAbsoluteError {
    /// The mean of the absolute differences.
    public static func meanAbsoluteError(reduction: Reduction = .sumOverBatchSize) -> MeanAbsoluteError {
        MeanAbsoluteError(reduction: reduction)
    }
}
