import CMPI
import Foundation
import MartletCore
import MartletData
import MartletNN

/// Trains in the processes of an MPI job, one replica in each, with the weights of each kept equal. See ``DistributionStrategy``.
///
/// All ranks run the same program on the same data. Of each batch a rank computes its shards. Each rank adds a slice of the
/// gradients of all shards, and the sums go to all. The first rank prints and writes the files of callbacks
/// and checkpoints. In a process that `mpirun` or `srun` did not start there is one rank.
///
/// A rank that ends, hangs, or has another model, batch or number of steps ends all ranks, with a message that names it.
///
/// Source:
/// [`MultiWorkerMirroredStrategy`](https://www.tensorflow.org/api_docs/python/tf/distribute/MultiWorkerMirroredStrategy).
public final class MultiWorkerMirroredStrategy: DistributionStrategy, @unchecked Sendable {
    private let world: Communicator
    private let reduce: CompiledFunction<SliceParts, Tensor>
    private var stepCount: Int64 = 0

    /// The number of this process among the ranks, from 0.
    public var rank: Int { world.rank }
    /// Whether this process prints and writes files.
    public override var isChief: Bool { world.rank == 0 }
    public override var numReplicasInSync: Int { world.size }

    /// Joins the ranks of the job. Where the session has no random seed, all get that of the first rank.
    /// - Parameters:
    ///   - shards: the number of parts of a batch, at least that of the ranks. Another number gives other bits.
    ///   - timeout: how long a rank waits for the others, in seconds, before it ends all.
    /// - Throws: `MartletError` when Martlet was built without MPI, MPI cannot begin, or there are more ranks than shards.
    public init(shards: Int = 4, timeout: Double = 25) throws {
        guard mk_mpi_is_built() != 0 else {
            throw MartletError(
                "Expected Martlet with MPI. Install it (apt-get install libopenmpi-dev openmpi-bin) and build with `swift build "
                    + "--traits MPI`; MirroredStrategy trains in one process without it.", at: "MultiWorkerMirroredStrategy")
        }
        guard timeout > 0 else {
            throw MartletError("Expected a number above 0. Received: \(timeout).", at: "timeout")
        }
        world = try Communicator.world.get()
        mk_mpi_set_limit(timeout)
        guard world.size <= shards else {
            throw MartletError(
                "Expected at most as many ranks as shards, \(shards). Received: \(world.size) ranks. Set shards: "
                    + "\(world.size); the results then have other bits.", at: "shards")
        }
        reduce = compiled(name: "reduce") { (slice: SliceParts) -> Tensor in
            combined(slice.parts, slice.shares, slice.isMean)
        }
        super.init(shards: shards, replicas: 1)
        let given = world.gather(
            Greeting(hasSeed: Session.current.hasSeed ? 1 : 0, seed: Int64.random(in: 0...Int64.max), shards: Int64(shards))
        ) { "The first meeting of all ranks" }
        for (rank, greeting) in given.enumerated() where greeting.shards != given[0].shards {
            throw MartletError(
                "Expected the same shards on all ranks. Received: \(given[0].shards) on rank 0, \(greeting.shards) on rank "
                    + "\(rank).", at: "shards")
        }
        if !given.allSatisfy({ $0.hasSeed == 1 }) { Settings.setRandomSeed(Int(given[0].seed)) }
    }

