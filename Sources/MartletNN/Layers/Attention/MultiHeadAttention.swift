import MartletCore
import MartletFormats

/// Attention by several heads: each projects queries, keys and values its own way, and what they give is projected back.
///
/// ```swift
/// let attention = MultiHeadAttention(numHeads: 4, keyDim: 32)
/// let y = attention(x, x, useCausalMask: true)
/// ```
///
/// Inputs: query [batch, queries, features], value [batch, keys, features], and perhaps key. Output: [batch, queries,
/// features], as the query unless `outputShape` says otherwise. Weights, of the layers `query`, `key`, `value` and
/// `attention_output`: kernels [features, heads, dim] and [heads, dim, features] with biases. Scores are not held as a
/// whole unless there is dropout or they are asked for.
///
/// Masks: the output has the query's. As in Keras the layer takes the masks off its inputs: what is called on them later,
/// such as the `Add` of a residual connection, finds none.
///
/// Source: [`keras.layers.MultiHeadAttention`](https://keras.io/api/layers/attention_layers/multi_head_attention/);
/// A. Vaswani et al., *Attention is all you need*, 2017.
public final class MultiHeadAttention: ProjectedAttention, ConfigurableLayer {
    /// The number of heads.
    public var numHeads: Int { options.heads }
    /// The size of each head's queries and keys.
    public var keyDim: Int { options.keyDim }
    /// The size of each head's values.
    public var valueDim: Int { options.valueDim }

    /// Makes a layer.
    /// - Parameters:
    ///   - numHeads: the number of heads.
    ///   - keyDim: the size of each head's queries and keys.
    ///   - valueDim: the size of each head's values; nil is `keyDim`.
    ///   - dropout: the probability that a weight is dropped in training.
    ///   - outputShape: the output's sizes in place of the query's features.
    ///   - attentionAxes: the axes over which is attended; nil is all between batch and features.
    ///   - slidingWindow: queries see only keys nearer than that.
    ///   - useGate: whether what the heads give is multiplied by a sigmoid of the query's projection.
    ///   - seed: starts the dropout's random stream; nil takes the next one of the global seed.
    public init(
        numHeads: Int, keyDim: Int, valueDim: Int? = nil, dropout: Double = 0, useBias: Bool = true,
        outputShape: [Int]? = nil, attentionAxes: [Int]? = nil, slidingWindow: Int? = nil,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, useGate: Bool = false, seed: Int? = nil, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil
    ) {
        func check(_ argument: String, _ value: Int) {
            Argument.check(
                value >= 1, "MultiHeadAttention", argument, expected: "a positive integer", received: value)
        }
        check("numHeads", numHeads)
        check("keyDim", keyDim)
        check("valueDim", valueDim ?? 1)
        super.init(
            Options(
                heads: numHeads, keyHeads: numHeads, keyDim: keyDim, valueDim: valueDim ?? keyDim, dropout: dropout,
                useBias: useBias, useGate: useGate, slidingWindow: slidingWindow,
                outputShape: outputShape?.isEmpty == true ? nil : outputShape, attentionAxes: attentionAxes,
                kernelInitializer: kernelInitializer, biasInitializer: biasInitializer,
                kernelRegularizer: kernelRegularizer, biasRegularizer: biasRegularizer,
                activityRegularizer: activityRegularizer, kernelConstraint: kernelConstraint,
                biasConstraint: biasConstraint, seed: seed),
            name: name, trainable: trainable, dtype: dtype)
    }

    override var takesMasksOff: Bool { true }

