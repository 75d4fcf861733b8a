import MartletCore
import MartletFormats

/// Convolution of sequences: `activation(conv(x, kernel) + bias)`.
///
/// Shapes: [batch, steps, channels] gives [batch, steps', filters]. Weights: `kernel`
/// [length, channels / groups, filters], `bias` [filters].
///
/// Source: [`keras.layers.Conv1D`](https://keras.io/api/layers/convolution_layers/convolution1d/).
public final class Conv1D: ConvolutionLayer, ConfigurableLayer, Described {
    /// Makes a layer.
    /// - Parameters:
    ///   - filters: the number of output channels.
    ///   - kernelSize: the window's size: `3`.
    ///   - strides: the steps of the window.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows, `.causal` for windows that see no
    ///     later step.
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
            rank: 1, filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
            dataFormat: dataFormat, dilationRate: dilationRate, groups: groups,
            activation: activation, useBias: useBias,
            kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(rank: 1, default: Conv1D(1, kernelSize: 1))

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 5]], [[nil, 5, nil]]]
        return [
            LayerSample("relu", Conv1D(3, kernelSize: 3, activation: .relu, dtype: .float64), [[6, 2]],
                bad: bad + [[[nil, 2, 2]]]),
            LayerSample(
                "causal", Conv1D(2, kernelSize: 3, padding: .causal, dilationRate: 2, dtype: .float64), [[6, 2]],
                bad: bad),
            LayerSample(
                "channels first",
                Conv1D(
                    4, kernelSize: 2, strides: 2, padding: .same, dataFormat: .channelsFirst, groups: 2, dtype: .float64
                ),
                [[2, 5]]),
        ]
    }
}
