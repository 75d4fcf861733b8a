import MartletCore

/// What layers share that project queries, keys and values to heads, attend, and project the heads back.
///
/// Inputs: query [batch, queries..., features], value [batch, keys..., features], and, where it differs from the value,
/// key. The heads' keys and values may be fewer than the heads of the queries.
///
/// Parameters of all initializers: `dropout` is the probability that a weight is dropped in training, with `slidingWindow`
/// queries see only keys nearer than that, `useGate` is whether what the heads give is multiplied by a sigmoid of the
/// query's projection, and `seed` starts the dropout's random stream; nil takes the next one of the global seed.
public class ProjectedAttention: Layer {
    /// Sizes and rules that the subclass gives.
    struct Options {
        var heads: Int
        var keyHeads: Int
        var keyDim: Int
        var valueDim: Int?
        var dropout = 0.0
        var useBias = true
        var useGate = false
        var slidingWindow: Int?
        var outputShape: [Int]?
        var attentionAxes: [Int]?
        var kernel, bias: WeightOptions
        var activityRegularizer: (any Regularizer)?
        var seed: Int?
    }
    var options: Options
    /// The size of each head's values.
    public var valueDim: Int { options.valueDim ?? options.keyDim }

    /// Projects queries; nil until the layer is built, like the others.
    public private(set) var queryDense: EinsumDense!
    /// Projects keys.
    public private(set) var keyDense: EinsumDense!
    /// Gives the factors, in 0...1, of what the heads give; nil without a gate.
    public private(set) var gateDense: EinsumDense?
    /// Projects values.
    public private(set) var valueDense: EinsumDense!
    /// Projects what the heads give.
    public private(set) var outputDense: EinsumDense!

    private var generator: RandomGenerator?

    init(_ options: Options, name: String?, trainable: Bool, dtype: (any DTypeConvertible)?) {
        self.options = options
        super.init(name: name, trainable: trainable, dtype: dtype)
        generator = self.options.dropout > 0 ? RandomGenerator(seed: self.options.seed) : nil
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func table<L: ProjectedAttention>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        Arguments(default: value()) {
            describe(&$0)
            $0("dropout", \.options.dropout, .in(0...1))
            $0("use_bias", \.options.useBias)
            $0("use_gate", \.options.useGate)
            $0("sliding_window", \.options.slidingWindow, .atLeast(1))
            $0.weight("kernel", \.options.kernel)
            $0.weight("bias", \.options.bias)
            $0("activity_regularizer", \.options.activityRegularizer)
            $0("seed", \.options.seed)
        }
    }

    public override var randomGenerators: [RandomGenerator] { generator.map { [$0] } ?? [] }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let (query, value) = (inputShapes[0], inputShapes[1])
        let key = inputShapes.count > 2 ? inputShapes[2] : value
        for shape in [query, value, key] { _ = try Self.knownSize(shape, axis: -1) }
        let rank = query.rank
        func project(
            _ shape: PartialShape, heads: Int, depth: Int, _ name: String, gate: Bool = false
        ) throws -> EinsumDense {
            let axes = Self.letters(0..<rank - 1)
            let (inner, heads, own) = (Self.letters(rank - 1..<rank), [heads, depth], Self.letters(rank..<rank + 2))
            return try makeDense(
                "\(axes)\(inner),\(inner)\(own)->\(axes)\(own)", unknown: rank - 2, own: heads, biasAxes: own, name,
                activation: gate ? .sigmoid : nil, for: shape)
        }
        queryDense = try project(query, heads: options.heads, depth: options.keyDim, "query")
        keyDense = try project(key, heads: options.keyHeads, depth: options.keyDim, "key")
        if options.useGate {
            gateDense = try project(query, heads: options.heads, depth: valueDim, "gate", gate: true)
        }
        valueDense = try project(value, heads: options.keyHeads, depth: valueDim, "value")

