import MartletCore

/// One step of a recurrent layer: from an input and states to an output and new states. `RNN` runs it over sequences.
///
/// A cell of one's own overrides `stateSizes` and `step`, and `build` when it has weights:
///
/// ```swift
/// final class Average: RNNCell {
///     override var stateSizes: [Int] { [4] }
///     override func step(
///         _ x: Tensor, states: [Tensor], in context: CallContext
///     ) -> (output: Tensor, states: [Tensor]) {
///         let mean = (x + states[0]) / 2
///         return (mean, [mean])
///     }
/// }
/// let layer = RNN(Average())
/// ```
///
/// Called as a layer, a cell takes an input [batch, ...] and its states, and gives the output and the new states.
///
/// Source: [`keras.layers.RNN`](https://keras.io/api/layers/recurrent_layers/rnn/).
open class RNNCell: Layer {
    /// The number of units of each state, a tensor [batch, units].
    open var stateSizes: [Int] { stop("\(Self.self)", "The cell has no states: override stateSizes.") }

    /// The number of units of the output: the first state's, by default.
    open var outputSize: Int { stateSizes[0] }

    /// Computes the output and the new states, as many as came in.
    open func step(_ x: Tensor, states: [Tensor], in context: CallContext) -> (output: Tensor, states: [Tensor]) {
        stop("\(Self.self)", "The cell computes nothing: override step(_:states:in:).")
    }

    /// The states before the first step: zeros, by default.
    open func initialStates(batch: Int) -> [Tensor] { stateSizes.map { .zeros([batch, $0], dtype: computeDType) } }

    /// The shapes of the states beside an input [batch, ...]: [batch, size] for each of `stateSizes`.
    /// - Throws: `MartletError` where a cell whose states depend on the input cannot take it.
    func stateShapes(for input: PartialShape) throws -> [PartialShape] { stateSizes.map { [input[0], $0] } }

    /// The shape of the output for an input [batch, ...]: [batch, outputSize].
    func outputShape(for input: PartialShape) throws -> PartialShape { [input[0], outputSize] }

    /// The states before the first step, for inputs of shape [batch, ...].
    func initialStates(for input: Shape) -> [Tensor] { initialStates(batch: input[0]) }

    /// What `sequenceStep` reads, of all inputs [batch, steps, ...] at once: the inputs, unless a cell can do a part of its
    /// work on all of them together.
    func project(_ x: Tensor, in context: CallContext) -> Tensor { x }

    /// A step on a part of what `project` gave.
    func sequenceStep(
        _ x: Tensor, states: [Tensor], in context: CallContext
    ) -> (output: Tensor, states: [Tensor]) {
        step(x, states: states, in: context)
    }

    /// Fixes what stays the same for all steps of a sequence: dropout's masks, for inputs of shape [batch, ...].
    func beginSequence(_ inputShape: Shape, in context: CallContext) {}
    func endSequence() {}

    override var callParameters: [String] { ["inputs", "states", "training"] }
    override var listParameter: String? { "states" }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        guard
            require(
                inputs.count == 1 + stateSizes.count, "\(Self.self)",
                "Expected an input and \(stateSizes.count) states. Received: \(inputs.count) tensors.")
        else { return [.nothing] }
        let (output, states) = step(inputs[0], states: Array(inputs.dropFirst()), in: context)
        return [output] + states
    }

    open override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard let x = inputShapes.first, x.rank >= 2 else {
            throw MartletError("Expected an input (batch, ..., features) and states. Received: \(inputShapes).")
        }
        let states = try stateShapes(for: x)
        try Self.checkStates(Array(inputShapes.dropFirst()), expected: states)
        return [try outputShape(for: x)] + states
    }

    /// - Throws: `MartletError` unless the shapes are the expected ones, with any batch.
    static func checkStates(_ shapes: [PartialShape], expected: [PartialShape]) throws {
        let expected = expected.map { $0.replacing(0, by: nil) }
        guard shapes.count == expected.count, zip(expected, shapes).allSatisfy({ $0.accepts($1) }) else {
            let list = expected.map(\.description).joined(separator: ", ")
            throw MartletError("Expected states of shapes \(list). Received: \(shapes).")
        }
    }
}
