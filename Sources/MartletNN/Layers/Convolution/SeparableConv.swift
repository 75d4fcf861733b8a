import MartletCore

/// Separable convolution of sequences: [batch, steps, channels] gives [batch, steps', filters].
///
/// Source: [`keras.layers.SeparableConv1D`](https://keras.io/api/layers/convolution_layers/separable_convolution1d/).
public typealias SeparableConv1D = SeparableConv<Spatial1D>
/// Separable convolution of images: [batch, height, width, channels] gives [batch, rows, columns, filters].
///
/// Source: [`keras.layers.SeparableConv2D`](https://keras.io/api/layers/convolution_layers/separable_convolution2d/).
public typealias SeparableConv2D = SeparableConv<Spatial2D>

/// Separable convolution: each channel by kernels of its own, then all channels of a place together:
/// `activation(conv(depthwiseConv(x, depthwiseKernel), pointwiseKernel) + bias)`. ``SeparableConv1D`` and
/// ``SeparableConv2D``.
///
/// Weights: `depthwise_kernel` [window..., channels, depthMultiplier], `pointwise_kernel`
/// [1..., channels * depthMultiplier, filters], `bias` [filters].
public final class SeparableConv<Rank: PlanarRank>: DepthwiseConvolutionLayer<Rank>, ConfigurableLayer, Described {
    /// The number of output channels.
    public private(set) var filters: Int
    /// [1..., channels * depthMultiplier, filters]; nil until the layer is built.
    public private(set) var pointwiseKernel: Variable!

    private var pointwiseOptions: WeightOptions

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, depthMultiplier: Int = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true,
        depthwiseInitializer: any Initializer = .glorotUniform, pointwiseInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, depthwiseRegularizer: (any Regularizer)? = nil,
        pointwiseRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, depthwiseConstraint: (any Constraint)? = nil,
        pointwiseConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.filters = filters
        pointwiseOptions = WeightOptions(pointwiseInitializer, pointwiseRegularizer, pointwiseConstraint)
        super.init(
            depthMultiplier: depthMultiplier,
            depthwise: WeightOptions(depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint),
            kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, activation: activation, useBias: useBias,
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static var arguments: Arguments<SeparableConv> {
        Arguments(default: SeparableConv(1, kernelSize: 1)) {
            describeDepthwise(&$0)
            $0("filters", \.filters, required: true, .atLeast(1))
            $0.weight("pointwise", \.pointwiseOptions)
        }
    }

    override class var typeName: String { "SeparableConv\(Rank.axes)D" }
    override class var kernelName: String { "depthwise_kernel" }

    override func outputChannels(of channels: Int) -> Int { filters }

    override func addKernels(for channels: Int) {
        super.addKernels(for: channels)
        let places = [Int](repeating: 1, count: Rank.axes)
        pointwiseKernel = addWeight(
            "pointwise_kernel", shape: Shape(places + [channels * depthMultiplier, filters]), pointwiseOptions)
    }

    override func convolve(_ x: Tensor) -> Tensor {
        let channels = convolveDepthwise(x, bias: nil)
        return activation.apply {
            convLayer(channels, pointwiseKernel.value, bias: bias?.value, activation: $0)
        }
    }

    package static var samples: [LayerSample] {
        samples("softplus", SeparableConv(3, kernelSize: 3, activation: .softplus, dtype: .float64)) + [
            LayerSample(
                "multiplier, same, strides",
                SeparableConv(
                    4, kernelSize: 2, strides: 2, padding: .same, depthMultiplier: 2, pointwiseRegularizer: .l2(),
                    dtype: .float64), [.init(sampleSizes + [2])]),
            LayerSample(
                "dilated, channels first",
                SeparableConv(
                    2, kernelSize: 2, dataFormat: .channelsFirst, dilationRate: 2, useBias: false, dtype: .float64),
                [.init([2] + sampleSizes)]),
        ]
    }
}
