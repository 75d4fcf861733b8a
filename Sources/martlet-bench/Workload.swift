import Martlet

/// A training step or a prediction to time: the model, data and optimizer on which the frameworks are compared.
struct Workload: Sendable {
    var name: String
    let batch: Int
    let samples: Samples
    let labels: Labels
    /// The required number of trainable parameters, so that no other model is timed.
    let parameters: Int
    /// The number of untimed steps, all on the first batch.
    var warmUp = 50
    let makeModel: @Sendable () -> Model
    var makeOptimizer: @Sendable () -> Optimizer = { Adam() }
    /// The policy of all layers but the last one, whose softmax or sigmoid is float32.
    var policy = DTypePolicy.float32
    /// Whether a prediction is of the model with weights of 8 bits.
    var isQuantized = false
    /// Changes the compiled model before its first step.
    var prepare: @Sendable (Model) -> Void = { _ in }

    func compiledModel() throws -> Model {
        let model = try withDTypePolicy(policy) { makeModel() }
        let loss: any LossConvertible
        switch labels {
        case .classes: loss = .sparseCategoricalCrossentropy()
        case .binary, .brightPixels: loss = .binaryCrossentropy()
        case .input: loss = .meanSquaredError()
        }
        let metrics: [any MetricConvertible] = if case .input = labels { [] } else { [.accuracy] }
        try model.compile(optimizer: makeOptimizer(), loss: loss, metrics: metrics)
        prepare(model)
        return model
    }

    /// The number of trainable parameters of the built model.
    /// - Throws: `MartletError` when it differs from the workload's definition.
    func countParameters(of model: Model) throws -> Int {
        let count = model.trainableVariables.reduce(0) { $0 + $1.shape.elementCount }
        guard count == parameters else {
            throw MartletError("Expected \(parameters) trainable parameters. Received: \(count).", at: name)
        }
        return count
    }

    static let training = float32 + [
        "mlp_wide_b256", "cnn_mnist_b128", "lstm_b32", "resnet20_cifar_b64", "transformer_b16", "resnet50_b8", "bert_mini_b16",
    ].map { name in
        var workload = float32.first { $0.name == name }!
        (workload.name, workload.policy) = (name + "_bf16", .mixedBfloat16)
        return workload
    }

    private static let float32: [Workload] = [
        mlp("mlp_mnist_b32", batch: 32), mlp("mlp_mnist_b128", batch: 128), denormal,
        cnn("cnn_mnist_b32", batch: 32), cnn("cnn_mnist_b128", batch: 128),
        Workload(
            name: "tabular_b32", batch: 32, samples: .features([20]), labels: .binary, parameters: 11_393,
            makeModel: { Models.tabular() }, makeOptimizer: { Adam(clipNorm: 1) }),
        Workload(
            name: "mlp_wide_b256", batch: 256, samples: .features([1024]), labels: .classes(10), parameters: 21_020_682,
            makeModel: { Models.wide() }, makeOptimizer: { SGD(learningRate: 0.01, momentum: 0.9) }),
        Workload(
            name: "lstm_b32", batch: 32, samples: .tokens(100, below: 10_000), labels: .binary, parameters: 673_089,
            makeModel: { Models.recurrent(LSTM(64)) }),
        Workload(
            name: "gru_b32", batch: 32, samples: .tokens(100, below: 10_000), labels: .binary, parameters: 665_025,
            makeModel: { Models.recurrent(GRU(64)) }),
        Workload(
            name: "resnet20_cifar_b64", batch: 64, samples: .features([32, 32, 3]), labels: .classes(10),
            parameters: 272_474, makeModel: { Models.resnet20() },
            makeOptimizer: { SGD(learningRate: 0.1, momentum: 0.9) }),
        Workload(
            name: "transformer_b16", batch: 16, samples: .tokens(128, below: 8000), labels: .classes(2),
            parameters: 1_437_442, makeModel: { Transformer() }, makeOptimizer: { AdamW(weightDecay: 0.01) }),
        resnet50("resnet50_b8", batch: 8),
        Workload(
            name: "mobilenetv2_b32", batch: 32, samples: .features([96, 96, 3]), labels: .classes(10),
            parameters: 2_236_682, warmUp: 10, makeModel: { Models.mobilenetV2() }),
        Workload(
            name: "unet_b8", batch: 8, samples: .features([64, 64, 3]), labels: .brightPixels, parameters: 482_033,
            makeModel: { Models.unet() }),
        bert("bert_mini_b16", batch: 16),
        Workload(
            name: "recsys_b1024", batch: 1024, samples: .ids(8, below: 100_000, numbers: 13), labels: .binary,
            parameters: 25_702_145, makeModel: { Recommender() }),
        Workload(
            name: "autoencoder_b256", batch: 256, samples: .features([784]), labels: .input, parameters: 419_120,
            makeModel: { Models.autoencoder() }),
    ]

    /// The forward pass alone.
    static let prediction: [Workload] = predictions + ["predict_bert_mini_b1", "predict_bert_mini_b32"].map { name in
        var workload = predictions.first { $0.name == name }!
        (workload.name, workload.isQuantized) = (name + "_int8", true)
        return workload
    }

    private static let predictions: [Workload] = [
        cnn("predict_cnn_b1", batch: 1), cnn("predict_cnn_b256", batch: 256), mlp("predict_mlp_b1", batch: 1),
        resnet50("predict_resnet50_b1", batch: 1), bert("predict_bert_mini_b1", batch: 1),
        bert("predict_bert_mini_b32", batch: 32),
    ]

    static func mlp(_ name: String, batch: Int) -> Workload {
        Workload(
            name: name, batch: batch, samples: .features([28, 28, 1]), labels: .classes(10), parameters: 101_770,
            makeModel: { Models.mlp() })
    }

    static func cnn(_ name: String, batch: Int) -> Workload {
        Workload(
            name: name, batch: batch, samples: .features([28, 28, 1]), labels: .classes(10), parameters: 225_034,
            makeModel: { Models.cnn() })
    }

    private static func resnet50(_ name: String, batch: Int) -> Workload {
        // The rate is scaled from 0.1 for batches of 256: with 0.1 itself the loss rises at first.
        Workload(
            name: name, batch: batch, samples: .features([224, 224, 3]), labels: .classes(1000), parameters: 25_557_032,
            warmUp: 10, makeModel: { Models.resnet50() }, makeOptimizer: { SGD(learningRate: 0.003, momentum: 0.9) })
    }

    private static func bert(_ name: String, batch: Int) -> Workload {
        Workload(
            name: name, batch: batch, samples: .paddedTokens(128, below: 30_522, leastLength: 32), labels: .classes(2),
            parameters: 11_072_258, makeModel: { MiniBERT() }, makeOptimizer: { AdamW(weightDecay: 0.01) })
    }
}
