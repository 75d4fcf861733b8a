import CMPI
import Foundation
import MartletCore
import MartletData
import MartletNN

/// Trains in the processes of an MPI job, one replica in each, with the weights of each kept equal. See ``DistributionStrategy``.
///
/// All ranks run the same program on the same data. Of each batch a rank computes its shards, which lie side by side, and adds
/// their gradients as far as the tree of all allows. Each rank adds a slice of these sums of all ranks, and the results go to
/// all. The first rank prints and writes the files of callbacks and checkpoints. In a process that `mpirun` or `srun` did not
/// start there is one rank.
///
/// A rank that dies, hangs, or has another model, version, batch or number of steps ends all ranks, with a message that names the
/// rank, the step and the tensor.
///
/// Source:
/// [`MultiWorkerMirroredStrategy`](https://www.tensorflow.org/api_docs/python/tf/distribute/MultiWorkerMirroredStrategy).
public final class MultiWorkerMirroredStrategy: DistributionStrategy, @unchecked Sendable {
    private let world: Communicator
    private let gradients: GradientExchange
    private var stepCount = 0
    /// The digests of what steps do to variables, by the numbers of their plans.
    private var digests: [Int: UInt64] = [:]

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
        guard Self.isAvailable else {
            throw MartletError(
                "Expected Martlet with MPI. Install it (apt-get install libopenmpi-dev openmpi-bin) and build with `swift build "
                    + "--traits MPI`; MirroredStrategy trains in one process without it.", at: "MultiWorkerMirroredStrategy")
        }
        guard timeout > 0 else {
            throw MartletError("Expected a number above 0. Received: \(timeout).", at: "timeout")
        }
        world = try Communicator.world.get()
        world.setTimeout(timeout)
        gradients = GradientExchange(world)
        guard world.size <= shards else {
            throw MartletError(
                "Expected at most as many ranks as shards, \(shards). Received: \(world.size) ranks. Set shards: "
                    + "\(world.size); the results then have other bits.", at: "shards")
        }
        super.init(shards: shards, replicas: 1)
        world.note(step: 0, "", "meets the others for the first time", tensor: "")
        // This comes first in every version.
        var version = VersionText()
        withUnsafeMutableBytes(of: &version) { $0.copyBytes(from: Settings.version.utf8.prefix($0.count)) }
        let versions = world.gather(version).map { version in
            var facts = StepFacts()
            let text = withUnsafeBytes(of: version) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            facts.add("Martlet", "version \(text)")
            return facts
        }
        compare(versions)
        let given = world.gather(
            Greeting(hasSeed: Session.current.hasSeed ? 1 : 0, seed: Int64.random(in: 0...Int64.max), shards: Int64(shards)))
        compare(
            given.map {
                var facts = StepFacts()
                facts.add("shards", "\($0.shards)")
                return facts
            })
        if !given.allSatisfy({ $0.hasSeed == 1 }) { Settings.setRandomSeed(Int(given[0].seed)) }
    }

    /// Whether Martlet was built with MPI (`swift build --traits MPI`).
    public static var isAvailable: Bool { mk_mpi_is_built() != 0 }

    /// The number of ranks where a launcher of MPI (mpirun, srun, MPICH's) started this process, nil elsewhere.
    public static var ranksOfJob: Int? { number(in: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]) }

    /// The number of this process among the ranks where a launcher of MPI started it, nil elsewhere.
    public static var rankOfJob: Int? {
        ranksOfJob == nil ? nil : number(in: ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"])
    }

    private static func number(in names: [String]) -> Int? {
        let environment = ProcessInfo.processInfo.environment
        return names.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first
    }

    private struct Greeting: BitwiseCopyable {
        var hasSeed, seed, shards: Int64
    }

    private struct VersionText: BitwiseCopyable {
        var text: (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 0, 0, 0, 0)
    }

    /// Where `martlet run` wants to see that a step of all ranks has ended: a restart is then no wrong start.
    private let progress = ProcessInfo.processInfo.environment["MARTLET_PROGRESS"]

    /// The shards of a rank, of a batch of `count`: those side by side, so that the rank can add what lies below one node.
    private func shards(of rank: Int, count: Int) -> Range<Int> { (count * rank / world.size)..<(count * (rank + 1) / world.size) }

    /// The shards that this rank computes. One without a shard computes the first: so it knows what the others send.
    private func computed(_ count: Int) -> Range<Int> {
        let own = shards(of: rank, count: count)
        return own.isEmpty ? 0..<1 : own
    }

    override func samples(ofBatch count: Int) -> Range<Int> {
        let ranges = Shards(of: count, into: shards).ranges
        let own = computed(ranges.count)
        return ranges[own.lowerBound].lowerBound..<ranges[own.upperBound - 1].upperBound
    }

    override func step<Input: TensorGroup, Output: TensorGroup>(
        _ function: ShardFunction<Input, Output>, _ input: Input, _ held: Range<Int>, _ shards: Shards,
        lossFactors: [[Tensor]]?, _ apply: EffectFunction
    ) -> [Output]? {
        stepCount += 1
        world.watch()
        world.note(step: stepCount, function.name, "computes its shards")
        let count = shards.ranges.count
        let own = self.shards(of: rank, count: count)
        let outcome = Result {
            try withErrors {
                results(function, input, held, shards, Array(computed(count)), lossFactors: lossFactors) { [self] own, size in
                    sumParts(own, size, count)
                }
            }
        }
        var meeting = Meeting(.step, step: Int64(stepCount))
        var packet: [UInt8] = []
        var failure = ""
        switch outcome {
        case .success(let results):
            if lossFactors == nil, results.contains(where: \.needsDivisors) { meeting.state = 1 }
            if meeting.state == 0 {
                for result in results.prefix(own.count) {
                    result.output.forEachTensor { Packet.append($0, to: &packet) }
                    for tensor in result.effects.rows { Packet.append(tensor, to: &packet) }
                }
                if own.contains(0) { for value in Self.firstValues(results[0].effects) { Packet.append(value, to: &packet) } }
            }
        case .failure(let error):
            meeting.state = 2
            let error = error as? MartletError ?? MartletError("\(error)")
            failure = "\(error)"
            packet = Packet.bytes(of: error)
        }
        let effects = (try? outcome.get())?.first?.effects
        let isWhole = held == 0..<shards.count
        meeting.samples = Int64(shards.count)
        meeting.function = digest(of: function.name, effects)
        meeting.data = isWhole ? StepFacts.quickDigest(of: input) : 0
        // The values of weights are compared now and then: they stay equal where they began so.
        let variables = stepCount % 64 == 1 ? effects?.plan.updates.flatMap(\.variables) ?? [] : []
        meeting.values = variables.isEmpty ? 0 : StepFacts(ofValues: variables).digest
        meeting.byteCount = Int64(packet.count)
        // The first of the tensors that the step changes.
        let first = effects?.plan.updates.first?.variables.first ?? effects?.plan.variables.first
        world.note(step: stepCount, function.name, "waits for the others at the end of the step", tensor: first?.path)
        let all = world.meet(meeting) { failure }
        compare(all, function.name, effects, isWhole ? input : nil, variables)
        world.note(step: stepCount, function.name, "exchanges results")
        let packets = world.gather(packet, counts: all.map { Int($0.byteCount) })
        if let failed = all.firstIndex(where: { $0.state == 2 }) {
            let cause = Packet.error(packets[failed])
            let error = MartletError("Step \(stepCount), rank \(failed): \(cause.message)", at: cause.location ?? function.name)
            if !FailureScope.note(error) { stop(error.location!, error.message) }
            return nil
        }
        guard case .success(let results) = outcome, !all.contains(where: { $0.state == 1 }) else { return nil }

        world.note(step: stepCount, function.name, "exchanges gradients")
        let template = results[0]
        var readers = packets
        let outputs = (0..<world.size).flatMap { rank in
            self.shards(of: rank, count: count).map { _ -> (output: Output, effects: ShardEffects) in
                let output = template.output.mapTensors { _ in Packet.next(&readers[rank]) }
                let rows = template.effects.rows.map { _ in Packet.next(&readers[rank]) }
                return (output, template.effects.replacing(rows: rows))
            }
        }
        let owner = (0..<world.size).first { self.shards(of: $0, count: count).contains(0) }!
        let whole = gradients.sums(
            results.prefix(own.count).map(\.effects), like: template.effects, shards, isMean: apply.isMean,
            first: Self.firstValues(template.effects).map { _ in Packet.next(&readers[owner]) },
            ranges: (0..<world.size).map { self.shards(of: $0, count: count) })
        apply(outputs.map(\.effects), shards, whole: whole)
        world.note(step: stepCount, function.name, "is behind the step")
        noteProgress()
        return outputs.map(\.output)
    }

    /// What a shard gives the variables that take the first shard's values.
    private static func firstValues(_ effects: ShardEffects) -> [Tensor] {
        zip(effects.plan.variables, effects.values).filter { ValueRule(of: $0.0) == .first }.map(\.1)
    }

    private var hasNotedProgress = false

    private func noteProgress() {
        guard isChief, !hasNotedProgress, let progress else { return }
        hasNotedProgress = true
        _ = FileManager.default.createFile(atPath: progress, contents: nil)
    }

    /// The sums in the middle of a step: what all shards have.
    private func sumParts(_ own: [Int: [UInt8]], _ size: Int, _ count: Int) -> [[UInt8]] {
        var meeting = Meeting(.sums, step: Int64(stepCount))
        meeting.byteCount = Int64(size)
        _ = world.meet(meeting)
        let mine = shards(of: rank, count: count).flatMap { own[$0]! }
        let counts = (0..<world.size).map { shards(of: $0, count: count).count * size }
        let parts = world.gather(mine, counts: counts)
        return parts.flatMap { part in
            stride(from: part.startIndex, to: part.endIndex, by: size).map { Array(part[$0..<($0 + size)]) }
        }
    }

    private func digest(of name: String, _ effects: ShardEffects?) -> UInt64 {
        guard let effects else { return 0 }
        if let known = digests[effects.plan.id] { return known }
        let digest = StepFacts(of: name, effects).digest
        digests[effects.plan.id] = digest
        return digest
    }

    /// Ends all ranks where one has something else than the first one.
    private func compare(
        _ all: [Meeting], _ name: String, _ effects: ShardEffects?, _ input: (some TensorGroup)?, _ variables: [Variable]
    ) {
        let first = all[0]
        // After a failure nothing is known of the step.
        let hasFailed = all.contains { $0.state == 2 }
        let isEqual = all.allSatisfy { other in
            other.samples == first.samples && other.data == first.data
                && (hasFailed || other.function == first.function && other.values == first.values)
        }
        if isEqual { return }
        var facts = StepFacts()
        if !hasFailed { facts = StepFacts(of: name, effects) }
        facts.add("the number of samples in the batch", "\(all[rank].samples)")
        if let input { facts.add(StepFacts(ofData: input)) }
        if !hasFailed { facts.add(StepFacts(ofValues: variables)) }
        compare(world.gather(text: facts.text).map(StepFacts.init(text:)))
        world.end(by: 0) { "\(world.here): the ranks have different models or data." }
    }

    private func compare(_ facts: [StepFacts]) {
        guard let (rank, text) = StepFacts.difference(facts) else { return }
        world.end(by: 0) {
            "\(world.here): rank \(rank) of \(world.size) \(text). Expected the same program and data on all ranks."
        }
    }

    override func allGoOn(with next: Result<DistributedBatch?, any Error>) throws -> Bool {
        world.watch()
        var meeting = Meeting(.data, step: Int64(stepCount))
        var packet: [UInt8] = []
        switch next {
        case .success(let batch?): meeting.samples = Int64(batch.count)
        case .success(nil): meeting.state = 1
        case .failure(let error):
            meeting.state = 2
            packet = Packet.bytes(of: error as? MartletError ?? MartletError("\(error)"))
        }
        meeting.byteCount = Int64(packet.count)
        let all = world.meet(meeting)
        if let failed = all.firstIndex(where: { $0.state == 2 }) {
            let cause = Packet.error(world.gather(packet, counts: all.map { Int($0.byteCount) })[failed])
            throw MartletError("Rank \(failed): \(cause.message)", at: cause.location)
        }
        if all.contains(where: { $0.state == 1 }) { return false }
        if let other = all.firstIndex(where: { $0.samples != all[0].samples }) {
            world.end(by: 0) {
                "After step \(stepCount): rank \(other) of \(world.size) has a batch of \(all[other].samples) samples, rank 0 "
                    + "one of \(all[0].samples). Expected the same batches on all ranks."
            }
        }
        return true
    }

    package override func agree(on model: Model) {
        let optimizer = (model.optimizer as? LossScaleOptimizer)?.innerOptimizer ?? model.optimizer
        let settable = optimizer is MultiOptimizer || optimizer?.schedule != nil ? nil : optimizer
        let rate = settable?.learningRate ?? 0
        var meeting = Meeting(.decisions, step: Int64(stepCount))
        (meeting.state, meeting.learningRate) = (model.stopTraining ? 1 : 0, rate)
        world.note(step: stepCount, "\(model.name).fit", "waits for what callbacks decide")
        let chief = world.meet(meeting)[0]
        model.stopTraining = chief.state != 0
        if chief.learningRate != rate { settable?.learningRate = chief.learningRate }
        world.note(step: stepCount, "\(model.name).fit", "is between steps")
    }
}
