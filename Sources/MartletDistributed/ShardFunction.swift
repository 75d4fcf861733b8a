import MartletCore
import MartletNN
import Synchronization

/// What a step gets on one shard.
struct ShardInput<Input: TensorGroup>: TensorGroup {
    let input: Input
    /// The shard's part of the samples.
    let share: Tensor
    /// What is added to the states of random streams.
    let stream: Tensor
    /// The shard's number, an `int64` scalar.
    let number: Tensor
    /// Factors of the losses that count by mask or weights; nil while that is not known.
    let lossFactors: [Tensor]?

    func mapTensors(_ transform: (Tensor) -> Tensor) -> ShardInput {
        ShardInput(
            input: input.mapTensors(transform), share: transform(share), stream: transform(stream),
            number: transform(number), lossFactors: lossFactors.mapTensors(transform))
    }

    func forEachTensor(_ body: (Tensor) -> Void) {
        input.forEachTensor(body)
        body(share)
        body(stream)
        body(number)
        lossFactors.forEachTensor(body)
    }

    func appendStructure(to structure: inout [AnyHashable]) {
        input.appendStructure(to: &structure)
        lossFactors.appendStructure(to: &structure)
    }
}

/// What the effects of a step are on: variables, and optimizers with the variables that they update.
final class EffectPlan: Sendable {
    struct Update: @unchecked Sendable {
        let optimizer: Optimizer
        let variables: [Variable]
        /// Whether there is a gradient.
        let isPresent: [Bool]
        /// The numbers of tensors that say which rows were read, of the gradients that are there; nil for all rows.
        let rowCounts: [Int?]
    }

    private static let count = Atomic(0)
    /// Another one for each plan that ever was.
    let id = EffectPlan.count.add(1, ordering: .relaxed).newValue
    let updates: [Update]
    let variables: [Variable]

    init(_ updates: [Update], _ variables: [Variable]) {
        self.updates = updates
        self.variables = variables
    }
}

/// What a step does to variables, on one shard.
struct ShardEffects: TensorGroup {
    let plan: EffectPlan
    /// Of all updates, one after the other.
    let gradients: [Tensor]
    /// The rows that were read, of all gradients that say so.
    let rows: [Tensor]
    /// What the plan's variables become.
    let values: [Tensor]

    init(_ updates: [StepShard.Update], _ assignments: [(variable: Variable, value: Tensor)]) {
        var rows: [Tensor] = []
        var gradients: [Tensor] = []
        let planned = updates.map { optimizer, all, variables in
            let present = all.compactMap { $0 }
            gradients += present
            let read = present.map { optimizer.asksForRows ? $0.readRows : nil }
            for tensors in read { rows += tensors ?? [] }
            return EffectPlan.Update(
                optimizer: optimizer, variables: variables, isPresent: all.map { $0 != nil }, rowCounts: read.map { $0?.count })
        }
        self.init(
            plan: EffectPlan(planned, assignments.map(\.variable)), gradients: gradients, rows: rows,
            values: assignments.map(\.value))
    }

    private init(plan: EffectPlan, gradients: [Tensor], rows: [Tensor], values: [Tensor]) {
        self.plan = plan
        self.gradients = gradients
        self.rows = rows
        self.values = values
    }

    /// The effects of another shard, whose gradients and values are already in the sums of all.
    func replacing(rows: [Tensor]) -> ShardEffects { ShardEffects(plan: plan, gradients: [], rows: rows, values: []) }

    func mapTensors(_ transform: (Tensor) -> Tensor) -> ShardEffects {
        ShardEffects(
            plan: plan, gradients: gradients.map(transform), rows: rows.map(transform), values: values.map(transform))
    }

    func forEachTensor(_ body: (Tensor) -> Void) {
        for tensor in gradients { body(tensor) }
        for tensor in rows { body(tensor) }
        for tensor in values { body(tensor) }
    }

    func appendStructure(to structure: inout [AnyHashable]) { structure.append(plan.id) }
}

/// What a step gives on one shard.
struct ShardResult<Output: TensorGroup>: TensorGroup {
    let output: Output
    let effects: ShardEffects
    /// Whether a loss counts by mask or weights.
    let needsDivisors: Bool

    func mapTensors(_ transform: (Tensor) -> Tensor) -> ShardResult {
        ShardResult(
            output: output.mapTensors(transform), effects: effects.mapTensors(transform), needsDivisors: needsDivisors)
    }
}

/// A compiled step without its effects: it changes no variable, and returns what they would become.
final class ShardFunction<Input: TensorGroup, Output: TensorGroup> {
    let compiled: CompiledFunction<ShardInput<Input>, ShardResult<Output>>
    let sums: ShardSums
    var name: String { compiled.name }

    /// - Parameter isMean: whether the gradient of the batch is the mean of the shards', weighted by the numbers of samples; or
    ///   else their sum.
    init(name: String, isMean: Bool, _ body: @escaping (Input) -> Output) {
        let sums = ShardSums()
        self.sums = sums
        compiled = shardFunction(name: name, isMean: isMean, sums, body)
    }
}

