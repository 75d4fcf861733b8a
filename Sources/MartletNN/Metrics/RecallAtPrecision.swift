import MartletCore

/// The best recall where the precision is at least a bound.
///
/// Source:
/// [`keras.metrics.RecallAtPrecision`](https://keras.io/api/metrics/classification_metrics/#recallatprecision-class).
public final class RecallAtPrecision: ConstrainedRatio, ConfigurableMetric, Described {
    /// Makes the metric.
    /// - Parameter precision: the bound, in 0...1.
    public init(
        precision: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(precision, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public static let arguments = table(bound: "precision", RecallAtPrecision(precision: 0))

    override func ratios(_ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tp, tp + fp), quotient(tp, tp + fn))
    }
}
