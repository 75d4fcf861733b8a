import MartletCore

/// The best precision where the recall is at least a bound.
///
/// Source:
/// [`keras.metrics.PrecisionAtRecall`](https://keras.io/api/metrics/classification_metrics/#precisionatrecall-class).
public final class PrecisionAtRecall: ConstrainedRatio, ConfigurableMetric, Described {
    /// Makes the metric.
    /// - Parameter recall: the bound, in 0...1.
    public init(
        recall: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(recall, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public static let arguments = table(bound: "recall", PrecisionAtRecall(recall: 0))

    override func ratios(_ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tp, tp + fn), quotient(tp, tp + fp))
    }
}