        let sizes = try options.outputShape ?? [Self.knownSize(query, axis: -1)]
        let (axes, inner) = (Self.letters(0..<rank - 1), Self.letters(rank - 1..<rank + 1))
        let own = Self.letters(rank + 1..<rank + 1 + sizes.count)
        outputDense = try makeDense(
            "\(axes)\(inner),\(inner)\(own)->\(axes)\(own)", unknown: rank - 2, own: sizes, biasAxes: own,
            "attention_output", for: PartialShape(query.dimensions.dropLast() + [options.heads, valueDim]))
    }

    private func makeDense(
        _ equation: String, unknown: Int, own: [Int], biasAxes: String, _ name: String,
        activation: ActivationFunction? = nil, for shape: PartialShape
    ) throws -> EinsumDense {
        let layer = EinsumDense(
            equation, outputShape: [Int?](repeating: nil, count: unknown) + own, activation: activation,
            biasAxes: options.useBias ? biasAxes : nil, kernelInitializer: options.kernel.initializer,
            biasInitializer: options.bias.initializer, kernelRegularizer: options.kernel.regularizer,
            biasRegularizer: options.bias.regularizer, activityRegularizer: options.activityRegularizer,
            kernelConstraint: options.kernel.constraint, biasConstraint: options.bias.constraint, name: name,
            trainable: isTrainable, dtype: policySource)
        try layer.ensureBuilt(for: [shape])
        return layer
    }

    private static func letters(_ range: Range<Int>) -> String {
        String(range.map { Character(UnicodeScalar(UInt8(97 + $0))) })
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard inputShapes.count == 2 || inputShapes.count == 3 else {
            throw MartletError("Expected query and value, and perhaps key. Received: \(inputShapes.count) inputs.")
        }
        let (query, value) = (inputShapes[0], inputShapes[1])
        let key = inputShapes.count > 2 ? inputShapes[2] : value
        guard query.rank >= 3, query.rank <= 12, value.rank == query.rank,
            PartialShape(Array(value.dimensions.dropLast())).accepts(PartialShape(Array(key.dimensions.dropLast())))
        else {
            throw MartletError(
                "Expected a query (batch, queries, ..., features), and value and key (batch, keys, ..., features) that "
                    + "agree but in features. Received: shapes \(inputShapes).")
        }
        for (shape, layer) in [(query, queryDense), (value, valueDense), (key, keyDense)] {
            if let size = layer?.kernel?.shape[0], shape[-1] ?? size != size {
                throw MartletError("Expected \(size) features of the \(layer!.name). Received: shape \(shape).")
            }
        }
        let axes = attentionAxes(rank: query.rank)
        guard axes.allSatisfy({ (1..<query.rank - 1).contains($0) }), Set(axes).count == axes.count else {
            throw MartletError(
                "Expected different attention axes between batch and features. Received: axes "
                    + "\(options.attentionAxes ?? []) of the shape \(query).")
        }
        return [PartialShape(query.dimensions.dropLast() + (options.outputShape ?? [query[-1]].compactMap { $0 }))]
    }

    /// The axes that queries and keys are counted along, as numbers from the front; `rank` is the inputs'.
    private func attentionAxes(rank: Int) -> [Int] {
        options.attentionAxes.map { axes in axes.map { $0 < 0 ? $0 + rank : $0 } } ?? Array(1..<rank - 1)
    }

    override var callParameters: [String] {
        [
            "query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores",
            "training", "use_causal_mask",
        ]
    }

    override func outputShapes(of call: LayerCall<PartialShape>) throws -> [PartialShape] {
        let shapes = try outputShapes(for: call.inputs)
        guard call.returnAttentionScores else { return shapes }
        let (query, value) = (call.inputs[0], call.inputs[1])
        let axes = attentionAxes(rank: query.rank)
        let others = (1..<query.rank - 1).filter { !axes.contains($0) }
        return shapes + [
            PartialShape(
                [query[0]] + others.map { query[$0] } + [options.heads] + axes.map { query[$0] }
                    + axes.map { value[$0] })
        ]
    }

    public override var supportsMasking: Bool { true }

    /// Attends from queries to values, with everything that the context says, and gives the weights of the heads too where
    /// they are asked for.
    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let (query, value) = (inputs[0], inputs[1])
        let gate = gateDense.map { $0(query) }
        let projected = [queryDense(query), keyDense(inputs.count > 2 ? inputs[2] : value), valueDense(value)]
        let layout = AttentionLayout(axes: attentionAxes(rank: query.rank), rank: query.rank)
        let (q, k, v) = (layout.folded(projected[0]), layout.folded(projected[1]), layout.folded(projected[2]))
        var mask = context.visibleKeys.map { layout.foldedMask($0, query: projected[0], key: projected[1]) }
        if let window = options.slidingWindow {
            let distance = Tensor.range(0..<q.shape[1]).expandingDims(at: -1) - Tensor.range(0..<k.shape[1])
            let near = distance.abs() .< window
            mask = mask?.logicalAnd(near) ?? near.reshaped([1, 1] + near.shape.dimensions)
        }
        let heads: Tensor
        var scores: Tensor?
        if options.dropout > 0 || context.returnAttentionScores {
            let weights = self.weights(q, k, mask, context.useCausalMask)
            let kept = context.training ? generator.map { weights.dropped(rate: options.dropout, by: $0) } : nil
            heads = einsum("bnts,bsnv->btnv", kept ?? weights, repeated(v))
            scores = layout.unfoldedScores(weights, query: projected[0], key: projected[1])
        } else {
            heads = dotProductAttention(
                query: q, key: k, value: v, mask: mask, scale: scale, isCausal: context.useCausalMask)
        }
        let unfolded = layout.unfolded(heads, like: projected[0])
        let output = outputDense(gate.map { unfolded * $0 } ?? unfolded)
        return context.returnAttentionScores ? [output] + (scores.map { [$0] } ?? []) : [output]
    }

    private var scale: Double { 1 / Double(options.keyDim).squareRoot() }

    /// The softmax of all scores, [batch, heads, queries, keys]; 0 where a query does not see a key.
    private func weights(_ q: Tensor, _ k: Tensor, _ mask: Tensor?, _ isCausal: Bool) -> Tensor {
        let scores = einsum("bsnh,btnh->bnts", repeated(k), q * scale)
        let causal = isCausal ? causalMask(queries: q.shape[1], keys: k.shape[1]) : nil
        guard let visible = mask.map({ mask in causal.map { mask.logicalAnd($0) } ?? mask }) ?? causal else {
            return scores.softmax()
        }
        let hidden = scores.dtype == .float16 ? -3e4 : -1e9
        return `where`(visible, `where`(visible, scores, hidden).softmax(), 0)
    }

    /// Keys or values with each head as often as it serves heads of queries.
    private func repeated(_ x: Tensor) -> Tensor {
        let times = options.heads / max(options.keyHeads, 1)
        if times == 1 { return x }
        let (batch, count, depth) = (x.shape[0], x.shape[1], x.shape[3])
        return x.expandingDims(at: 3).broadcast(to: [batch, count, options.keyHeads, times, depth])
            .reshaped(to: [batch, count, options.heads, depth])
    }

    // MARK: - Calls

    /// Attends from queries to values.
    /// - Parameters:
    ///   - key: where keys differ from values.
    ///   - queryMask: [batch, queries], false where a query is padding, in place of the mask that `query` carries; so
    ///     are the next two.
    ///   - valueMask: [batch, keys], false where a value is padding.
    ///   - keyMask: [batch, keys], false where a key is padding.
    ///   - attentionMask: [batch, queries, keys], false where a query must not see a key.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls.
    ///   - useCausalMask: whether query i sees the keys 0...i only.
    public func callAsFunction<Value: LayerValue>(
        _ query: Value, _ value: Value, key: Value? = nil, queryMask: Value? = nil, valueMask: Value? = nil,
        keyMask: Value? = nil, attentionMask: Value? = nil, training: Bool? = nil, useCausalMask: Bool = false
    ) -> Value {
        onlyOutput(
            apply(
                LayerCall(
                    [query, value] + (key.map { [$0] } ?? []), masks: [queryMask, valueMask, keyMask],
                    attentionMask: attentionMask, training: training, useCausalMask: useCausalMask)))
    }

    /// The same, with the weights of every head, [batch, heads, queries, keys]: Keras's `return_attention_scores`.
    public func withScores<Value: LayerValue>(
        _ query: Value, _ value: Value, key: Value? = nil, queryMask: Value? = nil, valueMask: Value? = nil,
        keyMask: Value? = nil, attentionMask: Value? = nil, training: Bool? = nil, useCausalMask: Bool = false
    ) -> (output: Value, scores: Value) {
        let outputs = apply(
            LayerCall(
                [query, value] + (key.map { [$0] } ?? []), masks: [queryMask, valueMask, keyMask],
                attentionMask: attentionMask, training: training, useCausalMask: useCausalMask,
                returnAttentionScores: true))
        return (outputs[0], outputs[1])
    }
}
