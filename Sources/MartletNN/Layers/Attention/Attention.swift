import MartletCore

/// Dot-product attention without projections, Luong's: `softmax(query keyᵀ) value`.
///
/// Inputs: query [batch, queries, features], value [batch, keys, dim], and perhaps key [batch, keys, features]. Output:
/// [batch, queries, dim]. Weights: `scale` with `useScale`, `concat_score_weight` with `scoreMode` `.concat`.
///
/// Source: [`keras.layers.Attention`](https://keras.io/api/layers/attention_layers/attention/).
public final class Attention: ScoredAttention, ConfigurableLayer, Described {
    /// How a query and a key make a score.
    public enum ScoreMode: String, Sendable, CaseIterable {
        /// Their dot product.
        case dot
        /// A weight times the sum of the hyperbolic tangents of their sum.
        case concat
    }

    /// How a query and a key make a score.
    public private(set) var scoreMode: ScoreMode
    /// The learned factor; nil until the layer is built, and without `useScale`.
    public private(set) var scale: Variable?
    /// The weight of `.concat` scores; nil until the layer is built, and with others.
    public private(set) var concatScoreWeight: Variable?

    /// Makes a layer. The parameters are described at the properties.
    public init(
        useScale: Bool = false, scoreMode: ScoreMode = .dot, dropout: Double = 0, seed: Int? = nil,
        name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.scoreMode = scoreMode
        super.init(useScale: useScale, dropout: dropout, seed: seed, name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = table(Attention()) { $0("score_mode", \.scoreMode) }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        if useScale { scale = addWeight("scale", shape: [], initializer: .ones) }
        if scoreMode == .concat { concatScoreWeight = addWeight("concat_score_weight", shape: [], initializer: .ones) }
    }

    override func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
        guard let weight = concatScoreWeight else {
            let products = matmul(query, key, transposeB: true)
            return scale.map { products * $0.value } ?? products
        }
        let sums = query.expandingDims(at: -2) + key.expandingDims(at: -3)
        return (scale.map { sums * $0.value } ?? sums).tanh().sum(axis: -1) * weight.value
    }

    override func queryForProducts(_ query: Tensor) -> Tensor? {
        scoreMode == .dot ? scale.map { query * $0.value } ?? query : nil
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3, 2]], [[nil, 3, 2], [nil, 3, 4]], [[nil, 2], [nil, 2]]]
        return [
            LayerSample("plain", Attention(dtype: .float64), [[2, 3], [4, 3]], bad: bad),
            LayerSample("scale, key", Attention(useScale: true, dtype: .float64), [[2, 3], [4, 2], [4, 3]], bad: bad),
            LayerSample(
                "concat", Attention(useScale: true, scoreMode: .concat, dropout: 0.3, seed: 2, dtype: .float64),
                [[2, 2], [3, 2]], bad: bad),
        ]
    }
}

extension Attention.ScoreMode: ArgumentValue {}
