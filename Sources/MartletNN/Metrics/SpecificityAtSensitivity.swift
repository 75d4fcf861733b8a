import MartletCore

/// The best share of zeros that are found where that of ones is at least a bound.
///
/// Source: [`keras.metrics.SpecificityAtSensitivity`](https://keras.io/api/metrics/classification_metrics/#specificityatsensitivity-class).
public final class SpecificityAtSensitivity: ConstrainedRatio, ConfigurableMetric, Described {
    /// Makes the metric.
    /// - Parameter sensitivity: the bound, in 0...1.
    public init(
        sensitivity: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(sensitivity, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public static let arguments = table(bound: "sensitivity", SpecificityAtSensitivity(sensitivity: 0))

    override func ratios(_ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tp, tp + fn), quotient(tn, tn + fp))
    }
}
