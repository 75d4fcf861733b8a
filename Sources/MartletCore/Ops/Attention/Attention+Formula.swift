/// Attention written with ops, which hold the scores as a whole: what derivatives of higher order are taken of.
extension Attention {
    /// A mask or bias with its heads as [key heads, heads per key head].
    private func grouped(_ x: Tensor, _ groups: Int) -> Tensor {
        let heads = x.shape[1]
        let split = heads == 1 ? [1, 1] : [groups, heads / max(groups, 1)]
        return x.reshaped(to: Shape([x.shape[0]] + split + x.shape.dimensions[2...]))
    }

    /// Which keys each query sees, broadcasting to the scores; nil where it sees all.
    fileprivate func visible(_ query: Tensor, _ key: Tensor, _ extras: ArraySlice<Tensor>) -> Tensor? {
        let mask = hasMask ? grouped(extras.first!, key.shape[2]) : nil
        guard isCausal else { return mask }
        let causal = Tensor.range(0..<query.shape[1]).expandingDims(at: -1) .>= Tensor.range(0..<key.shape[1])
        return mask?.logicalAnd(causal) ?? causal
    }

    /// The scores [batch, key heads, heads per key head, queries, keys]: -infinity where a query does not see a key, 0
    /// where it sees none.
    fileprivate func scores(_ query: Tensor, _ key: Tensor, _ extras: ArraySlice<Tensor>) -> Tensor {
        var scores = einsum("btgrh,bsgh->bgrts", query.grouped(key.shape[2]), key) * scale
        if hasBias { scores = scores + grouped(extras.last!, key.shape[2]) }
        guard let visible = visible(query, key, extras) else { return scores }
        let (never, alike) = (Tensor(-Double.infinity, dtype: scores.dtype), Tensor(0.0, dtype: scores.dtype))
        return `where`(visible, scores, `where`(visible.any(axis: -1, keepDims: true), never, alike))
    }

    /// The outputs from the inputs.
    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (query, key, value) = (inputs[0], inputs[1], inputs[2])
        let scores = scores(query, key, inputs[3...])
        let out = einsum("bgrts,bsgv->btgrv", scores.softmax(), value)
        let places = query.shape.dimensions[..<3]
        return [
            out.reshaped(to: Shape(places + [value.shape[3]])),
            scores.logSumExp(axis: -1).transposed(permutation: [0, 3, 1, 2]).reshaped(to: Shape(Array(places))),
        ]
    }
}

extension AttentionGradient {
    /// The outputs from the inputs.
    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (query, key, value) = (inputs[0], inputs[1], inputs[2])
        let groups = key.shape[2]
        let (out, logSum, gradient) = (
            inputs[3].grouped(groups), inputs[4].expandingDims(at: -1).grouped(groups), inputs[5].grouped(groups)
        )
        /// A number for each query, [batch, queries, key heads, heads per key head, 1], beside the scores.
        func beside(_ x: Tensor) -> Tensor { x.transposed(permutation: [0, 2, 3, 1, 4]) }
        let scores = forward.scores(query, key, inputs[6...])
        let weights = (scores - beside(logSum)).exp()
        let dWeights = einsum("btgrv,bsgv->bgrts", gradient, value)
        let delta = beside((gradient * out).sum(axis: -1, keepDims: true))
        var dScores = weights * (dWeights - delta)
        if let visible = forward.visible(query, key, inputs[6...]) { dScores = `where`(visible, dScores, 0) }
        return [
            einsum("bgrts,bsgh->btgrh", dScores, key).reshaped(to: query.shape) * forward.scale,
            einsum("bgrts,btgrh->bsgh", dScores, query.grouped(groups)) * forward.scale,
            einsum("bgrts,btgrv->bsgv", weights, gradient),
        ]
    }
}

extension Tensor {
    /// The heads of [batch, places, heads, depth] as [groups, heads per group].
    fileprivate func grouped(_ groups: Int) -> Tensor {
        reshaped(to: Shape([shape[0], shape[1], groups, shape[2] / Swift.max(groups, 1), shape[3]]))
    }
}
