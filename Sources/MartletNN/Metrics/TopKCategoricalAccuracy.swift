import MartletCore
import MartletFormats

/// How often the class of a one-hot target is among the k likeliest.
///
/// Source:
/// [`keras.metrics.TopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#topkcategoricalaccuracy-class).
public final class TopKCategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric {
    /// How many classes are looked at.
    public let k: Int

    /// Makes the metric.
    public init(k: Int = 5, name: String = "top_k_categorical_accuracy", dtype: DType? = nil) {
        self.k = k
        super.init(name: name, dtype: dtype) { isInTopK($0.argmax(axis: -1), $1, k: k) }
    }

    public convenience init(config: Configuration) throws {
        try self.init(k: config.value("k", default: 5), name: config.objectName, dtype: config.dtype)
    }

    public override var isHigherBetter: Bool? { true }

    public override var config: [String: JSONValue] { super.config.merging(["k": .int(k)]) { $1 } }
}

extension MetricConvertible where Self == TopKCategoricalAccuracy {
    /// How often the class of a one-hot target is among the k likeliest.
    public static func topKCategoricalAccuracy(k: Int = 5) -> TopKCategoricalAccuracy { TopKCategoricalAccuracy(k: k) }
}
