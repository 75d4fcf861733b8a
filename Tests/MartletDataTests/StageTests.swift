import Foundation
import MartletCore
import MartletData
import TestSupport
import Testing

/// What each stage does, against the values that the documentation of `tf.data` gives or that its definition says.
@Suite(.ownSession) struct StageTests {
    @Test func tensorSlices() throws {
        let x = Tensor([[1, 2], [3, 4], [5, 6]] as [[Int64]]), y = Tensor([7, 8, 9] as [Int64])
        let pairs = try Dataset.fromTensorSlices(x, y).array()
        #expect(pairs.map { $0.0.scalars(as: Int.self) } == [[1, 2], [3, 4], [5, 6]])
        #expect(pairs.map { $0.1.item(as: Int.self) } == [7, 8, 9])
        #expect(pairs[0].1.shape == [])
        let lists = try Dataset.fromTensorSlices([x, y, y]).batch(2).array()
        #expect(lists.map { $0.map(\.shape) } == [[[2, 2], [2], [2]], [[1, 2], [1], [1]]])
        #expect(try Dataset.fromTensorSlices(x, y, y).array().count == 3)
    }

    /// One copy gives what stacking gives.
    @Test func gatheredBatchesAreStackedOnes() throws {
        let x = Tensor((0..<42).map { Float($0) }, shape: [7, 2, 3])
        let slices = Dataset.fromTensorSlices(x).shuffle(bufferSize: .all, seed: 5)
        for drops in [false, true] {
            let a = try elements(slices.batch(3, dropRemainder: drops))
            let b = try elements(slices.map { $0 }.batch(3, dropRemainder: drops))
            #expect(a.map(\.spec) == b.map(\.spec))
            #expect(a.map { $0.scalars(as: Float.self) } == b.map { $0.scalars(as: Float.self) })
            #expect(a.count == (drops ? 2 : 3))
        }
    }

    struct Sample: Batchable {
        let image: Tensor
        let label: Int
        static func batch(_ samples: [Sample]) throws -> Batch {
            Batch(inputs: [try Tensor.batch(samples.map(\.image))], targets: [Int.batch(samples.map(\.label))])
        }
    }

    @Test func batchesOfEveryType() throws {
        let numbers = try Dataset.range(5).batch(2).array()
        #expect(numbers.map(\.spec) == [TensorSpec([2], .int64), TensorSpec([2], .int64), TensorSpec([1], .int64)])
        #expect(try Dataset.range(5).map { Float($0) }.batch(5).array()[0].dtype == .float32)
        #expect(try Dataset(["a", "b", "c"]).batch(2).array() == [["a", "b"], ["c"]])
        #expect(try Dataset([Data([1]), Data([2])]).batch(2).array() == [[Data([1]), Data([2])]])
        let mixed = try Dataset.range(3).map { (Tensor([$0, $0]), $0 % 2 == 0, "\($0)") }.batch(2).array()
        #expect(mixed[0].0.shape == [2, 2] && mixed[0].1.scalars(as: Bool.self) == [true, false] && mixed[0].2 == ["0", "1"])
        let structs = try Dataset.range(4).map { Sample(image: Tensor([$0]), label: 10 * $0) }.batch(4).array()
        #expect(structs[0].y.scalars(as: Int.self) == [0, 10, 20, 30])
        expectError("batch(2), element 1", "int64(3,)", "paddedBatch") {
            try Dataset.range(4).map { Tensor([Int](repeating: 0, count: max(2, $0))) }.batch(2).array()
        }
    }

    @Test func paddedBatches() throws {
        let rows = Dataset.range(4).map { Tensor((0..<$0 + 1).map { Int64($0 + 1) }) }
        let batches = try rows.paddedBatch(2).array()
        #expect(batches.map { $0.scalars(as: Int.self) } == [[1, 0, 1, 2], [1, 2, 3, 0, 1, 2, 3, 4]])
        let matrices = Dataset([Tensor([[1, 2]] as [[Float]]), Tensor([[3], [4]] as [[Float]])])
        #expect(try matrices.paddedBatch(2, padding: -1).array()[0].scalars(as: Float.self) == [1, 2, -1, -1, 3, -1, 4, -1])
        let pairs = try rows.map { ($0, $0.elementCount) }.paddedBatch(4).array()
        #expect(pairs[0].0.shape == [4, 4] && pairs[0].1.scalars(as: Int.self) == [1, 2, 3, 4])
        expectError("padding", "uint8") {
            try Dataset([Tensor([1] as [UInt8])]).paddedBatch(1, padding: -1).array()
        }
    }

