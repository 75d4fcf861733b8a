// Objects after a dot, without parentheses: `metrics: [.auc]`, `loss: .huber`, `optimizer: .adam`, `kernelRegularizer: .l2`.

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

extension Initializer where Self == RandomNormal {
    /// The initializer with its defaults.
    public static var randomNormal: RandomNormal { RandomNormal() }
}

extension Initializer where Self == RandomUniform {
    /// The initializer with its defaults.
    public static var randomUniform: RandomUniform { RandomUniform() }
}

extension Initializer where Self == TruncatedNormal {
    /// The initializer with its defaults.
    public static var truncatedNormal: TruncatedNormal { TruncatedNormal() }
}

extension Initializer where Self == Orthogonal {
    /// The initializer with its defaults.
    public static var orthogonal: Orthogonal { Orthogonal() }
}

extension Initializer where Self == VarianceScaling {
    /// The initializer with its defaults.
    public static var varianceScaling: VarianceScaling { VarianceScaling() }
}

extension Regularizer where Self == L1 {
    /// The regularizer with its defaults.
    public static var l1: L1 { L1() }
}

extension Regularizer where Self == L2 {
    /// The regularizer with its defaults.
    public static var l2: L2 { L2() }
}

extension Regularizer where Self == L1L2 {
    /// The regularizer with its defaults.
    public static var l1l2: L1L2 { L1L2() }
}

extension Constraint where Self == MaxNorm {
    /// The constraint with its defaults.
    public static var maxNorm: MaxNorm { MaxNorm() }
}

extension Constraint where Self == UnitNorm {
    /// The constraint with its defaults.
    public static var unitNorm: UnitNorm { UnitNorm() }
}
