import Foundation
import MartletCore

/// How a recurrent layer reads its sequences and what it gives.
struct SequenceOptions: Described {
    var returnSequences = false
    var returnState = false
    var goBackwards = false
    var stateful = false
    var unroll = false
    var zeroOutputForMask = false

    static let arguments = Arguments(default: SequenceOptions()) {
        $0("return_sequences", \.returnSequences)
        $0("return_state", \.returnState)
        $0("go_backwards", \.goBackwards)
        $0("stateful", \.stateful)
        $0("unroll", \.unroll)
        $0("zero_output_for_mask", \.zeroOutputForMask)
    }
}

/// What `RNN`, `SimpleRNN`, `LSTM` and `GRU` share: a cell, and how it goes through sequences.
///
/// Parameters of all initializers:
/// - `returnSequences`: whether the output is that of every step, otherwise of the last.
/// - `returnState`: whether the last states are outputs too.
/// - `goBackwards`: whether the steps are read from the last to the first.
/// - `stateful`: whether a batch starts from the states in which the one before ended; `resetState()` forgets them.
/// - `unroll`: accepted for Keras's sake.
/// - `zeroOutputForMask`: whether a masked step's output is 0, otherwise that of the step before.
public class RecurrentLayer: Layer {
    /// What computes a step.
    public internal(set) var cell: RNNCell!
    var options: SequenceOptions
    /// The states in which the last batch ended, where `stateful`; nil before the first.
    private var states: [Variable]?
    private let statesLock = NSLock()

    init(
        _ cell: RNNCell?, _ options: SequenceOptions, activityRegularizer: (any Regularizer)? = nil, name: String?,
        trainable: Bool, dtype: (any DTypeConvertible)?
    ) {
        self.cell = cell
        self.options = options
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
    }

    /// Whether the output is that of every step, otherwise of the last.
    public var returnSequences: Bool { options.returnSequences }
    /// Whether the last states are outputs too.
    public var returnState: Bool { options.returnState }
    /// Whether the steps are read from the last to the first.
    public var goBackwards: Bool { options.goBackwards }
    /// Whether a batch starts from the states in which the one before ended.
    public var stateful: Bool { options.stateful }

    /// Sets the states that a stateful layer keeps to zeros.
    public func resetState() { for state in states ?? [] { state.assign(.zeros(like: state.value)) } }

