import MartletCore
import MartletFormats

/// The best share of ones that are found where that of zeros is at least a bound.
///
/// Source: [`keras.metrics.SensitivityAtSpecificity`](https://keras.io/api/metrics/classification_metrics/#sensitivityatspecificity-class).
public final class SensitivityAtSpecificity: ConstrainedRatio, ConfigurableMetric {
    /// Makes the metric.
    /// - Parameter specificity: the bound, in 0...1.
    public init(
        specificity: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(specificity, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            specificity: config.required("specificity"), numThresholds: config.value("num_thresholds", default: 200),
            classID: config.optional("class_id"), name: config.objectName, dtype: config.dtype)
    }

    override class var boundName: String { "specificity" }

    override func ratios(
        _ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor
    ) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tn, tn + fp), quotient(tp, tp + fn))
    }
}
