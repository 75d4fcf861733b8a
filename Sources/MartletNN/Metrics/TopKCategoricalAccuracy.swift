import MartletCore

/// How often the class of a one-hot target is among the k likeliest.
///
/// Source:
/// [`keras.metrics.TopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#topkcategoricalaccuracy-class).
public final class TopKCategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// How many classes are looked at.
    public private(set) var k: Int

    /// Makes the metric.
    public init(k: Int = 5, name: String = "top_k_categorical_accuracy", dtype: DType? = nil) {
        self.k = k
        super.init(name: name, dtype: dtype, isHigherBetter: true)
    }

    public static let arguments = Arguments(default: TopKCategoricalAccuracy()) { $0("k", \.k) }

    override func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor { isInTopK(yTrue.argmax(axis: -1), yPred, k: k) }
}

extension MetricConvertible where Self == TopKCategoricalAccuracy {
    /// How often the class of a one-hot target is among the k likeliest.
    public static func topKCategoricalAccuracy(k: Int = 5) -> TopKCategoricalAccuracy { TopKCategoricalAccuracy(k: k) }
}
