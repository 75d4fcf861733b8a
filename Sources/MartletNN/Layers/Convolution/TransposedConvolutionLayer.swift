import MartletCore
import MartletFormats

/// What transposed convolutions of one, two and three spatial axes share.
public class TransposedConvolutionLayer: Layer {
    /// The number of output channels.
    public let filters: Int
    /// The size of the window on each spatial axis.
    public let kernelSize: [Int]
    /// How far the windows lie apart that each element is spread over.
    public let strides: [Int]
    /// `valid` or `same`, of the convolution whose adjoint this is.
    public let padding: Padding
    /// Elements added to the end of each spatial axis; nil for Keras's default.
    public let outputPadding: [Int]?
    /// Where the channels lie.
    public let dataFormat: DataFormat
    /// The distances between the window's elements.
    public let dilationRate: [Int]
    /// What is applied to the output.
    public let activation: ActivationFunction
    /// Whether a bias is added.
    public let useBias: Bool
    /// [window..., filters, channels]; nil until the layer is built.
    public private(set) var kernel: Variable!
    /// [filters]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    private let options: ConvolutionLayer.WeightOptions
    private var spatialRank: Int { kernelSize.count }

    init(
        rank: Int, filters: Int, kernelSize: any PerAxis, strides: any PerAxis, padding: Padding,
        outputPadding: (any PerAxis)?, dataFormat: DataFormat, dilationRate: any PerAxis,
        activation: ActivationFunction?, useBias: Bool, options: ConvolutionLayer.WeightOptions, name: String?,
        trainable: Bool, dtype: DType?
    ) {
        let owner = "\(Self.self)"
        self.filters = filters
        self.kernelSize = Windows.numbers(kernelSize, axes: rank, of: owner, "kernelSize")
        self.strides = Windows.numbers(strides, axes: rank, of: owner, "strides")
        self.padding = padding
        self.outputPadding = outputPadding?.numbers(axes: rank)
        self.dataFormat = dataFormat
        self.dilationRate = Windows.numbers(dilationRate, axes: rank, of: owner, "dilationRate")
        self.activation = activation ?? .linear
        self.useBias = useBias
        self.options = options
        super.init(name: name, trainable: trainable, dtype: dtype)
        checkArguments()
    }

    init(rank: Int, config: Configuration) throws {
        let owner = config.className
        filters = try config.required("filters")
        kernelSize = try Windows.numbers(config.perAxis("kernel_size", default: 0), axes: rank, of: owner, "kernelSize")
        strides = try Windows.numbers(config.perAxis("strides", default: 1), axes: rank, of: owner, "strides")
        padding = try config.padding()
        let outputPadding = try config.optional("output_padding", as: JSONValue.self)
        self.outputPadding =
            try outputPadding == nil ? nil : config.perAxis("output_padding", default: 0).numbers(axes: rank)
        dataFormat = try config.dataFormat()
        dilationRate = try Windows.numbers(
            config.perAxis("dilation_rate", default: 1), axes: rank, of: owner, "dilationRate")
        activation = try config.activation()
        useBias = try config.value("use_bias", default: true)
        options = try config.convolutionWeights()
        try super.init(name: config.name, trainable: config.trainable, dtype: config.dtype)
        activityRegularizer = try config.regularizer("activity_regularizer")
        checkArguments()
    }

    private func checkArguments() {
        let (owner, rank) = (className, kernelSize.count)
        Argument.check(filters >= 1, owner, "filters", expected: "a positive integer", received: filters)
        Argument.check(
            padding == .valid || padding == .same, owner, "padding", expected: "valid or same", received: padding)
        Argument.check(
            outputPadding.map { $0.count == rank && zip($0, strides).allSatisfy { 0 <= $0 && $0 < $1 } } ?? true,
            owner, "outputPadding", expected: "\(rank) numbers of 0 or more, each below its stride",
            received: outputPadding ?? [])
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(dataFormat.channelsLast(inputShapes[0]), axis: -1)
        kernel = addWeight(
            "kernel", shape: Shape(kernelSize + [filters, channels]), initializer: options.kernelInitializer,
            regularizer: options.kernelRegularizer, constraint: options.kernelConstraint)
        if useBias {
            bias = addWeight(
                "bias", shape: [filters], initializer: options.biasInitializer, regularizer: options.biasRegularizer,
                constraint: options.biasConstraint)
        }
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: dtype)) { x in
            activation(
                convTransposed(
                    x, kernel.value, strides: strides, padding: padding, outputPadding: outputPadding,
                    dilations: dilationRate, bias: bias?.value))
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try dataFormat.channelsLast(
            Self.onlyInput(
                inputShapes, axes: "(batch, \(spatialRank) spatial axes and the channels)", rank: spatialRank + 2))
        if let kernel, let channels = shape[-1], channels != kernel.shape[-1] {
            throw MartletError("Expected an input of \(kernel.shape[-1]) channels. Received: shape \(inputShapes[0]).")
        }
        for axis in kernelSize.indices {
            shape[axis + 1] = shape[axis + 1].map {
                padding.transposedSize(
                    axis: axis, of: $0, window: kernelSize[axis], stride: strides[axis], dilation: dilationRate[axis],
                    outputPadding: outputPadding?[axis])
            }
        }
        return [dataFormat.fromChannelsLast(shape.replacing(-1, by: filters))]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(options.config) { $1 }.merging([
            "filters": .int(filters), "kernel_size": .integers(kernelSize), "strides": .integers(strides),
            "padding": .string("\(padding)"), "output_padding": outputPadding.map { .integers($0) } ?? .null,
            "data_format": .string(dataFormat.rawValue), "dilation_rate": .integers(dilationRate),
            "activation": JSONValue(activation), "use_bias": .bool(useBias),
            "activity_regularizer": JSONValue(activityRegularizer),
        ]) { $1 }
    }
}
