import MartletCore

/// The mean of the absolute differences in percent of the targets:
/// `100 · mean(|yTrue - yPred| / max(|yTrue|, 1e-7))` over the last axis.
///
/// Source:
/// [`keras.losses.MeanAbsolutePercentageError`](https://keras.io/api/losses/regression_losses/#meanabsolutepercentageerror-class).
public final class MeanAbsolutePercentageError: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: MeanAbsolutePercentageError())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        ((yTrue - yPred) / maximum(yTrue.abs(), kerasEpsilon)).abs().mean(axis: -1) * 100
    }
}

extension LossConvertible where Self == MeanAbsolutePercentageError {
    /// The mean of the absolute differences in percent of the targets.
    public static func meanAbsolutePercentageError(
        reduction: Reduction = .sumOverBatchSize
    ) -> MeanAbsolutePercentageError { MeanAbsolutePercentageError(reduction: reduction) }
}
