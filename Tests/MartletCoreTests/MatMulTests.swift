import MartletCore
import TestSupport
import Testing

/// Matrix products against sums written out, over shapes, transposes, dtypes and thread counts.
@Suite(.ownSession) struct MatMulTests {
    /// The product of two batched matrices of `Double`s by the definition.
    static func naive(_ a: Tensor, _ b: Tensor, _ transposeA: Bool, _ transposeB: Bool) -> (Shape, [Double]) {
        let batch = Shape.broadcast(Shape(a.shape.dimensions.dropLast(2)), Shape(b.shape.dimensions.dropLast(2)))!
        let (rows, inner) = transposeA ? (a.shape[-1], a.shape[-2]) : (a.shape[-2], a.shape[-1])
        let columns = transposeB ? b.shape[-2] : b.shape[-1]
        let (x, y): ([Double], [Double]) = (a.scalars(), b.scalars())
        var result: [Double] = []
        for entry in 0..<batch.elementCount {
            func start(_ shape: Shape) -> Int {
                var (rest, offset, step) = (entry, 0, 1)
                for axis in 1...max(batch.rank, 1) where axis <= batch.rank {
                    let size = batch.dimensions[batch.rank - axis]
                    let own = axis + 2 <= shape.rank ? shape[-axis - 2] : 1
                    offset += (own == 1 ? 0 : rest % size) * step
                    step *= own
                    rest /= size
                }
                return offset * shape[-1] * shape[-2]
            }
            let (p, q) = (start(a.shape), start(b.shape))
            for i in 0..<rows {
                for j in 0..<columns {
                    result.append(
                        (0..<inner).reduce(0.0) { sum, k in
                            sum + x[p + (transposeA ? k * rows + i : i * inner + k)]
                                * y[q + (transposeB ? j * inner + k : k * columns + j)]
                        })
                }
            }
        }
        return (Shape(batch.dimensions + [rows, columns]), result)
    }

    static let cases: [(Shape, Shape, Bool, Bool)] = [
        ([3, 4], [4, 5], false, false), ([4, 3], [4, 5], true, false), ([3, 4], [5, 4], false, true),
        ([4, 3], [5, 4], true, true), ([2, 3, 4], [4, 5], false, false), ([2, 4, 3], [4, 5], true, false),
        ([3, 4], [6, 4, 5], false, false), ([2, 1, 3, 4], [5, 4, 2], false, false),
        ([2, 3, 1, 2, 4], [3, 7, 4, 3], false, false), ([1, 3, 2, 2], [4, 1, 5, 2], false, true),
        ([3, 0], [0, 4], false, false), ([0, 3], [3, 4], false, false), ([0, 2, 3], [0, 3, 2], false, false),
        ([1, 1], [1, 1], false, false), ([130, 70], [70, 33], false, false), ([17, 2000], [2000, 9], false, false),
    ]

    @Test(arguments: cases) func product(_ a: Shape, _ b: Shape, _ transposeA: Bool, _ transposeB: Bool) {
        let (x, y) = (SampleInput.uniform(a, seed: 1), SampleInput.uniform(b, seed: 2))
        let (shape, expected) = Self.naive(x, y, transposeA, transposeB)
        let scale = Double(max(a[-1], a[-2]))
        for (dtype, tolerance) in [(DType.float64, 1e-14), (.float32, 1e-6)] {
            let z = matmul(x.cast(to: dtype), y.cast(to: dtype), transposeA: transposeA, transposeB: transposeB)
            #expect(z.shape == shape && z.dtype == dtype)
            #expect(worstError(z, expected) <= tolerance * scale)
        }
    }

    /// Sizes that are cut into blocks, on both sides of the limits of rows and depth: against the float64 product, which
    /// another kernel makes.
    @Test(arguments: [
        [130, 70, 900], [129, 1100, 130], [300, 48, 801], [128, 17, 10], [1, 1600, 128], [1600, 128, 1], [64, 256, 3200],
        [520, 130, 2050], [33, 65, 500], [2048, 16, 16], [1100, 130, 64],
    ]) func cutProducts(_ sizes: [Int]) {
        let (m, n, k) = (sizes[0], sizes[1], sizes[2])
        for flags in 0..<4 {
            let (transposeA, transposeB) = (flags & 1 == 1, flags & 2 == 2)
            let a = SampleInput.uniform(transposeA ? [k, m] : [m, k], seed: 3)
            let b = SampleInput.uniform(transposeB ? [n, k] : [k, n], seed: 4)
            let wide = matmul(a, b, transposeA: transposeA, transposeB: transposeB)
            let z = matmul(
                a.cast(to: .float32), b.cast(to: .float32), transposeA: transposeA, transposeB: transposeB)
            let worst = (z.cast(to: .float64) - wide).abs().max().item()
            #expect(wide.dtype == .float64 && worst <= 1e-6 * Double(k), "\(sizes) \(flags)")
        }
    }

