/// Scaled dot-product attention: `softmax(scale query keyᵀ + bias) value` for each head.
///
/// The scores are computed in tiles and never held as a whole.
/// - Parameters:
///   - query: [batch, queries, heads, depth].
///   - key: [batch, keys, key heads, depth]; the key heads divide the heads, and each serves as many neighbouring heads
///     (grouped queries; one key head: multi-query attention).
///   - value: [batch, keys, key heads, value depth].
///   - bias: is added to the scaled scores; broadcasts to [batch, heads, queries, keys].
///   - mask: true where a query sees a key; broadcasts to [batch, heads, queries, keys]. A query that sees no key gets
///     the mean of all values.
///   - scale: multiplies the products of queries and keys; nil is `1 / sqrt(depth)`.
///   - isCausal: query i sees the keys 0...i only.
/// - Returns: [batch, queries, heads, value depth].
///
/// Source: [`keras.ops.dot_product_attention`](https://keras.io/api/ops/nn/#dotproductattention-function).
public func dotProductAttention(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor? = nil, mask: Tensor? = nil, scale: Double? = nil,
    isCausal: Bool = false
) -> Tensor {
    func ofScores(_ x: Tensor) -> Tensor {
        x.rank >= 4 ? x : x.reshaped(to: Shape([Int](repeating: 1, count: 4 - x.rank) + x.shape.dimensions))
    }
    let (q, k) = Tensor.promoted(query.floating, key.floating)
    let v = value.cast(to: q.dtype)
    let depth = q.rank == 0 ? 1 : q.shape[-1]
    let op = Attention(
        scale: scale ?? 1 / Double(max(depth, 1)).squareRoot(), isCausal: isCausal, hasMask: mask != nil,
        hasBias: bias != nil)
    let extras = [mask.map { ofScores($0.cast(to: .bool)) }, bias.map { ofScores($0.cast(to: q.dtype)) }]
    return perform(op, [q, k, v] + extras.compactMap { $0 })[0]
}
