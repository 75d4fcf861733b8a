import MartletCore
import MartletFormats

/// The best recall where the precision is at least a bound.
///
/// Source:
/// [`keras.metrics.RecallAtPrecision`](https://keras.io/api/metrics/classification_metrics/#recallatprecision-class).
public final class RecallAtPrecision: ConstrainedRatio, ConfigurableMetric {
    /// Makes the metric.
    /// - Parameter precision: the bound, in 0...1.
    public init(
        precision: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(precision, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            precision: config.required("precision"), numThresholds: config.value("num_thresholds", default: 200),
            classID: config.optional("class_id"), name: config.objectName, dtype: config.dtype)
    }

    override class var boundName: String { "precision" }

    override func ratios(
        _ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor
    ) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tp, tp + fp), quotient(tp, tp + fn))
    }
}
