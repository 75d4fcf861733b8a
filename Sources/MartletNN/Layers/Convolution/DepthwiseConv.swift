import MartletCore

/// Convolution of each channel of sequences: [batch, steps, channels] gives [batch, steps', channels * depthMultiplier].
///
/// Source: [`keras.layers.DepthwiseConv1D`](https://keras.io/api/layers/convolution_layers/depthwise_convolution1d/).
public typealias DepthwiseConv1D = DepthwiseConv<Spatial1D>
/// Convolution of each channel of images: [batch, height, width, channels] gives [batch, rows, columns,
/// channels * depthMultiplier].
///
/// Source: [`keras.layers.DepthwiseConv2D`](https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/).
public typealias DepthwiseConv2D = DepthwiseConv<Spatial2D>

/// Convolution of each channel by kernels of its own: `activation(depthwiseConv(x, kernel) + bias)`. The results of a
/// channel lie next to each other. ``DepthwiseConv1D`` and ``DepthwiseConv2D``.
///
/// Weights: `kernel` [window..., channels, depthMultiplier], `bias` [channels * depthMultiplier].
public final class DepthwiseConv<Rank: PlanarRank>: DepthwiseConvolutionLayer<Rank>, ConfigurableLayer, Described {
    /// Makes a layer. The properties describe the arguments.
    public init(
        kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid, depthMultiplier: Int = 1,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, activation: ActivationFunction? = nil,
        useBias: Bool = true, depthwiseInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, depthwiseRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        depthwiseConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            depthMultiplier: depthMultiplier,
            depthwise: WeightOptions(depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint),
            kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, activation: activation, useBias: useBias,
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static var arguments: Arguments<DepthwiseConv> {
        Arguments(default: DepthwiseConv(kernelSize: 1)) { describeDepthwise(&$0) }
    }

    override class var typeName: String { "DepthwiseConv\(Rank.axes)D" }

    package static var samples: [LayerSample] {
        samples("relu", DepthwiseConv(kernelSize: 3, activation: .relu, dtype: .float64)) + [
            LayerSample(
                "multiplier, same, strides",
                DepthwiseConv(
                    kernelSize: 2, strides: 2, padding: .same, depthMultiplier: 3, depthwiseRegularizer: .l2(),
                    dtype: .float64), [.init(sampleSizes + [2])]),
            LayerSample(
                "dilated, channels first",
                DepthwiseConv(kernelSize: 2, dataFormat: .channelsFirst, dilationRate: 2, useBias: false, dtype: .float64),
                [.init([2] + sampleSizes)]),
        ]
    }
}

/// What convolutions share in which each channel has kernels of its own.
public class DepthwiseConvolutionLayer<Rank: PlanarRank>: ConvolutionLayer<Rank> {
    /// The number of kernels of each channel.
    public private(set) var depthMultiplier: Int
    /// [window..., channels, depthMultiplier]; nil until the layer is built.
    public private(set) var depthwiseKernel: Variable!

    private var depthwiseOptions: WeightOptions

    init(
        depthMultiplier: Int, depthwise: WeightOptions, kernelSize: any PerAxis, strides: any PerAxis, padding: Padding,
        dataFormat: DataFormat, dilationRate: any PerAxis, activation: ActivationFunction?, useBias: Bool,
        bias: WeightOptions, activityRegularizer: (any Regularizer)?, name: String?, trainable: Bool,
        dtype: (any DTypeConvertible)?
    ) {
        self.depthMultiplier = depthMultiplier
        depthwiseOptions = depthwise
        super.init(
            kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, activation: activation, useBias: useBias, bias: bias,
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    static func describeDepthwise<L: DepthwiseConvolutionLayer>(_ arguments: inout Arguments<L>) {
        describe(&arguments)
        arguments("depth_multiplier", \.depthMultiplier, .atLeast(1))
        arguments.weight("depthwise", \.depthwiseOptions)
    }

    /// The name of the kernel in files.
    class var kernelName: String { "kernel" }

    override func outputChannels(of channels: Int) -> Int { channels * depthMultiplier }

    override func addKernels(for channels: Int) {
        depthwiseKernel = addWeight(
            Self.kernelName, shape: Shape(kernelSize + [channels, depthMultiplier]), depthwiseOptions)
    }

    override func convolve(_ x: Tensor) -> Tensor { activation(convolveDepthwise(x, bias: bias?.value)) }

    final func convolveDepthwise(_ x: Tensor, bias: Tensor?) -> Tensor {
        depthwiseConv(
            x, depthwiseKernel.value, strides: strides, padding: padding, dilations: dilationRate, bias: bias)
    }

    public final override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try images(inputShapes)
        if let channels = shape[-1] {
            let expected = depthwiseKernel?.shape[-2] ?? channels
            guard channels == expected, channels > 0 else {
                throw MartletError(
                    "Expected an input of \(max(expected, 1)) channels. Received: shape \(inputShapes[0]).")
            }
        }
        return try outputShapes(of: shape, channels: shape[-1].map(outputChannels))
    }

    static var sampleSizes: [Int] { Rank.axes == 1 ? [6] : [5, 4] }

    static func samples(_ label: String, _ layer: @escaping @Sendable @autoclosure () -> Layer) -> [LayerSample] {
        let bad: [[PartialShape]] =
            Rank.axes == 1
            ? [[[nil, 5]], [[nil, 5, nil]], [[nil, 2, 2]]] : [[[nil, 5, 5]], [[nil, 5, 5, nil]], [[nil, 2, 4, 2]]]
        return [LayerSample(label, layer(), [.init(sampleSizes + [2])], bad: bad)]
    }
}
