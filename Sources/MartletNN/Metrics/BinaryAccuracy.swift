import MartletCore
import MartletFormats

/// How often predictions fall on the targets' side of a threshold.
///
/// Source: [`keras.metrics.BinaryAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class).
public final class BinaryAccuracy: MeanMetricWrapper, ConfigurableMetric {
    /// Predictions above it count as 1.
    public let threshold: Double

    /// Makes the metric. Stops when `threshold` is not above 0 and below 1.
    public init(threshold: Double = 0.5, name: String = "binary_accuracy", dtype: DType? = nil) {
        Argument.check(
            threshold > 0 && threshold < 1, "BinaryAccuracy", "threshold", expected: "a number above 0 and below 1",
            received: threshold)
        self.threshold = threshold
        super.init(name: name, dtype: dtype) { yTrue, yPred in
            let (target, prediction) = Loss.matchedRanks(yTrue.floating, yPred)
            return target .== (prediction .> threshold).cast(to: target.dtype)
        }
    }

    public convenience init(config: Configuration) throws {
        try self.init(threshold: config.value("threshold", default: 0.5), name: config.objectName, dtype: config.dtype)
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
