import MartletCore

/// Attention by several heads of queries that share fewer heads of keys and values in groups.
///
/// Inputs, output and weights are those of ``MultiHeadAttention``, with kernels of `key` and `value` [features, key and
/// value heads, dim]. One head of keys and values is multi-query attention.
///
/// Source: [`keras.layers.GroupQueryAttention`](https://keras.io/api/layers/attention_layers/group_query_attention/);
/// J. Ainslie et al., *GQA: training generalized multi-query transformer models from multi-head checkpoints*, 2023.
public final class GroupQueryAttention: ProjectedAttention, ConfigurableLayer, Described {
    /// Makes a layer.
    /// - Parameters:
    ///   - headDim: the size of each head.
    ///   - numQueryHeads: the number of heads of queries.
    ///   - numKeyValueHeads: the number of heads of keys and values, which divides that of queries.
    public init(
        headDim: Int, numQueryHeads: Int, numKeyValueHeads: Int, dropout: Double = 0, useBias: Bool = true,
        slidingWindow: Int? = nil, kernelInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, useGate: Bool = false,
        seed: Int? = nil, name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            Options(
                heads: numQueryHeads, keyHeads: numKeyValueHeads, keyDim: headDim, dropout: dropout, useBias: useBias,
                useGate: useGate, slidingWindow: slidingWindow,
                kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
                activityRegularizer: activityRegularizer, seed: seed),
            name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(GroupQueryAttention(headDim: 1, numQueryHeads: 1, numKeyValueHeads: 1)) {
        $0("head_dim", \.options.keyDim, required: true, .atLeast(1))
        $0("num_query_heads", \.options.heads, required: true, .atLeast(1))
        $0("num_key_value_heads", \.options.keyHeads, required: true, .atLeast(1))
        $0.check {
            Argument.check(
                $0.options.heads % $0.options.keyHeads == 0, $0.className, "numKeyValueHeads",
                expected: "a divisor of \($0.options.heads) heads of queries", received: $0.options.keyHeads)
        }
    }

    /// Keras's class has this name in Python, and another in public.
    override var objectName: String { "grouped_query_attention" }
    override var attributePrefix: String { "_" }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let result = try super.outputShapes(for: inputShapes)
        guard inputShapes[0].rank == 3 else {
            throw MartletError("Expected inputs of rank 3, (batch, places, features). Received: shapes \(inputShapes).")
        }
        return result
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3]], [[nil, 3, 4], [nil, 4]], [[nil, 2, 2, 2], [nil, 2, 2, 2]]]
        return [
            LayerSample(
                "groups of two",
                GroupQueryAttention(headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2, dtype: .float64),
                [[2, 3], [3, 2]], bad: bad),
            LayerSample(
                "dropout, gate, window",
                GroupQueryAttention(
                    headDim: 1, numQueryHeads: 2, numKeyValueHeads: 1, dropout: 0.4, useBias: false, slidingWindow: 2,
                    useGate: true, seed: 5, dtype: .float64),
                [[2, 3], [3, 2], [3, 1]], bad: bad),
        ]
    }
}