private func shardFunction<Input: TensorGroup, Output: TensorGroup>(
    name: String, isMean: Bool, _ sums: ShardSums, _ body: @escaping (Input) -> Output
) -> CompiledFunction<ShardInput<Input>, ShardResult<Output>> {
    compiled(name: name) { (given: ShardInput<Input>) -> ShardResult<Output> in
        let context = Context.current
        guard let trace = context.trace else { stop(name, "A step of a strategy runs compiled.") }
        let shard = StepShard(share: given.share, lossFactors: given.lossFactors) {
            sums.sum($0, share: given.share, number: given.number, isMean: isMean)
        }
        trace.firstValue = { variable, held in
            switch variable.aggregation {
            case .mean: held
            case .sum: .zeros(held.shape, dtype: held.dtype)
            case .stream: held + given.stream
            }
        }
        context.shard = shard
        defer { context.shard = nil }
        let output = body(given.input)
        return ShardResult(
            output: output, effects: ShardEffects(shard.updates, trace.takeAssignments()), needsDivisors: shard.needsDivisors)
    }
}

/// How the values that shards give a variable become one.
enum ValueRule {
    case sum
    /// The mean, weighted by the numbers of samples, in a dtype of 32 bits or more.
    case mean
    /// The first shard's.
    case first

    init(of variable: Variable) {
        self =
            switch variable.aggregation {
            case .sum: .sum
            case .mean where !variable.isTrainable && variable.dtype.isFloatingPoint: .mean
            case .mean, .stream: .first
            }
    }

    /// In which values are added.
    static func wide(_ value: Tensor) -> Tensor { value.cast(to: .promoted(value.dtype, .float32)) }
}

/// What is known of the whole batch.
struct BatchEffects: TensorGroup {
    let gradients: [Tensor]
    /// For each variable the sum, the mean, or the first shard's value.
    let values: [Tensor]

    func mapTensors(_ transform: (Tensor) -> Tensor) -> BatchEffects {
        BatchEffects(gradients: gradients.map(transform), values: values.map(transform))
    }

    func forEachTensor(_ body: (Tensor) -> Void) {
        for tensor in gradients { body(tensor) }
        for tensor in values { body(tensor) }
    }
}

/// The effects of all shards.
private struct AllEffects: TensorGroup {
    let shards: [ShardEffects]
    let shares: [Tensor]
    /// nil where the shards have theirs.
    let whole: BatchEffects?

    func mapTensors(_ transform: (Tensor) -> Tensor) -> AllEffects {
        AllEffects(shards: shards.mapTensors(transform), shares: shares.map(transform), whole: whole.mapTensors(transform))
    }

    func forEachTensor(_ body: (Tensor) -> Void) {
        shards.forEachTensor(body)
        shares.forEachTensor(body)
        whole.forEachTensor(body)
    }

    func appendStructure(to structure: inout [AnyHashable]) {
        shards.appendStructure(to: &structure)
        structure.append(whole == nil)
    }
}

/// Puts the effects of shards together and into force.
final class EffectFunction {
    private let function: CompiledFunction<AllEffects, Void>
    /// Whether an optimizer gets the mean of the shards' gradients, weighted by the numbers of samples; or else their sum.
    let isMean: Bool

    init(name: String, isMean: Bool) {
        self.isMean = isMean
        function = compiled(name: name) { (effects: AllEffects) -> Void in Self.apply(effects, isMean: isMean) }
    }

    /// - Parameter whole: gradients and values of the whole batch; nil where the shards have theirs.
    func callAsFunction(_ effects: [ShardEffects], _ shards: Shards, whole: BatchEffects? = nil) {
        function(AllEffects(shards: effects, shares: effects.indices.map(shards.share), whole: whole))
    }

    private static func apply(_ all: AllEffects, isMean: Bool) {
        let plan = all.shards[0].plan
        for shard in all.shards where !zip(shard.plan.variables, plan.variables).allSatisfy({ $0 === $1 }) {
            fail("strategy", "Expected a step that changes the same variables on all shards of a batch.")
        }
        for (index, variable) in plan.variables.enumerated() {
            let values = all.whole == nil ? all.shards.map { $0.values[index] } : []
            let known = all.whole?.values[index]
            switch ValueRule(of: variable) {
            case .sum: variable.assign(variable.storedValue + (known ?? SumTree.sum(values)))
            case .mean:
                let mean = known ?? weightedMean(values.map(ValueRule.wide), all.shares)
                variable.assign(mean.cast(to: variable.dtype))
            case .first: variable.assign(known ?? values[0])
            }
        }
        var (next, nextRow) = (0, 0)
        for update in plan.updates {
            var counts = update.rowCounts.makeIterator()
            let gradients = update.isPresent.map { isPresent -> Tensor? in
                guard isPresent else { return nil }
                defer { next += 1 }
                let whole = all.whole.map { $0.gradients[next] }
                    ?? combined(all.shards.map { $0.gradients[next] }, all.shares, isMean)
                guard let count = counts.next() ?? nil else { return whole }
                defer { nextRow += count }
                return whole.notingReadRows(all.shards.flatMap { $0.rows[nextRow..<(nextRow + count)] })
            }
            update.optimizer.apply(gradients, to: update.variables)
        }
    }
}
