import Martlet

/// The models of the workloads: stacks of layers. Image networks are in `ImageModels.swift`.
enum Models {
    static func mlp() -> Model {
        Sequential([
            InputLayer([28, 28, 1]), Flatten(), Dense(128, activation: .relu), Dropout(0.2),
            Dense(10, activation: .softmax, dtype: .float32),
        ])
    }

    static func cnn() -> Model {
        Sequential([
            InputLayer([28, 28, 1]), Conv2D(32, kernelSize: 3, activation: .relu), MaxPooling2D(),
            Conv2D(64, kernelSize: 3, activation: .relu), MaxPooling2D(), Flatten(),
            Dense(128, activation: .relu), Dropout(0.5), Dense(10, activation: .softmax, dtype: .float32),
        ])
    }

    static func tabular() -> Model {
        Sequential([
            InputLayer([20]), Dense(128, activation: .relu), BatchNormalization(), Dropout(0.3),
            Dense(64, activation: .relu), BatchNormalization(), Dropout(0.2), Dense(1, activation: .sigmoid, dtype: .float32),
        ])
    }

    static func wide() -> Model {
        Sequential([
            InputLayer([1024]), Dense(4096, activation: .relu), Dense(4096, activation: .relu),
            Dense(10, activation: .softmax, dtype: .float32),
        ])
    }

    /// An embedding of tokens, a recurrent layer, and one unit on its last output.
    static func recurrent(_ layer: Layer) -> Model {
        Sequential([InputLayer([100]), Embedding(10_000, 64), layer, Dense(1, activation: .sigmoid, dtype: .float32)])
    }
    static func autoencoder() -> Model {
        Sequential([
            InputLayer([784]), Dense(256, activation: .relu), Dense(32, activation: .relu),
            Dense(256, activation: .relu), Dense(784, activation: .sigmoid, dtype: .float32),
        ])
    }
}
