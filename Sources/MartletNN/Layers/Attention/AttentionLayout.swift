import MartletCore

/// How attention over some of several axes becomes attention over one: the others count as samples, these as places.
struct AttentionLayout {
    /// The axes between batch and features over which is attended, in their order.
    let axes: [Int]
    /// The other ones.
    private let others: [Int]
    /// The axes of a projected tensor, [batch, places..., heads, depth], with the others in front; nil when they are.
    private let order: [Int]?

    /// - Parameter rank: of the unprojected inputs, [batch, places..., features].
    init(axes: [Int], rank: Int) {
        self.axes = axes
        others = (1..<rank - 1).filter { !axes.contains($0) }
        let order = [0] + others + axes + [rank - 1, rank]
        self.order = order == Array(0...rank) ? nil : order
    }

    private func sizes(_ x: Tensor) -> (samples: [Int], places: [Int]) {
        ([x.shape[0]] + others.map { x.shape[$0] }, axes.map { x.shape[$0] })
    }

    /// A projected tensor as [samples, places, heads, depth].
    func folded(_ x: Tensor) -> Tensor {
        let (samples, places) = sizes(x)
        let moved = order.map { x.transposed(permutation: $0) } ?? x
        return moved.reshaped(to: Shape([samples.reduce(1, *), places.reduce(1, *), x.shape[-2], x.shape[-1]]))
    }

    /// What `folded` made, of another depth perhaps, with the axes of `original`.
    func unfolded(_ x: Tensor, like original: Tensor) -> Tensor {
        let (samples, places) = sizes(original)
        let moved = x.reshaped(to: Shape(samples + places + [x.shape[-2], x.shape[-1]]))
        guard let order else { return moved }
        return moved.transposed(permutation: order.indices.map { axis in order.firstIndex(of: axis)! })
    }

    /// A mask [batch, queries..., keys...] as [samples, 1, queries, keys], sizes of 1 kept.
    func foldedMask(_ mask: Tensor, query: Tensor, key: Tensor) -> Tensor {
        let count = axes.count
        guard
            require(
                mask.rank == 1 + 2 * count, "attention",
                "Expected a mask (batch, queries, keys) with \(count) axes for queries and for keys. Received: \(mask.spec).")
        else { return mask }
        let (samples, queries) = sizes(query)
        let keys = sizes(key).places
        var whole = mask
        if count > 1 { whole = mask.broadcast(to: Shape([mask.shape[0]] + queries + keys)) }
        let (rows, columns) = count > 1 ? (queries.reduce(1, *), keys.reduce(1, *)) : (mask.shape[1], mask.shape[2])
        whole = whole.reshaped(to: [mask.shape[0], 1, rows, columns])
        let repeats = samples.dropFirst().reduce(1, *)
        if repeats == 1 || mask.shape[0] == 1 { return whole }
        return whole.broadcast(to: [mask.shape[0], repeats, rows, columns])
            .reshaped(to: [mask.shape[0] * repeats, 1, rows, columns])
    }

    /// Weights [samples, heads, queries, keys] as [batch, others..., heads, queries..., keys...].
    func unfoldedScores(_ scores: Tensor, query: Tensor, key: Tensor) -> Tensor {
        let (samples, queries) = sizes(query)
        return scores.reshaped(to: Shape(samples + [scores.shape[1]] + queries + sizes(key).places))
    }
}
