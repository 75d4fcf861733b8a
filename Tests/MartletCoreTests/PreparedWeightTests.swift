import MartletCore
import TestSupport
import Testing

/// Weights that a compiled function lays out once for its products: the bits are those of the ops, and a weight that changes
/// is read anew.
@Suite(.ownSession) struct PreparedWeightTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let x: Shape, weight: Shape
        let function: @Sendable (Tensor, Tensor) -> Tensor
    }

    static let cases: [Case] = [
        Case(testDescription: "matmul", x: [33, 70], weight: [70, 50]) { matmul($0, $1) },
        Case(testDescription: "matmul of few rows", x: [5, 700], weight: [700, 300]) { matmul($0, $1) },
        Case(testDescription: "matmul of one row", x: [1, 700], weight: [700, 300]) { matmul($0, $1) },
        Case(testDescription: "matmul transposed", x: [33, 70], weight: [50, 70]) { matmul($0, $1, transposeB: true) },
        Case(testDescription: "matmul with a long inner dimension", x: [20, 5000], weight: [5000, 24]) { matmul($0, $1) },
        Case(testDescription: "batched matmul", x: [3, 20, 40], weight: [40, 30]) { matmul($0, $1) },
        Case(testDescription: "batch of matrices", x: [3, 20, 40], weight: [3, 40, 30]) { matmul($0, $1) },
        Case(testDescription: "convolution by columns", x: [2, 9, 9, 16], weight: [5, 5, 16, 24]) { conv($0, $1) },
        Case(testDescription: "convolution with strides", x: [1, 21, 21, 16], weight: [3, 3, 16, 32]) {
            conv($0, $1, strides: [2, 2])
        },
        Case(testDescription: "convolution by Winograd's algorithm", x: [2, 20, 20, 16], weight: [3, 3, 16, 32]) { conv($0, $1) },
        Case(testDescription: "pointwise convolution", x: [1, 14, 14, 48], weight: [1, 1, 48, 64]) { conv($0, $1) },
        Case(testDescription: "few channels", x: [2, 20, 20, 3], weight: [3, 3, 3, 16]) { conv($0, $1) },
        Case(testDescription: "depthwise", x: [2, 12, 12, 16], weight: [3, 3, 1, 16]) { conv($0, $1, groups: 16) },
        Case(testDescription: "groups", x: [2, 12, 12, 32], weight: [3, 3, 16, 32]) { conv($0, $1, groups: 2) },
    ]

    @Test(arguments: cases, [DType.float32, .float64]) func sameBits(_ test: Case, _ dtype: DType) {
        func uniform(_ shape: Shape, _ seed: UInt64) -> Tensor { SampleInput.uniform(shape, seed: seed).cast(to: dtype) }
        let weight = Variable(uniform(test.weight, 1))
        let predict = compiled { (x: Tensor) in test.function(x, weight.value) }
        let inputs = (2..<6).map { uniform(test.x, $0) }
        // Prepared in the second run, used from then on.
        for x in inputs { #expect(sameBits(predict(x), test.function(x, weight.value))) }
        // Changed in every way that a value changes: each time it is read as it is now, and prepared again.
        for change in 0..<3 {
            let next = uniform(test.weight, 10 + UInt64(change))
            switch change {
            case 0: weight.assign(next)
            case 1: weight.value = next
            default: compiled { (x: Tensor) in weight.assign(x) }(next)
            }
            for x in inputs { #expect(sameBits(predict(x), test.function(x, next))) }
        }
        weight.withValue(uniform(test.weight, 20)) {
            for x in inputs { #expect(sameBits(predict(x), test.function(x, weight.value))) }
        }
        for x in inputs { #expect(sameBits(predict(x), test.function(x, weight.value))) }
    }

    private func sameBits(_ a: Tensor, _ b: Tensor) -> Bool {
        let (x, y): ([Double], [Double]) = (a.scalars(), b.scalars())
        return a.spec == b.spec && x.elementsEqual(y) { $0.bitPattern == $1.bitPattern }
    }
}
