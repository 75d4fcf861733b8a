import Foundation
import MartletCore
import MartletData
import Testing

/// A pipeline under a name, its elements as numbers.
struct Pipeline: Sendable, CustomTestStringConvertible {
    let name: String
    let dataset: Dataset<[Int]>
    var testDescription: String { name }

    init(_ name: String, _ dataset: Dataset<[Int]>) { (self.name, self.dataset) = (name, dataset) }
    init(_ name: String, _ dataset: Dataset<Int>) { self.init(name, dataset.map { [$0] }) }
}

struct Refusal: Error, CustomStringConvertible {
    var description: String { "no such number" }
}

func numbers(_ tensors: Tensor...) -> [Int] { tensors.flatMap { $0.scalars(as: Int.self) } }

extension Pipeline {
    private static let x = Tensor((0..<60).map { UInt8($0) }, shape: [20, 3])
    private static let y = Tensor((0..<20).map { Int64(100 + $0) }, shape: [20])

    /// One for each stage and for the ways in which stages meet.
    static let all: [Pipeline] = [
        Pipeline("range", Dataset.range(5..<40)),
        Pipeline("map", Dataset.range(100).map { $0 * $0 }),
        Pipeline("map on 3 threads", Dataset.range(100).map(parallelism: 3) { $0 * $0 }.map(parallelism: 1) { $0 + 1 }),
        Pipeline("randomMap", Dataset.range(100).randomMap(seed: 3) { [$0, Int($1.next() >> 1)] }.prefetch(3)),
        Pipeline("shuffle", Dataset.range(57).shuffle(bufferSize: 10, seed: 1)),
        Pipeline("shuffle of what is not indexed", Dataset.range(40).filter { $0 % 3 > 0 }.shuffle(bufferSize: 7, seed: 5)),
        Pipeline("shuffle of all", Dataset.range(30).shuffle(bufferSize: .all, seed: 4).prefetch()),
        Pipeline("shuffle of all, not indexed", Dataset.range(30).map { $0 + 1 }.shuffle(bufferSize: .all, seed: 4)),
        Pipeline("repeat", Dataset.range(13).shuffle(bufferSize: .all, seed: 2).repeat(4).map { $0 }.prefetch(5)),
        Pipeline("repeat of unknown length", Dataset.range(13).filter { $0 != 5 }.shuffle(bufferSize: 3, seed: 2).repeat(4)),
        Pipeline("repeat without end", Dataset.range(7).shuffle(bufferSize: 3, seed: 2).repeat().take(50)),
        Pipeline("gathered batches",
            Dataset.fromTensorSlices(x, y).shuffle(bufferSize: .all, seed: 9).batch(6).map { numbers($0, $1) }),
        Pipeline("stacked batches",
            Dataset.fromTensorSlices(x, y).map { ($0 + 1, $1) }.shuffle(bufferSize: 8, seed: 9).batch(6, dropRemainder: true)
                .prefetch().map { numbers($0, $1) }),
        Pipeline("unbatch", Dataset.fromTensorSlices(x, y).batch(6).unbatch().map { numbers($0, $1) }),
        Pipeline("filter", Dataset.range(100).map { $0 * 7 % 50 }.filter { $0 > 20 }),
        Pipeline("flatMap", Dataset.range(12).flatMap { n in Dataset.range(n).map { [n, $0] } }.prefetch(4)),
        Pipeline("flatMap of shuffles", Dataset.range(6).flatMap { _ in Dataset.range(5).shuffle(bufferSize: 3, seed: 1) }),
        Pipeline("interleave",
            Dataset.range(9).interleave(cycleLength: 3, blockLength: 2) { n in Dataset.range(2 * n).map { [n, $0] } }),
        Pipeline("zip",
            Dataset.range(20).zip(Dataset.range(50).shuffle(bufferSize: 9, seed: 6), Dataset(["a", "b"]).repeat())
                .map { [$0, $1, $2 == "a" ? 1 : 0] }),
        Pipeline("concatenate", Dataset.range(9).map { -$0 }.concatenate(Dataset.range(7)).shuffle(bufferSize: 4, seed: 1)),
        Pipeline("concatenate, indexed", Dataset.range(9).concatenate(Dataset.range(7)).shuffle(bufferSize: .all, seed: 1)),
        Pipeline("enumerate", Dataset.range(9).map { $0 * 3 }.enumerate(from: 2).map { [$0, $1] }),
        Pipeline("take, skip, shard", Dataset.range(50).map { $0 + 1 }.skip(3).take(40).shard(1, of: 3).prefetch(2)),
        Pipeline("take, skip, shard, indexed",
            Dataset.range(50).skip(3).take(40).shard(1, of: 3).shuffle(bufferSize: .all, seed: 8)),
        Pipeline("window", Dataset.range(20).window(4, shift: 3, stride: 2)),
        Pipeline("scan", Dataset.range(20).scan(0) { ($0 + $1, $0 + $1) }),
        Pipeline("sample",
            Dataset.sample(from: [.range(20), .range(100..<130), .range(200..<201)], weights: [1, 2, 0.5], seed: 3)),
        Pipeline("choose", Dataset.choose(from: [.range(20), .range(100..<130)], by: Dataset([0, 1, 1]).repeat())),
        Pipeline("bucketByLength",
            Dataset.range(30).map { Tensor(Array(0..<$0 % 7 + 1)) }
                .bucketByLength(boundaries: [3, 5], batchSizes: [4, 3, 2], padding: -1) { $0.elementCount }
                .map { $0.shape.dimensions + numbers($0) }),
        Pipeline("onError",
            Dataset.range(60).map { if $0 % 7 == 3 { throw Refusal() } else { $0 } }.shuffle(bufferSize: 6, seed: 2)
                .onError(.skip())),
        Pipeline("onError, replaced",
            Dataset.range(60).map { if $0 % 7 == 3 { throw Refusal() } else { $0 } }.onError(.replace(-1)).prefetch(4)),
        Pipeline("fromGenerator", Dataset.fromGenerator {
            var n = 0
            return {
                n += 3
                return n < 90 ? n : nil
            }
        }.map { $0 + 1 }.prefetch(3)),
    ]
}

/// The elements from a position on, or of reading 0.
func elements<Element>(_ dataset: Dataset<Element>, at position: DatasetPosition? = nil) throws -> [Element] {
    var iterator = try dataset.makeIterator(at: position ?? DatasetPosition(startOf: 0, of: dataset))
    var elements: [Element] = []
    while let element = try iterator.nextElement() { elements.append(element) }
    return elements
}
