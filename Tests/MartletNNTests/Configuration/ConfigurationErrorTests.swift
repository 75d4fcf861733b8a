import Martlet
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Configurations come from files: what is wrong in them throws, and says where.
@Suite(.ownSession) struct ConfigurationErrorTests {
    static let bad: [(String, [String: JSONValue], String)] = [
        ("Dense", [:], "Dense.units"),
        ("Dense", ["units": 0], "Dense.units"),
        ("Dense", ["units": "many"], "Dense.units"),
        ("Dense", ["units": 3, "activation": "nonsense"], "Dense.activation"),
        ("Dense", ["units": 3, "kernel_initializer": "nonsense"], "Dense.kernel_initializer"),
        ("Dense", ["units": 3, "kernel_regularizer": ["class_name": "L2", "config": ["l2": -1]]], "L2.l2"),
        ("Dense", ["units": 3, "dtype": "float31"], "Dense.dtype"),
        ("Dropout", ["rate": 1.5], "Dropout.rate"),
        ("Dropout", ["rate": 0.5, "noise_shape": [.null, -1]], "Dropout.noise_shape"),
        ("Conv2D", ["filters": 3], "Conv2D.kernel_size"),
        ("Conv2D", ["filters": 3, "kernel_size": [3, 3, 3]], "Conv2D.kernel_size"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "strides": [-1, 1]], "Conv2D.strides"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "groups": 2], "Conv2D.groups"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "padding": "causal"], "Conv2D.padding"),
        ("Conv2D", ["filters": 3, "kernel_size": 3, "data_format": "channels_middle"], "Conv2D.data_format"),
        ("MaxPooling2D", ["pool_size": 0], "MaxPooling2D.pool_size"),
        ("BatchNormalization", ["momentum": 2], "BatchNormalization.momentum"),
        ("Reshape", ["target_shape": [-1, -1]], "Reshape.target_shape"),
        ("Embedding", ["input_dim": 0, "output_dim": 1], "Embedding.input_dim"),
        ("InputLayer", ["batch_shape": [.null, -3]], "InputLayer.batch_shape"),
    ]

    @Test(arguments: bad.indices) func throwsWithPlace(_ index: Int) {
        let (className, config, place) = Self.bad[index]
        let error = #expect(throws: MartletError.self) { try Layer.make(className: className, config: config) }
        #expect(error?.location == place, "\(error!)")
        #expect(
            error?.message.contains("Received") == true || error?.message.contains("There is no") == true, "\(error!)")
    }

    @Test func unknownClass() {
        let error = #expect(throws: MartletError.self) { try Layer.make(className: "Dance", config: [:]) }
        #expect(error?.message.contains("\"Dance\"") == true && error?.message.contains("Dense") == true)
    }

    /// Parts of a name find it, and so do names with a slip.
    @Test(arguments: [
        ("sparse_crossentropy", "sparse_categorical_crossentropy"), ("SparseCrossentropy", "SparseCategoricalCrossentropy"),
        ("binary_crossentropy_loss", "binary_crossentropy"), ("crossentropy", "binary_crossentropy"),
        ("mean_squred_error", "mean_squared_error"), ("huber_los", "huber"),
    ]) func nearLosses(name: String, near: String) throws {
        let error = #expect(throws: MartletError.self) { try name.makeLoss() }
        #expect(error?.message.contains("\"\(near)\"") == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("f1", "F1Score"), ("fbeta", "FBetaScore"), ("top_k", "TopKCategoricalAccuracy"), ("Precison", "Precision"),
    ])
    func nearMetrics(name: String, near: String) throws {
        let error = #expect(throws: MartletError.self) { try name.makeMetric(for: [nil, 1], [nil, 1], loss: nil) }
        #expect(error?.message.contains("\"\(near)\"") == true, "\(String(describing: error))")
    }

    /// As Keras 3 writes them: dtype policies, objects with module and registered name, keys that are not ours.
    @Test func kerasForm() throws {
        let policy: JSONValue = ["module": "keras", "class_name": "DTypePolicy", "config": ["name": "float64"]]
        let regularizer: JSONValue = [
            "module": "keras.regularizers", "class_name": "L2", "config": ["l2": 0.1], "registered_name": .null,
        ]
        let layer = try #require(
            try Layer.make(
                className: "Dense",
                config: [
                    "name": "head", "trainable": false, "dtype": policy, "units": 2, "activation": "relu",
                    "kernel_regularizer": regularizer, "bias_initializer": "ones", "quantization_config": .null,
                ]) as? Dense)
        #expect(
            layer.name == "head" && !layer.isTrainable && layer.dtype == .float64 && layer.activation.name == "relu")
        try layer.ensureBuilt(for: [[nil, 3]])
        #expect(layer.bias?.value.scalars(as: Double.self) == [1, 1])
        #expect(layer.trainableWeights.isEmpty)
        layer.isTrainable = true
        #expect(abs(layer.losses[0].item() - 0.1 * layer.kernel.value.square().sum().item()) < 1e-15)
    }

    // MARK: - Losses, metrics, optimizers, schedules

    private typealias Make = @Sendable (JSONValue) throws -> Any
    private static let makers: [(kind: String, make: Make)] = [
        ("loss", { try Loss.make(from: $0) }), ("metric", { try Metric.make(from: $0) }),
        ("optimizer", { try Optimizer.make(from: $0) }), ("schedule", { try ScheduleRegistry.shared.make(from: $0) }),
    ]

    /// The kind of part, its class, its configuration, and the place that the error names, in Keras's words.
    static let badParts: [(String, String, [String: JSONValue], String)] = [
        ("loss", "Huber", ["delta": 0], "Huber.delta"),
        ("loss", "BinaryCrossentropy", ["label_smoothing": 1.5], "BinaryCrossentropy.label_smoothing"),
        ("loss", "CategoricalGeneralizedCrossEntropy", ["q": 1], "CategoricalGeneralizedCrossEntropy.q"),
        ("loss", "Hinge", ["reduction": "product"], "Hinge.reduction"),
        ("metric", "R2Score", ["num_regressors": -1], "R2Score.num_regressors"),
        ("metric", "AUC", ["num_thresholds": 1], "AUC.num_thresholds"),
        ("metric", "AUC", ["thresholds": [0.5, 1.5]], "AUC.thresholds"),
        ("metric", "AUC", ["multi_label": true, "num_labels": 0], "AUC.num_labels"),
        ("metric", "AUC", ["curve": "ROCK"], "AUC.curve"),
        ("metric", "FBetaScore", ["beta": 0], "FBetaScore.beta"),
        ("metric", "FBetaScore", ["threshold": 0], "FBetaScore.threshold"),
        ("metric", "FBetaScore", ["average": "median"], "FBetaScore.average"),
        ("metric", "TruePositives", ["thresholds": [2]], "TruePositives.thresholds"),
        ("metric", "Precision", ["thresholds": -1], "Precision.thresholds"),
        ("metric", "PrecisionAtRecall", ["recall": 2], "PrecisionAtRecall.recall"),
        ("metric", "PrecisionAtRecall", ["recall": 0.5, "num_thresholds": 0], "PrecisionAtRecall.num_thresholds"),
        ("metric", "IoU", ["num_classes": 2, "target_class_ids": [2]], "IoU.target_class_ids"),
        ("metric", "MeanIoU", [:], "MeanIoU.num_classes"),
        ("optimizer", "SGD", ["momentum": 1.5], "SGD.momentum"),
        ("optimizer", "Lion", ["beta_1": 0], "Lion.beta_1"),
        ("optimizer", "Adam", ["clipnorm": 1, "clipvalue": 1], "Optimizer.clipnorm"),
        ("optimizer", "Adam", ["clipnorm": 0], "Optimizer.clipnorm"),
        ("optimizer", "Adam", ["ema_momentum": 2], "Optimizer.ema_momentum"),
        ("optimizer", "Adam", ["ema_overwrite_frequency": -1], "Optimizer.ema_overwrite_frequency"),
        ("optimizer", "Adam", ["gradient_accumulation_steps": 1], "Optimizer.gradient_accumulation_steps"),
        ("optimizer", "Adam", ["loss_scale_factor": 0], "Optimizer.loss_scale_factor"),
        (
            "schedule", "PiecewiseConstantDecay", ["boundaries": [2, 1], "values": [1, 2, 3]],
            "PiecewiseConstantDecay.values"
        ),
    ]

    @Test(arguments: badParts.indices) func partThrowsWithPlace(_ index: Int) throws {
        let (kind, className, config, place) = Self.badParts[index]
        let make = try #require(Self.makers.first { $0.kind == kind }).make
        let error = #expect(throws: MartletError.self) {
            try make(["class_name": .string(className), "config": .object(config)])
        }
        #expect(error?.location == place && error?.message.contains("Expected") == true, "\(error as Any)")
        // Readers of a file know no word of Swift, such as clipNorm.
        #expect(error?.message.firstMatch(of: /\b[a-z]+[A-Z]/) == nil, "\(error as Any)")
    }

    /// In every configuration that Keras wrote, each argument in turn is of a type that no argument has: the error
    /// names it.
    @Test func everyArgumentOfAWrongTypeIsNamed() throws {
        let wrong: JSONValue = [[["no": "argument"]]]
        for object in try Fixture("configurations").cases {
            guard let kind = try? object.string("kind"), let make = Self.makers.first(where: { $0.kind == kind })?.make,
                let part = object["object"], let config = try part["config"]?.object()
            else { continue }
            let className = try part.string("class_name")
            for (key, _) in config {
                var changed = Dictionary(uniqueKeysWithValues: config.map { ($0.key, $0.value) })
                changed[key] = wrong
                let error = #expect(throws: MartletError.self, "\(className).\(key)") {
                    try make(["class_name": .string(className), "config": .object(changed)])
                }
                #expect(error?.location?.contains(".\(key)") == true, "\(className).\(key): \(error as Any)")
            }
        }
    }
}
