import MartletCore

/// Adds the gradients of all shards, wherever they are, and what they give variables, in the order of the tree.
///
/// A rank first adds what its own shards have, block by block. Then, bucket by bucket, it sends each rank a slice of these
/// sums, adds its own slice of all ranks', and sends the result to all: the traffic of a ring, with an order that does not
/// depend on the number of ranks.
final class GradientExchange {
    /// The most bytes of a bucket, of one block. It bounds the memory, and MPI's counts.
    private let bucketSize = 16 << 20
    private let world: Communicator
    private let addOwn = compiled(name: "sumsOfBlocks") { (own: OwnEffects) -> [Tensor] in own.sums }
    private let addSlices = compiled(name: "sums") { (slices: Slices) -> Tensor in SumTree.sum(slices.blocks, slices.parts) }
    // Memory that stays from step to step.
    private let source = Memory(), target = Memory(), whole = Memory()

    init(_ world: Communicator) { self.world = world }

    /// Gradients and values of the whole batch.
    /// - Parameters:
    ///   - own: the effects of this rank's shards.
    ///   - template: some shard's, for the number of tensors and their shapes.
    ///   - first: what the first shard gives the variables that take its values.
    ///   - ranges: the shards of each rank.
    func sums(
        _ own: [ShardEffects], like template: ShardEffects, _ shards: Shards, isMean: Bool, first: [Tensor], ranges: [Range<Int>]
    ) -> BatchEffects {
        let rules = template.plan.variables.map(ValueRule.init)
        let added = rules.indices.filter { rules[$0] != .first }
        let specs = template.gradients.map(\.spec)
            + added.map { rules[$0] == .mean ? template.values[$0].wideSpec : template.values[$0].spec }
        let paths = template.plan.updates.flatMap { update in
            zip(update.variables, update.isPresent).filter(\.1).map(\.0.path)
        } + added.map { template.plan.variables[$0].path }
        let sums = specs.isEmpty ? [] : sums(own, shards, isMean, rules, specs, paths, ranges)
        var next = first.makeIterator()
        var totals = sums.dropFirst(template.gradients.count).makeIterator()
        let values = rules.map { rule in rule == .first ? next.next()! : totals.next()! }
        return BatchEffects(gradients: Array(sums.prefix(template.gradients.count)), values: values)
    }

    private func sums(
        _ own: [ShardEffects], _ shards: Shards, _ isMean: Bool, _ rules: [ValueRule], _ specs: [TensorSpec], _ paths: [String],
        _ ranges: [Range<Int>]
    ) -> [Tensor] {
        let range = ranges[world.rank]
        let blocks = ranges.map { SumTree.blocks(of: $0, count: shards.ranges.count) }
        var parts: [[Tensor]] = []
        if !own.isEmpty {
            let sums = addOwn(
                OwnEffects(
                    gradients: own.map(\.gradients), values: own.map(\.values), shares: range.map(shards.share), isMean: isMean,
                    rules: rules,
                    blocks: blocks[world.rank].map { ($0.lowerBound - range.lowerBound)..<($0.upperBound - range.lowerBound) }))
            parts = stride(from: 0, to: sums.count, by: specs.count).map { Array(sums[$0..<($0 + specs.count)]) }
        }
        // One rank has the whole tree.
        if world.size == 1 { return parts[0] }
        let results = specs.map { Tensor(uninitialized: $0) }
        for type in Set(specs.map(\.dtype)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let members = specs.indices.filter { specs[$0].dtype == type }
            let line = Line(members.map { (number: $0, count: specs[$0].shape.elementCount) })
            let step = max(world.size, bucketSize / type.byteCount)
            for start in stride(from: 0, to: line.count, by: step) {
                let bucket = start..<min(start + step, line.count)
                world.note(tensor: paths[line.number(at: start)])
                exchange(bucket, of: line, type, parts, blocks, into: results)
            }
        }
        return results
    }

