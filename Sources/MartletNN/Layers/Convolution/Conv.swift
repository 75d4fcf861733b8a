import MartletCore

/// Convolution of sequences: [batch, steps, channels] gives [batch, steps', filters].
///
/// Source: [`keras.layers.Conv1D`](https://keras.io/api/layers/convolution_layers/convolution1d/).
public typealias Conv1D = Conv<Spatial1D>
/// Convolution of images: [batch, height, width, channels] gives [batch, rows, columns, filters].
///
/// Source: [`keras.layers.Conv2D`](https://keras.io/api/layers/convolution_layers/convolution2d/).
public typealias Conv2D = Conv<Spatial2D>
/// Convolution of volumes: [batch, depth, height, width, channels] gives [batch, depth', rows, columns, filters].
///
/// Source: [`keras.layers.Conv3D`](https://keras.io/api/layers/convolution_layers/convolution3d/).
public typealias Conv3D = Conv<Spatial3D>

/// Convolution: `activation(conv(x, kernel) + bias)`. ``Conv1D``, ``Conv2D`` and ``Conv3D``.
///
/// Weights: `kernel` [window..., channels / groups, filters], `bias` [filters].
public final class Conv<Rank: SpatialRank>: ConvolutionLayer<Rank>, ConfigurableLayer, Described, AdaptableLayer, AdapterHost {
    /// The number of output channels.
    public private(set) var filters: Int
    /// Into how many parts the channels are cut that do not see each other; divides both channel counts.
    public private(set) var groups: Int
    /// [window..., channels / groups, filters]; nil until the layer is built.
    public private(set) var kernel: Variable!

    private var kernelOptions: WeightOptions
    var adapterOptions: AdapterOptions
    var adapted: (weight: Variable?, options: WeightOptions) { (kernel, kernelOptions) }

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, groups: Int = 1,
        activation: ActivationFunction? = nil, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil,
        loraRank: Int? = nil, loraAlpha: Double? = nil
    ) {
        self.filters = filters
        self.groups = groups
        kernelOptions = WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint)
        adapterOptions = AdapterOptions(rank: loraRank, alpha: loraAlpha)
        super.init(
            kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, activation: activation, useBias: useBias,
            bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
    }

    public static var arguments: Arguments<Conv> {
        Arguments(default: Conv(1, kernelSize: 1)) {
            describe(&$0, padding: Rank.axes == 1 ? [.valid, .same, .causal] : [.valid, .same])
            $0("filters", \.filters, required: true, .atLeast(1))
            $0("groups", \.groups)
            $0.weight("kernel", \.kernelOptions)
            $0.include(\.adapterOptions, AdapterOptions.arguments)
            $0.check { $0.checkTogether() }
        }
    }

    private func checkTogether() {
        Argument.check(
            groups >= 1 && filters % max(groups, 1) == 0, className, "groups",
            expected: "a positive integer that divides the \(filters) filters", received: groups)
        Argument.check(
            !(strides.contains { $0 > 1 } && dilationRate.contains { $0 > 1 }), className, "dilationRate",
            expected: "1 where strides are greater than 1", received: dilationRate)
    }

    override class var typeName: String { "Conv\(Rank.axes)D" }

    override func outputChannels(of channels: Int) -> Int { filters }

    override func addKernels(for channels: Int) {
        kernel = addWeight("kernel", shape: Shape(kernelSize + [channels / groups, filters]), kernelOptions)
    }

    override func convolve(_ x: Tensor) -> Tensor {
        activation.apply {
            convLayer(
                x, adapters?.value ?? kernel.value, strides: strides, padding: padding, dilations: dilationRate, groups: groups,
                bias: bias?.value, activation: $0)
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try images(inputShapes)
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
        return try outputShapes(of: shape, channels: filters)
    }

    package static var samples: [LayerSample] {
        switch Rank.axes {
        case 1:
            let bad: [[PartialShape]] = [[[nil, 5]], [[nil, 5, nil]]]
            return [
                LayerSample("relu", Conv1D(3, kernelSize: 3, activation: .relu, dtype: .float64), [[6, 2]],
                    bad: bad + [[[nil, 2, 2]]]),
                LayerSample(
                    "causal", Conv1D(2, kernelSize: 3, padding: .causal, dilationRate: 2, dtype: .float64), [[6, 2]],
                    bad: bad),
                LayerSample(
                    "channels first",
                    Conv1D(
                        4, kernelSize: 2, strides: 2, padding: .same, dataFormat: .channelsFirst, groups: 2,
                        dtype: .float64),
                    [[2, 5]]),
            ]
        case 2:
            let bad: [[PartialShape]] = [[[nil, 5, 5]], [[nil, 5, 5, nil]]]
            return [
                LayerSample(
                    "3x3 relu", Conv2D(3, kernelSize: 3, activation: .relu, dtype: .float64), [[5, 4, 2]],
                    bad: bad + [[[nil, 2, 4, 2]]]),
                LayerSample(
                    "strides, same, tanh",
                    Conv2D(2, kernelSize: [3, 2], strides: [2, 1], padding: .same, activation: .tanh, dtype: .float64),
                    [[5, 4, 2]], bad: bad),
                LayerSample(
                    "dilation, no bias",
                    Conv2D(2, kernelSize: [2, 3], dilationRate: [1, 2], useBias: false, dtype: .float64),
                    [[4, 6, 1]], bad: bad + [[[nil, 4, 4, 1]]]),
                LayerSample(
                    "channels first",
                    Conv2D(3, kernelSize: 2, strides: 2, padding: .same, dataFormat: .channelsFirst, dtype: .float64),
                    [[2, 5, 4]]),
                LayerSample(
                    "groups", Conv2D(4, kernelSize: 2, groups: 2, kernelRegularizer: .l2(), dtype: .float64),
                    [[3, 3, 4]], bad: bad + [[[nil, 3, 3, 3]]]),
            ]
        default:
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
}
