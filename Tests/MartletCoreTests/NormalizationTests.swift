import MartletCore
import TestSupport
import Testing

/// What fixtures of small tensors do not show: many rows, many channels, numbers far from 0.
@Suite(.ownSession) struct NormalizationTests {
    /// Shapes that do not divide into blocks, bands and lines.
    static let shapes: [Shape] = [
        [1, 1], [3, 1], [20_011, 1], [40_003, 3], [5000, 16], [700, 257], [67, 1000], [130, 4111], [2, 9001],
    ]

    /// In float64, to rounding; in float32, whose sums are accurate for any length, to a few units in the last place.
    @Test(arguments: shapes) func agreesWithTheDefinition(_ shape: Shape) {
        let x = SampleInput.uniform(shape, seed: 1) + 3
        let scale = SampleInput.uniform([shape[1]], seed: 2)
        let offset = SampleInput.uniform([shape[1]], seed: 3)
        let weights = SampleInput.uniform(shape, seed: 4)

        func derive(_ type: DType, _ body: (Tensor, Tensor, Tensor) -> Tensor) -> [Tensor] {
            let inputs = [x, scale, offset].map { $0.cast(to: type) }
            let tape = GradientTape()
            let y = tape.record {
                inputs.forEach(tape.watch)
                return body(inputs[0], inputs[1], inputs[2])
            }
            let found = tape.gradient(of: y, withRespectTo: inputs, outputGradient: weights.cast(to: type))
            return [y] + found.compactMap { $0 }
        }
        func check(
            _ name: String, _ op: (Tensor, Tensor, Tensor) -> Tensor, _ definition: (Tensor, Tensor, Tensor) -> Tensor
        ) {
            let expected = derive(.float64, definition)
            for (type, tolerance) in [(DType.float64, 1e-12), (.float32, 2e-5)] {
                let found = derive(type, op)
                #expect(found.count == expected.count)
                for (index, (a, b)) in zip(found, expected).enumerated() {
                    let error = largestError(of: a, b, relativeTo: .tensor(atLeast: 1))
                    #expect(error <= tolerance, "\(name), result \(index) in \(type): \(error)")
                }
            }
        }
        func standard(_ x: Tensor, _ axis: Int) -> Tensor {
            (x - x.mean(axis: axis, keepDims: true))
                / (x.variance(axis: axis, keepDims: true) + 0.1).squareRoot()
        }
        check("layerNorm", { layerNorm($0, scale: $1, offset: $2, epsilon: 0.1) }, { standard($0, 1) * $1 + $2 })
        check("batchNorm", { batchNorm($0, scale: $1, offset: $2, epsilon: 0.1).y }, { standard($0, 0) * $1 + $2 })
        check(
            "rmsNorm", { x, s, _ in rmsNorm(x, scale: s, epsilon: 0.1) },
            { x, s, _ in x / (x.square().mean(axis: 1, keepDims: true) + 0.1).squareRoot() * s })
    }

    /// A variance that is tiny beside the square of the mean.
    @Test func farFromZero() {
        let x = SampleInput.uniform([10_000, 3], in: -1...1) + 1000
        let (y, mean, variance) = batchNorm(x.cast(to: .float32), epsilon: 0)
        let rounded = x.cast(to: .float32).cast(to: .float64)
        #expect(largestError(of: mean, rounded.mean(axis: 0), relativeTo: .element()) < 1e-7)
        #expect(largestError(of: variance, rounded.variance(axis: 0), relativeTo: .element()) < 1e-6)
        #expect(largestError(of: y, batchNorm(rounded, epsilon: 0).y, relativeTo: .tensor()) < 1e-4)
    }

    @Test func nothing() {
        let (y, mean, variance) = batchNorm(Tensor.ones([0, 2]), epsilon: 0.1)
        #expect(y.shape == [0, 2] && mean.scalars() == [Float(0), 0] && variance.scalars() == [Float(0), 0])
        #expect(layerNorm(Tensor.ones([2, 0]), epsilon: 0.1).shape == [2, 0])
        // Far from 0 in float32: the largest and the smallest result are as far apart as the deviation says.
        let far = (0..<3000).map { (i: Int) -> Double in 1e6 + Double(i * i % 97) / 16 }
        let centre = far.reduce(0.0, +) / 3000
        let squares = far.reduce(0.0) { (sum: Double, x: Double) in sum + (x - centre) * (x - centre) }
        let deviation = (squares / 3000).squareRoot()
        let rows = layerNorm(Tensor(far, shape: [1, 3000]).cast(to: .float32), epsilon: 0)
        let spread: Double = (rows.max() - rows.min()).item()
        #expect(Swift.abs(spread * deviation / (far.max()! - far.min()!) - 1) < 1e-6)
        #expect(layerNorm(Tensor([Float.nan, 1], shape: [1, 2]), epsilon: 0.1).scalars(as: Float.self)[1].isNaN)
    }
}
