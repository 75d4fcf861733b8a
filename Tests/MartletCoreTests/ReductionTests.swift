import Foundation
import MartletCore
import TestSupport
import Testing

@Suite(.ownSession) struct ReductionTests {
    let x = Tensor([[3, 1, 2], [-4, 5, 0.5]], dtype: .float64)

    @Test func sumsMeansProducts() {
        #expect(x.sum().item() == 7.5 && x.sum().shape == [])
        #expect(x.sum(axis: 0).scalars() == [-1.0, 6, 2.5] && x.sum(axis: -1).scalars() == [6.0, 1.5])
        #expect(x.sum(axes: [1, 0]).item() == 7.5 && x.sum(axes: []).scalars() == x.scalars(as: Double.self))
        #expect(x.sum(axis: 1, keepDims: true).shape == [2, 1] && x.sum(keepDims: true).shape == [1, 1])
        #expect(x.mean().item() == 1.25 && x.mean(axis: 0).scalars() == [-0.5, 3, 1.25])
        #expect(x.product().item() == -60 && x.product(axis: 1).scalars() == [6.0, -10])
        #expect(x.max().item() == 5 && x.max(axis: 0).scalars() == [3.0, 5, 2])
        #expect(x.min(axis: 1, keepDims: true).scalars() == [1.0, -4] && x.min(axis: 1, keepDims: true).shape == [2, 1])
        #expect(x.argmax().item(as: Int.self) == 4 && x.argmax(axis: 0).scalars() == [0, 1, 0])
        #expect(x.argmin(axis: -1).scalars() == [1, 0] && x.argmin(axis: 1, keepDims: true).shape == [2, 1])
        #expect(x.argmax(keepDims: true).shape == [1, 1])
    }

    /// Against loops over indices, for every subset of the axes of several shapes.
    @Test(arguments: [[2, 3, 4], [5, 1, 3, 2], [1, 1], [300, 7], [7, 300], [3, 0, 2], [70_001], [2, 3, 2, 3, 2]])
    func everySubsetOfAxes(_ sizes: [Int]) {
        let shape = Shape(sizes)
        let x = SampleInput.uniform(shape)
        let values: [Double] = x.scalars()
        for subset in 0..<(1 << sizes.count) {
            let axes = sizes.indices.filter { subset >> $0 & 1 == 1 }
            let kept = sizes.indices.filter { !axes.contains($0) }
            var sums = [Double](repeating: 0, count: kept.reduce(1) { $0 * sizes[$1] })
            var largest = [Double](repeating: -.infinity, count: sums.count)
            for (index, value) in values.enumerated() {
                var (rest, place) = (index, [Int](repeating: 0, count: sizes.count))
                for axis in sizes.indices.reversed() {
                    place[axis] = rest % sizes[axis]
                    rest /= sizes[axis]
                }
                let target = kept.reduce(0) { $0 * sizes[$1] + place[$1] }
                sums[target] += value
                largest[target] = Swift.max(largest[target], value)
            }
            let result: [Double] = x.sum(axes: axes).scalars()
            #expect(result.count == sums.count)
            #expect(zip(result, sums).allSatisfy { Swift.abs($0 - $1) <= 1e-10 }, "\(sizes) over \(axes)")
            // Bytes and truth values add up in 64 bits.
            let bytes = (x * 100 + 128).cast(to: .uint8)
            for narrow in [bytes, bytes .> 100] {
                let sum = narrow.sum(axes: axes)
                #expect(sum.dtype == .int64)
                #expect(sum.scalars(as: Int.self) == narrow.cast(to: .int64).sum(axes: axes).scalars(as: Int.self))
            }
            if axes.allSatisfy({ sizes[$0] > 0 }) {
                #expect(x.max(axes: axes).scalars() == largest && (-(-x).min(axes: axes)).scalars() == largest)
            }
        }
    }

    @Test func sumsOfBytes() {
        let bytes = Tensor.full([3, 1_000_001], 255, dtype: .uint8)
        #expect(bytes.sum().item(as: Int.self) == 765_000_765)
        #expect(bytes.sum(axis: 1).scalars(as: Int.self) == [Int](repeating: 255_000_255, count: 3))
        #expect(bytes.reshaped(to: [1_000_001, 3]).sum(axis: 0).scalars(as: Int.self) == [Int](repeating: 255_000_255, count: 3))
        let result = compiled { (x: Tensor) in x.sum(axes: [0], keepDims: true) }(bytes)
        #expect(result.shape == [1, 1_000_001] && result.max().item(as: Int.self) == 765)
        #expect(Tensor.ones([3], dtype: .float16).spec == TensorSpec([3], .float16))
        for type in [DType.float16, .bfloat16] {
            #expect(Tensor.full([2, 2], 1.5, dtype: type).cast(to: .float64).scalars() == [1.5, 1.5, 1.5, 1.5])
            #expect(Tensor.zeros([0], dtype: type).elementCount == 0)
        }
    }

