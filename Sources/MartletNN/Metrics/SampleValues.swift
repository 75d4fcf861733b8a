import MartletCore

/// How values of many axes become one value for each sample, weights applied: Keras's way for all means.
enum SampleValues {
    /// The values of the samples, weighted, and the weights of the samples.
    /// - Parameter reduce: makes one of the values along some axes.
    static func weighted(
        _ values: Tensor, by weight: Tensor?, reduce: (Tensor, [Int]) -> Tensor
    ) -> (values: Tensor, weights: Tensor?) {
        func perSample(_ x: Tensor) -> Tensor { x.rank > 1 ? reduce(x, Array(1..<x.rank)) : x }
        guard let weight else { return (perSample(values), nil) }
        var (values, weights) = Loss.matchedRanks(values, weight.cast(to: values.dtype))
        if weights.rank < values.rank { values = reduce(values, Array(weights.rank..<values.rank)) }
        weights = weights.broadcast(to: values.shape)
        return (perSample(values * weights), perSample(weights))
    }
}
