import MartletCore

/// What the cells of `SimpleRNN`, `LSTM` and `GRU` share: weights, dropout, and the way to the op over whole sequences.
///
/// Parameters of all initializers:
/// - `units`: the number of units of the state and the output, at least 1.
/// - `activation`: of the state; nothing when nil.
/// - `recurrentActivation`: of the gates; nothing when nil.
/// - `dropout`: the rate at which inputs are dropped in training, the same ones at all steps.
/// - `recurrentDropout`: the rate at which parts of the state are dropped in training, the same ones at all steps.
/// - `seed`: starts the random stream of both; nil takes the next one of the global seed.
public class BuiltInCell: RNNCell {
    var kind: RecurrentKind { stop(className, "The cell is of no kind: override kind.") }
    private(set) var options: RecurrentOptions
    /// [features, gates * units]; nil until the cell is built.
    public private(set) var kernel: Variable!
    /// [units, gates * units]; nil until the cell is built.
    public private(set) var recurrentKernel: Variable!
    /// [gates * units], for a GRU with reset after [2, 3 * units]; nil until the cell is built, and without a bias.
    public private(set) var bias: Variable?

    private var generator: RandomGenerator!
    /// What dropout multiplies the input and the state with, for all gates or for each; nil where it does nothing.
    struct Masks {
        var input: [Tensor]?
        var recurrent: [Tensor]?
    }
    /// Those for all steps of the sequence that this thread runs.
    private var sequenceMasks: Masks? {
        get { Context.current.kept[ObjectIdentifier(self)] as? Masks }
        set { Context.current.kept[ObjectIdentifier(self)] = newValue }
    }

    init(_ options: RecurrentOptions, name: String?, trainable: Bool, dtype: (any DTypeConvertible)?) {
        self.options = options
        super.init(name: name, trainable: trainable, dtype: dtype)
        generator = RandomGenerator(seed: self.options.seed)
    }

    /// The arguments of a cell of a kind.
    static func table<C: BuiltInCell>(
        _ kind: RecurrentKind, _ value: @escaping @Sendable @autoclosure () -> C
    ) -> Arguments<C> {
        Arguments(default: value()) { $0.include(\.options, RecurrentOptions.table(kind)) }
    }

    /// The number of units of each state.
    public var units: Int { options.units }
    public override var stateSizes: [Int] { [Int](repeating: units, count: kind.stateCount) }
    public override var randomGenerators: [RandomGenerator] {
        options.dropout > 0 || options.recurrentDropout > 0 ? [generator] : []
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let features = try Self.knownSize(inputShapes[0], axis: -1)
        let columns = kind.gateCount * units
        kernel = addWeight("kernel", shape: [features, columns], options.kernel)
        recurrentKernel = addWeight("recurrent_kernel", shape: [units, columns], options.recurrent)
        guard options.useBias else { return }
        let bias = addWeight("bias", shape: kind.biasShape(units: units), options.bias)
        // A bias that no file has room for has no elements.
        if kind == .lstm, options.unitForgetBias, bias.shape == kind.biasShape(units: units) {
            let first = bias.storedValue
            bias.assign(
                .concatenate([first[0..<units], .ones([units], dtype: bias.dtype), first[(2 * units)..<(4 * units)]]))
        }
        self.bias = bias
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        if let x = inputShapes.first {
            guard x.rank == 2 else {
                throw MartletError("Expected an input of rank 2, (batch, features). Received: shape \(x).")
            }
            if let features = kernel?.shape[0], let size = x[-1], size != features {
                throw MartletError("Expected \(features) features. Received: shape \(x).")
            }
        }
        return try super.outputShapes(for: inputShapes)
    }

    // MARK: - Dropout

    override func beginSequence(_ inputShape: Shape, in context: CallContext) {
        sequenceMasks = makeMasks(inputShape, in: context)
    }
    override func endSequence() { sequenceMasks = nil }

    /// As Keras: with recurrent dropout each gate has masks of its own, and a rate of 1 drops nothing.
    private func makeMasks(_ inputShape: Shape, in context: CallContext) -> Masks {
        guard context.training else { return Masks() }
        let count = options.recurrentDropout > 0 ? kind.gateCount : 1
        func masks(_ rate: Double, _ shape: Shape) -> [Tensor]? {
            guard rate > 0, rate < 1 else { return nil }
            return (0..<count).map { _ in
                generator.bernoulli(shape, probability: 1 - rate, value: 1 / (1 - rate), dtype: computeDType)
            }
        }
        return Masks(
            input: masks(options.dropout, inputShape),
            recurrent: masks(options.recurrentDropout, [inputShape[0], units]))
    }

    func masks(for x: Tensor, in context: CallContext) -> Masks { sequenceMasks ?? makeMasks(x.shape, in: context) }

    /// `x` times each gate's mask times each gate's columns of `kernel`, side by side.
    func product(_ x: Tensor, _ kernel: Tensor, masks: [Tensor]?) -> Tensor {
        guard let masks else { return matmul(x, kernel) }
        if masks.count == 1 { return matmul(x * masks[0], kernel) }
        let parts = zip(masks, kernel.split(count: masks.count, axis: 1)).map { matmul(x * $0, $1) }
        return .concatenate(parts, axis: 1)
    }

    // MARK: - Whole sequences

    /// Runs all steps as one op where the activations are the default ones and the state has no dropout; nil otherwise.
    /// Between `beginSequence` and `endSequence`.
    func runSequence(
        _ x: Tensor, mask: Tensor?, states: [Tensor], goBackwards: Bool, returnSequences: Bool, zeroOutputForMask: Bool
    ) -> (output: Tensor, states: [Tensor])? {
        let masks = sequenceMasks ?? Masks()
        guard options.activation.isBuiltIn("tanh"), masks.recurrent == nil, masks.input?.count ?? 1 == 1,
            kind == .simple || options.recurrentActivation.isBuiltIn("sigmoid")
        else { return nil }
        let dropped = masks.input.map { x * $0[0].expandingDims(at: 1) } ?? x
        return recurrentSequence(
            dropped, states: states, kernel: kernel.value, recurrentKernel: recurrentKernel.value, bias: bias?.value,
            mask: mask, kind: kind, goBackwards: goBackwards, returnSequences: returnSequences,
            zeroOutputForMask: zeroOutputForMask)
    }
}
