import MartletCore

/// A row of a table for each integer of its input.
///
/// Shapes: any shape gives [..., outputDim]. Weights: `embeddings` [inputDim, outputDim]. An input that is not in
/// `0..<inputDim` stops the program.
///
/// Source: [`keras.layers.Embedding`](https://keras.io/api/layers/core_layers/embedding/).
public final class Embedding: EmbeddingLayer, ConfigurableLayer, Described {
    /// Makes a layer. The properties describe the arguments.
    public init(
        _ inputDim: Int, _ outputDim: Int, embeddingsInitializer: any Initializer = .randomUniform(),
        embeddingsRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        embeddingsConstraint: (any Constraint)? = nil, maskZero: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil,
        loraRank: Int? = nil, loraAlpha: Double? = nil
    ) {
        super.init(
            inputDim, outputDim, WeightOptions(embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint),
            activityRegularizer: activityRegularizer, maskZero: maskZero, name: name, trainable: trainable, dtype: dtype,
            AdapterOptions(rank: loraRank, alpha: loraAlpha))
    }

    public static let arguments = table(Embedding(1, 1))

    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        maskZero ? [inputs[0] .!= 0] : []
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("sequence", Embedding(5, 3, dtype: .float64), [.init([4], classCount: 5)]),
            LayerSample("one for each sample", Embedding(7, 2, dtype: .float64), [.init([], classCount: 7)]),
        ]
    }
}
