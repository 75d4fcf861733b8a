import MartletCore

/// What `Attention` and `AdditiveAttention` share: `softmax(scores) value` without projections.
///
/// Inputs: query [batch, queries, features], value [batch, keys, features], and, where it differs from the value, key.
public class ScoredAttention: Layer {
    /// Whether scores have a learned factor.
    public private(set) var useScale: Bool
    /// The probability that a weight is dropped in training.
    public private(set) var dropout: Double
    /// Starts the dropout's random stream; nil takes the next one of the global seed.
    public private(set) var seed: Int?
    private var generator: RandomGenerator?

    init(useScale: Bool, dropout: Double, seed: Int?, name: String?, trainable: Bool, dtype: (any DTypeConvertible)?) {
        self.useScale = useScale
        self.dropout = dropout
        self.seed = seed
        super.init(name: name, trainable: trainable, dtype: dtype)
        generator = self.dropout > 0 ? RandomGenerator(seed: self.seed) : nil
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func table<L: ScoredAttention>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void = { _ in }
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("use_scale", \.useScale)
            $0("dropout", \.dropout, .in(0...1))
            $0("seed", \.seed)
            describe(&$0)
        }
    }

    public override var randomGenerators: [RandomGenerator] { generator.map { [$0] } ?? [] }

    /// The scores [batch, queries, keys].
    func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
        stop(className, "The layer has no scores: override scores(_:_:).")
    }

    /// The query whose products with keys are the scores, nil when scores are no such products.
    func queryForProducts(_ query: Tensor) -> Tensor? { nil }

    override var callParameters: [String] { ["inputs", "mask", "training", "return_attention_scores", "use_causal_mask"] }
    override var listParameter: String? { "inputs" }

    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] { Array(masks.prefix(1)) }

    /// Attends from queries to values. The output of a query whose mask is false is 0, and no query sees a value whose mask
    /// is false; a mask of the key does not count.
    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let queryMask = context.mask?.cast(to: .bool)
        let valueMask = context.masks.count > 1 ? context.masks[1]?.cast(to: .bool) : nil
        let (query, value) = (inputs[0], inputs[1])
        let key = inputs.count > 2 ? inputs[2] : value
        let drops = context.training && dropout > 0
        var output: Tensor
        var weights: Tensor?
        if !context.returnAttentionScores, !drops, valueMask == nil, query.rank == 3, let query = queryForProducts(query) {
            func oneHead(_ x: Tensor) -> Tensor { x.expandingDims(at: 2) }
            output = dotProductAttention(
                query: oneHead(query), key: oneHead(key), value: oneHead(value), scale: 1, isCausal: context.useCausalMask
            ).squeezed(axis: 2)
        } else {
            var scores = scores(query, key)
            if let visible = scoresMask(valueMask, context, scores) {
                // Subtracted, not replaced: a query that sees nothing attends as if it saw everything.
                scores = `where`(visible, scores, scores - (scores.dtype == .float16 ? 65504 : 1e9))
            }
            let all = scores.softmax()
            weights = all
            output = matmul(drops ? all.dropped(rate: dropout, by: generator!) : all, value)
        }
        if let mask = queryMask { output = `where`(mask.expandingDims(at: -1), output, 0) }
        return context.returnAttentionScores ? [output] + (weights.map { [$0] } ?? []) : [output]
    }

    private func scoresMask(_ valueMask: Tensor?, _ context: CallContext, _ scores: Tensor) -> Tensor? {
        let value = valueMask?.expandingDims(at: -2)
        guard context.useCausalMask else { return value }
        let causal = causalMask(queries: scores.shape[-2], keys: scores.shape[-1])
        return value?.logicalAnd(causal) ?? causal
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard inputShapes.count == 2 || inputShapes.count == 3 else {
            throw MartletError("Expected query and value, and perhaps key. Received: \(inputShapes.count) inputs.")
        }
        let (query, value) = (inputShapes[0], inputShapes[1])
        let key = inputShapes.count > 2 ? inputShapes[2] : value
        guard query.rank >= 3, value.rank == query.rank,
            PartialShape(Array(value.dimensions.dropLast())).accepts(PartialShape(Array(key.dimensions.dropLast()))),
            PartialShape([query[-1]] + query.dimensions.dropLast(2))
                .accepts(PartialShape([key[-1]] + key.dimensions.dropLast(2)))
        else {
            throw MartletError(
                "Expected a query (batch, queries, features), a value (batch, keys, ...) and a key like the value, with "
                    + "the query's features. Received: shapes \(inputShapes).")
        }
        return [PartialShape(query.dimensions.dropLast() + [value[-1]])]
    }

    override func outputShapes(of call: LayerCall<PartialShape>) throws -> [PartialShape] {
        let shapes = try outputShapes(for: call.inputs)
        guard call.returnAttentionScores else { return shapes }
        let (query, key) = (call.inputs[0], call.inputs[call.inputs.count - 1])
        return shapes + [PartialShape(query.dimensions.dropLast() + [key[-2]])]
    }

    // MARK: - Calls

    /// Attends from queries to values.
    /// - Parameters:
    ///   - inputs: query, value and, where it differs from the value, key.
    ///   - masks: [batch, queries] and [batch, keys], false for padding, in place of the masks that the inputs carry.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls.
    ///   - useCausalMask: whether query i sees the keys 0...i only.
    public func callAsFunction<Value: LayerValue>(
        _ inputs: [Value], masks: [Value?] = [], training: Bool? = nil, useCausalMask: Bool
    ) -> Value {
        onlyOutput(apply(LayerCall(inputs, masks: masks, training: training, useCausalMask: useCausalMask)))
    }

    /// The same, with the weights [batch, queries, keys]: Keras's `return_attention_scores`.
    public func withScores<Value: LayerValue>(
        _ inputs: [Value], masks: [Value?] = [], training: Bool? = nil, useCausalMask: Bool = false
    ) -> (output: Value, scores: Value) {
        let outputs = apply(
            LayerCall(
                inputs, masks: masks, training: training, useCausalMask: useCausalMask, returnAttentionScores: true))
        return (outputs[0], outputs[1])
    }
}