    /// A mean of 10^6 in float32 is off by up to 1/32; the deviations must not take that over. The numbers are multiples of 1/16,
    /// so float32 has them exactly, and the sums in float64 are exact too.
    @Test func variancesFarFromZero() {
        let values = (0..<10_000).map { (i: Int) -> Double in 1e6 + Double(i * i % 97) / 16 }
        func exact(_ x: [Double]) -> Double {
            let mean = x.reduce(0.0, +) / Double(x.count)
            let squares = x.reduce(0.0) { (sum: Double, x: Double) in sum + (x - mean) * (x - mean) }
            return squares / Double(x.count)
        }
        let x = Tensor(values, shape: [10_000]).cast(to: .float32)
        #expect(Swift.abs(x.variance().item() / exact(values) - 1) < 1e-6)
        #expect(Swift.abs(x.standardDeviation(correction: 1).item() / (exact(values) / 0.9999).squareRoot() - 1) < 1e-6)
        let rows = x.reshaped(to: [4, 2500]).variance(axis: 1), columns = x.reshaped(to: [2500, 4]).variance(axis: 0)
        let (_, _, norm) = batchNorm(x.reshaped(to: [2500, 4]), epsilon: 1e-3)
        for i in 0..<4 {
            let row = Array(values[i * 2500..<(i + 1) * 2500]), column = stride(from: i, to: 10_000, by: 4).map { values[$0] }
            #expect(Swift.abs(rows[i].item() / exact(row) - 1) < 1e-6)
            #expect(Swift.abs(columns[i].item() / exact(column) - 1) < 1e-6)
            #expect(Swift.abs(norm[i].item() / exact(column) - 1) < 1e-6)
        }
        #expect(Tensor.full([7], 0.1, dtype: .float32).variance().item() == 0)
    }

    /// Adding one by one is 9% off. In a tree of additions the error is at most log₂ n roundings: 1.4e-6.
    @Test func longSumsAreAccurate() {
        let tenth = Tensor.full([10_000_000], 0.1, dtype: .float32)
        func error(_ sum: Tensor, _ expected: Double) -> Double { Swift.abs(sum.item() / expected - 1) }
        let value = Double(Float(0.1))
        #expect(error(tenth.sum(), 1e7 * value) < 1.4e-6 && error(tenth.mean(), value) < 1.4e-6)
        #expect(error(tenth.reshaped(to: [2_500_000, 4]).sum(axis: 0).max(), 2.5e6 * value) < 1.4e-6)
    }

    @Test func dtypes() {
        #expect(Tensor([true, true, false]).sum().item(as: Int.self) == 2)
        #expect(Tensor([true, true, false]).sum().dtype == .int64)
        #expect(Tensor([200, 100]).cast(to: .uint8).sum().item(as: Int.self) == 300)
        #expect(Tensor([3, 4]).cast(to: .int32).sum().dtype == .int32)
        #expect(Tensor([3, 4]).product().item(as: Int.self) == 12)
        #expect(Tensor([1, 2]).mean().dtype == .float32 && Tensor([1, 2]).mean().item() == 1.5)
        #expect(Tensor([1, 2], dtype: .float16).sum().dtype == .float16)
        // 4096 ones of bfloat16: a sum kept in bfloat16 itself would stop at 256.
        #expect(Tensor.ones([4096], dtype: .bfloat16).sum().item() == 4096)
        #expect(Tensor([true, false]).max().item(as: Bool.self) && !Tensor([true, false]).min().item(as: Bool.self))
        #expect(Tensor([1, 2], dtype: .bfloat16).argmax().item(as: Int.self) == 1)
        #expect(Tensor([3, 9]).cast(to: .uint8).max().item(as: UInt8.self) == 9)
    }

