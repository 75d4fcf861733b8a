import MartletCore

/// The root of the mean of the squares of the differences.
///
/// Source:
/// [`keras.metrics.RootMeanSquaredError`](https://keras.io/api/metrics/regression_metrics/#rootmeansquarederror-class).
public final class RootMeanSquaredError: MeanMetricWrapper, ConfigurableMetric, Described {
    /// Makes the metric.
    public init(name: String = "root_mean_squared_error", dtype: DType? = nil) {
        super.init(MeanSquaredError(), isNegated: false, name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: RootMeanSquaredError())

    public override func result() -> Tensor { super.result().squareRoot() }
}

extension MetricConvertible where Self == RootMeanSquaredError {
    /// The root of the mean of the squares of the differences.
    public static func rootMeanSquaredError(name: String = "root_mean_squared_error") -> RootMeanSquaredError {
        RootMeanSquaredError(name: name)
    }
}
