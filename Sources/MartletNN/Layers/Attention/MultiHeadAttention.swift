import MartletCore

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
public final class MultiHeadAttention: ProjectedAttention, ConfigurableLayer, Described {
    /// The number of heads.
    public var numHeads: Int { options.heads }
    /// The size of each head's queries and keys.
    public var keyDim: Int { options.keyDim }

    /// Makes a layer.
    /// - Parameters:
    ///   - numHeads: the number of heads.
    ///   - keyDim: the size of each head's queries and keys.
    ///   - valueDim: the size of each head's values; nil is `keyDim`.
    ///   - outputShape: the output's sizes in place of the query's features.
    ///   - attentionAxes: the axes over which is attended; nil is all between batch and features.
    public init(
        numHeads: Int, keyDim: Int, valueDim: Int? = nil, dropout: Double = 0, useBias: Bool = true,
        outputShape: [Int]? = nil, attentionAxes: [Int]? = nil, slidingWindow: Int? = nil,
        kernelInitializer: any Initializer = .glorotUniform, biasInitializer: any Initializer = .zeros,
        kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
        biasConstraint: (any Constraint)? = nil, useGate: Bool = false, seed: Int? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            Options(
                heads: numHeads, keyHeads: numHeads, keyDim: keyDim, valueDim: valueDim, dropout: dropout,
                useBias: useBias, useGate: useGate, slidingWindow: slidingWindow, outputShape: outputShape,
                attentionAxes: attentionAxes, kernel: WeightOptions(kernelInitializer, kernelRegularizer, kernelConstraint),
                bias: WeightOptions(biasInitializer, biasRegularizer, biasConstraint),
                activityRegularizer: activityRegularizer, seed: seed),
            name: name, trainable: trainable, dtype: dtype)
        options.keyHeads = options.heads
        options.valueDim = self.valueDim
        if options.outputShape?.isEmpty == true { options.outputShape = nil }
    }

    override var takesMasksOff: Bool { true }

    public static let arguments = table(MultiHeadAttention(numHeads: 1, keyDim: 1)) {
        $0("num_heads", \.options.heads, required: true, .atLeast(1))
        $0("key_dim", \.options.keyDim, required: true, .atLeast(1))
        $0("value_dim", \.options.valueDim, .atLeast(1))
        $0("output_shape", \.options.outputShape, as: .sizes)
        $0("attention_axes", \.options.attentionAxes, as: .sizes)
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

extension ArgumentForm<[Int]> {
    /// A number or several; written as a list.
    fileprivate static let sizes = ArgumentForm(
        read: { try $0.perAxis($1, default: 0).numbers(axes: 1) }, write: { .integers($0) })
}
