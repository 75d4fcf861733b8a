import MartletCore

/// The tree in which the values of shards are added: neighbours first, so that the bits of the sum depend on the number of shards
/// alone. A block is the shards below one of its nodes.
package enum SumTree {
    /// The largest blocks that make up a range of shards, in their order. Who has the range can add each block by itself.
    /// - Parameter count: the number of all shards.
    package static func blocks(of range: Range<Int>, count: Int) -> [Range<Int>] {
        var blocks: [Range<Int>] = []
        var start = range.lowerBound
        while start < range.upperBound {
            var width = 1
            while start % (2 * width) == 0, width < count - start, min(start + 2 * width, count) <= range.upperBound { width *= 2 }
            let end = min(start + width, count)
            blocks.append(start..<end)
            start = end
        }
        return blocks
    }

    /// The sum of the values of shards that make up a block.
    package static func sum(_ values: [Tensor]) -> Tensor {
        sum(values.indices.map { $0..<($0 + 1) }, values)
    }

    /// The sum of blocks, which lie one behind the other from the first shard on.
    package static func sum(_ blocks: [Range<Int>], _ values: [Tensor]) -> Tensor {
        func total(_ part: Range<Int>) -> Tensor {
            let start = blocks[part.lowerBound].lowerBound
            let count = blocks[part.upperBound - 1].upperBound - start
            if part.count == 1 { return values[part.lowerBound] }
            // The left side is a whole tree.
            var half = 1
            while 2 * half < count { half *= 2 }
            let middle = part.first { blocks[$0].lowerBound - start >= half }!
            return total(part.lowerBound..<middle) + total(middle..<part.upperBound)
        }
        return total(blocks.indices)
    }
}

/// The mean of the values of shards, weighted by their shares of the samples.
func weightedMean(_ values: [Tensor], _ shares: [Tensor]) -> Tensor {
    SumTree.sum(zip(values, shares).map { $0 * $1.cast(to: $0.dtype) })
}

/// The gradient of a batch, of those of its shards.
func combined(_ values: [Tensor], _ shares: [Tensor], _ isMean: Bool) -> Tensor {
    isMean ? weightedMean(values, shares) : SumTree.sum(values)
}