    @Test func vectors() {
        let m = Tensor([[1.0, 2, 3], [4, 5, 6]])
        #expect(matmul(m, Tensor([1.0, 0, 2])).scalars() == [Float(7), 16])
        #expect(matmul(Tensor([1.0, 2]), m).scalars() == [Float(9), 12, 15])
        #expect(matmul(Tensor([1.0, 2]), Tensor([3.0, 4])).shape == [])
        #expect(matmul(m, Tensor([1.0, 2]), transposeA: true).scalars() == [Float(9), 12, 15])
        let batch = Tensor.ones([4, 2, 3])
        #expect(matmul(batch, Tensor.ones([3])).shape == [4, 2] && matmul(Tensor.ones([2]), batch).shape == [4, 3])
        #expect(Tensor([1.0, 2]).dot(Tensor([3.0, 4])).item() == 11)
        #expect(m.dot(Tensor(2.0)).scalars() == [Float(2), 4, 6, 8, 10, 12])
        #expect(Tensor.ones([2, 3, 4]).dot(Tensor.ones([5, 4, 6])).shape == [2, 3, 5, 6])
        #expect(outer(Tensor([1, 2]), Tensor([[3], [4]])).scalars() == [3, 4, 6, 8])
    }

    @Test func integers() {
        let a = Tensor([[1, 2], [3, 4]])
        #expect(matmul(a, a).scalars() == [7, 10, 15, 22])
        #expect(matmul(a.cast(to: .int32), a.cast(to: .int32)).scalars() == [Int32(7), 10, 15, 22])
        let bytes = Tensor([UInt8](arrayLiteral: 200, 100), shape: [1, 2])
        #expect(matmul(bytes, bytes, transposeB: true).scalars() == [UInt8(truncatingIfNeeded: 50000)])
        let bits = Tensor([true, false, false, true], shape: [2, 2])
        #expect(matmul(bits, bits).scalars() == [true, false, false, true])
        #expect(matmul(a, Tensor.ones([2, 1])).dtype == .float32)
        #expect(matmul(a.cast(to: .bfloat16), a.cast(to: .bfloat16)).dtype == .bfloat16)
    }

    @Test func noInnerElementsGiveZeros() {
        #expect(matmul(Tensor.ones([2, 0]), Tensor.ones([0, 3])).scalars() == [Float](repeating: 0, count: 6))
        let y = denseLayer(Tensor.ones([2, 0]), Tensor.ones([0, 2]), bias: Tensor([1.0, -1]), activation: .relu)
        #expect(y.scalars() == [Float(1), 0, 1, 0])
    }

    @Test func notFinite() {
        let y = matmul(Tensor([[Double.nan, 1], [.infinity, 1]]), Tensor([[1.0, 0], [1, 1]]))
        #expect(y.isNaN().scalars() == [true, true, false, true])
        let z = denseLayer(Tensor([[Double.nan]]), Tensor([[1.0]]), activation: .relu)
        #expect(z.isNaN().item(as: Bool.self))
    }

    @Test func denseLayerIsProductPlusBias() {
        let x = SampleInput.uniform([2, 3, 4], seed: 1)
        let (kernel, bias) = (SampleInput.uniform([4, 5], seed: 2), SampleInput.uniform([5], seed: 3))
        let expected = matmul(x, kernel) + bias
        #expect(denseLayer(x, kernel, bias: bias).allClose(to: expected, relativeTolerance: 1e-14))
        let fused = denseLayer(x, kernel, bias: bias, activation: .relu)
        #expect(fused.allClose(to: expected.relu(), relativeTolerance: 1e-14))
        #expect(denseLayer(x[0, 0], kernel, bias: bias).shape == [5])
    }

    @Test func decomposition() {
        for shape: Shape in [[5, 3], [3, 5], [2, 4, 4], [0, 2], [1, 1]] {
            for (dtype, tolerance) in [(DType.float64, 1e-13), (.float32, 1e-5)] {
                let a = SampleInput.uniform(shape).cast(to: dtype)
                let (q, r) = a.qr()
                #expect(matmul(q, r).allClose(to: a, relativeTolerance: 0, absoluteTolerance: tolerance))
                let unit = Tensor.eye(min(shape[-1], shape[-2]), dtype: dtype)
                let product = matmul(q, q, transposeA: true)
                #expect((product - unit).abs().sum().item() <= tolerance * 10)
                #expect((r - r.upperTriangle()).abs().sum().item() == 0)
            }
        }
    }

    @Test func decompositionOfNaNIsNaN() {
        let (q, r) = Tensor([1.0, .nan, 2, 3], shape: [2, 2]).qr()
        #expect(q.isNaN().all().item() == 1.0 && r.isNaN().all().item() == 1.0)
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let a = SampleInput.uniform([300, 700], seed: 1).cast(to: .float32)
        let b = SampleInput.uniform([700, 90], seed: 2).cast(to: .float32)
        let all = sameBitsWithAnyThreads { [matmul(a, b), matmul(b, a, transposeA: true, transposeB: true)] }
        #expect(all)
    }
}

/// Whether `body` gives tensors of the same bits with 1, 2 and 5 threads.
func sameBitsWithAnyThreads(_ body: () -> [Tensor]) -> Bool {
    let before = Settings.threadCount
    defer { Settings.threadCount = before }
    let results = [1, 2, 5].map { count -> [[UInt8]] in
        Settings.threadCount = count
        return body().map { $0.withUnsafeBytes { Array($0) } }
    }
    return results[0] == results[1] && results[0] == results[2]
}

/// The largest difference between a tensor's elements and what was expected: infinite when their numbers differ, or at
/// NaN.
func worstError(_ tensor: Tensor, _ expected: [Double]) -> Double {
    let values: [Double] = tensor.scalars()
    guard values.count == expected.count else { return .infinity }
    return zip(values, expected).reduce(0) { worst, pair in
        let error = abs(pair.0 - pair.1)
        return error.isNaN ? .infinity : max(worst, error)
    }
}
