import Martlet

/// A training step that is timed: the model, the data and the optimizer that the frameworks are compared on.
struct Workload: Sendable {
    let name: String
    let batch: Int
    /// The shape of one sample.
    let shape: [Int]
    /// 1 is one sigmoid unit with binary cross-entropy.
    let classes: Int
    let makeModel: @Sendable () -> Model
    let makeOptimizer: @Sendable () -> Optimizer

    /// Batches that differ, cycled through: enough that no step meets its own data in the cache.
    static let batchCount = 8

    /// Synthetic data: features uniform in [0, 1), labels uniform over the classes.
    func batches() -> [TensorDataset.Batch] {
        let generator = RandomGenerator(seed: 0)
        return (0..<Self.batchCount).map { _ in
            let x = generator.uniform(Shape([batch] + shape), in: 0..<1, dtype: .float32)
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
            name: "resnet20_cifar_b64", batch: 64, shape: [32, 32, 3], classes: 10, makeModel: { Models.resnet20() },
            makeOptimizer: { SGD(learningRate: 0.1, momentum: 0.9) }),
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

/// The models of the workloads.
enum Models {
    static func mlp() -> Model {
        Sequential([
            InputLayer([28, 28, 1]), Flatten(), Dense(128, activation: .relu), Dropout(0.2),
            Dense(10, activation: .softmax),
        ])
    }

    static func cnn() -> Model {
        Sequential([
            InputLayer([28, 28, 1]), Conv2D(32, kernelSize: 3, activation: .relu), MaxPooling2D(),
            Conv2D(64, kernelSize: 3, activation: .relu), MaxPooling2D(), Flatten(),
            Dense(128, activation: .relu), Dropout(0.5), Dense(10, activation: .softmax),
        ])
    }

    static func tabular() -> Model {
        Sequential([
            InputLayer([20]), Dense(128, activation: .relu), BatchNormalization(), Dropout(0.3),
            Dense(64, activation: .relu), BatchNormalization(), Dropout(0.2), Dense(1, activation: .sigmoid),
        ])
    }

    static func wide() -> Model {
        Sequential([
            InputLayer([1024]), Dense(4096, activation: .relu), Dense(4096, activation: .relu),
            Dense(10, activation: .softmax),
        ])
    }

    /// Three stages of three residual blocks with 16, 32 and 64 channels.
    static func resnet20() -> Model {
        func normalized(_ x: SymbolicTensor, _ filters: Int, size: Int = 3, strides: Int = 1) -> SymbolicTensor {
            let conv = Conv2D(
                filters, kernelSize: size, strides: strides, padding: .same, useBias: false,
                kernelRegularizer: .l2(5e-5))
            return BatchNormalization(momentum: 0.9, epsilon: 1e-5)(conv(x))
        }
        let input = Input([32, 32, 3])
        var x = Activation(.relu)(normalized(input, 16))
        for (stage, filters) in [16, 32, 64].enumerated() {
            for block in 0..<3 {
                let isShrinking = stage > 0 && block == 0
                let strides = isShrinking ? 2 : 1
                let inner = Activation(.relu)(normalized(x, filters, strides: strides))
                let shortcut = isShrinking ? normalized(x, filters, size: 1, strides: 2) : x
                x = Activation(.relu)(Add()([normalized(inner, filters), shortcut]))
            }
        }
        let output = Dense(10, activation: .softmax, kernelRegularizer: .l2(5e-5))(GlobalAveragePooling2D()(x))
        return Model(inputs: input, outputs: output)
    }
}
