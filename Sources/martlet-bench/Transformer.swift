import Martlet

/// A pre-norm encoder of two layers over tokens, with trained positions. It classifies the mean over the positions.
final class Transformer: Model {
    private let tokens = Embedding(8000, 128)
    private let positions = PositionEmbedding()
    private let encoders = [TransformerEncoder(), TransformerEncoder()]
    private let norm = LayerNormalization(epsilon: 1e-6)
    private let head = Dense(2, activation: .softmax, dtype: .float32)

    override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let x = encoders.reduce(positions(tokens(inputs[0]))) { x, encoder in encoder(x) }
        return [head(norm(x).mean(axis: 1))]
    }
}

/// `x += attention(norm(x))`, then `x += dense(gelu(dense(norm(x))))`.
private final class TransformerEncoder: Layer {
    private let attentionNorm = LayerNormalization(epsilon: 1e-6)
    private let attention = MultiHeadAttention(numHeads: 4, keyDim: 32)
    private let denseNorm = LayerNormalization(epsilon: 1e-6)
    private let widening = Dense(512, activation: .gelu)
    private let narrowing = Dense(128)

    override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let normed = attentionNorm(x)
        let y = x + attention([normed, normed])
        return y + narrowing(widening(denseNorm(y)))
    }
}

/// A post-norm encoder over padded tokens, with trained positions. It classifies the first position.
final class MiniBERT: Model {
    private let tokens = Embedding(30_522, 256)
    private let positions = PositionEmbedding()
    private let norm = LayerNormalization(epsilon: 1e-6)
    private let encoders = (0..<4).map { _ in BERTEncoder() }
    private let pooler = Dense(256, activation: .tanh)
    private let head = Dense(2, activation: .softmax, dtype: .float32)

    override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let isToken = inputs[0] .!= 0
        let x = encoders.reduce(norm(positions(tokens(inputs[0])))) { x, encoder in encoder(x, mask: isToken) }
        return [head(pooler(x[.all, 0]))]
    }
}

/// `x = norm(x + attention(x))`, then `x = norm(x + dense(gelu(dense(x))))`. The mask says which keys are seen.
private final class BERTEncoder: Layer {
    private let attention = MultiHeadAttention(numHeads: 4, keyDim: 64)
    private let attentionNorm = LayerNormalization(epsilon: 1e-6)
    private let widening = Dense(1024, activation: .gelu)
    private let narrowing = Dense(256)
    private let denseNorm = LayerNormalization(epsilon: 1e-6)

    override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let y = attentionNorm(x + attention(x, x, valueMask: context.mask))
        return denseNorm(y + narrowing(widening(y)))
    }
}

/// Adds a trained row to the features of each position.
private final class PositionEmbedding: Layer {
    private var table: Variable!

    override func build(for inputShapes: [PartialShape]) throws {
        table = addWeight("table", shape: [inputShapes[0][1]!, inputShapes[0][2]!])
    }

    override func call(_ x: Tensor, in context: CallContext) -> Tensor { x + table.value }
}
