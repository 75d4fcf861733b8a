import MartletCore

/// Additive attention without projections, Bahdanau's: scores are `sum(scale tanh(query + key))`.
///
/// Inputs: query [batch, queries, features], value [batch, keys, dim], and perhaps key [batch, keys, features]. Output:
/// [batch, queries, dim]. Weights: `scale` [features], with `useScale`.
///
/// Source: [`keras.layers.AdditiveAttention`](https://keras.io/api/layers/attention_layers/additive_attention/).
public final class AdditiveAttention: ScoredAttention, ConfigurableLayer, Described {
    /// The learned factors; nil until the layer is built, and without `useScale`.
    public private(set) var scale: Variable?

    /// Makes a layer. The parameters are described at the properties; a factor is of a feature.
    public override init(
        useScale: Bool = true, dropout: Double = 0, seed: Int? = nil, name: String? = nil, trainable: Bool = true,
        dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(useScale: useScale, dropout: dropout, seed: seed, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(AdditiveAttention())

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        guard useScale else { return }
        scale = addWeight(
            "scale", shape: [try Self.knownSize(inputShapes[0], axis: -1)], initializer: .glorotUniform)
    }

    override func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
        let features = (query.expandingDims(at: -2) + key.expandingDims(at: -3)).tanh()
        return (scale.map { features * $0.value } ?? features).sum(axis: -1)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let result = try super.outputShapes(for: inputShapes)
        if let features = scale?.shape[0], inputShapes[0][-1] ?? features != features {
            throw MartletError("Expected \(features) features of the query. Received: shape \(inputShapes[0]).")
        }
        return result
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3, 2]], [[nil, 3, nil], [nil, 3, nil]], [[nil, 2], [nil, 2]]]
        return [
            LayerSample("scale", AdditiveAttention(dtype: .float64), [[2, 3], [4, 3]], bad: bad),
            LayerSample(
                "key, dropout", AdditiveAttention(useScale: false, dropout: 0.5, seed: 1, dtype: .float64),
                [[2, 3], [3, 2], [3, 3]]),
        ]
    }
}
