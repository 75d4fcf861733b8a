import Martlet

extension ONNXOperator {
    static func addAttention(_ table: inout [String: ONNXOperator]) {
        table["Attention"] = ONNXOperator(inputCounts: 3...7) { try $0.attention() }
        table["RotaryEmbedding"] = ONNXOperator(inputCounts: 3...4) { call in
            let x = try call.tensor(0, rank: 3)
            let (cosines, sines) = (try call.floating(1), try call.floating(2))
            let heads = try call.int("num_heads", default: 0)
            // [batch, steps, heads, size]
            let isFlat = x.rank == 3
            guard !isFlat || (heads > 0 && x.shape[2] % heads == 0) else {
                throw MartletError("Expected num_heads that divides \(x.spec).")
            }
            let parts = isFlat ? x.reshaped([x.shape[0], x.shape[1], heads, x.shape[2] / heads]) : x.transposed(1, 2)
            let given = try call.int("rotary_embedding_dim", default: 0)
            let size = given == 0 ? parts.shape[3] : given
            guard size > 0, size % 2 == 0, size <= parts.shape[3] else {
                throw MartletError("Expected an even size. Received: \(size).")
            }
            let (turned, rest) = (parts.sliced(0..<size, axis: 3), parts.sliced(size..<parts.shape[3], axis: 3))
            func angles(_ cache: Tensor) throws -> Tensor {
                let rows = try call.has(3) ? cache.gathered(at: call.integral(3)) : cache
                return rows.sliced(0..<size / 2, axis: rows.rank - 1).expandingDims(at: 2)
            }
            let (cosine, sine) = (try angles(cosines), try angles(sines))
            let y: Tensor
            if try call.flag("interleaved") {
                let pairs = turned.reshaped(Array(turned.shape.dimensions.dropLast()) + [size / 2, 2])
                let (a, b) = (pairs.sliced(0..<1, axis: 4).squeezed(axis: 4), pairs.sliced(1..<2, axis: 4).squeezed(axis: 4))
                y = Tensor.stack([a * cosine - b * sine, a * sine + b * cosine], axis: -1).reshaped(to: turned.shape)
            } else {
                let halves = turned.split(count: 2, axis: 3)
                y = .concatenate([halves[0] * cosine - halves[1] * sine, halves[0] * sine + halves[1] * cosine], axis: 3)
            }
            let whole = Tensor.concatenate([y, rest], axis: 3)
            return try call.result(isFlat ? whole.reshaped(to: x.shape) : whole.transposed(1, 2))
        }
    }
}

extension ONNXCall {
    /// Scaled dot-product attention, with keys and values of earlier calls, grouped heads and a mask.
    fileprivate func attention() throws -> [ONNX.Value] {
        let isFlat = try tensor(0).rank == 3
        func heads(_ place: Int, _ attribute: String) throws -> Tensor {
            let x = try tensor(place, rank: 3)
            guard isFlat else { return x }
            let count = try requiredInt(attribute)
            guard count > 0, x.shape[2] % count == 0 else { throw MartletError("Expected \(attribute) that divides \(x.spec).") }
            return x.reshaped([x.shape[0], x.shape[1], count, x.shape[2] / count]).transposed(1, 2)
        }
        let q = try heads(0, "q_num_heads")
        var (k, v) = (try heads(1, "kv_num_heads"), try heads(2, "kv_num_heads"))
        if let past = try optional(4) { k = .concatenate([past, k], axis: 2) }
        if let past = try optional(5) { v = .concatenate([past, v], axis: 2) }
        let present = (k, v)
        guard q.rank == 4, k.rank == 4, v.rank == 4, k.shape[1] > 0, q.shape[1] % k.shape[1] == 0 else {
            throw MartletError("Expected heads that the key heads divide. Received: \(q.spec), \(k.spec), \(v.spec).")
        }
        let groups = q.shape[1] / k.shape[1]
        if groups > 1 { (k, v) = (k.repeated(groups, axis: 1), v.repeated(groups, axis: 1)) }
        let (queries, keys) = (q.shape[2], k.shape[2])
        let scale = try float("scale") ?? 1 / Double(q.shape[3]).squareRoot()
        // As the specification says: both factors get the root of the scale.
        let root = scale.squareRoot()
        let raw = matmul(q * root, k * root, transposeB: true)
        let softcap = try float("softcap", default: 0)
        let mode = try int("qk_matmul_output_mode", default: 0)
        let least = -Double.infinity
        /// 0 where a mask is true, and minus infinity elsewhere.
        func hidden(_ mask: Tensor) -> Tensor {
            `where`(mask, Tensor.zeros([], dtype: q.dtype), Tensor.full([], least, dtype: q.dtype))
        }
        var bias: Tensor?
        if let mask = try optional(3) {
            var own = mask.dtype == .bool ? hidden(mask) : mask
            // A mask that is too short hides the keys behind it.
            if own.shape[-1] < keys {
                var pads = [(before: Int, after: Int)](repeating: (0, 0), count: own.rank)
                pads[own.rank - 1].after = keys - own.shape[-1]
                own = own.padded(pads, mode: .constant(least))
            }
            bias = own
        }
        let columns = Tensor.range(0..<keys, dtype: .int64)
        if try flag("is_causal") {
            let rows = try Tensor.range(0..<queries, dtype: .int64).reshaped([-1, 1]) + (has(4) ? tensor(4).shape[2] : 0)
            let causal = hidden(columns .<= rows)
            bias = bias.map { $0 + causal } ?? causal
        }
        if has(6) {
            let isThere = columns .< (try integral(6)).reshaped([-1, 1, 1, 1])
            let rest = hidden(isThere)
            bias = bias.map { $0 + rest } ?? rest
        }
        let biased = bias.map { raw + $0 } ?? raw
        // As the specification says, the cap comes after the mask: what is hidden counts a little.
        let scores = softcap > 0 ? softcap * (biased / softcap).tanh() : biased
        let shown = [raw, biased, scores]
        let wide = try elementType("softmax_precision")?.dtype ?? scores.dtype
        // A query that sees no key gets zeros.
        let sees = scores.cast(to: wide).max(axis: -1, keepDims: true) .> least
        let safe = `where`(sees, scores.cast(to: wide), Tensor.zeros([], dtype: wide))
        let weights = `where`(sees, safe.softmax(axis: -1), Tensor.zeros([], dtype: wide)).cast(to: q.dtype)
        var y = matmul(weights, v)
        if isFlat { y = y.transposed(1, 2).reshaped([q.shape[0], queries, q.shape[1] * v.shape[3]]) }
        return try result(y) + [
            .tensor(present.0, like: value(1)), .tensor(present.1, like: value(2)),
            .tensor(shown.indices.contains(mode) ? shown[mode] : weights, like: value(0)),
        ]
    }
}
