import Martlet

/// Predicts the probability of a click from eight ids, each a row of its own table, and some numbers.
final class Recommender: Model {
    private let tables = (0..<8).map { _ in Embedding(100_000, 32) }
    private let hidden = [Dense(256, activation: .relu), Dense(128, activation: .relu)]
    private let head = Dense(1, activation: .sigmoid, dtype: .float32)

    override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let (ids, numbers) = (inputs[0], inputs[1])
        let rows = tables.enumerated().map { column, table in table(ids[.all, column]) }
        let features = Tensor.concatenate(rows + [numbers], axis: 1)
        return [head(hidden.reduce(features) { x, layer in layer(x) })]
    }
}
