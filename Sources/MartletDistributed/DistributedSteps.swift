import MartletCore
import MartletData
import MartletNN

extension DistributionStrategy {
    /// Runs a function on shards of a batch.
    /// - Parameters:
    ///   - held: which samples of the batch the input has.
    ///   - numbers: which shards.
    ///   - exchange: gives what all shards have, for sums in the middle of a step.
    ///   - lossFactors: for each shard of the batch, the factors of the outputs' losses.
    /// - Returns: the results in the order of `numbers`; nothing after a failure, which is noted.
    func results<Input: TensorGroup, Output: TensorGroup>(
        _ function: ShardFunction<Input, Output>, _ input: Input, _ held: Range<Int>, _ shards: Shards, _ numbers: [Int],
        lossFactors: [[Tensor]]?, _ exchange: @escaping ShardSums.Exchange
    ) -> [ShardResult<Output>] {
        let context = Context.current
        guard
            require(
                context.trace == nil && context.tapes.isEmpty && context.numerics == nil, function.name,
                "A strategy compiles its steps. Expected a call outside of compiled functions, tapes and the search for NaN.")
        else { return [] }
        let inputs = numbers.map { shard in
            let range = shards.ranges[shard]
            let own = (range.lowerBound - held.lowerBound)..<(range.upperBound - held.lowerBound)
            return ShardInput(
                input: range == held ? input : input.mapTensors { $0[own] }, share: shards.share(shard),
                stream: Shards.stream(shard), number: Tensor(Int64(shard)), lossFactors: lossFactors?[shard])
        }
        // This thread has the session and takes failures down. There are at most two sizes.
        function.compiled.prepare(inputs[0])
        if inputs.count > 1 { function.compiled.prepare(inputs[inputs.count - 1]) }
        if context.hasFailed { return [] }
        let sums = function.sums.isUsed ? function.sums : nil
        sums?.begin(inputs.count, exchange)
        defer { sums?.end() }
        let threads = sums == nil ? threads : threadsOfShards
        var outcomes = [Result<ShardResult<Output>, any Error>?](repeating: nil, count: inputs.count)
        outcomes.withUnsafeMutableBufferPointer { outcomes in
            threads.forEach(inputs.count) { place in
                let outcome = Result { try withErrors { function.compiled(inputs[place]) } }
                if case .failure = outcome { sums?.fail() }
                outcomes[place] = outcome
            }
        }
        do {
            // What failed by itself comes before what failed with it.
            let failures = outcomes.compactMap { outcome -> (any Error)? in
                if case .failure(let error)? = outcome { error } else { nil }
            }
            if let error = failures.first(where: { !"\($0)".contains(ShardSums.broken.message) }) { throw error }
            return try outcomes.map { try $0!.get() }
        } catch {
            let failure = error as? MartletError ?? MartletError("\(error)")
            if !FailureScope.note(failure) { stop(failure.location ?? function.name, failure.message) }
            return []
        }
    }
}

/// The steps of `fit`, `evaluate` and `predict` on the shards of batches.
final class DistributedSteps: ModelSteps {
    private unowned let model: Model
    private let strategy: DistributionStrategy
    private let train: ShardFunction<Batch, [Tensor]>
    private let test: ShardFunction<Batch, [Tensor]>
    private let predict: ShardFunction<[Tensor], [Tensor]>
    private let divisors: CompiledFunction<Batch, [Tensor]>
    private let apply: EffectFunction
    private var needsDivisors = false

    init(_ model: Model, _ strategy: DistributionStrategy) {
        self.model = model
        self.strategy = strategy
        train = ShardFunction(name: "\(model.name).trainStep", isMean: true) { [unowned model] (batch: Batch) -> [Tensor] in
            Context.current.trace?.depends(on: model)
            model.trainStep(batch)
            return []
        }
        test = ShardFunction(name: "\(model.name).testStep", isMean: true) { [unowned model] (batch: Batch) -> [Tensor] in
            Context.current.trace?.depends(on: model)
            model.testStep(batch)
            return []
        }
        predict = ShardFunction(name: "\(model.name).predict", isMean: true) { [unowned model] (inputs: [Tensor]) -> [Tensor] in
            model.apply(inputs, training: false)
        }
        divisors = compiled(name: "\(model.name).lossDivisors") { [unowned model] (batch: Batch) -> [Tensor] in
            let divisors = model.lossDivisors(batch)
            _ = Context.current.trace?.takeAssignments()
            return divisors
        }
        apply = EffectFunction(name: "\(model.name).update", isMean: true)
    }

    func makeTrainStep(_ batch: Batch) { run(train, batch) }
    func makeTestStep(_ batch: Batch) { run(test, batch) }

    private func run(_ function: ShardFunction<Batch, [Tensor]>, _ batch: Batch) {
        let batch = model.withElementsRead(batch)
        let shards = Shards(of: batch.count, into: strategy.shards)
        let factors = needsDivisors ? lossFactors(batch, shards) : nil
        if strategy.step(function, batch, 0..<batch.count, shards, lossFactors: factors, apply) == nil, !Context.current.hasFailed {
            needsDivisors = true
            _ = strategy.step(function, batch, 0..<batch.count, shards, lossFactors: lossFactors(batch, shards), apply)
        }
    }

    /// What makes the losses of shards, weighted by their numbers of samples, the losses of the batch.
    private func lossFactors(_ batch: Batch, _ shards: Shards) -> [[Tensor]] {
        let values = shards.ranges.map { range in
            divisors(batch.mapTensors { $0[range] }).map { $0.item(as: Double.self) }
        }
        return zip(values, shards.ranges).map { own, range in
            own.indices.map { output in
                let total = values.reduce(0) { $0 + $1[output] }
                let factor = total == 0 ? 1 : own[output] / total * Double(shards.count) / Double(range.count)
                return Tensor(factor, dtype: .float64)
            }
        }
    }

    func predictions(for inputs: [Tensor]) -> [Tensor] {
        let inputs = model.withElementsRead(inputs)
        let shards = Shards(of: inputs[0].shape[0], into: strategy.shards)
        guard let outputs = strategy.step(predict, inputs, 0..<shards.count, shards, lossFactors: nil, apply) else { return [] }
        return outputs.count == 1 ? outputs[0] : outputs[0].indices.map { index in Model.joined(outputs.map { $0[index] }) }
    }
}
