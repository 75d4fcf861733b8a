import MartletCore
import MartletFormats

/// Transposed convolution over one spatial axis: the adjoint of `Conv1D`, which makes
/// it longer by its strides.
///
/// Shapes: [batch, steps, channels] gives [batch, steps', filters]. Weights: `kernel`
/// [window..., filters, channels], `bias` [filters].
///
/// Source: [`keras.layers.Conv1DTranspose`](https://keras.io/api/layers/convolution_layers/convolution1d_transpose/).
public final class Conv1DTranspose: TransposedConvolutionLayer, ConfigurableLayer, Described {
    /// Makes a layer.
    /// - Parameters:
    ///   - filters: the number of output channels.
    ///   - kernelSize: the window's size.
    ///   - strides: how far the windows lie apart that each element is spread over.
    ///   - outputPadding: elements added to the end of each spatial axis; nil gives `size * stride` with `.same`.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        outputPadding: (any PerAxis)? = nil, dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        super.init(
            rank: 1, filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
            outputPadding: outputPadding, dataFormat: dataFormat, dilationRate: dilationRate, activation: activation,
            useBias: useBias,
            kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(rank: 1, default: Conv1DTranspose(1, kernelSize: 1))

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "valid", Conv1DTranspose(3, kernelSize: 3, strides: 2, activation: .tanh, dtype: .float64), [[4, 2]],
                bad: [[[nil, 3]]]),
            LayerSample(
                "same, channels first",
                Conv1DTranspose(2, kernelSize: 2, strides: 2, padding: .same, dataFormat: .channelsFirst, dtype: .float64),
                [[2, 4]]),
            LayerSample(
                "output padding",
                Conv1DTranspose(
                    2, kernelSize: 3, strides: 2, padding: .same, outputPadding: 1, useBias: false, dtype: .float64),
                [[4, 2]]),
        ]
    }
}
