/// In which order Keras 3 takes the arguments of its classes, up to those that nobody writes without their names.
enum KerasSignatures {
    /// What a class is.
    enum Kind: String {
        case loss, metric, optimizer
    }

    private static let losses: [String: String] = [
        "BinaryCrossentropy": "from_logits label_smoothing axis reduction name",
        "BinaryFocalCrossentropy": "apply_class_balancing alpha gamma from_logits label_smoothing axis reduction name",
        "CTC": "reduction name", "CategoricalCrossentropy": "from_logits label_smoothing axis reduction name",
        "CategoricalFocalCrossentropy": "alpha gamma from_logits label_smoothing axis reduction name",
        "CategoricalGeneralizedCrossEntropy": "q reduction name", "CategoricalHinge": "reduction name",
        "Circle": "gamma margin remove_diagonal reduction name", "CosineSimilarity": "axis reduction name",
        "Dice": "reduction name axis", "Hinge": "reduction name", "Huber": "delta reduction name",
        "KLDivergence": "reduction name", "LogCosh": "reduction name", "MeanAbsoluteError": "reduction name",
        "MeanAbsolutePercentageError": "reduction name", "MeanSquaredError": "reduction name",
        "MeanSquaredLogarithmicError": "reduction name", "Poisson": "reduction name",
        "SparseCategoricalCrossentropy": "from_logits ignore_class reduction axis name", "SquaredHinge": "reduction name",
        "Tversky": "alpha beta reduction name axis",
    ]

    private static let metrics: [String: String] = [
        "AUC": "num_thresholds curve summation_method name dtype thresholds multi_label num_labels label_weights from_logits",
        "Accuracy": "name dtype", "BinaryAccuracy": "name dtype threshold",
        "BinaryCrossentropy": "name dtype from_logits label_smoothing", "BinaryIoU": "target_class_ids threshold name dtype",
        "CategoricalAccuracy": "name dtype", "CategoricalCrossentropy": "name dtype from_logits label_smoothing axis",
        "CategoricalHinge": "name dtype", "ConcordanceCorrelation": "name dtype axis", "CosineSimilarity": "name dtype axis",
        "F1Score": "average threshold name dtype", "FBetaScore": "average beta threshold name dtype",
        "FalseNegatives": "thresholds name dtype", "FalsePositives": "thresholds name dtype", "Hinge": "name dtype",
        "IoU": "num_classes target_class_ids name dtype ignore_class sparse_y_true sparse_y_pred axis",
        "KLDivergence": "name dtype", "LogCoshError": "name dtype", "MeanAbsoluteError": "name dtype",
        "MeanAbsolutePercentageError": "name dtype",
        "MeanIoU": "num_classes name dtype ignore_class sparse_y_true sparse_y_pred axis", "MeanSquaredError": "name dtype",
        "MeanSquaredLogarithmicError": "name dtype",
        "OneHotIoU": "num_classes target_class_ids name dtype ignore_class sparse_y_pred axis",
        "OneHotMeanIoU": "num_classes name dtype ignore_class sparse_y_pred axis", "PearsonCorrelation": "name dtype axis",
        "Poisson": "name dtype", "Precision": "thresholds top_k class_id name dtype",
        "PrecisionAtRecall": "recall num_thresholds class_id name dtype", "R2Score": "class_aggregation num_regressors name dtype",
        "Recall": "thresholds top_k class_id name dtype", "RecallAtPrecision": "precision num_thresholds class_id name dtype",
        "RootMeanSquaredError": "name dtype", "SensitivityAtSpecificity": "specificity num_thresholds class_id name dtype",
        "SparseCategoricalAccuracy": "name dtype",
        "SparseCategoricalCrossentropy": "name dtype from_logits ignore_class axis",
        "SparseTopKCategoricalAccuracy": "k name dtype from_sorted_ids",
        "SpecificityAtSensitivity": "sensitivity num_thresholds class_id name dtype", "SquaredHinge": "name dtype",
        "TopKCategoricalAccuracy": "k name dtype", "TrueNegatives": "thresholds name dtype",
        "TruePositives": "thresholds name dtype",
    ]

    private static let common =
        " weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum ema_overwrite_frequency loss_scale_factor"
        + " gradient_accumulation_steps name"
    private static let optimizers: [String: String] = [
        "Adadelta": "learning_rate rho epsilon" + common,
        "Adafactor": "learning_rate beta_2_decay epsilon_1 epsilon_2 clip_threshold relative_step" + common,
        "Adagrad": "learning_rate initial_accumulator_value epsilon" + common,
        "Adam": "learning_rate beta_1 beta_2 epsilon amsgrad" + common,
        "AdamW": "learning_rate weight_decay beta_1 beta_2 epsilon amsgrad" + common.replacing(" weight_decay", with: ""),
        "Adamax": "learning_rate beta_1 beta_2 epsilon" + common,
        "Ftrl": "learning_rate learning_rate_power initial_accumulator_value l1_regularization_strength "
            + "l2_regularization_strength l2_shrinkage_regularization_strength beta" + common,
        "Lamb": "learning_rate beta_1 beta_2 epsilon" + common, "Lion": "learning_rate beta_1 beta_2" + common,
        "LossScaleOptimizer": "inner_optimizer initial_scale dynamic_growth_steps name",
        "Muon": "learning_rate adam_beta_1 adam_beta_2 adam_weight_decay epsilon" + common,
        "Nadam": "learning_rate beta_1 beta_2 epsilon" + common,
        "RMSprop": "learning_rate rho momentum epsilon centered" + common,
        "SGD": "learning_rate momentum nesterov" + common,
    ]

    private static let schedules: [String: String] = [
        "CosineDecay": "initial_learning_rate decay_steps alpha name warmup_target warmup_steps",
        "CosineDecayRestarts": "initial_learning_rate first_decay_steps t_mul m_mul alpha name",
        "ExponentialDecay": "initial_learning_rate decay_steps decay_rate staircase name",
        "InverseTimeDecay": "initial_learning_rate decay_steps decay_rate staircase name",
        "PiecewiseConstantDecay": "boundaries values name",
        "PolynomialDecay": "initial_learning_rate decay_steps end_learning_rate power cycle name",
    ]

    /// The names of the arguments of a class in their order, nil where it is not known.
    static func arguments(of name: String, _ kind: Kind) -> [String]? {
        let own = switch kind {
        case .loss: losses
        case .metric: metrics
        case .optimizer: optimizers
        }
        // A metric's name may be a loss's, whose mean it is then.
        let found = own[name] ?? schedules[name] ?? (kind == .metric ? losses[name] : nil) ?? optimizers[name]
        return found?.split(separator: " ").map(String.init)
    }
}
