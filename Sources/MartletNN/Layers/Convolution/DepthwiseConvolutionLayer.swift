import MartletCore
import MartletFormats

/// What convolutions share in which each channel has kernels of its own:
/// `activation(depthwiseConv(x, kernel) + bias)`.
public class DepthwiseConvolutionLayer: Layer {
    /// The size of the window on each spatial axis.
    public let kernelSize: [Int]
    /// The steps of the window.
    public let strides: [Int]
    /// How the spatial axes are extended with zeros: `valid` or `same`.
    public let padding: Padding
    /// The number of kernels of each channel.
    public let depthMultiplier: Int
    /// Where the channels lie.
    public let dataFormat: DataFormat
    /// The distances between the window's elements.
    public let dilationRate: [Int]
    /// What is applied to the output.
    public let activation: ActivationFunction
    /// Whether a bias is added.
    public let useBias: Bool
    /// [window..., channels, depthMultiplier]; nil until the layer is built.
    public private(set) var depthwiseKernel: Variable!
    /// [output channels]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    private let depthwise: WeightRole
    private let biasRole: WeightRole

    /// The arguments of all such layers.
    struct Options {
        let kernelSize: any PerAxis
        let strides: any PerAxis
        let padding: Padding
        let depthMultiplier: Int
        let dataFormat: DataFormat
        let dilationRate: any PerAxis
        let activation: ActivationFunction?
        let useBias: Bool
        let depthwise: WeightRole
        let bias: WeightRole
        let activityRegularizer: (any Regularizer)?
        let name: String?
        let trainable: Bool
        let dtype: DType?
    }

    init(rank: Int, _ options: Options) {
        let owner = "\(Self.self)"
        kernelSize = Windows.numbers(options.kernelSize, axes: rank, of: owner, "kernelSize")
        strides = Windows.numbers(options.strides, axes: rank, of: owner, "strides")
        padding = options.padding
        depthMultiplier = options.depthMultiplier
        dataFormat = options.dataFormat
        dilationRate = Windows.numbers(options.dilationRate, axes: rank, of: owner, "dilationRate")
        activation = options.activation ?? .linear
        useBias = options.useBias
        depthwise = options.depthwise
        biasRole = options.bias
        super.init(name: options.name, trainable: options.trainable, dtype: options.dtype)
        activityRegularizer = options.activityRegularizer
        Argument.check(
            padding == .valid || padding == .same, owner, "padding", expected: "valid or same", received: padding)
        Argument.check(
            depthMultiplier >= 1, owner, "depthMultiplier", expected: "a positive integer", received: depthMultiplier)
    }

    /// The name of the kernel in files.
    class var kernelName: String { "kernel" }

    /// The number of output channels for one of input channels.
    func outputChannels(of channels: Int) -> Int { channels * depthMultiplier }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(inputShapes[0], axis: dataFormat == .channelsFirst ? 1 : -1)
        depthwiseKernel = depthwise.add(
            Self.kernelName, shape: Shape(kernelSize + [channels, depthMultiplier]), to: self)
        addKernels(for: channels)
        if useBias { bias = biasRole.add("bias", shape: [outputChannels(of: channels)], to: self) }
    }

    /// Makes weights between the kernel and the bias. The default makes none.
    func addKernels(for channels: Int) {}

    public final override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: dtype), convolve)
    }

    /// Convolves images with channels last.
    func convolve(_ x: Tensor) -> Tensor { activation(convolveDepthwise(x, bias: bias?.value)) }

    func convolveDepthwise(_ x: Tensor, bias: Tensor?) -> Tensor {
        depthwiseConv(
            x, depthwiseKernel.value, strides: strides, padding: padding, dilations: dilationRate, bias: bias)
    }

    public final override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let rank = kernelSize.count
        let shape = try dataFormat.channelsLast(
            Self.onlyInput(inputShapes, axes: "(batch, \(rank) spatial axes and the channels)", rank: rank + 2))
        if let channels = shape[-1] {
            let expected = depthwiseKernel?.shape[-2] ?? channels
            guard channels == expected, channels > 0 else {
                throw MartletError(
                    "Expected an input of \(max(expected, 1)) channels. Received: shape \(inputShapes[0]).")
            }
        }
        let windows = try Windows.outputShape(
            of: shape, window: kernelSize, strides: strides, padding: padding, dilations: dilationRate)
        return [dataFormat.fromChannelsLast(windows.replacing(-1, by: shape[-1].map(outputChannels)))]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(depthwise.config) { $1 }.merging(biasRole.config) { $1 }.merging([
            "kernel_size": .integers(kernelSize), "strides": .integers(strides), "padding": .string("\(padding)"),
            "depth_multiplier": .int(depthMultiplier), "data_format": .string(dataFormat.rawValue),
            "dilation_rate": .integers(dilationRate), "activation": JSONValue(activation),
            "use_bias": .bool(useBias), "activity_regularizer": JSONValue(activityRegularizer),
        ]) { $1 }
    }
}

extension DepthwiseConvolutionLayer.Options {
    init(_ config: Configuration) throws {
        try self.init(
            kernelSize: config.perAxis("kernel_size", default: 0), strides: config.perAxis("strides", default: 1),
            padding: config.padding(), depthMultiplier: config.value("depth_multiplier", default: 1),
            dataFormat: config.dataFormat(), dilationRate: config.perAxis("dilation_rate", default: 1),
            activation: config.activation(), useBias: config.value("use_bias", default: true),
            depthwise: WeightRole("depthwise", config, default: .glorotUniform),
            bias: WeightRole("bias", config, default: .zeros),
            activityRegularizer: config.regularizer("activity_regularizer"), name: config.name,
            trainable: config.trainable, dtype: config.dtype)
    }
}
