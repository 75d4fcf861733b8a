import MartletCore

/// What a call of an attention layer may say beside its inputs.
struct AttentionMasks {
    /// [batch, queries]: false where a query is padding.
    var query: Tensor?
    /// [batch, keys]: false where a value is padding.
    var value: Tensor?
    /// [batch, keys]: false where a key is padding.
    var key: Tensor?
    /// [batch, queries, keys]: false where a query must not see a key.
    var attention: Tensor?
    /// Whether query i sees the keys 0...i only.
    var isCausal = false

    /// Which keys each query sees, [batch or 1, queries or 1, keys or 1], nil where it sees all; without the causal rule.
    func combined() -> Tensor? {
        let parts = [
            query?.cast(to: .bool).expandingDims(at: -1), value?.cast(to: .bool).expandingDims(at: -2),
            key?.cast(to: .bool).expandingDims(at: -2), attention?.cast(to: .bool),
        ].compactMap { $0 }
        return parts.dropFirst().reduce(parts.first) { $0!.logicalAnd($1) }
    }

    /// [queries, keys]: true where the key is not behind the query.
    static func causal(queries: Int, keys: Int) -> Tensor {
        Tensor.range(0..<queries).expandingDims(at: -1) .>= Tensor.range(0..<keys)
    }
}

extension Tensor {
    /// The tensor with elements dropped at `rate` and the others scaled up, as `Dropout` does.
    func dropped(rate: Double, by generator: RandomGenerator) -> Tensor {
        let kept = 1 - rate
        return self
            * generator.bernoulli(shape, probability: kept, value: kept == 0 ? 0 : 1 / kept, dtype: dtype)
    }
}
