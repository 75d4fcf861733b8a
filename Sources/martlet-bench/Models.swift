import Martlet

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

    /// Tokens to rows, a recurrent layer over them, and one unit that reads its last output.
    static func recurrent(_ layer: Layer) -> Model {
        Sequential([InputLayer([100]), Embedding(10_000, 64), layer, Dense(1, activation: .sigmoid)])
    }
}