    @Test func nothing() {
        let none = Tensor.zeros([0, 3])
        #expect(none.sum(axis: 0).scalars() == [Float(0), 0, 0] && none.product(axis: 0).scalars() == [Float(1), 1, 1])
        #expect(none.mean().item().isNaN && none.sum(axis: 1).shape == [0])
        #expect(!none.any().item(as: Bool.self) && none.all().item(as: Bool.self))
        #expect(none.max(axis: 1).shape == [0] && none.argmax(axis: 1).shape == [0])
        #expect(none.logSumExp(axis: 0).scalars() == [-Float.infinity, -.infinity, -.infinity])
        #expect(none.variance().item().isNaN && none.norm().item() == 0)
    }

    @Test func nan() {
        let x = Tensor([1, .nan, 3], shape: [3])
        #expect(x.sum().item().isNaN && x.max().item().isNaN && x.min().item().isNaN)
        #expect(x.argmax().item(as: Int.self) == 1 && x.argmin().item(as: Int.self) == 1)
        #expect(Tensor([2.0, 7, 7, 1]).argmax().item(as: Int.self) == 1)
    }

    @Test func truth() {
        let x = Tensor([[true, false], [true, true]].flatMap { $0 }, shape: [2, 2])
        #expect(x.any(axis: 0).scalars() == [true, true] && x.all(axis: 0).scalars() == [true, false])
        #expect(x.all(axis: 1, keepDims: true).shape == [2, 1] && !x.all().item(as: Bool.self))
        #expect(Tensor([0, 5]).any().item(as: Bool.self) && !Tensor([0.0, 5]).all().item(as: Bool.self))
    }

