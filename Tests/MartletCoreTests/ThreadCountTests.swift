import MartletCore
import TestSupport
import Testing

/// Results have the same bits with any number of threads. Serialized: the number is a setting of the process.
@Suite(.serialized, .ownSession) struct ThreadCountTests {
    /// Every elementwise op on its own samples, repeated until several threads share the work; sizes that do not
    /// divide.
    @Test func elementwise() {
        for sample in OpRegistry.all.flatMap({ $0.samples }) where sample.op is any ElementwiseOp {
            let shape = sample.inputs[0].shape
            guard shape.elementCount > 0, sample.inputs.allSatisfy({ $0.shape == shape }) else { continue }
            let count = 150_001 / shape.elementCount
            let inputs = sample.inputs.map { $0.flattened().tiled([count]) }
            for type in [DType.float32, .float64] {
                expectSameBits(sample.name) {
                    perform(sample.op, inputs.map { $0.dtype.isFloatingPoint ? $0.cast(to: type) : $0 })
                }
            }
        }
    }

    static let functions: [(String, @Sendable (DType) -> [Tensor])] = {
        /// The outputs of `body` and its gradients with respect to inputs of the given shapes.
        func derived(
            _ shapes: [Shape], _ body: @escaping @Sendable ([Tensor]) -> Tensor
        ) -> @Sendable (DType) -> [Tensor] {
            { type in
                let inputs = shapes.enumerated().map { normal($1, seed: $0 + 1, type) }
                let tape = GradientTape()
                let output = tape.record {
                    for input in inputs { tape.watch(input) }
                    return body(inputs)
                }
                let weight = normal(output.shape, seed: 99, type)
                return [output]
                    + tape.gradients(of: [output], withRespectTo: inputs, outputGradients: [weight]).compactMap { $0 }
            }
        }
        let indices = RandomGenerator(seed: 5).integers([20_011], in: 0..<503)
        return [
            ("add, one operand broadcast", derived([[307, 1, 401], [5, 1]]) { $0[0] + $0[1] }),
            ("where", derived([[307, 401], [307, 401]]) { `where`($0[0] .< $0[1], $0[0], $0[1]) }),
            ("matmul", derived([[257, 391], [391, 303]]) { matmul($0[0], $0[1]) }),
            ("matmul, thin", derived([[20_003, 17], [17, 3]]) { matmul($0[0], $0[1]) }),
            ("matmul, long", derived([[3, 20_003], [20_003, 5]]) { matmul($0[0], $0[1]) }),
            ("matmul, a vector", derived([[1, 2003], [2003, 501]]) { matmul($0[0], $0[1]) }),
            ("matmul, batches", derived([[37, 33, 45], [37, 45, 29]]) { matmul($0[0], $0[1]) }),
            ("matmul, transposed", derived([[391, 257], [303, 391]]) {
                matmul($0[0], $0[1], transposeA: true, transposeB: true)
            }),
            ("einsum", derived([[5, 67, 3, 32], [5, 71, 3, 32]]) { einsum("bqhd,bkhd->bhqk", $0[0], $0[1]) }),
            ("conv", derived([[7, 29, 31, 16], [3, 3, 16, 24]]) { conv($0[0], $0[1], padding: .same) }),
            ("conv, one image", derived([[1, 67, 61, 3], [3, 3, 3, 32]]) { conv($0[0], $0[1]) }),
            ("conv, strides", derived([[5, 33, 31, 8], [5, 5, 8, 16]]) {
                conv($0[0], $0[1], strides: [2, 2], padding: .same)
            }),
            ("conv, groups and dilations", derived([[3, 29, 31, 8], [3, 3, 4, 12]]) {
                conv($0[0], $0[1], dilations: [2, 2], groups: 2)
            }),
            ("conv, time", derived([[9, 501, 16], [4, 16, 24]]) { conv($0[0], $0[1], padding: .causal) }),
            ("conv, volume", derived([[2, 17, 15, 13, 4], [3, 3, 3, 4, 8]]) { conv($0[0], $0[1], padding: .same) }),
            ("convTransposed", derived([[5, 17, 15, 16], [3, 3, 8, 16]]) {
                convTransposed($0[0], $0[1], strides: [2, 2], padding: .same)
            }),
            ("depthwiseConv", derived([[5, 41, 37, 24], [3, 3, 24, 2]]) {
                depthwiseConv($0[0], $0[1], padding: .same)
            }),
            ("maxPool", derived([[5, 65, 63, 16]]) { maxPool($0[0], size: [3, 3], strides: [2, 2], padding: .same) }),
            ("averagePool", derived([[5, 65, 63, 16]]) {
                averagePool($0[0], size: [3, 3], strides: [2, 2], padding: .same)
            }),
            ("sum", derived([[1_000_003]]) { $0[0].sum() }),
            ("sum over rows", derived([[2003, 301]]) { $0[0].sum(axis: 0) }),
            ("sum over columns", derived([[2003, 301]]) { $0[0].sum(axis: 1) }),
            ("sum over the middle", derived([[31, 307, 41]]) { $0[0].sum(axis: 1) }),
            ("mean", derived([[101, 31, 97]]) { $0[0].mean(axes: [0, 2]) }),
            ("variance", derived([[101, 31, 97]]) { $0[0].variance(axes: [0, 1]) }),
            ("product", derived([[301, 2003]]) { $0[0].product(axis: 0) }),
            ("max", derived([[301, 2003]]) { $0[0].max(axis: 0) }),
            ("argmax", { [normal([301, 2003], seed: 1, $0).argmax(axis: 0), normal([602_903], seed: 1, $0).argmax()] }),
            ("logSumExp", derived([[301, 2003]]) { $0[0].logSumExp(axis: 1) }),
            ("norm", derived([[301, 2003]]) { $0[0].norm() }),
            ("softmax", derived([[301, 2003]]) { $0[0].softmax() }),
            ("softmax over columns", derived([[2003, 301]]) { $0[0].softmax(axis: 0) }),
            ("logSoftmax", derived([[301, 2003]]) { $0[0].logSoftmax() }),
            ("sparseSoftmaxCrossEntropy", derived([[20_011, 503]]) {
                sparseSoftmaxCrossEntropy(labels: indices, logits: $0[0])
            }),
            ("layerNorm", derived([[2003, 301], [301], [301]]) {
                layerNorm($0[0], scale: $0[1], offset: $0[2], epsilon: 1e-3)
            }),
            ("batchNorm", derived([[20_003, 19], [19], [19]]) {
                batchNorm($0[0], scale: $0[1], offset: $0[2], epsilon: 1e-3).y
            }),
            ("attention", derived([[3, 201, 4, 16], [3, 1100, 2, 16], [3, 1100, 2, 16]]) {
                dotProductAttention(query: $0[0], key: $0[1], value: $0[2], isCausal: true)
            }),
            ("attention, one head", derived([[1, 301, 1, 16], [1, 2100, 1, 16], [1, 2100, 1, 16]]) {
                dotProductAttention(query: $0[0], key: $0[1], value: $0[2])
            }),
            ("cumulativeSum", derived([[301, 2003]]) { $0[0].cumulativeSum(axis: 0) }),
            ("cumulativeSum of a vector", derived([[1_000_003]]) { $0[0].cumulativeSum(axis: 0) }),
            ("cumulativeProduct", derived([[301, 2003]]) { ($0[0] * 0.01 + 1).cumulativeProduct(axis: 1) }),
            ("cumulativeMax", derived([[301, 2003]]) { $0[0].cumulativeMax(axis: 1) }),
            ("gathered", derived([[503, 33]]) { $0[0].gathered(at: indices) }),
            ("scatteringAdd", derived([[503, 33], [20_011, 33]]) { $0[0].scatteringAdd(at: indices, $0[1]) }),
            ("takenAlong", derived([[20_011, 7]]) {
                $0[0].takenAlong(axis: 0, indices: indices.reshaped(-1, 1).broadcast(to: [20_011, 7]))
            }),
            ("sorted", derived([[301, 2003]]) { $0[0].sorted() }),
            ("sorted over columns", derived([[2003, 301]]) { $0[0].sorted(axis: 0, descending: true) }),
            ("argsorted", { type in
                [normal([301, 2003], seed: 1, type).argsorted(), normal([602_903], seed: 1, type).argsorted()]
            }),
            ("topK", derived([[301, 2003]]) { $0[0].topK(17).values }),
            ("transposed", derived([[1003, 601]]) { $0[0].transposed() }),
            ("transposed(permutation:)", derived([[37, 41, 31, 13]]) { $0[0].transposed(permutation: [2, 0, 3, 1]) }),
            ("concatenate", derived([[503, 101], [503, 407]]) { Tensor.concatenate($0, axis: 1) }),
            ("padded", derived([[31, 67, 71, 3]]) { $0[0].padded([(0, 0), (1, 2), (3, 0), (0, 0)]) }),
            ("tiled", derived([[301, 101]]) { $0[0].tiled([3, 7]) }),
            ("slice", derived([[601, 1003]]) { $0[0][1..., .stride(from: -1, by: -2)] }),
            ("random", { type in
                let generator = RandomGenerator(seed: 3)
                return [
                    generator.uniform([1_000_003], dtype: type), generator.normal([1003, 701], dtype: type),
                    generator.truncatedNormal([1003, 701], dtype: type), generator.integers([500_001], in: -7..<1000),
                    generator.bernoulli([500_001], probability: 0.3), generator.permutation(100_003),
                ]
            }),
        ]
    }()

    @Test(arguments: functions.indices) func valuesAndGradients(_ index: Int) {
        let (name, function) = Self.functions[index]
        for type in [DType.float32, .float64] { expectSameBits("\(name) in \(type)") { function(type) } }
    }

    private func expectSameBits(_ name: String, _ body: () -> [Tensor]) {
        let before = Settings.threadCount
        defer { Settings.threadCount = before }
        let results = [1, 2, 5].map { threads in
            Settings.threadCount = threads
            return body().map { $0.withUnsafeBytes { Array($0) } }
        }
        // Compared outside of #expect, which would look for the differences of millions of bytes.
        let areSame = results.map { $0 == results[0] }
        #expect(areSame == [true, true, true], "\(name) with 1, 2 and 5 threads")
    }

    private static func normal(_ shape: Shape, seed: Int, _ type: DType) -> Tensor {
        RandomGenerator(seed: seed).normal(shape, dtype: type)
    }
}
