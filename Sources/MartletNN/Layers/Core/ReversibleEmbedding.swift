import MartletCore

/// An embedding that also goes back: from rows to a number for each integer, as at the end of a language model.
///
/// ```swift
/// let embedding = ReversibleEmbedding(10_000, 64)
/// let rows = embedding(tokens)                   // [batch, steps] gives [batch, steps, 64]
/// let logits = embedding(rows, reverse: true)    // [batch, steps, 64] gives [batch, steps, 10_000]
/// ```
///
/// Backwards the layer multiplies by the transposed table, or, without `tieWeights`, by a matrix of its own. Weights:
/// `embeddings` [inputDim, outputDim], `reverse_embeddings` [outputDim, inputDim] without `tieWeights`. There is no bias.
///
/// Source: [`keras.layers.ReversibleEmbedding`](https://keras.io/api/layers/core_layers/reversible_embedding/);
/// O. Press, L. Wolf, *Using the output embedding to improve language models*, 2016.
public final class ReversibleEmbedding: EmbeddingLayer, ConfigurableLayer, Described {
    /// Whether the way back uses the table too, transposed.
    public private(set) var tieWeights: Bool
    /// The dtype of the product on the way back, and of its result; nil is the layer's.
    public private(set) var reverseDType: DType?
    /// What bounds the results of the way back: `cap tanh(logits / cap)`. Nil leaves them as they are.
    public private(set) var logitSoftCap: Double?
    /// [outputDim, inputDim]; nil until the layer is built, and with `tieWeights`.
    public private(set) var reverseEmbeddings: Variable?
    /// What the products with a quantized matrix are divided by, [inputDim]; nil without such a one.
    public private(set) var reverseEmbeddingsScale: Variable?

    /// Makes a layer. The properties describe the arguments. `embeddingsInitializer` is that of both matrices,
    /// `embeddingsRegularizer` and `embeddingsConstraint` are of the table alone.
    public init(
        _ inputDim: Int, _ outputDim: Int, tieWeights: Bool = true,
        embeddingsInitializer: any Initializer = .randomUniform(), embeddingsRegularizer: (any Regularizer)? = nil,
        activityRegularizer: (any Regularizer)? = nil, embeddingsConstraint: (any Constraint)? = nil,
        maskZero: Bool = false, reverseDType: DType? = nil, logitSoftCap: Double? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil, loraRank: Int? = nil, loraAlpha: Double? = nil
    ) {
        self.tieWeights = tieWeights
        self.reverseDType = reverseDType
        self.logitSoftCap = logitSoftCap
        super.init(
            inputDim, outputDim, WeightOptions(embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint),
            activityRegularizer: activityRegularizer, maskZero: maskZero, name: name, trainable: trainable, dtype: dtype,
            AdapterOptions(rank: loraRank, alpha: loraAlpha))
    }

    public static let arguments = table(ReversibleEmbedding(1, 1)) {
        $0("tie_weights", \.tieWeights)
        $0("reverse_dtype", \.reverseDType, as: .named, name: "reverseDType")
        $0("logit_soft_cap", \.logitSoftCap, Requirement("a number other than 0, or nil") { $0.isFinite && $0 != 0 })
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        try super.build(for: inputShapes)
        if tieWeights { return }
        if quantization != nil {
            reverseEmbeddings = addWeight(
                "reverse_embeddings", shape: [outputDim, inputDim], initializer: .zeros, trainable: false)
            reverseEmbeddingsScale = addWeight(
                "reverse_embeddings_scale", shape: [inputDim], initializer: .ones, trainable: false)
        } else {
            reverseEmbeddings = addWeight(
                "reverse_embeddings", shape: [outputDim, inputDim], WeightOptions(embeddingsOptions.initializer))
        }
    }

    override func quantizeWeights() {
        super.quantizeWeights()
        guard let reverseEmbeddings else { return }
        reverseEmbeddingsScale = quantize(reverseEmbeddings, axes: [0], scale: "reverse_embeddings_scale") {
            $0.reshaped(to: [inputDim])
        }
    }

    /// The rows of the integers; in reverse the logits.
    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        guard context.reverse else {
            let rows = super.call(x, in: context)
            // Keras's quantized layer makes no mask.
            if maskZero, quantization == nil { rows.noteMask(x .!= 0) }
            return rows
        }
        let logits: Tensor
        if let quantization, let embeddingsScale {
            let matrix = reverseEmbeddings?.value ?? embeddings.value.transposed()
            logits = cast(
                quantization.product(
                    x.cast(to: computeDType), matrix, scale: (reverseEmbeddingsScale ?? embeddingsScale).value))
        } else {
            // As in Keras, the input keeps a wider dtype than that in which the layer computes.
            let matrix = cast(reverseEmbeddings?.value ?? table)
            let type = reverseDType ?? (x.dtype.isFloatingPoint ? DType.promoted(x.dtype, matrix.dtype) : matrix.dtype)
            logits = matmul(x.cast(to: type), matrix.cast(to: type), transposeB: reverseEmbeddings == nil)
        }
        return logitSoftCap.map { (logits / $0).tanh() * $0 } ?? logits
    }

    override var callParameters: [String] { ["inputs", "reverse"] }

    override func outputShapes(of call: LayerCall<PartialShape>) throws -> [PartialShape] {
        guard call.reverse else { return try outputShapes(for: call.inputs) }
        let shape = try Self.onlyInput(call.inputs)
        guard shape.rank >= 2, shape[-1] ?? outputDim == outputDim else {
            throw MartletError("Expected an input (batch, ..., \(outputDim)) to go back from. Received: shape \(shape).")
        }
        return [shape.replacing(-1, by: inputDim)]
    }

    /// Computes the logits of rows, with `reverse`, and without it the rows of integers.
    /// - Parameters:
    ///   - x: [batch, ..., outputDim] in reverse, otherwise integers of any shape.
    ///   - reverse: whether the layer goes back.
    ///   - training: whether the call is part of training; nil inherits from the layer that calls.
    public func callAsFunction<Value: LayerValue>(_ x: Value, reverse: Bool, training: Bool? = nil) -> Value {
        onlyOutput(apply(LayerCall([x], training: training, reverse: reverse)))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "sequence", ReversibleEmbedding(5, 3, maskZero: true, logitSoftCap: 2, dtype: .float64),
                [.init([4], classCount: 5)])
        ]
    }
}

extension ArgumentForm<DType> {
    /// A dtype beside the layer's own.
    fileprivate static let named = ArgumentForm(
        read: { config, key in
            let name: String = try config.required(key)
            return try config.located(key) { try DType(name: name) }
        }, write: { .string($0.name) })
}
