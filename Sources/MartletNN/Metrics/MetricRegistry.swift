import MartletFormats

/// A metric that configurations can name.
package protocol ConfigurableMetric: Metric, Configurable {}

/// The metrics that configurations can name, and that every test of all metrics runs over.
package enum MetricRegistry {
    package static let types: [any ConfigurableMetric.Type] = [
        Accuracy.self, BinaryAccuracy.self, CategoricalAccuracy.self, SparseCategoricalAccuracy.self,
        TopKCategoricalAccuracy.self, SparseTopKCategoricalAccuracy.self, Precision.self, Recall.self, AUC.self,
        TruePositives.self, FalsePositives.self, TrueNegatives.self, FalseNegatives.self, RootMeanSquaredError.self,
        Sum.self, R2Score.self, PearsonCorrelation.self, ConcordanceCorrelation.self, PrecisionAtRecall.self,
        RecallAtPrecision.self, SensitivityAtSpecificity.self, SpecificityAtSensitivity.self, FBetaScore.self, F1Score.self,
        IoU.self, MeanIoU.self, OneHotIoU.self, OneHotMeanIoU.self, BinaryIoU.self,
    ]

    /// The losses whose means are metrics under the same class name, `LogCosh` under another.
    private static let losses = [
        "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
        "LogCosh", "Hinge", "SquaredHinge", "CategoricalHinge", "KLDivergence", "Poisson", "BinaryCrossentropy",
        "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "CosineSimilarity",
    ]

    private static var makers: [(name: String, make: Registry<Metric>.Maker)] {
        var makers: [(name: String, make: Registry<Metric>.Maker)] = [
            ("Mean", { try Mean(name: $0.objectName, dtype: $0.metricType) }),
            ("MeanMetricWrapper", { try MeanMetricWrapper(config: $0) }),
        ]
        for type in types { makers.append((type.className, { try type.init(config: $0) })) }
        for loss in losses { makers.append((metricName(loss), { try meanOfLoss(loss, $0) })) }
        return makers
    }

    private static var aliases: [String: String] {
        var names = LossRegistry.aliases.filter { losses.contains($0.value) }.mapValues(metricName)
        for name in ["bce", "BCE"] { names[name] = "BinaryCrossentropy" }
        for name in ["rmse", "RMSE"] { names[name] = "RootMeanSquaredError" }
        names["log_cosh"] = "LogCoshError"
        return names
    }

    package static let shared = Registry<Metric>(
        "metric", module: "keras.metrics", makers, aliases: aliases, functionForm: "{ yTrue, yPred in ... }",
        ofFunction: { name in CustomObjects.binary(name).map { MeanMetricWrapper(name: name.withoutPackage, $0) } })

    private static func meanOfLoss(_ loss: String, _ config: Configuration) throws -> Metric {
        try MeanMetricWrapper(
            LossRegistry.shared.make(className: loss, config: config.arguments),
            isNegated: loss == "CosineSimilarity", name: config.name ?? defaultName(of: loss), dtype: config.metricType)
    }

    private static func metricName(_ loss: String) -> String { loss == "LogCosh" ? "LogCoshError" : loss }
    private static func defaultName(of loss: String) -> String? { loss == "LogCosh" ? "logcosh" : nil }

    /// The class name of Keras's metric of a loss, nil when it has none.
    static func className(of loss: Loss) -> String? {
        losses.contains(loss.className) ? metricName(loss.className) : nil
    }
}

extension Metric {
    /// Makes a metric from what Keras writes: a name, or an object with `class_name` and `config`. The mean of a loss
    /// is a metric too. For `"accuracy"`, which depends on shapes, pass the name itself to `compile`.
    /// - Throws: `MartletError` when there is no such metric, or an argument is of a wrong type or out of range.
    public static func make(from json: JSONValue) throws -> Metric {
        if json["module"] == "keras.losses" { return try MeanMetricWrapper(Loss.make(from: json)) }
        // `.h5` files have no modules. Losses and metrics of one name compute the same.
        if json["module"] == nil, case .string(let name)? = json["class_name"], !MetricRegistry.shared.contains(name),
            LossRegistry.shared.contains(name)
        {
            return try MeanMetricWrapper(Loss.make(from: json))
        }
        return try WeightBudget.$current.withValue(WeightBudget.current ?? .forMetrics) {
            try MetricRegistry.shared.make(from: json)
        }
    }
}

extension JSONValue {
    /// A metric as Keras writes it.
    package init(_ metric: Metric) {
        self = MetricRegistry.shared.json(metric, className: metric.className, config: metric.config)
    }
}
