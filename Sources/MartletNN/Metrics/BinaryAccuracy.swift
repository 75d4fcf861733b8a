import MartletCore
import MartletFormats

/// How often predictions fall on the targets' side of a threshold.
///
/// Source: [`keras.metrics.BinaryAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class).
public final class BinaryAccuracy: MeanMetricWrapper {
    /// Predictions above it count as 1.
    public let threshold: Double

    /// Makes the metric. Stops when `threshold` is not above 0 and below 1.
    public init(threshold: Double = 0.5, name: String = "binary_accuracy", dtype: DType? = nil) {
        require(
            threshold > 0 && threshold < 1, "BinaryAccuracy",
            "Expected a threshold above 0 and below 1. Received: \(threshold).")
        self.threshold = threshold
        super.init(name: name, dtype: dtype) { yTrue, yPred in
            let (target, prediction) = Loss.matchedRanks(yTrue.floating, yPred)
            return target .== (prediction .> threshold).cast(to: target.dtype)
        }
    }

    public override var isHigherBetter: Bool? { true }

    public override var config: [String: JSONValue] { super.config.merging(["threshold": .double(threshold)]) { $1 } }
}

extension MetricConvertible where Self == BinaryAccuracy {
    /// How often predictions fall on the targets' side of a threshold.
    public static func binaryAccuracy(threshold: Double = 0.5, name: String = "binary_accuracy") -> BinaryAccuracy {
        BinaryAccuracy(threshold: threshold, name: name)
    }
}
