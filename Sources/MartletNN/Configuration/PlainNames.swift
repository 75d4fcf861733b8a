// Metrics, losses and optimizers after a dot, without parentheses: `metrics: [.auc]`, `loss: .huber`, `optimizer: .adam`.

extension MetricConvertible where Self == String {
    /// The metric of this name, with its defaults.
    public static var auc: String { "auc" }
    /// The metric of this name, with its defaults.
    public static var precision: String { "precision" }
    /// The metric of this name, with its defaults.
    public static var recall: String { "recall" }
    /// The metric of this name, with its defaults.
    public static var binaryAccuracy: String { "binary_accuracy" }
    /// The metric of this name, with its defaults.
    public static var categoricalAccuracy: String { "categorical_accuracy" }
    /// The metric of this name, with its defaults.
    public static var sparseCategoricalAccuracy: String { "sparse_categorical_accuracy" }
    /// The metric of this name, with its defaults.
    public static var topKCategoricalAccuracy: String { "top_k_categorical_accuracy" }
    /// The metric of this name, with its defaults.
    public static var sparseTopKCategoricalAccuracy: String { "sparse_top_k_categorical_accuracy" }
    /// The metric of this name, with its defaults.
    public static var truePositives: String { "true_positives" }
    /// The metric of this name, with its defaults.
    public static var falsePositives: String { "false_positives" }
    /// The metric of this name, with its defaults.
    public static var trueNegatives: String { "true_negatives" }
    /// The metric of this name, with its defaults.
    public static var falseNegatives: String { "false_negatives" }
    /// The metric of this name, with its defaults.
    public static var rootMeanSquaredError: String { "root_mean_squared_error" }
    /// The metric of this name, with its defaults.
    public static var meanSquaredError: String { "mean_squared_error" }
    /// The metric of this name, with its defaults.
    public static var meanAbsoluteError: String { "mean_absolute_error" }
    /// The metric of this name, with its defaults.
    public static var meanAbsolutePercentageError: String { "mean_absolute_percentage_error" }
    /// The metric of this name, with its defaults.
    public static var meanSquaredLogarithmicError: String { "mean_squared_logarithmic_error" }
    /// The metric of this name, with its defaults.
    public static var binaryCrossentropy: String { "binary_crossentropy" }
    /// The metric of this name, with its defaults.
    public static var categoricalCrossentropy: String { "categorical_crossentropy" }
    /// The metric of this name, with its defaults.
    public static var sparseCategoricalCrossentropy: String { "sparse_categorical_crossentropy" }
    /// The metric of this name, with its defaults.
    public static var logCosh: String { "logcosh" }
    /// The metric of this name, with its defaults.
    public static var klDivergence: String { "kl_divergence" }
    /// The metric of this name, with its defaults.
    public static var poisson: String { "poisson" }
    /// The metric of this name, with its defaults.
    public static var hinge: String { "hinge" }
    /// The metric of this name, with its defaults.
    public static var squaredHinge: String { "squared_hinge" }
    /// The metric of this name, with its defaults.
    public static var categoricalHinge: String { "categorical_hinge" }
    /// The metric of this name, with its defaults.
    public static var cosineSimilarity: String { "cosine_similarity" }
}

extension LossConvertible where Self == String {
    /// The loss of this name, with its defaults.
    public static var binaryCrossentropy: String { "binary_crossentropy" }
    /// The loss of this name, with its defaults.
    public static var categoricalCrossentropy: String { "categorical_crossentropy" }
    /// The loss of this name, with its defaults.
    public static var sparseCategoricalCrossentropy: String { "sparse_categorical_crossentropy" }
    /// The loss of this name, with its defaults.
    public static var meanSquaredError: String { "mean_squared_error" }
    /// The loss of this name, with its defaults.
    public static var meanAbsoluteError: String { "mean_absolute_error" }
    /// The loss of this name, with its defaults.
    public static var meanAbsolutePercentageError: String { "mean_absolute_percentage_error" }
    /// The loss of this name, with its defaults.
    public static var meanSquaredLogarithmicError: String { "mean_squared_logarithmic_error" }
    /// The loss of this name, with its defaults.
    public static var huber: String { "huber" }
    /// The loss of this name, with its defaults.
    public static var logCosh: String { "log_cosh" }
    /// The loss of this name, with its defaults.
    public static var klDivergence: String { "kl_divergence" }
    /// The loss of this name, with its defaults.
    public static var poisson: String { "poisson" }
    /// The loss of this name, with its defaults.
    public static var hinge: String { "hinge" }
    /// The loss of this name, with its defaults.
    public static var squaredHinge: String { "squared_hinge" }
    /// The loss of this name, with its defaults.
    public static var categoricalHinge: String { "categorical_hinge" }
    /// The loss of this name, with its defaults.
    public static var cosineSimilarity: String { "cosine_similarity" }
}

extension OptimizerConvertible where Self == String {
    /// The optimizer of this name, with its defaults.
    public static var sgd: String { "sgd" }
    /// The optimizer of this name, with its defaults.
    public static var adam: String { "adam" }
    /// The optimizer of this name, with its defaults.
    public static var adamW: String { "adamw" }
    /// The optimizer of this name, with its defaults.
    public static var rmsprop: String { "rmsprop" }
    /// The optimizer of this name, with its defaults.
    public static var adagrad: String { "adagrad" }
}