    /// The number of ranks where a launcher of MPI (mpirun, srun, MPICH's) started this process, nil elsewhere.
    public static var ranksOfJob: Int? {
        let environment = ProcessInfo.processInfo.environment
        let names = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]
        return names.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first
    }

    private struct Greeting: BitwiseCopyable {
        var hasSeed, seed, shards: Int64
    }

    /// What ranks tell each other before they exchange a step's results.
    private struct Header: BitwiseCopyable {
        var step: Int64
        var function: UInt64
        var samples: Int64
        var data: UInt64
        /// 0, or 1 where a loss needs factors, or 2 after a failure.
        var state: Int64
        var byteCount: Int64
    }

    private func owner(of shard: Int) -> Int { shard % world.size }

    override func step<Input: TensorGroup, Output: TensorGroup>(
        _ function: ShardFunction<Input, Output>, _ input: Input, _ shards: Shards, lossFactors: [[Tensor]]? = nil,
        _ apply: EffectFunction
    ) -> [Output]? {
        stepCount += 1
        let own = shards.ranges.indices.filter { owner(of: $0) == rank }
        // A rank without a shard computes the first one: so it knows what the others send.
        let outcome = Result {
            try withErrors { self.results(function, input, shards, own.isEmpty ? [0] : own, lossFactors: lossFactors) }
        }
        var packet: [UInt8] = []
        var state: Int64 = 0
        switch outcome {
        case .success(let results):
            if lossFactors == nil, results.contains(where: \.needsDivisors) { state = 1 }
            if state == 0 {
                for result in results.prefix(own.count) {
                    result.output.forEachTensor { Packet.append($0, to: &packet) }
                    for tensor in result.effects.rows + result.effects.values { Packet.append(tensor, to: &packet) }
                }
            }
        case .failure(let error):
            state = 2
            let failure = error as? MartletError ?? MartletError("\(error)")
            packet = Array((failure.location ?? "").utf8) + [0] + Array(failure.message.utf8)
        }
        let what = { "Step \(self.stepCount), \(function.name)" }
        let headers = world.gather(
            Header(
                step: stepCount, function: Self.digest(of: function.name, try? outcome.get().first?.effects),
                samples: Int64(shards.count), data: Self.digest(of: input), state: state, byteCount: Int64(packet.count)), what)
        compare(headers, function.name)
        let packets = world.gather(packet, counts: headers.map { Int($0.byteCount) }, what)
        if let failed = headers.firstIndex(where: { $0.state == 2 }) {
            let parts = packets[failed].split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            let text = parts.map { String(decoding: $0, as: UTF8.self) }
            let error = MartletError(text.count > 1 ? text[1] : "", at: text[0].isEmpty ? nil : text[0])
            if !FailureScope.note(error) { stop(text[0], error.message) }
            return nil
        }
        guard case .success(let results) = outcome, !headers.contains(where: { $0.state == 1 }) else { return nil }

        var readers = packets
        let gradients = combine(results.prefix(own.count).map(\.effects), like: results[0].effects, shards, apply.isMean, what)
        let template = results[0]
        let all = shards.ranges.indices.map { shard -> (output: Output, effects: ShardEffects) in
            let owner = owner(of: shard)
            let output = template.output.mapTensors { _ in Packet.next(&readers[owner]) }
            let rows = template.effects.rows.map { _ in Packet.next(&readers[owner]) }
            let values = template.effects.values.map { _ in Packet.next(&readers[owner]) }
            return (output, template.effects.replacing(rows: rows, values: values))
        }
        apply(all.map { $0.effects }, shards, gradients: gradients)
        return all.map { $0.output }
    }

    private func compare(_ headers: [Header], _ name: String) {
        for (rank, other) in headers.enumerated() {
            let first = headers[0]
            func end(_ difference: String) {
                if self.rank == 0 {
                    world.abort("Step \(stepCount), \(name): rank \(rank) has \(difference) than rank 0.")
                }
                // The first rank says it for all.
                Thread.sleep(forTimeInterval: 2)
                world.abort("ended with rank 0.")
            }
            if other.step != first.step { end("another number of steps, \(other.step),") }
            if other.samples != first.samples { end("another batch, of \(other.samples) samples,") }
            if other.data != first.data { end("other data in its batch") }
            // After a failure nothing is known of the step.
            if first.state != 2, other.state != 2, other.function != first.function {
                end("another model, optimizer or version")
            }
        }
    }

    /// The gradients of the whole batch. Each rank adds a part of each kind of number, of all shards.
    private func combine(
        _ own: [ShardEffects], like template: ShardEffects, _ shards: Shards, _ isMean: Bool, _ what: () -> String
    ) -> [Tensor] {
        let specs = template.gradients.map(\.spec)
        var sums = [Tensor?](repeating: nil, count: specs.count)
        for type in Set(specs.map(\.dtype)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let members = specs.indices.filter { specs[$0].dtype == type }
            let sizes = members.map { specs[$0].shape.elementCount }
            let (total, width) = (sizes.reduce(0, +), type.byteCount)
            let bounds = (0...world.size).map { total * $0 / world.size }
            let source = UnsafeMutableRawPointer.allocate(byteCount: max(1, own.count * total * width), alignment: 64)
            defer { source.deallocate() }
            var place = source
            for rank in 0..<world.size {
                for effects in own {
                    var start = 0
                    for (member, size) in zip(members, sizes) {
                        let (from, to) = (max(bounds[rank], start), min(bounds[rank + 1], start + size))
                        if from < to {
                            place.copyMemory(
                                from: effects.gradients[member].mutablePointer + (from - start) * width,
                                byteCount: (to - from) * width)
                            place += (to - from) * width
                        }
                        start += size
                    }
                }
            }
            let slice = bounds[rank + 1] - bounds[rank]
            let counts = (0..<world.size).map { rank in shards.ranges.indices.count { owner(of: $0) == rank } }
            let target = UnsafeMutableRawPointer.allocate(
                byteCount: max(1, shards.ranges.count * slice * width), alignment: 64)
            defer { target.deallocate() }
            world.exchange(
                source, sending: (0..<world.size).map { own.count * (bounds[$0 + 1] - bounds[$0]) * width }, target,
                receiving: counts.map { $0 * slice * width }, what)
            // They lie by rank.
            var parts = [Tensor?](repeating: nil, count: shards.ranges.count)
            var next = target
            for rank in 0..<world.size {
                for shard in shards.ranges.indices where owner(of: shard) == rank {
                    let part = Tensor(uninitialized: TensorSpec([slice], type))
                    part.mutablePointer.copyMemory(from: next, byteCount: slice * width)
                    next += slice * width
                    parts[shard] = part
                }
            }
            let sum = reduce(
                SliceParts(parts: parts.map { $0! }, shares: shards.ranges.indices.map(shards.share), isMean: isMean))
            let whole = UnsafeMutableRawPointer.allocate(byteCount: max(1, total * width), alignment: 64)
            defer { whole.deallocate() }
            world.gather(
                sum.mutablePointer, into: whole, counts: (0..<world.size).map { (bounds[$0 + 1] - bounds[$0]) * width }, what)
            var start = 0
            for (member, size) in zip(members, sizes) {
                let sum = Tensor(uninitialized: specs[member])
                sum.mutablePointer.copyMemory(from: whole + start * width, byteCount: size * width)
                start += size
                sums[member] = sum
            }
        }
        return sums.map { $0! }
    }

    /// Tells models and their optimizers apart, and versions of Martlet.
    private static func digest(of name: String, _ effects: ShardEffects?) -> UInt64 {
        var text = "\(Settings.version) \(name)"
        for tensor in effects?.gradients ?? [] { text += " \(tensor.spec)" }
        for variable in effects?.plan.variables ?? [] { text += " \(variable.name) \(variable.spec)" }
        for update in effects?.plan.updates ?? [] { text += " \(type(of: update.optimizer))" }
        return digest(of: Array(text.utf8))
    }

    /// Of some places of the tensors.
    private static func digest(of input: some TensorGroup) -> UInt64 {
        var bytes: [UInt8] = []
        input.forEachTensor { tensor in
            bytes += Array("\(tensor.spec)".utf8)
            tensor.withUnsafeBytes { all in
                let step = max(1, all.count / 1024) | 1
                for place in stride(from: 0, to: all.count, by: step) { bytes.append(all[place]) }
            }
        }
        return digest(of: bytes)
    }

    /// FNV-1a.
    private static func digest(of bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private struct Decision: BitwiseCopyable {
        var stops: Int64
        var learningRate: Double
    }

    package override func agree(on model: Model) {
        let optimizer = (model.optimizer as? LossScaleOptimizer)?.innerOptimizer ?? model.optimizer
        let settable = optimizer is MultiOptimizer || optimizer?.schedule != nil ? nil : optimizer
        let rate = settable?.learningRate ?? 0
        let chief = world.gather(Decision(stops: model.stopTraining ? 1 : 0, learningRate: rate)) {
            "After step \(self.stepCount), the decisions of callbacks"
        }[0]
        model.stopTraining = chief.stops != 0
        if chief.learningRate != rate { settable?.learningRate = chief.learningRate }
    }
}

