import MartletCore
import TestSupport
import Testing

/// Attention over several tiles of queries and keys, against its definition with all scores at once.
@Suite(.ownSession) struct AttentionTests {
    struct Sizes: Sendable, CustomTestStringConvertible {
        var batch = 1
        var queries: Int
        var keys: Int
        var heads = 2
        var keyHeads = 2
        var depth = 5
        var isCausal = false
        var hasMask = false
        var testDescription: String {
            "\(batch)x\(queries)x\(keys), heads \(heads)/\(keyHeads)\(isCausal ? ", causal" : "")\(hasMask ? ", mask" : "")"
        }
    }

    static let sizes = [
        Sizes(queries: 70, keys: 1100), Sizes(queries: 1100, keys: 70, isCausal: true),
        Sizes(queries: 600, keys: 1100, heads: 1, keyHeads: 1, isCausal: true),
        Sizes(batch: 2, queries: 130, keys: 530, heads: 4, keyHeads: 2, isCausal: true, hasMask: true),
        Sizes(batch: 2, queries: 300, keys: 700, heads: 4, keyHeads: 2, isCausal: true),
        Sizes(batch: 3, queries: 65, keys: 513, hasMask: true), Sizes(batch: 9, queries: 300, keys: 3),
    ]

    /// Values and gradients; keys that come late have the largest scores, so that every tile moves the maximum.
    @Test(arguments: sizes) func manyTiles(_ s: Sizes) {
        let q = SampleInput.uniform([s.batch, s.queries, s.heads, s.depth], seed: 1)
        let rising = Tensor.linearSpace(from: 0.1, to: 4, count: s.keys, dtype: .float64).reshaped(1, -1, 1, 1)
        let k = SampleInput.uniform([s.batch, s.keys, s.keyHeads, s.depth], seed: 2) * rising
        let v = SampleInput.uniform([s.batch, s.keys, s.keyHeads, 3], seed: 3)
        let mask = s.hasMask ? SampleInput.uniform([s.batch, 1, s.queries, s.keys], seed: 4) .> 1 : nil
        let weights = SampleInput.uniform([s.batch, s.queries, s.heads, 3], seed: 5)

        func derive(_ type: DType, _ body: (Tensor, Tensor, Tensor) -> Tensor) -> [Tensor] {
            let inputs = [q, k, v].map { $0.cast(to: type) }
            let tape = GradientTape()
            let y = tape.record {
                inputs.forEach(tape.watch)
                return body(inputs[0], inputs[1], inputs[2])
            }
            let gradients = tape.gradient(of: y, withRespectTo: inputs, outputGradient: weights.cast(to: type))
            return [y] + gradients.map { $0! }
        }
        let expected = derive(.float64) { q, k, v in
            let repeats = s.heads / s.keyHeads
            func spread(_ x: Tensor) -> Tensor {
                x.expandingDims(at: 3).tiled([1, 1, 1, repeats, 1])
                    .reshaped(s.batch, s.keys, s.heads, x.shape[3])
            }
            var scores = einsum("bthd,bshd->bhts", q, spread(k)) * 0.5
            if let mask { scores = `where`(mask, scores, -1e300) }
            if s.isCausal {
                let seen = Tensor.ones([s.queries, s.keys]).lowerTriangle()
                scores = `where`(seen .> 0, scores, -1e300)
            }
            return einsum("bhts,bshv->bthv", scores.softmax(), spread(v))
        }
        for (type, tolerance) in [(DType.float64, 1e-12), (.float32, 2e-5)] {
            let found = derive(type) {
                dotProductAttention(query: $0, key: $1, value: $2, mask: mask, scale: 0.5, isCausal: s.isCausal)
            }
            for (a, b) in zip(found, expected) {
                let error = largestError(of: a, b, relativeTo: .tensor(atLeast: 1))
                #expect(error <= tolerance, "\(type): \(error)")
            }
        }
    }

    @Test func extremes() {
        func attend(_ scores: [Double], mask: [Bool]? = nil) -> [Float] {
            let count = scores.count
            let values = Tensor((0..<count).map(Double.init), shape: [1, count, 1, 1]).cast(to: .float32)
            return dotProductAttention(
                query: Tensor.ones([1, 1, 1, 1]), key: Tensor(scores, shape: [1, count, 1, 1]).cast(to: .float32),
                value: values, mask: mask.map { Tensor($0, shape: [1, 1, 1, count]) }).scalars()
        }
        #expect(attend([1000, 0, -1000]) == [0])
        #expect(attend([-1e38, 0, 1e38]) == [2])
        #expect(attend([0, 0, 0], mask: [false, false, false]) == [1])
        #expect(attend([.nan, 0, 5], mask: [false, true, false]) == [1])
        #expect(attend([0, .nan])[0].isNaN)
        let none = dotProductAttention(
            query: Tensor.ones([2, 3, 1, 4]), key: Tensor.ones([2, 0, 1, 4]), value: Tensor.ones([2, 0, 1, 2]))
        #expect(none.shape == [2, 3, 1, 2] && none.scalars(as: Float.self).allSatisfy { $0 == 0 })
        #expect(
            dotProductAttention(
                query: Tensor.ones([1, 1, 1, 1], dtype: .float16), key: Tensor.ones([1, 2, 1, 1], dtype: .float16),
                value: Tensor.ones([1, 2, 1, 1], dtype: .float16)).dtype == .float16)
    }

    @Test func wrongShapes() async {
        await #expect(processExitsWith: .failure) {
            let (x, y) = (Tensor.ones([1, 2, 3, 4]), Tensor.ones([1, 2, 2, 4]))
            _ = dotProductAttention(query: x, key: y, value: y)
        }
        await #expect(processExitsWith: .failure) {
            let x = Tensor.ones([1, 2, 3, 4])
            _ = dotProductAttention(query: x, key: x, value: x, mask: Tensor([true, false, true], shape: [3]))
        }
    }
}
