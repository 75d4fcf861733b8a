import MartletCore
import MartletFormats

/// How often predictions fall on the targets' side of a threshold.
///
/// Source: [`keras.metrics.BinaryAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class).
public final class BinaryAccuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// Predictions above it count as 1; 0 where they are logits.
    public private(set) var threshold: Double

    /// Makes the metric.
    public init(threshold: Double = 0.5, name: String = "binary_accuracy", dtype: DType? = nil) {
        self.threshold = threshold
        super.init(name: name, dtype: dtype, isHigherBetter: true)
    }

    public static let arguments = Arguments(default: BinaryAccuracy()) { $0("threshold", \.threshold) }

    override func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let (target, prediction) = Loss.matchedRanks(yTrue.floating, yPred)
        return target .== (prediction .> threshold).cast(to: target.dtype)
    }
}

extension MetricConvertible where Self == BinaryAccuracy {
    /// How often predictions fall on the targets' side of a threshold.
    public static func binaryAccuracy(threshold: Double = 0.5, name: String = "binary_accuracy") -> BinaryAccuracy {
        BinaryAccuracy(threshold: threshold, name: name)
    }
}
