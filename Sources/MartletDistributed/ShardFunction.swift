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
    /// Factors of the losses that count by mask or weights; nil while that is not known.
    let lossFactors: [Tensor]?

    func mapTensors(_ transform: (Tensor) -> Tensor) -> ShardInput {
        ShardInput(
            input: input.mapTensors(transform), share: transform(share), stream: transform(stream),
            lossFactors: lossFactors.mapTensors(transform))
    }

    func forEachTensor(_ body: (Tensor) -> Void) {
        input.forEachTensor(body)
        body(share)
        body(stream)
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

    /// The effects of another shard, whose gradients are already in the sums of all.
    func replacing(rows: [Tensor], values: [Tensor]) -> ShardEffects {
        ShardEffects(plan: plan, gradients: [], rows: rows, values: values)
    }

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

typealias ShardFunction<Input: TensorGroup, Output: TensorGroup> = CompiledFunction<ShardInput<Input>, ShardResult<Output>>

/// Compiles a step without its effects: it changes no variable, and returns what they would become.
func shardFunction<Input: TensorGroup, Output: TensorGroup>(
    name: String, _ body: @escaping (Input) -> Output
) -> ShardFunction<Input, Output> {
    compiled(name: name) { (given: ShardInput<Input>) -> ShardResult<Output> in
        let context = Context.current
        guard let trace = context.trace else { stop(name, "A step of a strategy runs compiled.") }
        let shard = StepShard(share: given.share, lossFactors: given.lossFactors)
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

/// The effects of all shards.
private struct AllEffects: TensorGroup {
    let shards: [ShardEffects]
    let shares: [Tensor]
    /// The gradients of the whole batch; nil where the shards have theirs.
    let gradients: [Tensor]?

    func mapTensors(_ transform: (Tensor) -> Tensor) -> AllEffects {
        AllEffects(
            shards: shards.mapTensors(transform), shares: shares.map(transform), gradients: gradients.mapTensors(transform))
    }

    func forEachTensor(_ body: (Tensor) -> Void) {
        shards.forEachTensor(body)
        shares.forEachTensor(body)
        gradients.forEachTensor(body)
    }

    func appendStructure(to structure: inout [AnyHashable]) {
        shards.appendStructure(to: &structure)
        structure.append(gradients == nil)
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

    /// - Parameter gradients: those of the whole batch; nil where the shards have theirs.
    func callAsFunction(_ effects: [ShardEffects], _ shards: Shards, gradients: [Tensor]? = nil) {
        function(AllEffects(shards: effects, shares: effects.indices.map(shards.share), gradients: gradients))
    }

    private static func apply(_ all: AllEffects, isMean: Bool) {
        let plan = all.shards[0].plan
        for shard in all.shards where !zip(shard.plan.variables, plan.variables).allSatisfy({ $0 === $1 }) {
            fail("strategy", "Expected a step that changes the same variables on all shards of a batch.")
        }
        for (index, variable) in plan.variables.enumerated() {
            let values = all.shards.map { $0.values[index] }
            switch variable.aggregation {
            case .sum: variable.assign(variable.storedValue + treeSum(values))
            case .mean where !variable.isTrainable && variable.dtype.isFloatingPoint:
                let wide = values.map { $0.cast(to: .promoted(variable.dtype, .float32)) }
                variable.assign(weightedMean(wide, all.shares).cast(to: variable.dtype))
            case .mean, .stream: variable.assign(values[0])
            }
        }
        var (next, nextRow) = (0, 0)
        for update in plan.updates {
            var counts = update.rowCounts.makeIterator()
            let gradients = update.isPresent.map { isPresent -> Tensor? in
                guard isPresent else { return nil }
                defer { next += 1 }
                let whole = all.gradients.map { $0[next] } ?? combined(all.shards.map { $0.gradients[next] }, all.shares, isMean)
                guard let count = counts.next() ?? nil else { return whole }
                defer { nextRow += count }
                return whole.notingReadRows(all.shards.flatMap { $0.rows[nextRow..<(nextRow + count)] })
            }
            update.optimizer.apply(gradients, to: update.variables)
        }
    }
}
