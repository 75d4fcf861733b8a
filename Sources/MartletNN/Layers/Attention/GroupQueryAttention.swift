import MartletCore
import MartletFormats

/// Attention by several heads of queries that share fewer heads of keys and values in groups.
///
/// Inputs, output and weights are those of ``MultiHeadAttention``, with kernels of `key` and `value` [features, key and
/// value heads, dim]. One head of keys and values is multi-query attention.
///
/// Source: [`keras.layers.GroupQueryAttention`](https://keras.io/api/layers/attention_layers/group_query_attention/);
/// J. Ainslie et al., *GQA: training generalized multi-query transformer models from multi-head checkpoints*, 2023.
public final class GroupQueryAttention: ProjectedAttention, ConfigurableLayer {
    public static var className: String { "GroupQueryAttention" }

    /// Makes a layer.
    /// - Parameters:
    ///   - headDim: the size of each head.
    ///   - numQueryHeads: the number of heads of queries.
    ///   - numKeyValueHeads: the number of heads of keys and values, which divides that of queries.
    ///   - dropout: the probability that a weight is dropped in training.
    ///   - slidingWindow: queries see only keys nearer than that.
    ///   - useGate: whether what the heads give is multiplied by a sigmoid of the query's projection.
    ///   - seed: starts the dropout's random stream; nil takes the next one of the global seed.
    public init(
        headDim: Int, numQueryHeads: Int, numKeyValueHeads: Int, dropout: Double = 0, useBias: Bool = true,
        slidingWindow: Int? = nil, kernelInitializer: any Initializer = .glorotUniform,
        biasInitializer: any Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
        biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        kernelConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil, useGate: Bool = false,
        seed: Int? = nil, name: String? = nil, trainable: Bool = true, dtype: DType? = nil
    ) {
        for (argument, value) in [
            ("headDim", headDim), ("numQueryHeads", numQueryHeads), ("numKeyValueHeads", numKeyValueHeads),
        ] {
            Argument.check(
                value >= 1, "GroupQueryAttention", argument, expected: "a positive integer", received: value)
        }
        Argument.check(
            numQueryHeads % max(numKeyValueHeads, 1) == 0, "GroupQueryAttention", "numKeyValueHeads",
            expected: "a divisor of \(numQueryHeads) heads of queries", received: numKeyValueHeads)
        super.init(
            Options(
                heads: numQueryHeads, keyHeads: numKeyValueHeads, keyDim: headDim, valueDim: headDim, dropout: dropout,
                useBias: useBias, useGate: useGate, slidingWindow: slidingWindow, kernelInitializer: kernelInitializer,
                biasInitializer: biasInitializer, kernelRegularizer: kernelRegularizer,
                biasRegularizer: biasRegularizer, activityRegularizer: activityRegularizer,
                kernelConstraint: kernelConstraint, biasConstraint: biasConstraint, seed: seed),
            name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let options = try Options(config)
        try self.init(
            headDim: config.required("head_dim"), numQueryHeads: config.required("num_query_heads"),
            numKeyValueHeads: config.required("num_key_value_heads"), dropout: options.dropout,
            useBias: options.useBias, slidingWindow: options.slidingWindow,
            kernelInitializer: options.kernelInitializer, biasInitializer: options.biasInitializer,
            kernelRegularizer: options.kernelRegularizer, biasRegularizer: options.biasRegularizer,
            activityRegularizer: options.activityRegularizer, kernelConstraint: options.kernelConstraint,
            biasConstraint: options.biasConstraint, useGate: options.useGate, seed: options.seed, name: config.name,
            trainable: config.trainable, dtype: config.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let result = try super.outputShapes(for: inputShapes)
        guard inputShapes[0].rank == 3 else {
            throw MartletError("Expected inputs of rank 3, (batch, places, features). Received: shapes \(inputShapes).")
        }
        return result
    }

    override var groupName: String { "grouped_query_attention" }

    public override var config: [String: JSONValue] {
        super.config.merging(options.config) { $1 }.merging([
            "head_dim": .int(options.keyDim), "num_query_heads": .int(options.heads),
            "num_key_value_heads": .int(options.keyHeads),
        ]) { $1 }
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
