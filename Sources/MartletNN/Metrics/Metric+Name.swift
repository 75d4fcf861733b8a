extension MetricConvertible where Self == String {
    /// How often predictions are right: for one prediction a sample `BinaryAccuracy`, for class numbers
    /// `SparseCategoricalAccuracy`, for one-hot targets `CategoricalAccuracy`, under the name `accuracy`.
    public static var accuracy: String { "accuracy" }
    /// The cross-entropy that fits the shapes, as for `accuracy`, under the name `crossentropy`.
    public static var crossentropy: String { "crossentropy" }
}

extension String: MetricConvertible {
    /// The metric that goes by this name in Keras, with its defaults: `"mae"`, `"auc"`. The name stays as it is
    /// written; `"accuracy"` and `"crossentropy"` become the form that fits the shapes.
    public func makeMetric(for target: PartialShape, _ prediction: PartialShape, loss: Loss?) throws -> Metric {
        let isBinary = prediction.rank > 0 && prediction[-1] == 1
        let isSparse =
            !isBinary && (target.rank < prediction.rank || target.rank > 0 && target[-1] == 1)
        switch lowercased() {
        case "accuracy", "acc":
            return isBinary
                ? BinaryAccuracy(name: self)
                : isSparse ? SparseCategoricalAccuracy(name: self) : CategoricalAccuracy(name: self)
        case "crossentropy", "ce":
            let loss = isBinary
                ? BinaryCrossentropy() : isSparse ? SparseCategoricalCrossentropy() : CategoricalCrossentropy()
            return MeanMetricWrapper(loss, name: self)
        default:
            // A metric may go by a loss's name and differ from it.
            if let make = Self.metrics.find(self) { return make(self) }
            if let makeLoss = Self.losses.find(self) { return MeanMetricWrapper(makeLoss(), name: self) }
            return try Self.metrics.entry(self, others: Self.losses.names + ["accuracy", "crossentropy"])(self)
        }
    }

    /// What makes a metric of a given name.
    private static var metrics: NameTable<(String) -> Metric> {
        NameTable<(String) -> Metric>(
            of: "metric",
            [
                (["Accuracy"], { Accuracy(name: $0) }),
                (["BinaryAccuracy", "binary_accuracy"], { BinaryAccuracy(name: $0) }),
                (["CategoricalAccuracy", "categorical_accuracy"], { CategoricalAccuracy(name: $0) }),
                (
                    ["SparseCategoricalAccuracy", "sparse_categorical_accuracy"],
                    { SparseCategoricalAccuracy(name: $0) }
                ),
                (["TopKCategoricalAccuracy", "top_k_categorical_accuracy"], { TopKCategoricalAccuracy(name: $0) }),
                (
                    ["SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy"],
                    { SparseTopKCategoricalAccuracy(name: $0) }
                ),
                (["Precision", "precision"], { Precision(name: $0) }),
                (["Recall", "recall"], { Recall(name: $0) }),
                (["AUC", "auc"], { AUC(name: $0) }),
                (["TruePositives", "true_positives"], { TruePositives(name: $0) }),
                (["FalsePositives", "false_positives"], { FalsePositives(name: $0) }),
                (["TrueNegatives", "true_negatives"], { TrueNegatives(name: $0) }),
                (["FalseNegatives", "false_negatives"], { FalseNegatives(name: $0) }),
                (
                    ["RootMeanSquaredError", "root_mean_squared_error", "rmse", "RMSE"],
                    { RootMeanSquaredError(name: $0) }
                ),
                (["Mean", "mean"], { Mean(name: $0) }),
                (["Sum", "sum"], { Sum(name: $0) }),
                (["CosineSimilarity", "cosine_similarity"], { MeanMetricWrapper.cosineSimilarity(name: $0) }),
            ])
    }
}
