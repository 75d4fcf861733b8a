import MartletCore
import MartletFormats

/// What convolutions of one, two and three spatial axes share: `activation(conv(x, kernel) + bias)`.
public class ConvolutionLayer: Layer {
    /// The number of output channels.
    public let filters: Int
    /// The size of the window on each spatial axis.
    public let kernelSize: [Int]
    /// The steps of the window.
    public let strides: [Int]
    /// How the spatial axes are extended with zeros.
    public let padding: Padding
    /// The distances between the window's elements.
    public let dilationRate: [Int]
    /// Where the channels lie.
    public let dataFormat: DataFormat
    /// Into how many parts the channels are cut that do not see each other.
    public let groups: Int
    /// What is applied to the output.
    public let activation: ActivationFunction
    /// Whether a bias is added.
    public let useBias: Bool
    /// [window..., channels / groups, filters]; nil until the layer is built.
    public private(set) var kernel: Variable!
    /// [filters]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    /// How the weights of a convolution start, and what is asked of them.
    struct WeightOptions {
        var kernelInitializer: any Initializer = .glorotUniform
        var biasInitializer: any Initializer = .zeros
        var kernelRegularizer: (any Regularizer)?
        var biasRegularizer: (any Regularizer)?
        var kernelConstraint: (any Constraint)?
        var biasConstraint: (any Constraint)?

        var config: [String: JSONValue] {
            [
                "kernel_initializer": JSONValue(kernelInitializer), "bias_initializer": JSONValue(biasInitializer),
                "kernel_regularizer": JSONValue(kernelRegularizer), "bias_regularizer": JSONValue(biasRegularizer),
                "kernel_constraint": JSONValue(kernelConstraint), "bias_constraint": JSONValue(biasConstraint),
            ]
        }
    }
    private let options: WeightOptions
    private var spatialRank: Int { kernelSize.count }

    init(
        rank: Int, filters: Int, kernelSize: any PerAxis, strides: any PerAxis, padding: Padding,
        dataFormat: DataFormat, dilationRate: any PerAxis, groups: Int, activation: ActivationFunction?, useBias: Bool,
        options: WeightOptions, name: String?, trainable: Bool, dtype: DType?
    ) {
        let owner = "\(Self.self)"
        self.filters = filters
        self.kernelSize = Windows.numbers(kernelSize, axes: rank, of: owner, "kernelSize")
        self.strides = Windows.numbers(strides, axes: rank, of: owner, "strides")
        self.padding = padding
        self.dataFormat = dataFormat
        self.dilationRate = Windows.numbers(dilationRate, axes: rank, of: owner, "dilationRate")
        self.groups = groups
        self.activation = activation ?? .linear
        self.useBias = useBias
        self.options = options
        super.init(name: name, trainable: trainable, dtype: dtype)
        checkArguments()
    }

    private func checkArguments() {
        let (owner, rank) = (className, kernelSize.count)
        Argument.check(filters >= 1, owner, "filters", expected: "a positive integer", received: filters)
        Argument.check(
            groups >= 1 && filters % max(groups, 1) == 0, owner, "groups",
            expected: "a positive integer that divides the \(filters) filters", received: groups)
        Argument.check(
            padding == .valid || padding == .same || (padding == .causal && rank == 1), owner, "padding",
            expected: rank == 1 ? "valid, same or causal" : "valid or same", received: padding)
        Argument.check(
            !(strides.contains { $0 > 1 } && dilationRate.contains { $0 > 1 }), owner, "dilationRate",
            expected: "1 where strides are greater than 1", received: dilationRate)
    }

