import MartletCore

/// An LSTM over sequences of sequences: [batch, steps, size, channels] gives [batch, size', filters].
///
/// Source: [`keras.layers.ConvLSTM1D`](https://keras.io/api/layers/recurrent_layers/conv_lstm1d/).
public typealias ConvLSTM1D = ConvLSTM<Spatial1D>
/// An LSTM over sequences of images: [batch, steps, height, width, channels] gives [batch, rows, columns, filters].
///
/// Source: [`keras.layers.ConvLSTM2D`](https://keras.io/api/layers/recurrent_layers/conv_lstm2d/).
public typealias ConvLSTM2D = ConvLSTM<Spatial2D>
/// An LSTM over sequences of volumes: [batch, steps, depth, height, width, channels] gives [batch, depth', rows, columns,
/// filters].
///
/// Source: [`keras.layers.ConvLSTM3D`](https://keras.io/api/layers/recurrent_layers/conv_lstm3d/).
public typealias ConvLSTM3D = ConvLSTM<Spatial3D>

/// An LSTM whose products are convolutions. ``ConvLSTM1D``, ``ConvLSTM2D`` and ``ConvLSTM3D``.
///
/// The input, and possibly the first states h and c, [batch, windows..., filters] each, give the output of the last step,
/// or with `returnSequences` that of all steps, [batch, steps, windows..., filters]; with `returnState` also the last states.
/// With `channelsFirst` the channels come after the batch and the steps.
///
/// Weights: `kernel` [window..., channels, 4 * filters], `recurrent_kernel` [window..., filters, 4 * filters], `bias`
/// [4 * filters], the gates in the order input, forget, candidate, output.
///
/// Source: X. Shi et al., *Convolutional LSTM network: a machine learning approach for precipitation nowcasting*, 2015.
public final class ConvLSTM<Rank: SpatialRank>: RecurrentLayer, ConfigurableLayer, Described {
    private var cellOptions: ConvLSTMOptions

    /// Makes a layer. Most parameters are described at ``ConvolutionLayer``, ``BuiltInCell`` and ``RecurrentLayer``.
    /// - Parameters:
    ///   - filters: the number of channels of the states and the output.
    ///   - strides: the steps of the window over the input; over the state they are 1.
    ///   - padding: how the input is extended, `.valid` or `.same`; the state is so that it keeps its size.
    ///   - dilationRate: the distances between the elements of the window over the input, not together with strides.
    ///   - unitForgetBias: whether the forget gate's bias starts at 1.
    public init(
        _ filters: Int, kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, activation: ActivationFunction? = .tanh,
        recurrentActivation: ActivationFunction? = .sigmoid, useBias: Bool = true,
        kernelInitializer: any Initializer = .glorotUniform, recurrentInitializer: any Initializer = .orthogonal(),
        biasInitializer: any Initializer = .zeros, unitForgetBias: Bool = true,
        kernelRegularizer: (any Regularizer)? = nil, recurrentRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, recurrentConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, dropout: Double = 0, recurrentDropout: Double = 0, seed: Int? = nil,
        returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false, stateful: Bool = false,
        unroll: Bool = false, zeroOutputForMask: Bool = false, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil
    ) {
        cellOptions = ConvLSTMOptions(
            cell: RecurrentOptions(
                units: filters, activation: activation ?? .linear, recurrentActivation: recurrentActivation ?? .linear,
                useBias: useBias, kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                recurrent: WeightOptions(recurrentInitializer, recurrentRegularizer, recurrentConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint), dropout: dropout,
                recurrentDropout: recurrentDropout, seed: seed, unitForgetBias: unitForgetBias),
            kernelSize: kernelSize.numbers(axes: Rank.axes), strides: strides.numbers(axes: Rank.axes),
            dilationRate: dilationRate.numbers(axes: Rank.axes), padding: padding, dataFormat: dataFormat)
        super.init(
            nil,
            SequenceOptions(
                returnSequences: returnSequences, returnState: returnState, goBackwards: goBackwards,
                stateful: stateful, unroll: unroll, zeroOutputForMask: zeroOutputForMask),
            activityRegularizer: activityRegularizer, name: name, trainable: trainable, dtype: dtype)
        cell = ConvLSTMCell<Rank>(cellOptions, name: "conv_lstm_cell", trainable: isTrainable, dtype: policySource)
    }