    /// The example of tf.data.Dataset.interleave.
    @Test func interleave() throws {
        let dataset = Dataset.range(1..<6).interleave(cycleLength: 2, blockLength: 4) { n in Dataset([n]).repeat(6) }
        #expect(
            try dataset.array() == [
                1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5,
            ])
    }

    @Test func windows() throws {
        // The examples of tf.data.Dataset.window.
        #expect(try Dataset.range(7).window(3).array() == [[0, 1, 2], [3, 4, 5], [6]])
        #expect(try Dataset.range(7).window(3, shift: 1, dropRemainder: true).array().last == [4, 5, 6])
        let strided = Dataset.range(7).window(3, shift: 1, stride: 2, dropRemainder: true)
        #expect(try strided.array() == [[0, 2, 4], [1, 3, 5], [2, 4, 6]])
        #expect(try Dataset.range(9).window(2, shift: 4).array() == [[0, 1], [4, 5], [8]])
    }

    @Test func partsAndOrders() throws {
        let range = Dataset.range(10)
        #expect(try range.skip(3).take(4).array() == [3, 4, 5, 6])
        #expect(try range.shard(0, of: 3).array() == [0, 3, 6, 9])
        #expect(try range.filter { _ in true }.shard(2, of: 3).array() == [2, 5, 8])
        #expect(try range.concatenate(.range(2)).array() == Array(0..<10) + [0, 1])
        #expect(try range.zip(Dataset(["a", "b"])).array().map { "\($0)\($1)" } == ["0a", "1b"])
        #expect(try Dataset(["a", "b"]).enumerate().array().map { "\($0)\($1)" } == ["0a", "1b"])
        #expect(try range.scan(0) { ($0 + $1, $0 + $1) }.array() == [0, 1, 3, 6, 10, 15, 21, 28, 36, 45])
        let chosen = Dataset.choose(from: [Dataset([1, 1]), Dataset([2, 2, 2])], by: Dataset([0, 1, 1, 0, 0, 1]))
        #expect(try chosen.array() == [1, 2, 2, 1])
        #expect(try range.apply { $0.take(2) }.array() == [0, 1])
        #expect(try Dataset.range(3).repeat(2).array() == [0, 1, 2, 0, 1, 2])
        #expect(try Dataset.range(5).repeat().skip(13).take(4).array() == [3, 4, 0, 1])
        #expect(try Dataset.range(5).repeat(3).skip(13).array() == [3, 4] && Dataset.range(5).repeat(3).skip(16).array() == [])
        let odd = range.filter { _ in true }.shard(1, of: 2)
        #expect(try odd.skip(2).array() == [5, 7, 9] && odd.skip(4).array() == [9] && odd.skip(5).array() == [])
        #expect(try Dataset.range(0).repeat().take(5).array() == [])
        #expect(try Dataset.range(5).filter { $0 > 9 }.repeat().take(5).array() == [])
        expectError("choose", "0..<1", "7") { try Dataset.choose(from: [range], by: Dataset([7])).array() }
    }

    @Test func buckets() throws {
        let lengths = [1, 5, 2, 8, 3, 6, 1]
        let batches = try Dataset(lengths).map { Tensor([Int](repeating: 1, count: $0)) }
            .bucketByLength(boundaries: [3, 6], batchSizes: [2, 2, 2]) { $0.elementCount }.array()
        #expect(batches.map(\.shape) == [[2, 2], [2, 5], [2, 8], [1, 1]])
    }

    @Test func exactShuffles() throws {
        let order = try Dataset.range(1000).shuffle(bufferSize: .all, seed: 1).array()
        #expect(order.sorted() == Array(0..<1000) && order != Array(0..<1000))
        // Each of the 24 orders of 4 is as likely as any other: chi squared of 23 degrees, 0.9999 quantile 58.6.
        var counts: [[Int]: Int] = [:]
        let dataset = Dataset.range(4).shuffle(bufferSize: .all, seed: 7)
        for _ in 0..<2400 { counts[try dataset.threads(0).array(), default: 0] += 1 }
        let chiSquared = counts.values.reduce(0.0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
        #expect(counts.count == 24 && chiSquared < 58.6)
    }

    /// An element comes out at most `size - 1` places early, and the first is any of the buffer's with the same probability.
    @Test func bufferedShuffles() throws {
        let order = try Dataset.range(200).shuffle(bufferSize: 10, seed: 1).array()
        #expect(order.sorted() == Array(0..<200))
        for (place, element) in order.enumerated() { #expect(element < place + 10) }
        var firsts = [Int](repeating: 0, count: 5)
        let dataset = Dataset.range(20).shuffle(bufferSize: 5, seed: 3).take(1)
        for _ in 0..<1000 { firsts[try dataset.threads(0).array()[0]] += 1 }
        // Four degrees of freedom, 0.9999 quantile 23.5.
        #expect(firsts.reduce(0.0) { $0 + Double(($1 - 200) * ($1 - 200)) / 200 } < 23.5)
        #expect(try Dataset.range(9).shuffle(bufferSize: 1, seed: 1).array() == Array(0..<9))
    }

    @Test func samplesFollowTheWeights() throws {
        let dataset = Dataset.sample(from: [Dataset([0]).repeat(), Dataset([1]).repeat()], weights: [1, 3], seed: 2)
        let ones = try dataset.take(4000).array().reduce(0, +)
        // 3000 expected, standard deviation 27.4.
        #expect(abs(ones - 3000) < 110)
        #expect(try Dataset.sample(from: [.range(2), .range(2)], seed: 1, stopsAtFirstEnd: true).array().count < 4)
    }
}
