import MartletCore

/// Transposed convolution of sequences: [batch, steps, channels] gives [batch, steps', filters].
///
/// Source: [`keras.layers.Conv1DTranspose`](https://keras.io/api/layers/convolution_layers/convolution1d_transpose/).
public typealias Conv1DTranspose = ConvTranspose<Spatial1D>
/// Transposed convolution of images: [batch, height, width, channels] gives [batch, rows, columns, filters].
///
/// Source: [`keras.layers.Conv2DTranspose`](https://keras.io/api/layers/convolution_layers/convolution2d_transpose/).
public typealias Conv2DTranspose = ConvTranspose<Spatial2D>
/// Transposed convolution of volumes: [batch, depth, height, width, channels] gives [batch, depth', rows, columns,
/// filters].
///
/// Source: [`keras.layers.Conv3DTranspose`](https://keras.io/api/layers/convolution_layers/convolution3d_transpose/).
public typealias Conv3DTranspose = ConvTranspose<Spatial3D>

/// Transposed convolution: the adjoint of ``Conv``, which makes the spatial axes longer by its strides.
/// ``Conv1DTranspose``, ``Conv2DTranspose`` and ``Conv3DTranspose``.
///
/// Weights: `kernel` [window..., filters, channels], `bias` [filters].
public final class ConvTranspose<Rank: SpatialRank>: ConvolutionLayer<Rank>, ConfigurableLayer, Described {
    /// The number of output channels.
    public private(set) var filters: Int
    /// Elements added to the end of each spatial axis; nil is Keras's default, with which `.same` gives `size * stride`.
    public private(set) var outputPadding: [Int]?
    /// [window..., filters, channels]; nil until the layer is built.
    public private(set) var kernel: Variable!

    private var kernelOptions: WeightOptions

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        outputPadding: (any PerAxis)? = nil, dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.filters = filters
        self.outputPadding = outputPadding?.numbers(axes: Rank.axes)
        kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        super.init(
            kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, activation: activation, useBias: useBias,
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static var arguments: Arguments<ConvTranspose> {
        Arguments(default: ConvTranspose(1, kernelSize: 1)) {
            describe(&$0)
            $0("filters", \.filters, required: true, .atLeast(1))
            $0("output_padding", \.outputPadding, as: .perAxis(Rank.axes), .notNegative(axes: Rank.axes))
            $0.weight("kernel", \.kernelOptions)
            $0.check { layer in
                let (padding, strides) = (layer.outputPadding, layer.strides)
                Argument.check(
                    padding.map { $0.count == Rank.axes && zip($0, strides).allSatisfy { 0 <= $0 && $0 < $1 } } ?? true,
                    layer.className, "outputPadding",
                    expected: "\(Rank.axes) numbers of 0 or more, each below its stride", received: padding ?? [])
            }
        }
    }

    override class var typeName: String { "Conv\(Rank.axes)DTranspose" }

    override func outputChannels(of channels: Int) -> Int { filters }

    override func addKernels(for channels: Int) {
        kernel = addWeight("kernel", shape: Shape(kernelSize + [filters, channels]), kernelOptions)
    }

    override func convolve(_ x: Tensor) -> Tensor {
        activation(
            convTransposed(
                x, kernel.value, strides: strides, padding: padding, outputPadding: outputPadding,
                dilations: dilationRate, bias: bias?.value))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try images(inputShapes)
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

    package static var samples: [LayerSample] {
        let sizes = [[4], [3, 4], [2, 3, 2]][Rank.axes - 1]
        return [
            LayerSample(
                "valid", ConvTranspose(3, kernelSize: 3, strides: 2, activation: .tanh, dtype: .float64),
                [.init(sizes + [2])], bad: [[[nil, 3]]]),
            LayerSample(
                "same, channels first",
                ConvTranspose(2, kernelSize: 2, strides: 2, padding: .same, dataFormat: .channelsFirst, dtype: .float64),
                [.init([2] + sizes)]),
            LayerSample(
                "output padding",
                ConvTranspose(
                    2, kernelSize: 3, strides: 2, padding: .same, outputPadding: 1, useBias: false, dtype: .float64),
                [.init(sizes + [2])]),
        ]
    }
}
