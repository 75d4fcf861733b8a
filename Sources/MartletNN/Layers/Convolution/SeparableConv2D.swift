import MartletCore

/// Separable convolution of images: each channel by kernels of its own, then all channels of a place together:
/// `activation(conv(depthwiseConv(x, depthwiseKernel), pointwiseKernel) + bias)`.
///
/// Shapes: [batch, height, width, channels] gives [batch, rows, columns, filters]. Weights: `depthwise_kernel`
/// [height, width, channels, depthMultiplier], `pointwise_kernel` [1, 1, channels * depthMultiplier, filters], `bias`
/// [filters].
///
/// Source: [`keras.layers.SeparableConv2D`](https://keras.io/api/layers/convolution_layers/separable_convolution2d/).
public final class SeparableConv2D: SeparableConvolutionLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - filters: the number of output channels.
    ///   - kernelSize: the window's height and width: `3` or `[3, 5]`.
    ///   - strides: the steps of the window.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows.
    ///   - dataFormat: where the channels lie.
    ///   - dilationRate: the distances between the window's elements.
    ///   - depthMultiplier: the number of kernels of each channel.
    ///   - activation: what is applied to the output; nothing when nil.
    ///   - activityRegularizer: adds a penalty on the output to the loss.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, depthMultiplier: Int = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true,
        depthwiseInitializer: any Initializer = .glorotUniform, pointwiseInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, depthwiseRegularizer: (any Regularizer)? = nil,
        pointwiseRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, depthwiseConstraint: (any Constraint)? = nil,
        pointwiseConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil
    ) {
        super.init(
            rank: 2, filters: filters,
            pointwise: WeightRole("pointwise", pointwiseInitializer, pointwiseRegularizer, pointwiseConstraint),
            Options(
                kernelSize: kernelSize, strides: strides, padding: padding, depthMultiplier: depthMultiplier,
                dataFormat: dataFormat, dilationRate: dilationRate, activation: activation, useBias: useBias,
                depthwise: WeightRole("depthwise", depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint),
                bias: WeightRole("bias", biasInitializer, biasRegularizer, biasConstraint),
                activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype))
    }

    public init(config: Configuration) throws { try super.init(rank: 2, config: config) }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "softplus", SeparableConv2D(3, kernelSize: 3, activation: .softplus, dtype: .float64), [[5, 4, 2]],
                bad: [[[nil, 5, 5]], [[nil, 5, 5, nil]], [[nil, 2, 4, 2]]]),
            LayerSample(
                "multiplier, same, strides",
                SeparableConv2D(
                    4, kernelSize: 2, strides: 2, padding: .same, depthMultiplier: 2, pointwiseRegularizer: .l2(),
                    dtype: .float64), [[5, 4, 2]]),
            LayerSample(
                "dilated, channels first",
                SeparableConv2D(
                    2, kernelSize: 2, dataFormat: .channelsFirst, dilationRate: 2, useBias: false, dtype: .float64),
                [[2, 5, 4]]),
        ]
    }
}
