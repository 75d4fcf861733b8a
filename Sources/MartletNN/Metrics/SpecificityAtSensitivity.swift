import MartletCore
import MartletFormats

/// The best share of zeros that are found where that of ones is at least a bound.
///
/// Source: [`keras.metrics.SpecificityAtSensitivity`](https://keras.io/api/metrics/classification_metrics/#specificityatsensitivity-class).
public final class SpecificityAtSensitivity: ConstrainedRatio, ConfigurableMetric {
    /// Makes the metric.
    /// - Parameter sensitivity: the bound, in 0...1.
    public init(
        sensitivity: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(sensitivity, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            sensitivity: config.required("sensitivity"), numThresholds: config.value("num_thresholds", default: 200),
            classID: config.optional("class_id"), name: config.objectName, dtype: config.dtype)
    }

    override class var boundName: String { "sensitivity" }

    override func ratios(
        _ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor
    ) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tp, tp + fn), quotient(tn, tn + fp))
    }
}
