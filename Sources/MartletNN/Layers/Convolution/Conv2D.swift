import MartletCore
import MartletFormats

/// Convolution of images: `activation(conv(x, kernel) + bias)`.
///
/// Shapes: [batch, height, width, channels] gives [batch, rows, columns, filters]. Weights: `kernel`
/// [height, width, channels / groups, filters], `bias` [filters].
///
/// Source: [`keras.layers.Conv2D`](https://keras.io/api/layers/convolution_layers/convolution2d/).
public final class Conv2D: ConvolutionLayer, ConfigurableLayer, Described {
    /// Makes a layer.
    /// - Parameters:
    ///   - filters: the number of output channels.
    ///   - kernelSize: the window's height and width: `3` or `[3, 5]`.
    ///   - strides: the steps of the window.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows.
    ///   - dataFormat: where the channels lie.
    ///   - dilationRate: the distances between the window's elements; not together with strides.
    ///   - groups: into how many parts the channels are cut that do not see each other; divides both channel counts.
    ///   - activation: what is applied to the output; nothing when nil.
    ///   - activityRegularizer: adds a penalty on the output to the loss.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, groups: Int = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        super.init(
            rank: 2, filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
            dataFormat: dataFormat, dilationRate: dilationRate, groups: groups,
            activation: activation, useBias: useBias,
            kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(rank: 2, default: Conv2D(1, kernelSize: 1))

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 5, 5]], [[nil, 5, 5, nil]]]
        return [
            LayerSample(
                "3x3 relu", Conv2D(3, kernelSize: 3, activation: .relu, dtype: .float64), [[5, 4, 2]],
                bad: bad + [[[nil, 2, 4, 2]]]),
            LayerSample(
                "strides, same, tanh",
                Conv2D(2, kernelSize: [3, 2], strides: [2, 1], padding: .same, activation: .tanh, dtype: .float64),
                [[5, 4, 2]], bad: bad),
            LayerSample(
                "dilation, no bias",
                Conv2D(2, kernelSize: [2, 3], dilationRate: [1, 2], useBias: false, dtype: .float64),
                [[4, 6, 1]], bad: bad + [[[nil, 4, 4, 1]]]),
            LayerSample(
                "channels first",
                Conv2D(3, kernelSize: 2, strides: 2, padding: .same, dataFormat: .channelsFirst, dtype: .float64),
                [[2, 5, 4]]),
            LayerSample(
                "groups", Conv2D(4, kernelSize: 2, groups: 2, kernelRegularizer: .l2(), dtype: .float64), [[3, 3, 4]],
                bad: bad + [[[nil, 3, 3, 3]]]),
        ]
    }
}