/// The parts of a slice of gradients, one of each shard.
private struct SliceParts: TensorGroup {
    let parts: [Tensor]
    let shares: [Tensor]
    let isMean: Bool

    func mapTensors(_ transform: (Tensor) -> Tensor) -> SliceParts {
        SliceParts(parts: parts.map(transform), shares: shares.map(transform), isMean: isMean)
    }

    func appendStructure(to structure: inout [AnyHashable]) {
        structure.append(parts.count)
        structure.append(isMean)
    }
}

/// Tensors as bytes: dtype, rank, sizes, elements.
private enum Packet {
    static func append(_ tensor: Tensor, to bytes: inout [UInt8]) {
        let dimensions = tensor.shape.dimensions
        bytes += [UInt8(DType.allCases.firstIndex(of: tensor.dtype)!), UInt8(dimensions.count)]
        for size in dimensions { withUnsafeBytes(of: Int64(size)) { bytes += Array($0) } }
        tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    static func next(_ bytes: inout ArraySlice<UInt8>) -> Tensor {
        let (type, rank) = (DType.allCases[Int(bytes.removeFirst())], Int(bytes.removeFirst()))
        let dimensions = (0..<rank).map { _ in
            defer { bytes = bytes.dropFirst(8) }
            return Int(bytes.prefix(8).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
        }
        let tensor = Tensor(uninitialized: TensorSpec(Shape(dimensions), type))
        let count = tensor.shape.elementCount * type.byteCount
        bytes.prefix(count).withUnsafeBytes { elements in
            if let base = elements.baseAddress { tensor.mutablePointer.copyMemory(from: base, byteCount: count) }
        }
        bytes = bytes.dropFirst(count)
        return tensor
    }
}
