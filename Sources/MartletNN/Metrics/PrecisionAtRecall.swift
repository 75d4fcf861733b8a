import MartletCore
import MartletFormats

/// The best precision where the recall is at least a bound.
///
/// Source:
/// [`keras.metrics.PrecisionAtRecall`](https://keras.io/api/metrics/classification_metrics/#precisionatrecall-class).
public final class PrecisionAtRecall: ConstrainedRatio, ConfigurableMetric {
    /// Makes the metric.
    /// - Parameter recall: the bound, in 0...1.
    public init(
        recall: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(recall, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            recall: config.required("recall"), numThresholds: config.value("num_thresholds", default: 200),
            classID: config.optional("class_id"), name: config.objectName, dtype: config.dtype)
    }

    override class var boundName: String { "recall" }

    override func ratios(
        _ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor
    ) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tp, tp + fn), quotient(tp, tp + fp))
    }
}
