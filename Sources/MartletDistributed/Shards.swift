import MartletCore

/// How a batch is cut: into a fixed number of shards, whoever computes them. Where the samples do not go round, the first shards
/// have one more; a batch of fewer samples has fewer shards.
struct Shards {
    /// The samples of each shard.
    let ranges: [Range<Int>]
    /// The number of samples.
    let count: Int

    init(of count: Int, into most: Int) {
        self.count = count
        let shards = max(1, min(most, count))
        let (size, more) = (count / shards, count % shards)
        ranges = (0..<shards).map { shard in
            let start = shard * size + min(shard, more)
            return start..<(start + size + (shard < more ? 1 : 0))
        }
    }

    /// The part of the samples that a shard has, a `float64` scalar.
    func share(_ shard: Int) -> Tensor { Tensor(Double(ranges[shard].count) / Double(max(1, count)), dtype: .float64) }

    /// What is added to the state of a random stream for a shard: streams of different keys have nothing to do with each other.
    static func stream(_ shard: Int) -> Tensor {
        Tensor([Int64(bitPattern: UInt64(shard) &* 0x9E37_79B9_7F4A_7C15), 0])
    }
}
