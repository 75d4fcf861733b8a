import Martlet
import MartletDistributed
import TestSupport
import Testing

@Suite(.ownSession) struct SumTreeTests {
    /// Numbers whose sum has other bits in another order.
    private func values(_ count: Int) -> [Tensor] {
        (0..<count).map { RandomGenerator(seed: $0).uniform([64], in: -1..<1) * Tensor(Float(1 + $0 * $0)) }
    }

    /// The tree of a sum, as text.
    private func shape(_ count: Int) -> String {
        var level = (0..<count).map { "\($0)" }
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map {
                $0 + 1 < level.count ? "(\(level[$0]) \(level[$0 + 1]))" : level[$0]
            }
        }
        return level[0]
    }

    @Test func neighboursComeFirst() {
        #expect(shape(5) == "(((0 1) (2 3)) 4)")
        let numbers: [Float] = [1e8, 1, -1e8, 3, 0.5]
        let expected = ((numbers[0] + numbers[1]) + (numbers[2] + numbers[3])) + numbers[4]
        #expect(SumTree.sum(numbers.map { Tensor($0) }).item(as: Float.self) == expected)
    }

    @Test(arguments: 1...13)
    func anyNumberOfRanksAddsToTheSameBits(shards: Int) {
        let values = values(shards)
        let whole = SumTree.sum(values).scalars(as: Float.self)
        var sequential = values[0]
        for value in values.dropFirst() { sequential = sequential + value }
        // The order matters where there is one.
        if shards > 4 { #expect(sequential.scalars(as: Float.self) != whole) }
        for ranks in 1...(shards + 2) {
            let ranges = (0..<ranks).map { (shards * $0 / ranks)..<(shards * ($0 + 1) / ranks) }
            let blocks = ranges.flatMap { SumTree.blocks(of: $0, count: shards) }
            #expect(blocks.flatMap { Array($0) } == Array(0..<shards))
            let sums = blocks.map { SumTree.sum(Array(values[$0])) }
            #expect(SumTree.sum(blocks, sums).scalars(as: Float.self) == whole, "\(ranks) ranks")
        }
    }

    @Test func aRankSendsFewBlocks() {
        #expect(SumTree.blocks(of: 0..<2, count: 4) == [0..<2])
        #expect(SumTree.blocks(of: 0..<4, count: 4) == [0..<4])
        #expect(SumTree.blocks(of: 4..<7, count: 7) == [4..<7])
        #expect(SumTree.blocks(of: 1..<7, count: 8) == [1..<2, 2..<4, 4..<6, 6..<7])
        #expect(SumTree.blocks(of: 2..<2, count: 4) == [])
    }
}
