import Foundation
import MartletCore

/// The mean of the logarithms of the hyperbolic cosines of the differences: nearly `d²/2` for small ones and `|d| - log
/// 2` for large ones. Computed as `d + softplus(-2d) - log 2` with `d = yPred - yTrue`, which overflows nowhere.
///
/// Source: [`keras.losses.LogCosh`](https://keras.io/api/losses/regression_losses/#logcosh-class).
public final class LogCosh: Loss, ConfigurableLoss, Described {
    private let logOfTwo = log(2.0)

    public static let arguments = Arguments(default: LogCosh())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let difference = yPred - yTrue
        return (difference + (difference * -2).softplus() - logOfTwo).mean(axis: -1)
    }
}

extension LossConvertible where Self == LogCosh {
    /// The mean of the logarithms of the hyperbolic cosines of the differences.
    public static func logCosh(reduction: Reduction = .sumOverBatchSize) -> LogCosh { LogCosh(reduction: reduction) }
}
