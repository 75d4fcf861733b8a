import MartletCore
import MartletFormats

/// What all convolutions share: `activation(conv(x, kernel) + bias)` over one, two or three spatial axes.
public class ConvolutionLayer<Rank: SpatialRank>: Layer {
    /// The size of the window on each spatial axis; `3` for all, or one for each, `[3, 5]`.
    public private(set) var kernelSize: [Int]
    /// The steps of the window; of a transposed convolution, how far the windows lie apart that each element is spread
    /// over.
    public private(set) var strides: [Int]
    /// How the spatial axes are extended with zeros: `.valid` for not at all, `.same` for `ceil(size / stride)` windows; in
    /// ``Conv1D`` also `.causal`, for windows that see no later step.
    public private(set) var padding: Padding
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    /// The distances between the window's elements; of ``Conv`` not together with strides.
    public private(set) var dilationRate: [Int]
    /// What is applied to the output.
    public private(set) var activation: ActivationFunction
    /// Whether a bias is added.
    public private(set) var useBias: Bool
    /// [output channels]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    private var biasOptions: WeightOptions

    init(
        kernelSize: any PerAxis, strides: any PerAxis, padding: Padding, dataFormat: DataFormat,
        dilationRate: any PerAxis, activation: ActivationFunction?, useBias: Bool, bias: WeightOptions,
        activityRegularizer: (any Regularizer)?, name: String?, trainable: Bool, dtype: (any DTypeConvertible)?
    ) {
        self.kernelSize = kernelSize.numbers(axes: Rank.axes)
        self.strides = strides.numbers(axes: Rank.axes)
        self.padding = padding
        self.dataFormat = dataFormat
        self.dilationRate = dilationRate.numbers(axes: Rank.axes)
        self.activation = activation ?? .linear
        self.useBias = useBias
        biasOptions = bias
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
    }

    /// Names the arguments of all convolutions.
    static func describe<L: ConvolutionLayer>(_ arguments: inout Arguments<L>, padding: [Padding] = [.valid, .same]) {
        let axes = Rank.axes
        arguments("kernel_size", \.kernelSize, as: .perAxis(axes), required: true, .positive(axes: axes))
        arguments("strides", \.strides, as: .perAxis(axes), .positive(axes: axes))
        arguments("dilation_rate", \.dilationRate, as: .perAxis(axes), .positive(axes: axes))
        arguments("padding", \.padding, .oneOf(padding))
        arguments("data_format", \.dataFormat)
        arguments("activation", \.activation)
        arguments("use_bias", \.useBias)
        arguments.weight("bias", \.biasOptions)
        arguments("activity_regularizer", \.activityRegularizer)
    }

    /// The number of output channels for one of input channels.
    func outputChannels(of channels: Int) -> Int { stop(className, "Override outputChannels(of:).") }

    /// Makes the weights before the bias.
    func addKernels(for channels: Int) { stop(className, "Override addKernels(for:).") }

    /// Convolves images with channels last.
    func convolve(_ x: Tensor) -> Tensor { stop(className, "Override convolve(_:).") }

    public final override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(inputShapes[0], axis: dataFormat == .channelsFirst ? 1 : -1)
        addKernels(for: channels)
        if useBias { bias = addWeight("bias", shape: [outputChannels(of: channels)], biasOptions) }
    }

    public final override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: computeDType), convolve)
    }

    /// The shape of the only input, with channels last.
    func images(_ shapes: [PartialShape]) throws -> PartialShape {
        try dataFormat.channelsLast(Rank.onlyInput(shapes))
    }

    /// The shape of the output, of as many channels, for images of a shape with channels last.
    func outputShapes(of images: PartialShape, channels: Int?) throws -> [PartialShape] {
        let windows = try Windows.outputShape(
            of: images, window: kernelSize, strides: strides, padding: padding, dilations: dilationRate)
        return [dataFormat.fromChannelsLast(windows.replacing(-1, by: channels))]
    }
}

extension Windows {
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
