import MartletCore
import TestSupport
import Testing

/// Expected values follow from the definitions; NumPy gives the same.
@Suite(.ownSession) struct IndexingTests {
    let x = Tensor([[1.0, 2, 3], [4, 5, 6]])

    @Test(arguments: [DType.int32, .int64, .uint8]) func gathering(_ dtype: DType) {
        let indices = Tensor([[1, 0], [1, 1]]).cast(to: dtype)
        #expect(x.gathered(at: indices).shape == [2, 2, 3])
        #expect(x.gathered(at: indices).scalars(as: Int.self) == [4, 5, 6, 1, 2, 3, 4, 5, 6, 4, 5, 6])
        #expect(x.gathered(at: indices, axis: -1).scalars(as: Int.self) == [2, 1, 2, 2, 5, 4, 5, 5])
    }

    @Test func negativeIndicesCountFromTheEnd() {
        #expect(x.gathered(at: Tensor([-1])).scalars(as: Int.self) == [4, 5, 6])
        #expect(x.takenAlong(axis: 1, indices: Tensor([[-1], [0]])).scalars(as: Int.self) == [3, 4])
        #expect(x.gatheredND(at: Tensor([[-1, -2]])).scalars(as: Int.self) == [5])
    }

    @Test func indicesOutOfRangeStop() async {
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).gathered(at: Tensor([0, 2])) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).gathered(at: Tensor([-3])) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).gathered(at: Tensor([0.0])) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2]).takenAlong(axis: 0, indices: Tensor([2])) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).gatheredND(at: Tensor([[1, 3]])) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([0, 3]).gathered(at: Tensor([0])) }
    }

    @Test func theFailureNamesValuePositionAndRange() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.zeros([2, 3]).gathered(at: Tensor([[0, 1], [7, 1]]))
        }
        let text = try #require(result).standardErrorContent.map { Character(UnicodeScalar($0)) }
        #expect(String(text).contains("gather: Index 7 at [1, 0] of the indices is out of range: expected -2..<2"))
    }

    @Test func scattering() {
        let indices = Tensor([1, 0, 1])
        let updates = Tensor([[1.0, 2, 3], [10, 20, 30], [100, 200, 300]])
        #expect(x.scatteringAdd(at: indices, updates).scalars(as: Int.self) == [11, 22, 33, 105, 207, 309])
        let sums = Tensor.scatterAdd(
            shape: [2, 2], indices: Tensor([[0, 1], [0, 1], [1, 0]]), updates: Tensor([1, 2, 4]))
        #expect(sums.scalars(as: Int.self) == [0, 3, 4, 0])
        let half = x.cast(to: .float16).scatteringAdd(at: Tensor([0]), Tensor([[1.0, 1, 1]]).cast(to: .float16))
        #expect(half.dtype == .float16 && half.scalars(as: Float.self) == [2, 3, 4, 4, 5, 6])
    }

    @Test func sorting() {
        let a = Tensor([[3.0, .nan, 1, 2], [0, -1, .infinity, 0]], dtype: .float64)
        #expect(a.argsorted().scalars(as: Int.self) == [2, 3, 0, 1, 1, 0, 3, 2])
        #expect(a.argsorted(descending: true).scalars(as: Int.self) == [1, 0, 3, 2, 2, 0, 3, 1])
        #expect(a[1].sorted().scalars(as: Double.self) == [-1, 0, 0, .infinity])
        #expect(x.sorted(axis: 0, descending: true).scalars(as: Int.self) == [4, 5, 6, 1, 2, 3])
        let (values, indices) = x.topK(1, axis: 0)
        #expect(values.shape == [1, 3] && values.scalars(as: Int.self) == [4, 5, 6])
        #expect(indices.scalars(as: Int.self) == [1, 1, 1])
    }

    @Test func gradientsGoBackToWhereValuesCameFrom() throws {
        let a = Tensor([3.0, 1, 2])
        let weights = Tensor([10.0, 20, 30])
        func gradient(_ f: (Tensor) -> Tensor) throws -> [Double] {
            let tape = GradientTape()
            tape.watch(a)
            return try #require(tape.gradient(of: tape.record { f(a) }, withRespectTo: a)).scalars()
        }
        #expect(try gradient { ($0.sorted() * weights).sum() } == [30, 10, 20])
        #expect(try gradient { ($0.sorted(descending: true) * weights).sum() } == [10, 30, 20])
        #expect(try gradient { ($0.topK(2).values * weights[..<2]).sum() } == [10, 0, 20])
        #expect(try gradient { $0.median() } == [0, 0, 1])
        #expect(try gradient { $0.percentile(25) } == [0, 0.5, 0.5])
    }

    /// Numbers of NumPy's `median`, which is the mean of the middle ones.
    static let medians: [(values: [Double], median: Double)] = {
        let most = Double.infinity
        return [
            ([most, most], most), ([-most, -most], -most), ([1, most], most), ([-most, 1], -most), ([-most, most], .nan),
            ([most, most, 1], most), ([1, 2, most], 2), ([.nan, most], .nan), ([-3e38, 3e38], 0),
        ]
    }()

    @Test(arguments: medians) func mediansOfInfinities(values: [Double], median: Double) {
        for type in [DType.float32, .float64] {
            let x = Tensor(values, shape: [values.count]).cast(to: type)
            let found: Double = x.median().item()
            #expect(found == median || found.isNaN && median.isNaN, "\(type) \(values): \(found)")
        }
        #expect(Tensor([-Double.infinity, -.infinity, 0], shape: [3]).percentile(30).item() == -Double.infinity)
    }

    @Test func percentiles() {
        let a = Tensor([[4.0, 1, 3, 2], [10, 40, 20, 30]])
        #expect(a.median(axis: 1).scalars(as: Double.self) == [2.5, 25])
        #expect(a.percentile(10, axis: 1, keepDims: true).shape == [2, 1])
        #expect(a.median().item() == 7)
        #expect(a.percentile(100).item() == 40)
        #expect(Tensor([1.0, .nan, 2]).median().item().isNaN)
        #expect(Tensor([1.0, 2, .infinity]).median().item() == 2)
        #expect(Tensor([1, 2]).median().item() == 1.5)
    }

    @Test func searching() {
        let sorted = Tensor([1.0, 2, 2, 3])
        let values = Tensor([[0.0, 2], [3, 9]])
        #expect(sorted.searchSorted(values).scalars(as: Int.self) == [0, 1, 3, 4])
        #expect(sorted.searchSorted(values, right: true).scalars(as: Int.self) == [0, 3, 4, 4])
        let rows = Tensor([[1, 2], [5, 6]]).searchSorted(Tensor([[2], [2]]))
        #expect(rows.scalars(as: Int.self) == [1, 0])
    }

    @Test func countingAndMasking() {
        let a = Tensor([[3, 1], [3, 0]])
        let (values, inverse, counts) = a.unique()
        #expect(values.scalars(as: Int.self) == [0, 1, 3])
        #expect(inverse.shape == [2, 2] && inverse.scalars(as: Int.self) == [2, 1, 2, 0])
        #expect(counts.scalars(as: Int.self) == [1, 1, 2])
        #expect(Tensor([Int]()).unique().counts.shape == [0])
        #expect(a.nonZeroIndices().scalars(as: Int.self) == [0, 0, 0, 1, 1, 0])
        #expect(Tensor(5).nonZeroIndices().shape == [1, 0])
        #expect(x.booleanMask(Tensor([false, true])).scalars(as: Int.self) == [4, 5, 6])
        #expect(x[x .> 2.5].scalars(as: Int.self) == [3, 4, 5, 6])
        #expect(x[x .> 9].shape == [0])
        #expect(a.bincount().scalars(as: Int.self) == [1, 1, 0, 2])
        #expect(a.bincount(minLength: 6).shape == [6])
        #expect(a.bincount(weights: Tensor([[0.5, 1], [2, 4]])).scalars(as: Double.self) == [4, 1, 0, 2.5])
        #expect(Tensor([Int]()).bincount().shape == [0])
    }
}
