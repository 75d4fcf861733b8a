import Martlet

/// A training step that is timed: the model, the data and the optimizer that the frameworks are compared on.
struct Workload: Sendable {
    let name: String
    let batch: Int
    /// The shape of one sample.
    let shape: [Int]
    /// 1 is one sigmoid unit with binary cross-entropy.
    let classes: Int
    /// Samples are tokens below it; 0 makes them features.
    var vocabulary = 0
    let makeModel: @Sendable () -> Model
    let makeOptimizer: @Sendable () -> Optimizer

    /// Batches that differ, cycled through: enough that no step meets its own data in the cache.
    static let batchCount = 8

    /// Synthetic data: features uniform in [0, 1), tokens uniform below the vocabulary, labels uniform over the classes.
    func batches() -> [TensorDataset.Batch] {
        let generator = RandomGenerator(seed: 0)
        return (0..<Self.batchCount).map { _ in
            let size = Shape([batch] + shape)
            let x = vocabulary > 0
                ? generator.integers(size, in: 0..<vocabulary, dtype: .int32)
                : generator.uniform(size, in: 0..<1, dtype: .float32)
            let y = generator.integers([batch], in: 0..<max(classes, 2))
            return TensorDataset.Batch(
                inputs: [x], targets: [classes == 1 ? y.cast(to: .float32).reshaped(to: [batch, 1]) : y])
        }
    }

    func compiledModel() throws -> Model {
        let model = makeModel()
        let loss: any LossConvertible = classes == 1 ? .binaryCrossentropy() : .sparseCategoricalCrossentropy()
        try model.compile(optimizer: makeOptimizer(), loss: loss, metrics: [.accuracy])
        return model
    }

    static let training: [Workload] = [
        mlp(batch: 32), mlp(batch: 128), cnn("cnn_mnist", batch: 32), cnn("cnn_mnist", batch: 128),
        Workload(
            name: "tabular_b32", batch: 32, shape: [20], classes: 1, makeModel: { Models.tabular() },
            makeOptimizer: { Adam(clipNorm: 1) }),
        Workload(
            name: "mlp_wide_b256", batch: 256, shape: [1024], classes: 10, makeModel: { Models.wide() },
            makeOptimizer: { SGD(learningRate: 0.01, momentum: 0.9) }),
        Workload(
            name: "lstm_b32", batch: 32, shape: [100], classes: 1, vocabulary: 10_000,
            makeModel: { Models.recurrent(LSTM(64)) }, makeOptimizer: { Adam() }),
        Workload(
            name: "gru_b32", batch: 32, shape: [100], classes: 1, vocabulary: 10_000,
            makeModel: { Models.recurrent(GRU(64)) }, makeOptimizer: { Adam() }),
        Workload(
            name: "resnet20_cifar_b64", batch: 64, shape: [32, 32, 3], classes: 10, makeModel: { Models.resnet20() },
            makeOptimizer: { SGD(learningRate: 0.1, momentum: 0.9) }),
        Workload(
            name: "transformer_b16", batch: 16, shape: [128], classes: 2, vocabulary: 8000,
            makeModel: { Transformer() }, makeOptimizer: { AdamW(weightDecay: 0.01) }),
    ]

    /// The forward pass alone.
    static let prediction: [Workload] = [cnn("predict_cnn", batch: 1), cnn("predict_cnn", batch: 256)]

    private static func mlp(batch: Int) -> Workload {
        Workload(
            name: "mlp_mnist_b\(batch)", batch: batch, shape: [28, 28, 1], classes: 10, makeModel: { Models.mlp() },
            makeOptimizer: { Adam() })
    }

    private static func cnn(_ name: String, batch: Int) -> Workload {
        Workload(
            name: "\(name)_b\(batch)", batch: batch, shape: [28, 28, 1], classes: 10, makeModel: { Models.cnn() },
            makeOptimizer: { Adam() })
    }
}