    public convenience init(config: Configuration) throws {
        func sizes(_ key: String) throws -> [Int]? {
            guard let json = config.arguments[.key(key)], json != .null else { return nil }
            return try config.perAxis(key, default: []).numbers(axes: 1)
        }
        let options = try Options(config)
        try self.init(
            numHeads: config.required("num_heads"), keyDim: config.required("key_dim"),
            valueDim: config.optional("value_dim"), dropout: options.dropout, useBias: options.useBias,
            outputShape: sizes("output_shape"), attentionAxes: sizes("attention_axes"),
            slidingWindow: options.slidingWindow, kernelInitializer: options.kernelInitializer,
            biasInitializer: options.biasInitializer, kernelRegularizer: options.kernelRegularizer,
            biasRegularizer: options.biasRegularizer, activityRegularizer: options.activityRegularizer,
            kernelConstraint: options.kernelConstraint, biasConstraint: options.biasConstraint,
            useGate: options.useGate, seed: options.seed, name: config.name, trainable: config.trainable,
            dtype: config.dtype)
    }

    public override var config: [String: JSONValue] {
        super.config.merging(options.config) { $1 }.merging([
            "num_heads": .int(numHeads), "key_dim": .int(keyDim), "value_dim": .int(valueDim),
            "output_shape": options.outputShape.map { .integers($0) } ?? .null,
            "attention_axes": options.attentionAxes.map { .integers($0) } ?? .null,
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3]], [[nil, 3, 4], [nil, 4]], [[nil, 3, nil], [nil, 3, 4]]]
        return [
            LayerSample(
                "two inputs", MultiHeadAttention(numHeads: 2, keyDim: 2, dtype: .float64), [[3, 2], [2, 3]], bad: bad),
            LayerSample(
                "three inputs, everything given",
                MultiHeadAttention(
                    numHeads: 2, keyDim: 3, valueDim: 2, dropout: 0.3, useBias: false, outputShape: [3],
                    slidingWindow: 2, kernelInitializer: .heNormal, biasInitializer: .ones,
                    kernelRegularizer: .l2(0.1), activityRegularizer: .l2(0.01), kernelConstraint: .maxNorm(3),
                    useGate: true, seed: 3, dtype: .float64),
                [[3, 2], [2, 3], [2, 2]], bad: bad),
            LayerSample(
                "two axes of places", MultiHeadAttention(numHeads: 1, keyDim: 2, useGate: true, dtype: .float64),
                [[2, 2, 2], [1, 2, 2]]),
            LayerSample(
                "one axis of two", MultiHeadAttention(numHeads: 2, keyDim: 1, attentionAxes: [1], dtype: .float64),
                [[2, 3, 2], [1, 3, 2]]),
        ]
    }
}

extension ProjectedAttention.Options {
    /// What both layers have in their configurations.
    init(_ config: Configuration) throws {
        try self.init(
            heads: 1, keyHeads: 1, keyDim: 1, valueDim: 1, dropout: config.value("dropout", default: 0),
            useBias: config.value("use_bias", default: true), useGate: config.value("use_gate", default: false),
            slidingWindow: config.optional("sliding_window"),
            kernelInitializer: config.initializer("kernel_initializer", default: .glorotUniform),
            biasInitializer: config.initializer("bias_initializer", default: .zeros),
            kernelRegularizer: config.regularizer("kernel_regularizer"),
            biasRegularizer: config.regularizer("bias_regularizer"),
            activityRegularizer: config.regularizer("activity_regularizer"),
            kernelConstraint: config.constraint("kernel_constraint"),
            biasConstraint: config.constraint("bias_constraint"), seed: config.optional("seed"))
    }

    var config: [String: JSONValue] {
        [
            "dropout": .double(dropout), "use_bias": .bool(useBias), "use_gate": .bool(useGate),
            "sliding_window": .optional(slidingWindow), "kernel_initializer": JSONValue(kernelInitializer),
            "bias_initializer": JSONValue(biasInitializer), "kernel_regularizer": JSONValue(kernelRegularizer),
            "bias_regularizer": JSONValue(biasRegularizer), "activity_regularizer": JSONValue(activityRegularizer),
            "kernel_constraint": JSONValue(kernelConstraint), "bias_constraint": JSONValue(biasConstraint),
            "seed": .optional(seed),
        ]
    }
}
