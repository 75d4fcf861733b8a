import Foundation
import MartletCore
import TestSupport
import Testing

/// Softmax, its logarithm and cross-entropy against their definitions in `Double`.
@Suite(.ownSession) struct SoftmaxTests {
    static let cases: [(Shape, Int)] = [
        ([2, 3], -1), ([3, 4], 0), ([2, 3, 4], 1), ([7], 0), ([1, 1], 1), ([0, 3], 1), ([5, 1000], -1),
    ]

    @Test(arguments: cases)
    func matchesDefinition(_ shape: Shape, _ axis: Int) {
        let x = SampleInput.uniform(shape, in: -5...5)
        let positive = axis < 0 ? axis + shape.rank : axis
        let inner = shape.dimensions[(positive + 1)...].reduce(1, *)
        let length = shape.dimensions[positive]
        let xs: [Double] = x.scalars()
        let expected = xs.indices.map { i -> Double in
            let start = i / (length * inner) * length * inner + i % inner
            return exp(xs[i]) / (0..<length).reduce(0) { $0 + exp(xs[start + $1 * inner]) }
        }
        for (dtype, tolerance) in [(DType.float64, 1e-14), (.float32, 1e-6)] {
            let (y, z) = (x.cast(to: dtype).softmax(axis: axis), x.cast(to: dtype).logSoftmax(axis: axis))
            #expect(y.shape == shape && z.shape == shape && y.dtype == dtype)
            for (i, p) in expected.enumerated() {
                #expect(abs(y.scalars(as: Double.self)[i] - p) <= tolerance)
                #expect(abs(z.scalars(as: Double.self)[i] - log(p)) <= tolerance * 30)
                if i > 100 { break }
            }
        }
    }

    @Test func extremes() {
        let x = Tensor([[1000.0, 0, -1000], [-.infinity, 0, 0], [.nan, 0, 0]], dtype: .float32)
        let y: [Float] = x.softmax().scalars()
        #expect(y[0...5] == [1, 0, 0, 0, 0.5, 0.5] && y[6].isNaN && y[8].isNaN)
        #expect(x.logSoftmax().scalars()[..<3] == [Float(0), -1000, -2000])
        #expect(Tensor([1, 1]).softmax().scalars() == [Float(0.5), 0.5])
        #expect(Tensor([1.0, 1], dtype: .float16).softmax().dtype == .float16)
    }

    @Test func crossEntropy() {
        let logits = SampleInput.uniform([2, 3, 5], in: -4...4)
        let labels = Tensor([0, 4, 2, 1, 3, 3], shape: [2, 3])
        let rows = logits.logSoftmax().reshaped(6, 5)
        let expected = (0..<6).map { -rows[$0, [0, 4, 2, 1, 3, 3][$0]].item() }
        for type in [DType.int64, .int32, .uint8, .float32] {
            let loss = sparseSoftmaxCrossEntropy(labels: labels.cast(to: type), logits: logits)
            #expect(loss.shape == [2, 3])
            for (a, b) in zip(loss.scalars(as: Double.self), expected) { #expect(abs(a - b) <= 1e-14) }
        }
        let tape = GradientTape()
        tape.watch(logits)
        let loss = tape.record { sparseSoftmaxCrossEntropy(labels: labels, logits: logits) }
        let weights = SampleInput.uniform([2, 3], seed: 2)
        let gradient = tape.gradient(of: loss, withRespectTo: logits, outputGradient: weights)!
        let target = Tensor.oneHot(labels, depth: 5, dtype: .float64)
        let other = (logits.softmax() - target) * weights.expandingDims(at: -1)
        #expect(gradient.allClose(to: other, relativeTolerance: 1e-12, absoluteTolerance: 1e-14))
        let far = Tensor([[1000.0, 0]], dtype: .float32)
        #expect(sparseSoftmaxCrossEntropy(labels: Tensor([1]), logits: far).item() == 1000)
        let none = sparseSoftmaxCrossEntropy(labels: Tensor([Int](), shape: [0]), logits: Tensor.ones([0, 3]))
        #expect(none.shape == [0])
    }

    @Test func wrongLabels() async {
        for labels in [[0, 3], [-1, 0]] {
            let (y, x) = (Tensor(labels), Tensor.ones([2, 3]))
            do throws(OpFailure) {
                _ = try SoftmaxTests.loss(y, x)
                Issue.record("No failure")
            } catch {
                let (value, position) = labels[0] < 0 ? ("-1", "[0]") : ("3", "[1]")
                #expect(
                    error.message
                        == "Expected labels from 0 to 2, for 3 classes, not \(value) at position \(position).")
            }
        }
        await #expect(processExitsWith: .failure) {
            _ = sparseSoftmaxCrossEntropy(labels: Tensor([0, 3]), logits: Tensor.ones([2, 3]))
        }
        await #expect(processExitsWith: .failure) {
            _ = sparseSoftmaxCrossEntropy(labels: Tensor([0]), logits: Tensor.ones([2, 3]))
        }
        await #expect(processExitsWith: .failure) { _ = Tensor.ones([2, 3]).softmax(axis: 2) }
    }

    /// The op without the dispatcher, which would stop.
    static func loss(_ labels: Tensor, _ logits: Tensor) throws(OpFailure) -> Tensor {
        let type = OpRegistry.all.first { $0.name == "sparseSoftmaxCrossEntropy" }!
        return try type.samples[0].op.computed([logits, labels])[0]
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let x = SampleInput.uniform([700, 130]).cast(to: .float32)
        #expect(sameBitsWithAnyThreads { [x.softmax(), x.softmax(axis: 0), x.logSoftmax()] })
    }
}
