import Martlet

extension Models {
    /// Three stages of three residual blocks with 16, 32 and 64 channels.
    static func resnet20() -> Model {
        let conv = NormalizedConvolution.ofResidualNetwork
        let input = Input([32, 32, 3])
        var x = Activation(.relu)(conv(input, 16, size: 3))
        for (stage, filters) in [16, 32, 64].enumerated() {
            for block in 0..<3 {
                let isShrinking = stage > 0 && block == 0
                let strides = isShrinking ? 2 : 1
                let inner = Activation(.relu)(conv(x, filters, size: 3, strides: strides))
                let shortcut = isShrinking ? conv(x, filters, size: 1, strides: 2) : x
                x = Activation(.relu)(Add()([conv(inner, filters, size: 3), shortcut]))
            }
        }
        let output = Dense(10, activation: .softmax, kernelRegularizer: .l2(5e-5), dtype: .float32)(GlobalAveragePooling2D()(x))
        return Model(inputs: input, outputs: output)
    }

    /// Version 1: four stages of bottleneck blocks, which reduce the size in their first convolution.
    static func resnet50() -> Model {
        let conv = NormalizedConvolution.ofResidualNetwork
        let input = Input([224, 224, 3])
        var x = Activation(.relu)(conv(input, 64, size: 7, strides: 2))
        x = MaxPooling2D(poolSize: 3, strides: 2, padding: .same)(x)
        for (stage, count) in [3, 4, 6, 3].enumerated() {
            let width = 64 << stage
            for block in 0..<count {
                let strides = stage > 0 && block == 0 ? 2 : 1
                var inner = Activation(.relu)(conv(x, width, size: 1, strides: strides))
                inner = Activation(.relu)(conv(inner, width, size: 3))
                let shortcut = block == 0 ? conv(x, 4 * width, size: 1, strides: strides) : x
                x = Activation(.relu)(Add()([conv(inner, 4 * width, size: 1), shortcut]))
            }
        }
        let output = Dense(1000, activation: .softmax, kernelRegularizer: .l2(5e-5), dtype: .float32)(GlobalAveragePooling2D()(x))
        return Model(inputs: input, outputs: output)
    }

    /// Width 1: blocks that expand the channels, filter each channel separately, and project them again.
    static func mobilenetV2() -> Model {
        let conv = NormalizedConvolution(momentum: 0.99, epsilon: 1e-3)
        func relu6(_ x: SymbolicTensor) -> SymbolicTensor { Activation(.relu6)(x) }
        let input = Input([96, 96, 3])
        var x = relu6(conv(input, 32, size: 3, strides: 2))
        var channels = 32
        let groups: [(factor: Int, filters: Int, count: Int, strides: Int)] = [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ]
        for group in groups {
            for block in 0..<group.count {
                let strides = block == 0 ? group.strides : 1
                let wide = group.factor == 1 ? x : relu6(conv(x, group.factor * channels, size: 1))
                let narrow = conv(relu6(conv.depthwise(wide, strides: strides)), group.filters, size: 1)
                x = strides == 1 && channels == group.filters ? Add()([narrow, x]) : narrow
                channels = group.filters
            }
        }
        let pooled = GlobalAveragePooling2D()(relu6(conv(x, 1280, size: 1)))
        return Model(inputs: input, outputs: Dense(10, activation: .softmax, dtype: .float32)(pooled))
    }

    /// Three levels down and up, with skip connections, and one output for each pixel.
    static func unet() -> Model {
        func double(_ x: SymbolicTensor, _ filters: Int) -> SymbolicTensor {
            (0..<2).reduce(x) { x, _ in Conv2D(filters, kernelSize: 3, padding: .same, activation: .relu)(x) }
        }
        let input = Input([64, 64, 3])
        var x = input
        var skips: [SymbolicTensor] = []
        for filters in [16, 32, 64] {
            skips.append(double(x, filters))
            x = MaxPooling2D()(skips.last!)
        }
        x = double(x, 128)
        for filters in [64, 32, 16] {
            let up = Conv2DTranspose(filters, kernelSize: 2, strides: 2)(x)
            x = double(Concatenate()([skips.removeLast(), up]), filters)
        }
        return Model(inputs: input, outputs: Conv2D(1, kernelSize: 1, activation: .sigmoid, dtype: .float32)(x))
    }
}

/// Adds a convolution without bias and a batch normalization to a graph.
private struct NormalizedConvolution {
    var momentum: Double
    var epsilon: Double
    var regularizer: (any Regularizer)?

    static let ofResidualNetwork = NormalizedConvolution(momentum: 0.9, epsilon: 1e-5, regularizer: .l2(5e-5))

    func callAsFunction(_ x: SymbolicTensor, _ filters: Int, size: Int, strides: Int = 1) -> SymbolicTensor {
        let conv = Conv2D(
            filters, kernelSize: size, strides: strides, padding: .same, useBias: false, kernelRegularizer: regularizer)
        return BatchNormalization(momentum: momentum, epsilon: epsilon)(conv(x))
    }

    func depthwise(_ x: SymbolicTensor, strides: Int) -> SymbolicTensor {
        let conv = DepthwiseConv2D(kernelSize: 3, strides: strides, padding: .same, useBias: false)
        return BatchNormalization(momentum: momentum, epsilon: epsilon)(conv(x))
    }
}
