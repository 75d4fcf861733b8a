import MartletCore

/// The arguments that `ConvLSTM` and its cell share: those of an LSTM, of which `units` are the filters, and those of a
/// convolution.
struct ConvLSTMOptions {
    var cell: RecurrentOptions
    var kernelSize, strides, dilationRate: [Int]
    var padding: Padding
    var dataFormat: DataFormat

    /// Keras's arguments for a number of spatial axes.
    static func table(axes: Int) -> Arguments<ConvLSTMOptions> {
        let ones = 1.numbers(axes: axes)
        let start = ConvLSTMOptions(
            cell: SimpleRNNCell(1).options, kernelSize: ones, strides: ones, dilationRate: ones, padding: .valid,
            dataFormat: .channelsLast)
        return Arguments(default: start) {
            var cell = RecurrentOptions.table(.lstm).without("units")
            cell("filters", \.units, required: true, .atLeast(1))
            $0.include(\.cell, cell)
            $0("kernel_size", \.kernelSize, as: .perAxis(axes), required: true, .positive(axes: axes))
            $0("strides", \.strides, as: .perAxis(axes), .positive(axes: axes))
            $0("padding", \.padding, .oneOf([.valid, .same]))
            $0("data_format", \.dataFormat)
            $0("dilation_rate", \.dilationRate, as: .perAxis(axes), .positive(axes: axes))
        }
    }

    /// Complains about arguments that do not go together.
    func checkTogether(_ owner: String) {
        Argument.check(
            !(strides.contains { $0 > 1 } && dilationRate.contains { $0 > 1 }), owner, "dilationRate",
            expected: "1 where strides are greater than 1", received: dilationRate)
    }
}

/// A step of `ConvLSTM`: an LSTM whose products are convolutions, of the input as asked for, of the state with strides of 1
/// and as much padding as keeps its size.
///
/// Weights: `kernel` [window..., channels, 4 * filters], `recurrent_kernel` [window..., filters, 4 * filters], `bias`
/// [4 * filters], the gates in the order input, forget, candidate, output.
final class ConvLSTMCell<Rank: SpatialRank>: RNNCell {
    let options: ConvLSTMOptions
    private var kernel, recurrentKernel: Variable!
    private var bias: Variable?
    private let generator: RandomGenerator

    /// What dropout multiplies the input and the state with, for each gate; nil where it does nothing.
    private struct Masks {
        var input, recurrent: [Tensor]?
    }
    /// Those for all steps of the sequence that this thread runs.
    private var sequenceMasks: Masks? {
        get { Context.current.kept[ObjectIdentifier(self)] as? Masks }
        set { Context.current.kept[ObjectIdentifier(self)] = newValue }
    }

    init(_ options: ConvLSTMOptions, name: String?, trainable: Bool, dtype: (any DTypeConvertible)?) {
        self.options = options
        generator = RandomGenerator(seed: options.cell.seed)
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    override class var typeName: String { "ConvLSTMCell" }
    override var objectName: String { "conv_lstm_cell" }
    public override var randomGenerators: [RandomGenerator] {
        options.cell.dropout > 0 || options.cell.recurrentDropout > 0 ? [generator] : []
    }

    private var filters: Int { options.cell.units }
    private var channelAxis: Int { options.dataFormat == .channelsFirst ? 1 : -1 }

    // MARK: - Shapes

    override var stateSizes: [Int] { [filters, filters] }

    override func outputShape(for input: PartialShape) throws -> PartialShape {
        guard input.rank == Rank.axes + 2 else {
            throw MartletError(
                "Expected sequences of rank \(Rank.axes + 3): batch, steps, \(Rank.axes) spatial axes and channels. Received: "
                    + "steps of shape \(input).")
        }
        let images = options.dataFormat.channelsLast(input)
        if let kernel, let channels = images[-1], channels != kernel.shape[-2] {
            throw MartletError("Expected \(kernel.shape[-2]) channels. Received: steps of shape \(input).")
        }
        let windows = try Windows.outputShape(
            of: images, window: options.kernelSize, strides: options.strides, padding: options.padding,
            dilations: options.dilationRate)
        return options.dataFormat.fromChannelsLast(windows.replacing(-1, by: filters))
    }

    override func stateShapes(for input: PartialShape) throws -> [PartialShape] {
        let shape = try outputShape(for: input)
        return [shape, shape]
    }

    override func initialStates(for input: Shape) -> [Tensor] {
        do {
            return try stateShapes(for: PartialShape(input)).map {
                .zeros(Shape($0.dimensions.map { $0 ?? 0 }), dtype: computeDType)
            }
        } catch {
            Argument.note(error)
            return [.nothing, .nothing]
        }
    }

    override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let channels = try Self.knownSize(options.dataFormat.channelsLast(inputShapes[0]), axis: -1)
        let columns = 4 * filters
        kernel = addWeight("kernel", shape: Shape(options.kernelSize + [channels, columns]), options.cell.kernel)
        recurrentKernel = addWeight(
            "recurrent_kernel", shape: Shape(options.kernelSize + [filters, columns]), options.cell.recurrent)
        guard options.cell.useBias else { return }
        let bias = addWeight("bias", shape: [columns], options.cell.bias)
        // A bias that no file has room for has no elements.
        if options.cell.unitForgetBias, bias.shape == [columns] {
            let first = bias.storedValue
            bias.assign(
                .concatenate([first[0..<filters], .ones([filters], dtype: bias.dtype), first[(2 * filters)..<columns]]))
        }
        self.bias = bias
    }