    // MARK: - Shapes

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        try cell.ensureBuilt(for: stepShapes(inputShapes))
    }

    /// The shapes of what the cell sees.
    private func stepShapes(_ inputShapes: [PartialShape]) throws -> [PartialShape] {
        let x = PartialShape([inputShapes[0][0]] + inputShapes[0].dimensions.dropFirst(2))
        return [x] + (try cell.stateShapes(for: x))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard let x = inputShapes.first, x.rank >= 3 else {
            throw MartletError("Expected sequences (batch, steps, features). Received: \(inputShapes).")
        }
        let step = try stepShapes(inputShapes)
        let shapes = try cell.outputShapes(for: step)
        let states = Array(shapes.dropFirst())
        if inputShapes.count > 1 { try RNNCell.checkStates(Array(inputShapes.dropFirst()), expected: states) }
        let y = returnSequences ? PartialShape([x[0], x[1]] + shapes[0].dimensions.dropFirst()) : shapes[0]
        return [y] + (returnState ? states : [])
    }

    // MARK: - Calls

    override var callParameters: [String] { ["sequences", "initial_state", "mask", "training"] }
    override var listParameter: String? { "initial_state" }

    /// As in Keras, a sequence that comes with states is read whole unless a mask is passed with them.
    override func seesCarriedMasks(of inputs: [Tensor]) -> Bool { inputs.count == 1 }

    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        returnSequences ? Array(masks.prefix(1)) : []
    }

    /// The output, and with `returnState` the last states.
    ///
    /// The inputs are the sequence and perhaps the first states; without those, a stateful layer goes on from the kept ones
    /// and any other starts from the cell's initial ones. A step whose mask, [batch, steps], is false keeps the states.
    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let mask = context.mask?.cast(to: .bool)
        let x = cell.cast(inputs[0].dtype.isFloatingPoint ? inputs[0] : inputs[0].cast(to: computeDType))
        let step = Shape([x.shape[0]] + x.shape.dimensions.dropFirst(2))
        let starting = inputs.count == 1 ? startingStates(for: step) : Array(inputs.dropFirst())
        // A check that computes the layer in another dtype gives the input in it.
        let first = Context.current.castsInputs ? starting.map(cell.cast) : starting.map { $0.cast(to: x.dtype) }
        cell.beginSequence(step, in: context)
        defer { cell.endSequence() }
        let (all, states) = cell.computing {
            (cell as? BuiltInCell)?.runSequence(
                x, mask: mask, states: first, goBackwards: goBackwards, returnSequences: returnSequences,
                zeroOutputForMask: options.zeroOutputForMask)
                ?? runSteps(x, mask: mask, states: first, in: context)
        }
        let (output, last) = (cast(all), states.map(cast))
        if stateful { for (kept, state) in zip(self.states ?? [], last) { kept.assign(state.cast(to: kept.dtype)) } }
        return [output] + (returnState ? last : [])
    }

    private func startingStates(for step: Shape) -> [Tensor] {
        guard stateful else { return cell.initialStates(for: step) }
        let kept = statesLock.withLock {
            // Kept states are made once, not at each run of a step that is being compiled.
            let states = self.states ?? Context.current.outsideTrace {
                cell.initialStates(for: step).map {
                    Variable($0.cast(to: variableDType), name: "rnn_state", trainable: false)
                }
            }
            self.states = states
            return states
        }.map(\.value)
        require(
            kept.allSatisfy { $0.shape[0] == step[0] }, name,
            "Expected batches of one size, as the layer is stateful: \(kept.first?.shape[0] ?? step[0]). Received: "
                + "\(step[0]).")
        return kept
    }

    /// Step by step, for any cell.
    private func runSteps(
        _ x: Tensor, mask: Tensor?, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        let steps = x.shape[1]
        let zeros = emptyOutput(for: Shape([x.shape[0]] + x.shape.dimensions.dropFirst(2)))
        let inputs = steps == 0 ? [] : cell.project(x, in: context).unstacked(axis: 1)
        let masks = steps == 0 ? nil : mask?.unstacked(axis: 1)
        var (states, output, outputs) = (states, zeros, [Tensor]())
        for t in goBackwards ? Array((0..<steps).reversed()) : Array(0..<steps) {
            let (result, next) = cell.sequenceStep(inputs[t], states: states, in: context)
            if let keep = masks?[t] {
                output = Self.choose(keep, result, options.zeroOutputForMask ? zeros : output)
                states = zip(next, states).map { Self.choose(keep, $0, $1) }
            } else {
                (output, states) = (result, next)
            }
            if returnSequences { outputs.append(output) }
        }
        guard returnSequences else { return (output, states) }
        let all = outputs.isEmpty ? zeros.expandingDims(at: 1)[.all, 0..<0] : Tensor.stack(outputs, axis: 1)
        return (all, states)
    }

    /// Zeros in the place of an output.
    private func emptyOutput(for step: Shape) -> Tensor {
        do {
            let shape = try cell.outputShape(for: PartialShape(step))
            return .zeros(Shape(shape.dimensions.map { $0 ?? 0 }), dtype: cell.computeDType)
        } catch {
            Argument.note(error)
            return .nothing
        }
    }

    /// `a` for the samples where `mask`, [batch], is true, otherwise `b`.
    private static func choose(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
        let ones = [Int](repeating: 1, count: max(0, a.rank - 1))
        return `where`(mask.reshaped([a.shape[0]] + ones), a, b)
    }
}

extension RecurrentLayer {
    /// Reads sequences from given first states.
    /// - Parameters:
    ///   - initialState: the first states, [batch, units] each.
    ///   - mask: `bool` [batch, steps]; a step where it is false keeps the states. As in Keras, the mask that `x` carries
    ///     does not count here.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls.
    /// - Returns: the output, and with `returnState` the last states.
    public func callAsFunction<Value: LayerValue>(
        _ x: Value, initialState: [Value], mask: Value? = nil, training: Bool? = nil
    ) -> [Value] {
        apply(LayerCall([x] + initialState, masks: mask.map { [$0] } ?? [], training: training))
    }
}