    @Test func wrongAxes() {
        for axes in [[2], [-3], [1, 1], [0, -2]] {
            #expect(throws: OpFailure.self) {
                try ReducedAxes(axes, of: x, keepDims: false).outputShape(for: x.shape)
            }
        }
    }

    /// The first sample of each op folds, or goes along, an axis of [2, 3].
    @Test(arguments: ["sum", "mean", "max", "min", "argmax", "argmin", "cumulativeSum", "cumulativeMax", "any"])
    func wrongShapesAndDtypes(_ name: String) {
        let sample = OpRegistry.all.first { $0.name == name }!.samples[0]
        #expect(throws: OpFailure.self) { try sample.op.outputs(for: [TensorSpec([], sample.inputs[0].dtype)]) }
        if name == "max" || name == "argmin" {
            #expect(throws: OpFailure.self) { try sample.op.outputs(for: [TensorSpec([0, 3], .float32)]) }
        }
        if name == "mean" {
            #expect(throws: OpFailure.self) { try sample.op.outputs(for: [TensorSpec([2, 3], .int32)]) }
        }
        if name == "sum" {
            #expect(throws: OpFailure.self) { try sample.op.outputs(for: [TensorSpec([2, 3], .float16)]) }
        }
    }

    @Test func momentsAndNorms() {
        let x = Tensor([2, 4, 4, 4, 5, 5, 7, 9], dtype: .float64)
        #expect(x.variance().item() == 4 && x.standardDeviation().item() == 2)
        #expect(x.variance(correction: 1).item() == 32.0 / 7)
        #expect(Tensor([1e8, 1e8 + 1], dtype: .float64).variance().item() == 0.25)
        #expect(self.x.variance(axis: 0, keepDims: true).shape == [1, 3])
        let y = Tensor([[3, -4], [0, 12]], dtype: .float64)
        #expect(y.norm().item() == 13 && y.norm(axis: 1).scalars() == [5.0, 12])
        #expect(y.norm(order: 1, axis: 0).scalars() == [3.0, 16] && y.norm(order: .infinity).item() == 12)
        #expect(y.norm(order: -.infinity, axis: 1).scalars() == [3.0, 0] && y.norm(order: 0).item() == 3)
        #expect(Swift.abs(y.norm(order: 3).item() - Foundation.pow(27.0 + 64 + 1728, 1.0 / 3)) < 1e-12)
        #expect(y.l2Normalized().allClose(to: Tensor([[0.6, -0.8], [0, 1]], dtype: .float64), relativeTolerance: 1e-15))
        #expect(Tensor.zeros([3]).l2Normalized().scalars() == [Float(0), 0, 0])
    }

    @Test func logSumExp() {
        let x = Tensor([[1000, 1000], [-1000, -1000], [0, -Double.infinity], [.infinity, 0]], dtype: .float64)
        let result: [Double] = x.logSumExp(axis: 1).scalars()
        #expect(result == [1000 + log(2), -1000 + log(2), 0, .infinity])
        #expect(x.logSumExp(axis: 1, keepDims: true).shape == [4, 1])
        let lowest = Tensor.full([3], -Double.infinity)
        #expect(lowest.logSumExp().item() == -.infinity)
    }

    private func gradient(_ x: Tensor, _ f: (Tensor) -> Tensor) -> [Double] {
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { f(x) }
        return tape.gradient(of: y, withRespectTo: x)!.scalars()
    }

    @Test func gradientsAtTiesZerosAndExtremes() {
        let ties = Tensor([2, 5, 5, 1], dtype: .float64)
        #expect(gradient(ties) { $0.max() } == [0, 0.5, 0.5, 0])
        #expect(gradient(ties) { -($0.min()) } == [0, 0, 0, -1])
        #expect(gradient(Tensor([2, 0, 3], dtype: .float64)) { $0.product() } == [0, 6, 0])
        #expect(gradient(Tensor([0, 0, 3], dtype: .float64)) { $0.product() } == [0, 0, 0])
        #expect(gradient(Tensor([0, 0], dtype: .float64)) { $0.norm() }.filter(\.isNaN).count == 2)
        #expect(gradient(Tensor([0, 0], dtype: .float64)) { $0.l2Normalized() } == [1e6, 1e6])
        #expect(gradient(Tensor([1000, 1000], dtype: .float64)) { $0.logSumExp() } == [0.5, 0.5])
        #expect(gradient(Tensor([0, -Double.infinity], shape: [2])) { $0.logSumExp() } == [1, 0])
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let x = SampleInput.uniform([173, 31, 211]).cast(to: .float32)
        let threads = Settings.threadCount
        defer { Settings.threadCount = threads }
        let results = [1, 2, 3].map { count -> [[UInt32]] in
            Settings.threadCount = count
            let results =
                [nil, [0], [1], [2], [0, 2]].flatMap { [x.sum(axes: $0), x.mean(axes: $0), x.product(axes: $0)] }
                + [x.cumulativeSum(axis: 0), x.cumulativeSum(axis: 2), x.variance(axis: 1)]
            return results.map { $0.scalars(as: Float.self).map(\.bitPattern) }
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}

@Suite(.ownSession) struct ScanTests {
    @Test func sumsAndProducts() {
        let x = Tensor([[1, 2, 3], [4, 5, 6]])
        #expect(x.cumulativeSum(axis: 1).scalars() == [1, 3, 6, 4, 9, 15])
        #expect(x.cumulativeSum(axis: 0).scalars() == [1, 2, 3, 5, 7, 9])
        #expect(x.cumulativeSum(axis: -1, exclusive: true).scalars() == [0, 1, 3, 0, 4, 9])
        #expect(x.cumulativeSum(axis: 1, reverse: true).scalars() == [6, 5, 3, 15, 11, 6])
        #expect(x.cumulativeSum(axis: 1, exclusive: true, reverse: true).scalars() == [5, 3, 0, 11, 6, 0])
        #expect(x.cumulativeProduct(axis: 1).scalars() == [1, 2, 6, 4, 20, 120])
        #expect(x.cumulativeProduct(axis: 1, exclusive: true, reverse: true).scalars() == [6, 3, 1, 30, 6, 1])
        #expect(Tensor([true, true]).cumulativeSum(axis: 0).scalars() == [1, 2])
        #expect(Tensor([1, 2], dtype: .float16).cumulativeSum(axis: 0).dtype == .float16)
        #expect(Tensor.zeros([2, 0]).cumulativeSum(axis: 1).shape == [2, 0])
    }

    @Test func extrema() {
        let x = Tensor([2, 1, 3, 3, 0], dtype: .float64)
        #expect(x.cumulativeMax(axis: 0).scalars() == [2.0, 2, 3, 3, 3])
        #expect(x.cumulativeMin(axis: 0).scalars() == [2.0, 1, 1, 1, 0])
        #expect(x.cumulativeMax(axis: 0, reverse: true).scalars() == [3.0, 3, 3, 3, 0])
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { x.cumulativeMax(axis: 0) }
        #expect(tape.gradient(of: y, withRespectTo: x)!.scalars() == [2.0, 0, 1, 2, 0])
    }

    @Test func gradientOfProductsWithZeros() {
        let x = Tensor([2, 0, 3, 0, 5], dtype: .float64)
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { x.cumulativeProduct(axis: 0) }
        // d/dx₀: 1 + x₁ + x₁x₂ + ...; d/dx₁: x₀ + x₀x₂ + x₀x₂x₃ + ...
        #expect(tape.gradient(of: y, withRespectTo: x)!.scalars() == [1.0, 8, 0, 0, 0])
    }
}