    /// Makes a layer with the window's size second, as in Keras. The parameters are those of the other initializer.
    public convenience init(
        _ filters: Int, _ kernelSize: any PerAxis, strides: any PerAxis = 1, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, dilationRate: any PerAxis = 1, activation: ActivationFunction? = .tanh,
        recurrentActivation: ActivationFunction? = .sigmoid, dropout: Double = 0, recurrentDropout: Double = 0,
        returnSequences: Bool = false, returnState: Bool = false, goBackwards: Bool = false, stateful: Bool = false,
        name: String? = nil
    ) {
        self.init(
            filters, kernelSize: kernelSize, strides: strides, padding: padding, dataFormat: dataFormat,
            dilationRate: dilationRate, activation: activation, recurrentActivation: recurrentActivation, dropout: dropout,
            recurrentDropout: recurrentDropout, returnSequences: returnSequences, returnState: returnState,
            goBackwards: goBackwards, stateful: stateful, name: name)
    }

    public static var arguments: Arguments<ConvLSTM> {
        Arguments(default: ConvLSTM(1, kernelSize: 1)) {
            $0.include(\.cellOptions, ConvLSTMOptions.table(axes: Rank.axes))
            $0.include(\.options, SequenceOptions.arguments)
            $0("activity_regularizer", \.activityRegularizer)
            $0.check { $0.cellOptions.checkTogether($0.className) }
        }
    }

    override class var typeName: String { "ConvLSTM\(Rank.axes)D" }

    /// The number of channels of the states and the output.
    public var filters: Int { cellOptions.cell.units }
    /// The size of the window on each spatial axis.
    public var kernelSize: [Int] { cellOptions.kernelSize }
    /// The steps of the window over the input.
    public var strides: [Int] { cellOptions.strides }
    /// How the input is extended.
    public var padding: Padding { cellOptions.padding }
    /// Where the channels lie.
    public var dataFormat: DataFormat { cellOptions.dataFormat }
    /// The distances between the elements of the window over the input.
    public var dilationRate: [Int] { cellOptions.dilationRate }

    package static var samples: [LayerSample] {
        let (small, images) = ([[5], [4, 3], [2, 3, 2]][Rank.axes - 1], [[7], [5, 4], [3, 3, 2]][Rank.axes - 1])
        let bad: [[PartialShape]] = [[[nil, 3, 4]], [PartialShape([nil, 3] + images.map { $0 })]]
        @Sendable func input(_ sizes: [Int]) -> LayerSample.Input { .init([3] + sizes) }
        var samples = [
            LayerSample(
                "defaults", ConvLSTM(2, kernelSize: 2, dtype: .float64), [input(small + [2])], bad: bad, isSteep: true),
            LayerSample(
                "sequences, states, backwards, strides",
                ConvLSTM(
                    2, kernelSize: 2, strides: 2, padding: .same, recurrentActivation: .hardSigmoid, seed: 3,
                    returnSequences: true, returnState: true, goBackwards: true, dtype: .float64),
                [input(small + [1])], bad: bad, isSteep: true),
        ]
        guard Rank.axes < 3 else { return samples }
        samples += [
            LayerSample(
                "channels first, dilated, dropout",
                ConvLSTM(
                    2, kernelSize: 2, dataFormat: .channelsFirst, dilationRate: 2, kernelRegularizer: .l2(0.1),
                    recurrentRegularizer: .l2(0.2), activityRegularizer: .l2(0.3), recurrentConstraint: .maxNorm(2),
                    dropout: 0.3, recurrentDropout: 0.2, seed: 4, returnSequences: true, dtype: .float64),
                [input([2] + images)], isSteep: true),
            LayerSample(
                "from states", ConvLSTM(2, kernelSize: 3, padding: .same, useBias: false, dropout: 0.4, seed: 5, dtype: .float64),
                [input(small + [1]), .init(small + [2]), .init(small + [2])], isSteep: true),
        ]
        return samples
    }
}
