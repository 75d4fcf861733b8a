import MartletCore
import MartletFormats

/// Squares small differences and takes large ones as they are: `mean(d²/2 where |d| ≤ delta, else delta · |d| -
/// delta²/2)` over the last axis, `d = yPred - yTrue`.
///
/// Source: [`keras.losses.Huber`](https://keras.io/api/losses/regression_losses/#huber-class).
public final class Huber: Loss, ConfigurableLoss, Described {
    /// Where the squares end.
    public private(set) var delta: Double

    /// Makes the loss. Stops when `delta` is not positive.
    public init(delta: Double = 1, name: String = "huber_loss", reduction: Reduction = .sumOverBatchSize) {
        self.delta = delta
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: Huber()) { $0("delta", \.delta, .positive) }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let difference = yPred - yTrue
        let size = difference.abs()
        return `where`(size .<= delta, 0.5 * difference.square(), delta * size - 0.5 * delta * delta).mean(axis: -1)
    }

    public override var config: [String: JSONValue] {
        // Keras forgets it, and would take an unknown delta for 1.
        delta == 1 ? super.config.filter { $0.key != "delta" } : super.config
    }
}

extension LossConvertible where Self == Huber {
    /// Squares small differences and takes large ones as they are.
    public static func huber(delta: Double = 1, reduction: Reduction = .sumOverBatchSize) -> Huber {
        Huber(delta: delta, reduction: reduction)
    }
}
