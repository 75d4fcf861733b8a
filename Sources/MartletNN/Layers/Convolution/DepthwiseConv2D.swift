import MartletCore

/// Convolution of images, each channel by kernels of its own: `activation(depthwiseConv(x, kernel) + bias)`.
///
/// Shapes: [batch, height, width, channels] gives [batch, rows, columns, channels * depthMultiplier]; the results of a
/// channel lie next to each other. Weights: `kernel` [height, width, channels, depthMultiplier], `bias`
/// [channels * depthMultiplier].
///
/// Source: [`keras.layers.DepthwiseConv2D`](https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/).
public final class DepthwiseConv2D: DepthwiseConvolutionLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - kernelSize: the window's height and width: `3` or `[3, 5]`.
    ///   - strides: the steps of the window.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows.
    ///   - depthMultiplier: the number of kernels of each channel.
    ///   - dataFormat: where the channels lie.
    ///   - dilationRate: the distances between the window's elements.
    ///   - activation: what is applied to the output; nothing when nil.
    ///   - activityRegularizer: adds a penalty on the output to the loss.
    public init(
        kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid, depthMultiplier: Int = 1,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, activation: ActivationFunction? = nil,
        useBias: Bool = true, depthwiseInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, depthwiseRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        depthwiseConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil
    ) {
        super.init(
            rank: 2,
            Options(
                kernelSize: kernelSize, strides: strides, padding: padding, depthMultiplier: depthMultiplier,
                dataFormat: dataFormat, dilationRate: dilationRate, activation: activation, useBias: useBias,
                depthwise: WeightRole("depthwise", depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint),
                bias: WeightRole("bias", biasInitializer, biasRegularizer, biasConstraint),
                activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype))
    }

    public init(config: Configuration) throws { try super.init(rank: 2, Options(config)) }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "relu", DepthwiseConv2D(kernelSize: 3, activation: .relu, dtype: .float64), [[5, 4, 2]],
                bad: [[[nil, 5, 5]], [[nil, 5, 5, nil]], [[nil, 2, 4, 2]]]),
            LayerSample(
                "multiplier, same, strides",
                DepthwiseConv2D(
                    kernelSize: 2, strides: 2, padding: .same, depthMultiplier: 3, depthwiseRegularizer: .l2(),
                    dtype: .float64), [[5, 4, 2]]),
            LayerSample(
                "dilated, channels first",
                DepthwiseConv2D(
                    kernelSize: 2, dataFormat: .channelsFirst, dilationRate: 2, useBias: false, dtype: .float64),
                [[2, 5, 4]]),
        ]
    }
}
