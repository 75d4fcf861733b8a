import MartletCore
import MartletFormats

/// What `Attention` and `AdditiveAttention` share: `softmax(scores) value` without projections.
///
/// Inputs: query [batch, queries, features], value [batch, keys, features], and, where it differs from the value, key.
public class ScoredAttention: Layer {
    /// Whether scores have a learned factor.
    public let useScale: Bool
    /// The probability that a weight is dropped in training.
    public let dropout: Double
    /// The seed of the dropout's random stream.
    public let seed: Int?
    private let generator: RandomGenerator?

    init(useScale: Bool, dropout: Double, seed: Int?, name: String?, trainable: Bool, dtype: DType?) {
        self.useScale = useScale
        self.dropout = dropout
        self.seed = seed
        generator = dropout > 0 ? RandomGenerator(seed: seed) : nil
        super.init(name: name, trainable: trainable, dtype: dtype)
        Argument.check(
            (0...1).contains(dropout), className, "dropout", expected: "a number in 0...1", received: dropout)
    }

    package override var randomGenerators: [RandomGenerator] { generator.map { [$0] } ?? [] }

    /// The scores [batch, queries, keys].
    func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
        stop(className, "The layer has no scores: override scores(_:_:).")
    }

    /// The query whose products with keys are the scores, nil when scores are no such products.
    func queryForProducts(_ query: Tensor) -> Tensor? { nil }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        [attend(inputs, AttentionMasks(), returningScores: false, in: context).output]
    }

    /// The layer's function with masks (of query and value), and with the weights where they are asked for.
    func attend(
        _ inputs: [Tensor], _ masks: AttentionMasks, returningScores: Bool, in context: CallContext
    ) -> (output: Tensor, scores: Tensor?) {
        let (query, value) = (inputs[0], inputs[1])
        let key = inputs.count > 2 ? inputs[2] : value
        let drops = context.training && dropout > 0
        var output: Tensor
        var weights: Tensor?
        if !returningScores, !drops, masks.value == nil, query.rank == 3, let query = queryForProducts(query) {
            func oneHead(_ x: Tensor) -> Tensor { x.expandingDims(at: 2) }
            output = dotProductAttention(
                query: oneHead(query), key: oneHead(key), value: oneHead(value), scale: 1, isCausal: masks.isCausal
            ).squeezed(axis: 2)
        } else {
            var scores = scores(query, key)
            if let visible = scoresMask(masks, scores) {
                // Subtracted, not replaced: a query that sees nothing attends as if it saw everything.
                scores = `where`(visible, scores, scores - (scores.dtype == .float16 ? 65504 : 1e9))
            }
            let all = scores.softmax()
            weights = all
            output = matmul(drops ? all.dropped(rate: dropout, by: generator!) : all, value)
        }
        if let mask = masks.query { output = `where`(mask.expandingDims(at: -1), output, 0) }
        return (output, weights)
    }

    private func scoresMask(_ masks: AttentionMasks, _ scores: Tensor) -> Tensor? {
        let value = masks.value.map { $0.cast(to: .bool).expandingDims(at: -2) }
        guard masks.isCausal else { return value }
        let causal = AttentionMasks.causal(queries: scores.shape[-2], keys: scores.shape[-1])
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

    // MARK: - Calls

    /// Attends from queries to values.
    /// - Parameters:
    ///   - inputs: query, value and, where it differs from the value, key.
    ///   - queryMask: [batch, queries], false where a query is padding: its output is 0.
    ///   - valueMask: [batch, keys], false where a value is padding: no query sees it.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls.
    ///   - useCausalMask: whether query i sees the keys 0...i only.
    public func callAsFunction(
        _ inputs: [Tensor], queryMask: Tensor?, valueMask: Tensor?, training: Bool? = nil, useCausalMask: Bool = false
    ) -> Tensor {
        let masks = AttentionMasks(query: queryMask, value: valueMask, isCausal: useCausalMask)
        return invoke(inputs, training: training) { inputs, context in
            [self.attend(inputs, masks, returningScores: false, in: context).output]
        }[0]
    }

    /// The same, with the weights [batch, queries, keys]: Keras's `return_attention_scores`.
    public func withScores(
        _ inputs: [Tensor], queryMask: Tensor? = nil, valueMask: Tensor? = nil, training: Bool? = nil,
        useCausalMask: Bool = false
    ) -> (output: Tensor, scores: Tensor) {
        let masks = AttentionMasks(query: queryMask, value: valueMask, isCausal: useCausalMask)
        let results = invoke(inputs, training: training) { inputs, context in
            let (output, scores) = self.attend(inputs, masks, returningScores: true, in: context)
            return [output, scores!]
        }
        return (results[0], results[1])
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "use_scale": .bool(useScale), "dropout": .double(dropout), "seed": .optional(seed),
        ]) { $1 }
    }
}
