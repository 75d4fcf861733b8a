import MartletCore
import MartletFormats

/// What transposed convolutions of one, two and three spatial axes share.
public class TransposedConvolutionLayer: Layer {
    /// The number of output channels.
    public private(set) var filters: Int
    /// The size of the window on each spatial axis.
    public private(set) var kernelSize: [Int]
    /// How far the windows lie apart that each element is spread over.
    public private(set) var strides: [Int]
    /// `valid` or `same`, of the convolution whose adjoint this is.
    public private(set) var padding: Padding
    /// Elements added to the end of each spatial axis; nil for Keras's default.
    public private(set) var outputPadding: [Int]?
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    /// The distances between the window's elements.
    public private(set) var dilationRate: [Int]
    /// What is applied to the output.
    public private(set) var activation: ActivationFunction
    /// Whether a bias is added.
    public private(set) var useBias: Bool
    /// [window..., filters, channels]; nil until the layer is built.
    public private(set) var kernel: Variable!
    /// [filters]; nil until the layer is built, and without a bias.
    public private(set) var bias: Variable?

    private var kernelOptions, biasOptions: WeightOptions
    private var spatialRank: Int { kernelSize.count }

    init(
        rank: Int, filters: Int, kernelSize: any PerAxis, strides: any PerAxis, padding: Padding,
        outputPadding: (any PerAxis)?, dataFormat: DataFormat, dilationRate: any PerAxis,
        activation: ActivationFunction?, useBias: Bool, kernel: WeightOptions, bias: WeightOptions,
        activityRegularizer: (any Regularizer)?, name: String?, trainable: Bool, dtype: DType?
    ) {
        self.filters = filters
        self.kernelSize = kernelSize.numbers(axes: rank)
        self.strides = strides.numbers(axes: rank)
        self.padding = padding
        self.outputPadding = outputPadding?.numbers(axes: rank)
        self.dataFormat = dataFormat
        self.dilationRate = dilationRate.numbers(axes: rank)
        self.activation = activation ?? .linear
        self.useBias = useBias
        kernelOptions = kernel
        biasOptions = bias
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
    }

    /// The arguments of a transposed convolution over `rank` spatial axes.
    static func table<L: TransposedConvolutionLayer>(
        rank: Int, default value: @escaping @Sendable @autoclosure () -> L
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("filters", \.filters, required: true, .atLeast(1))
            $0("kernel_size", \.kernelSize, as: .perAxis(rank), required: true, .positive(axes: rank))
            $0("strides", \.strides, as: .perAxis(rank), .positive(axes: rank))
            $0("padding", \.padding, .oneOf([.valid, .same]))
            $0("output_padding", \.outputPadding, as: .perAxis(rank))
            $0("data_format", \.dataFormat)
            $0("dilation_rate", \.dilationRate, as: .perAxis(rank), .positive(axes: rank))
            $0("activation", \.activation)
            $0("use_bias", \.useBias)
            $0.weight("kernel", \.kernelOptions)
            $0.weight("bias", \.biasOptions)
            $0("activity_regularizer", \.activityRegularizer)
            $0.check { layer in
                let (padding, strides) = (layer.outputPadding, layer.strides)
                Argument.check(
                    padding.map { $0.count == rank && zip($0, strides).allSatisfy { 0 <= $0 && $0 < $1 } } ?? true,
                    layer.className, "outputPadding", expected: "\(rank) numbers of 0 or more, each below its stride",
                    received: padding ?? [])
            }
        }
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(dataFormat.channelsLast(inputShapes[0]), axis: -1)
        kernel = addWeight("kernel", shape: Shape(kernelSize + [filters, channels]), kernelOptions)
        if useBias { bias = addWeight("bias", shape: [filters], biasOptions) }
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
}
