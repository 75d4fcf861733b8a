import MartletCore

/// The best share of ones that are found where that of zeros is at least a bound.
///
/// Source: [`keras.metrics.SensitivityAtSpecificity`](https://keras.io/api/metrics/classification_metrics/#sensitivityatspecificity-class).
public final class SensitivityAtSpecificity: ConstrainedRatio, ConfigurableMetric, Described {
    /// Makes the metric.
    /// - Parameter specificity: the bound, in 0...1.
    public init(
        specificity: Double, numThresholds: Int = 200, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(specificity, numThresholds: numThresholds, classID: classID, name: name, dtype: dtype)
    }

    public static let arguments = table(bound: "specificity", SensitivityAtSpecificity(specificity: 0))

    override func ratios(_ tp: Tensor, _ fp: Tensor, _ tn: Tensor, _ fn: Tensor) -> (bounded: Tensor, sought: Tensor) {
        (quotient(tn, tn + fp), quotient(tp, tp + fn))
    }
}
