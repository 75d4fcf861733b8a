import MartletCore
import MartletFormats

/// Convolution of volumes: `activation(conv(x, kernel) + bias)`.
///
/// Shapes: [batch, depth, height, width, channels] gives [batch, depth', rows, columns, filters]. Weights: `kernel`
/// [depth, height, width, channels / groups, filters], `bias` [filters].
///
/// Source: [`keras.layers.Conv3D`](https://keras.io/api/layers/convolution_layers/convolution3d/).
public final class Conv3D: ConvolutionLayer, ConfigurableLayer, Described {
    /// Makes a layer.
    /// - Parameters:
    ///   - filters: the number of output channels.
    ///   - kernelSize: the window's size: `3` or one for each axis.
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
            rank: 3, filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
            dataFormat: dataFormat, dilationRate: dilationRate, groups: groups,
            activation: activation, useBias: useBias,
            kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(rank: 3, default: Conv3D(1, kernelSize: 1))

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 5, 5, 2]], [[nil, 5, 5, 5, nil]]]
        return [
            LayerSample(
                "valid", Conv3D(2, kernelSize: 2, activation: .tanh, dtype: .float64), [[3, 3, 4, 2]], bad: bad),
            LayerSample(
                "channels first",
                Conv3D(
                    2, kernelSize: [2, 1, 2], strides: 2, padding: .same, dataFormat: .channelsFirst, useBias: false,
                    dtype: .float64), [[2, 3, 2, 3]]),
        ]
    }
}