    // MARK: - Calls

    override func beginSequence(_ inputShape: Shape, in context: CallContext) {
        sequenceMasks = makeMasks(inputShape, in: context)
    }
    override func endSequence() { sequenceMasks = nil }

    /// As Keras: each gate has masks of its own, and a rate of 1 drops nothing.
    private func makeMasks(_ inputShape: Shape, in context: CallContext) -> Masks {
        guard context.training else { return Masks() }
        func masks(_ rate: Double, _ shape: @autoclosure () -> Shape?) -> [Tensor]? {
            guard rate > 0, rate < 1, let shape = shape() else { return nil }
            return (0..<4).map { _ in
                generator.bernoulli(shape, probability: 1 - rate, value: 1 / (1 - rate), dtype: computeDType)
            }
        }
        return Masks(
            input: masks(options.cell.dropout, inputShape),
            recurrent: masks(options.cell.recurrentDropout, try? outputShape(for: PartialShape(inputShape)).known))
    }

    /// The convolution of `x` with each gate's part of a kernel, side by side; of `x` times each gate's mask where there
    /// are masks.
    private func convolve(_ x: Tensor, _ masks: [Tensor]?, _ kernel: Tensor, _ function: (Tensor, Tensor) -> Tensor) -> Tensor {
        guard let masks else { return options.dataFormat.apply(to: x) { function($0, kernel) } }
        let parts = zip(masks, kernel.split(count: masks.count, axis: -1)).map { mask, part in
            options.dataFormat.apply(to: x * mask) { function($0, part) }
        }
        return .concatenate(parts, axis: channelAxis)
    }

    /// The input's share of the gates, without the bias.
    private func inputPart(_ x: Tensor, _ masks: [Tensor]?) -> Tensor {
        convolve(x, masks, kernel.value) {
            conv($0, $1, strides: options.strides, padding: options.padding, dilations: options.dilationRate)
        }
    }

    /// The input's share for all steps as one convolution.
    override func project(_ x: Tensor, in context: CallContext) -> Tensor {
        let steps = x.shape[1]
        let folded = x.reshaped(to: Shape([x.shape[0] * steps] + x.shape.dimensions.dropFirst(2)))
        let masks = sequenceMasks?.input.map { masks in
            masks.map { mask in
                let shape = Shape([mask.shape[0], steps] + mask.shape.dimensions.dropFirst())
                return mask.expandingDims(at: 1).broadcast(to: shape).reshaped(to: folded.shape)
            }
        }
        let part = inputPart(folded, masks)
        return part.reshaped(to: Shape([x.shape[0], steps] + part.shape.dimensions.dropFirst()))
    }

    override func sequenceStep(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        next(x, states, sequenceMasks ?? Masks())
    }

    override func step(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        let masks = makeMasks(x.shape, in: context)
        return next(inputPart(x, masks.input), states, masks)
    }

    private func next(_ projected: Tensor, _ states: [Tensor], _ masks: Masks) -> (output: Tensor, states: [Tensor]) {
        var z = projected + convolve(states[0], masks.recurrent, recurrentKernel.value) { conv($0, $1, padding: .same) }
        if let bias {
            let ones = [Int](repeating: 1, count: options.dataFormat == .channelsFirst ? Rank.axes : 0)
            z = z + bias.value.reshaped([4 * filters] + ones)
        }
        let gates = z.split(count: 4, axis: channelAxis)
        let (gate, activation) = (options.cell.recurrentActivation, options.cell.activation)
        let c = gate(gates[1]) * states[1] + gate(gates[0]) * activation(gates[2])
        let h = gate(gates[3]) * activation(c)
        return (h, [h, c])
    }
}