    init(rank: Int, config: Configuration) throws {
        kernelSize = try Windows.numbers(
            config.perAxis("kernel_size", default: 0), axes: rank, of: config.className, "kernelSize")
        strides = try Windows.numbers(
            config.perAxis("strides", default: 1), axes: rank, of: config.className, "strides")
        dilationRate = try Windows.numbers(
            config.perAxis("dilation_rate", default: 1), axes: rank, of: config.className, "dilationRate")
        filters = try config.required("filters")
        padding = try config.padding()
        dataFormat = try config.dataFormat()
        groups = try config.value("groups", default: 1)
        activation = try config.activation()
        useBias = try config.value("use_bias", default: true)
        options = try config.convolutionWeights()
        try super.init(name: config.name, trainable: config.trainable, dtype: config.dtype)
        checkArguments()
        activityRegularizer = try config.regularizer("activity_regularizer")
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(inputShapes[0], axis: dataFormat == .channelsFirst ? 1 : -1)
        kernel = addWeight(
            "kernel", shape: Shape(kernelSize + [channels / groups, filters]), initializer: options.kernelInitializer,
            regularizer: options.kernelRegularizer, constraint: options.kernelConstraint)
        if useBias {
            bias = addWeight(
                "bias", shape: [filters], initializer: options.biasInitializer, regularizer: options.biasRegularizer,
                constraint: options.biasConstraint)
        }
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: dtype)) { x in
            activation.apply {
                convLayer(
                    x, kernel.value, strides: strides, padding: padding, dilations: dilationRate, groups: groups,
                    bias: bias?.value, activation: $0)
            }
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try dataFormat.channelsLast(images(inputShapes))
        if let channels = shape[-1] {
            guard channels > 0, channels % groups == 0 else {
                throw MartletError(
                    "Expected a number of channels that \(groups) groups divide. Received: shape \(shape).")
            }
            if let kernel, channels != kernel.shape[-2] * groups {
                throw MartletError(
                    "Expected an input of \(kernel.shape[-2] * groups) channels. Received: shape \(shape).")
            }
        }
        return [
            dataFormat.fromChannelsLast(
                try Windows.outputShape(
                    of: shape, window: kernelSize, strides: strides, padding: padding, dilations: dilationRate
                ).replacing(-1, by: filters))
        ]
    }

    private func images(_ shapes: [PartialShape]) throws -> PartialShape {
        try Self.onlyInput(
            shapes, axes: "(batch, \(spatialRank) spatial axes and the channels)", rank: spatialRank + 2)
    }

    public override var config: [String: JSONValue] {
        super.config.merging(options.config) { $1 }.merging([
            "filters": .int(filters), "kernel_size": .integers(kernelSize), "strides": .integers(strides),
            "padding": .string("\(padding)"), "data_format": .string(dataFormat.rawValue),
            "dilation_rate": .integers(dilationRate), "groups": .int(groups), "activation": JSONValue(activation),
            "use_bias": .bool(useBias), "activity_regularizer": JSONValue(activityRegularizer),
        ]) { $1 }
    }
}

extension Windows {
    /// One positive number for each spatial axis. Complains about anything else, and then gives ones.
    static func numbers(_ value: any PerAxis, axes: Int, of owner: String, _ name: String) -> [Int] {
        let numbers = value.numbers(axes: axes)
        let isGood = numbers.count == axes && numbers.allSatisfy { $0 >= 1 }
        Argument.check(
            isGood, owner, name, expected: "a positive integer, or \(axes) of them", received: value)
        return isGood ? numbers : [Int](repeating: 1, count: axes)
    }

    /// The shape of what windows over the spatial axes of `shape` give; channels as they are.
    static func outputShape(
        of shape: PartialShape, window: [Int], strides: [Int], padding: Padding, dilations: [Int]? = nil
    ) throws -> PartialShape {
        var result = shape
        for axis in window.indices {
            guard let size = shape[axis + 1] else { continue }
            let (stride, dilation) = (strides[axis], dilations?[axis] ?? 1)
            let (before, after) = padding.amounts(
                axis: axis, size: size, window: window[axis], stride: stride, dilation: dilation)
            let count = Padding.outputSize(
                of: size, window: window[axis], stride: stride, dilation: dilation, before: before, after: after)
            guard count > 0 else {
                throw MartletError(
                    "Expected spatial axes into which a window of \(window)"
                        + (dilation > 1 ? ", dilated by \(dilation)," : "") + " fits. Received: shape \(shape).")
            }
            result[axis + 1] = count
        }
        return result
    }
}

extension Configuration {
    /// The padding under Keras's name.
    func padding() throws -> Padding {
        switch try value("padding", default: "valid").lowercased() {
        case "valid": return .valid
        case "same": return .same
        case "causal": return .causal
        case let other:
            throw MartletError(
                "Expected \"valid\", \"same\" or \"causal\". Received: \"\(other)\".", at: "\(className).padding")
        }
    }

    /// How the weights of a convolution start, and what is asked of them.
    func convolutionWeights() throws -> ConvolutionLayer.WeightOptions {
        try ConvolutionLayer.WeightOptions(
            kernelInitializer: initializer("kernel_initializer", default: .glorotUniform),
            biasInitializer: initializer("bias_initializer", default: .zeros),
            kernelRegularizer: regularizer("kernel_regularizer"), biasRegularizer: regularizer("bias_regularizer"),
            kernelConstraint: constraint("kernel_constraint"), biasConstraint: constraint("bias_constraint"))
    }
}
