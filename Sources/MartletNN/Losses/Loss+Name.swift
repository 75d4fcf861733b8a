import MartletCore
import MartletFormats

/// A loss that configurations can name.
package protocol ConfigurableLoss: Loss, Configurable {}

/// The losses that configurations can name, and that every test of all losses runs over.
package enum LossRegistry {
    package static let types: [any ConfigurableLoss.Type] = [
        BinaryCrossentropy.self, CategoricalCrossentropy.self, SparseCategoricalCrossentropy.self,
        MeanSquaredError.self, MeanAbsoluteError.self, MeanAbsolutePercentageError.self,
        MeanSquaredLogarithmicError.self, Huber.self, LogCosh.self, Hinge.self, SquaredHinge.self,
        CategoricalHinge.self, KLDivergence.self, Poisson.self, CosineSimilarity.self, BinaryFocalCrossentropy.self,
        CategoricalFocalCrossentropy.self, CategoricalGeneralizedCrossEntropy.self, Dice.self, Tversky.self, Circle.self,
        CTC.self,
    ]

    package static let shared = Registry<Loss>(
        "loss", module: "keras.losses",
        types.map { type in (type.className, { try type.init(config: $0) }) },
        aliases: Self.aliases.merging(["bce": "BinaryCrossentropy", "BCE": "BinaryCrossentropy"]) { $1 },
        functionForm: "{ yTrue, yPred in ... }", ofFunction: { name in
            CustomObjects.binary(name).map { ClosureLoss(name: name.withoutPackage, $0) }
        })

    /// A function's loss with another reduction than the usual one, which Keras calls `LossFunctionWrapper`.
    fileprivate static func ofFunction(_ config: Configuration) throws -> Loss {
        let loss = try Loss.make(from: config.required("fn"))
        (loss.name, loss.reduction) = (try config.objectName, try config.reduction)
        return loss
    }

    /// Keras's short names, which losses and the metrics of the same class share.
    package static let aliases = [
        "mse": "MeanSquaredError", "MSE": "MeanSquaredError", "mae": "MeanAbsoluteError", "MAE": "MeanAbsoluteError",
        "mape": "MeanAbsolutePercentageError", "MAPE": "MeanAbsolutePercentageError",
        "msle": "MeanSquaredLogarithmicError", "MSLE": "MeanSquaredLogarithmicError",
        "kld": "KLDivergence", "KLD": "KLDivergence", "kullback_leibler_divergence": "KLDivergence",
        "logcosh": "LogCosh", "huber_loss": "Huber",
    ]
}

extension Loss {
    /// Makes a loss from what Keras writes: a name, or an object with `class_name` and `config`.
    /// - Throws: `MartletError` when there is no such loss, or an argument is of a wrong type or out of range.
    public static func make(from json: JSONValue) throws -> Loss {
        if json["class_name"] == "LossFunctionWrapper" {
            return try LossRegistry.ofFunction(
                Configuration(className: "LossFunctionWrapper", json.valueIfPresent(at: ["config"]) ?? [:]))
        }
        return try LossRegistry.shared.make(from: json)
    }
}

extension String: LossConvertible {
    /// The loss that goes by this name in Keras, with its defaults: `"mse"`, `"mean_squared_error"`,
    /// `"MeanSquaredError"`.
    public func makeLoss() throws -> Loss { try Loss.make(from: .string(self)) }

    /// The loss of this name; `"crossentropy"` becomes the form that fits the shapes, as `"accuracy"` does.
    public func makeLoss(for target: PartialShape, _ prediction: PartialShape) throws -> Loss {
        isCrossentropy ? TargetForm(of: target, prediction).crossentropy : try makeLoss()
    }

    /// Whether it names the cross-entropy that fits the shapes.
    var isCrossentropy: Bool { ["crossentropy", "ce"].contains(lowercased()) }
}

extension Configuration {
    /// How the losses of samples become one; null stands for none at all, as Python's `None` does.
    var reduction: Reduction {
        get throws {
            arguments["reduction"] == .null ? .none : try option("reduction", default: .sumOverBatchSize)
        }
    }
}

extension JSONValue {
    /// A loss as Keras writes it.
    package init(_ loss: Loss) {
        guard let closure = loss as? ClosureLoss else {
            self = LossRegistry.shared.json(loss, className: loss.className, config: loss.config)
            return
        }
        self = CustomObjects.function(closure.name)
        if loss.reduction != .sumOverBatchSize {
            self = .keras(
                module: "keras.src.losses.losses", className: "LossFunctionWrapper",
                config: loss.config.merging(["fn": self]) { $1 })
        }
    }
}

/// What targets are beside predictions, as their shapes tell.
enum TargetForm {
    /// One prediction for each target.
    case binary
    /// Class numbers beside a prediction of each class.
    case sparse
    /// A target for each class.
    case categorical

    init(of target: PartialShape, _ prediction: PartialShape) {
        if prediction.rank > 0 && prediction[-1] == 1 {
            self = .binary
        } else {
            self = target.rank < prediction.rank || target.rank > 0 && target[-1] == 1 ? .sparse : .categorical
        }
    }

    /// The cross-entropy for such targets.
    var crossentropy: Loss {
        switch self {
        case .binary: BinaryCrossentropy()
        case .sparse: SparseCategoricalCrossentropy()
        case .categorical: CategoricalCrossentropy()
        }
    }
}
