import MartletCore
import MartletFormats

/// What convolutions of one, two and three spatial axes share: `activation(conv(x, kernel) + bias)`.
public class ConvolutionLayer: Layer {
    /// The number of output channels.
    public private(set) var filters: Int
    /// The size of the window on each spatial axis.
    public private(set) var kernelSize: [Int]
    /// The steps of the window.
    public private(set) var strides: [Int]
    /// How the spatial axes are extended with zeros.
    public private(set) var padding: Padding
    /// The distances between the window's elements.
    public private(set) var dilationRate: [Int]
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    /// Into how many parts the channels are cut that do not see each other.
    public private(set) var groups: Int
    /// What is applied to the output.
    public private(set) var activation: ActivationFunction
    /// Whether a bias is added.
    public private(set) var useBias: Bool
    /// [window..., channels / groups, filters]; nil until the layer is built.
    public private(set) var kernel: Variable!
    /// [filters]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    private var kernelOptions, biasOptions: WeightOptions
    private var spatialRank: Int { kernelSize.count }

    init(
        rank: Int, filters: Int, kernelSize: any PerAxis, strides: any PerAxis, padding: Padding,
        dataFormat: DataFormat, dilationRate: any PerAxis, groups: Int, activation: ActivationFunction?, useBias: Bool,
        kernel: WeightOptions, bias: WeightOptions, activityRegularizer: (any Regularizer)?, name: String?,
        trainable: Bool, dtype: DType?
    ) {
        self.filters = filters
        self.kernelSize = kernelSize.numbers(axes: rank)
        self.strides = strides.numbers(axes: rank)
        self.padding = padding
        self.dataFormat = dataFormat
        self.dilationRate = dilationRate.numbers(axes: rank)
        self.groups = groups
        self.activation = activation ?? .linear
        self.useBias = useBias
        kernelOptions = kernel
        biasOptions = bias
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
    }

    /// The arguments of a convolution over `rank` spatial axes.
    static func table<L: ConvolutionLayer>(
        rank: Int, default value: @escaping @Sendable @autoclosure () -> L
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("kernel_size", \.kernelSize, as: .perAxis(rank), required: true, .positive(axes: rank))
            $0("strides", \.strides, as: .perAxis(rank), .positive(axes: rank))
            $0("dilation_rate", \.dilationRate, as: .perAxis(rank), .positive(axes: rank))
            $0("filters", \.filters, required: true, .atLeast(1))
            $0("padding", \.padding, .oneOf(rank == 1 ? [.valid, .same, .causal] : [.valid, .same]))
            $0("data_format", \.dataFormat)
            $0("groups", \.groups)
            $0("activation", \.activation)
            $0("use_bias", \.useBias)
            $0.weight("kernel", \.kernelOptions)
            $0.weight("bias", \.biasOptions)
            $0("activity_regularizer", \.activityRegularizer)
            $0.check { $0.checkArguments() }
        }
    }

    private func checkArguments() {
        Argument.check(
            groups >= 1 && filters % max(groups, 1) == 0, className, "groups",
            expected: "a positive integer that divides the \(filters) filters", received: groups)
        Argument.check(
            !(strides.contains { $0 > 1 } && dilationRate.contains { $0 > 1 }), className, "dilationRate",
            expected: "1 where strides are greater than 1", received: dilationRate)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(inputShapes[0], axis: dataFormat == .channelsFirst ? 1 : -1)
        kernel = addWeight("kernel", shape: Shape(kernelSize + [channels / groups, filters]), kernelOptions)
        if useBias { bias = addWeight("bias", shape: [filters], biasOptions) }
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
}
