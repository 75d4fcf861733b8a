import MartletCore

extension CallContext {
    /// Which keys each query sees, [batch or 1, queries or 1, keys or 1], nil where it sees all; without the causal
    /// rule. The inputs are query, value and perhaps key.
    var visibleKeys: Tensor? {
        func mask(_ input: Int, axis: Int) -> Tensor? {
            guard masks.indices.contains(input) else { return nil }
            return masks[input]?.cast(to: .bool).expandingDims(at: axis)
        }
        let all = [mask(0, axis: -1), mask(1, axis: -2), mask(2, axis: -2), attentionMask?.cast(to: .bool)]
        let parts = all.compactMap { $0 }
        return parts.dropFirst().reduce(parts.first) { $0?.logicalAnd($1) }
    }
}

/// [queries, keys]: true where the key is not behind the query.
func causalMask(queries: Int, keys: Int) -> Tensor {
    Tensor.range(0..<queries).expandingDims(at: -1) .>= Tensor.range(0..<keys)
}

extension Tensor {
    /// The tensor with elements dropped at `rate` and the others scaled up, as `Dropout` does.
    func dropped(rate: Double, by generator: RandomGenerator) -> Tensor {
        let kept = 1 - rate
        return self
            * generator.bernoulli(shape, probability: kept, value: kept == 0 ? 0 : 1 / kept, dtype: dtype)
    }
}