    private func exchange(
        _ bucket: Range<Int>, of line: Line, _ type: DType, _ parts: [[Tensor]], _ blocks: [[Range<Int>]],
        into results: [Tensor]
    ) {
        let (size, width) = (world.size, type.byteCount)
        let bounds = (0...size).map { bucket.lowerBound + bucket.count * $0 / size }
        let counts = (0..<size).map { bounds[$0 + 1] - bounds[$0] }
        let slice = counts[world.rank]
        let source = self.source.reserve(parts.count * bucket.count * width)
        var place = source
        for rank in 0..<size {
            for tensors in parts {
                line.forEachPiece(of: bounds[rank]..<bounds[rank + 1]) { number, from, count in
                    place.copyMemory(from: tensors[number].mutablePointer + from * width, byteCount: count * width)
                    place += count * width
                }
            }
        }
        let all = blocks.flatMap { $0 }
        let target = self.target.reserve(all.count * slice * width)
        world.exchange(
            source, sending: counts.map { parts.count * $0 * width }, target,
            receiving: blocks.map { $0.count * slice * width })
        // They lie by rank, and so in the order of the shards.
        let slices = all.indices.map { index in
            let part = Tensor(uninitialized: TensorSpec([slice], type))
            part.mutablePointer.copyMemory(from: target + index * slice * width, byteCount: slice * width)
            return part
        }
        let sum = addSlices(Slices(parts: slices, blocks: all))
        let whole = self.whole.reserve(bucket.count * width)
        world.gather(sum.mutablePointer, into: whole, counts: counts.map { $0 * width })
        var next = whole
        line.forEachPiece(of: bucket) { number, from, count in
            (results[number].mutablePointer + from * width).copyMemory(from: next, byteCount: count * width)
            next += count * width
        }
    }

    /// Tensors one behind the other.
    private struct Line {
        private let members: [(number: Int, count: Int)]
        private let starts: [Int]
        let count: Int

        init(_ members: [(number: Int, count: Int)]) {
            self.members = members
            var total = 0
            starts = members.map { member in
                defer { total += member.count }
                return total
            }
            count = total
        }

        /// The tensor that has an element.
        func number(at place: Int) -> Int { members[starts.lastIndex { $0 <= place }!].number }

        /// Calls `body` with the number of each tensor that has elements in a range, the first of them and how many.
        func forEachPiece(of range: Range<Int>, _ body: (_ number: Int, _ from: Int, _ count: Int) -> Void) {
            for (member, start) in zip(members, starts) {
                let (from, to) = (max(range.lowerBound, start), min(range.upperBound, start + member.count))
                if from < to { body(member.number, from - start, to - from) }
            }
        }
    }

    private final class Memory {
        private var bytes = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        private var size = 64

        func reserve(_ count: Int) -> UnsafeMutableRawPointer {
            if count > size {
                bytes.deallocate()
                bytes = .allocate(byteCount: count, alignment: 64)
                size = count
            }
            return bytes
        }

        deinit { bytes.deallocate() }
    }
}

extension Tensor {
    fileprivate var wideSpec: TensorSpec { TensorSpec(shape, .promoted(dtype, .float32)) }
}

/// What a rank's shards have, and the blocks that they make up.
private struct OwnEffects: TensorGroup {
    let gradients: [[Tensor]]
    let values: [[Tensor]]
    let shares: [Tensor]
    let isMean: Bool
    let rules: [ValueRule]
    let blocks: [Range<Int>]

    /// For each block the sums of all gradients, and of the values that are added.
    var sums: [Tensor] {
        blocks.flatMap { block -> [Tensor] in
            let shares = Array(shares[block])
            return gradients[0].indices.map { index in
                combined(gradients[block].map { $0[index] }, shares, isMean)
            } + rules.indices.compactMap { index in
                let own = values[block].map { $0[index] }
                return switch rules[index] {
                case .sum: SumTree.sum(own)
                case .mean: weightedMean(own.map(ValueRule.wide), shares)
                case .first: nil
                }
            }
        }
    }

    func mapTensors(_ transform: (Tensor) -> Tensor) -> OwnEffects {
        OwnEffects(
            gradients: gradients.map { $0.map(transform) }, values: values.map { $0.map(transform) },
            shares: shares.map(transform), isMean: isMean, rules: rules, blocks: blocks)
    }

    func appendStructure(to structure: inout [AnyHashable]) {
        structure.append(gradients.count)
        structure.append(isMean)
        structure.append(rules)
        structure.append(blocks)
    }
}

/// A slice of the sums of all blocks.
private struct Slices: TensorGroup {
    let parts: [Tensor]
    let blocks: [Range<Int>]

    func mapTensors(_ transform: (Tensor) -> Tensor) -> Slices { Slices(parts: parts.map(transform), blocks: blocks) }

    func appendStructure(to structure: inout [AnyHashable]) { structure.append(blocks) }
}
