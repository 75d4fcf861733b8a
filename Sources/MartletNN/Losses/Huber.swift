import MartletCore
import MartletFormats

/// Squares small differences and takes large ones as they are: `mean(d²/2 where |d| ≤ delta, else delta · |d| -
/// delta²/2)` over the last axis, `d = yPred - yTrue`.
///
/// Source: [`keras.losses.Huber`](https://keras.io/api/losses/regression_losses/#huber-class).
public final class Huber: Loss, ConfigurableLoss {
    /// Where the squares end.
    public let delta: Double

    /// Makes the loss. Stops when `delta` is not positive.
    public init(delta: Double = 1, name: String = "huber_loss", reduction: Reduction = .sumOverBatchSize) {
        Argument.check(delta > 0, "Huber", "delta", expected: "a positive number", received: delta)
        self.delta = delta
        super.init(name: name, reduction: reduction)
    }

    public convenience init(config: Configuration) throws {
        try self.init(delta: config.value("delta", default: 1), name: config.objectName, reduction: config.reduction)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let difference = yPred - yTrue
        let size = difference.abs()
        return `where`(size .<= delta, 0.5 * difference.square(), delta * size - 0.5 * delta * delta).mean(axis: -1)
    }

    public override var config: [String: JSONValue] {
        // Keras forgets it, and would take an unknown delta for 1.
        delta == 1 ? super.config : super.config.merging(["delta": .double(delta)]) { $1 }
    }
}

extension LossConvertible where Self == Huber {
    /// Squares small differences and takes large ones as they are.
    public static func huber(delta: Double = 1, reduction: Reduction = .sumOverBatchSize) -> Huber {
        Huber(delta: delta, reduction: reduction)
    }
}
