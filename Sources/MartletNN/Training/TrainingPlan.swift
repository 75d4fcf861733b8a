import Foundation
import MartletCore
import MartletData

extension Context {
    /// Runs `body` while `numerics` looks for NaN and infinity, nil for nobody.
    func withNumerics<R>(_ numerics: NumericsCheck?, _ body: () throws -> R) rethrows -> R {
        let outer = self.numerics
        self.numerics = numerics
        defer { self.numerics = outer }
        return try body()
    }
}

/// What `fit` does, whatever its data comes from.
struct TrainingPlan {
    let epochs: Int
    let initialEpoch: Int
    /// The number of steps in an epoch, nil when only the data's end tells.
    let steps: Int?
    /// What `fit` was asked for.
    let stepsPerEpoch: Int?
    let validationFrequency: Int
    let verbosity: Verbosity
    let callbacks: [Callback]
    let checkpoints: Checkpoints?
    let resume: Resumption
    /// What must be the same when training goes on, known when `prepare` has run.
    let facts: () -> TrainingFacts
    /// Checks that model and data fit each other, before the first step.
    let prepare: () throws -> Void
    /// Begins an epoch behind its first batches: the closure gives the others, nil at the end. The first epoch that is begun is
    /// later than `initialEpoch` when a backup is resumed.
    let batches: (_ epoch: Int, _ skipped: Int) throws -> () throws -> Batch?
    /// Evaluates after an epoch, with callbacks.
    let validate: (([Callback]) throws -> Logs)?
}

extension Model {
    /// The loop of `fit`.
    func train(_ plan: TrainingPlan, _ compilation: Compilation) throws -> History {
        if debugsNumerics, Context.current.numerics == nil {
            return try withDebugNumerics { try train(plan, compilation) }
        }
        // Steps are looked at, not what callbacks compute.
        let numerics = Context.current.numerics
        return try Context.current.withNumerics(nil) { try train(plan, compilation, numerics) }
    }

    private func train(_ plan: TrainingPlan, _ compilation: Compilation, _ numerics: NumericsCheck?) throws -> History {
        run.lock()
        defer { run.unlock() }
        for (argument, value) in [("validationFrequency", plan.validationFrequency), ("stepsPerEpoch", plan.stepsPerEpoch ?? 1)]
        where value < 1 {
            throw MartletError("Expected a number of at least 1. Received: \(value).", at: argument)
        }
        guard plan.epochs >= 0, plan.initialEpoch >= 0 else {
            throw MartletError(
                "Expected numbers of at least 0. Received: epochs \(plan.epochs), initialEpoch \(plan.initialEpoch).",
                at: "\(name).fit")
        }
        let keeper = try self.keeper(of: plan)
        try withErrors { try plan.prepare() }
        let history = History()
        let isChief = distribution?.isChief != false
        let callbacks = plan.callbacks.withoutLists.filter { isChief || !($0 is any ChiefCallback) }
        let signals = plan.checkpoints?.onSignal == true ? StopSignals([SIGINT, SIGTERM]) : nil
        defer { signals?.release() }
        let watch = callbacks.lazy.compactMap { $0 as? SignalWatch }.first ?? signals.map { _ in SignalWatch() }
        let watching = watch.map { watch in callbacks.contains { $0 === watch } ? [] : [watch] } ?? []
        let all = callbacks + [history] + (isChief ? [ProgressBar()] : []) + watching + [keeper].compactMap { $0 }
        func tell(steps: Int?) {
            for callback in all {
                callback.parameters = FitParameters(epochs: plan.epochs, steps: steps ?? 0, verbosity: plan.verbosity)
            }
        }
        for callback in all { callback.model = self }
        tell(steps: plan.steps)
        let compiled = self.steps()
        stopTraining = false
        let keepers = all.compactMap { $0 as? any TrainingKeeper }
        for keeper in keepers {
            keeper.others = callbacks.filter { !($0 is any TrainingKeeper) }
            keeper.facts = try withErrors { keeper.ownFacts.merging(plan.facts()) { $1 } }
        }
        // The history that is returned is whole, where Keras's is of the epochs since an interruption.
        keeper?.others.append(history)
        watch?.keepers = keepers
        watch?.all = all
        for callback in all { callback.backupFolder = keepers.first?.folder }
        defer {
            for keeper in keepers { keeper.others = [] }
            watch?.keepers = []
            watch?.all = []
            presentOrder = nil
        }
        for callback in all { try callback.onTrainBegin() }
        let wasStopped = stopTraining
        for keeper in keepers { try keeper.remind() }
        let resumed = all.lazy.compactMap(\.resumption).first ?? (epoch: plan.initialEpoch, batch: 0)
        // A backup may be of a training that was stopped early, and then there is nothing more to do.
        let isOver = stopTraining && !wasStopped
        let figures = BatchFigures(compilation)
        for epoch in resumed.epoch..<(isOver ? resumed.epoch : max(resumed.epoch, plan.epochs)) {
            // The metrics have what came before in an epoch that goes on.
            let skipped = epoch == resumed.epoch ? min(resumed.batch, plan.steps ?? .max) : 0
            if skipped == 0 { try withErrors { compilation.resetMetrics() } }
            for callback in all { try callback.onEpochBegin(epoch) }
            let batches = try withErrors { try plan.batches(epoch, skipped) }
            var seen = skipped
            do {
                _ = try forEachExecution(of: batches, from: skipped, limit: plan.steps, compilation.stepsPerExecution) { first in
                    for callback in all { try callback.onTrainBatchBegin(first) }
                } step: { batch in
                    numerics?.place = "epoch \(epoch + 1), batch \(seen + 1)"
                    Context.current.withNumerics(numerics) {
                        if let compiled { compiled.makeTrainStep(batch) } else { makeEagerStep(batch, numerics) }
                    }
                    seen += 1
                } end: { last in
                    figures.advance()
                    for callback in all { try callback.onTrainBatchEnd(last, figures) }
                    distribution?.agree(on: self)
                    for keeper in keepers { try keeper.saveBatch(last) }
                    try watch?.check()
                    return !stopTraining
                }
            } catch let error as MartletError where numerics?.finding == error.message {
                let ender = all.lazy.compactMap { $0 as? TerminateOnNaN }.first
                guard ender?.ends(for: error) == true else { throw error }
            }
            numerics?.place = "the validation after epoch \(epoch + 1)"
            if plan.steps == nil, !stopTraining { tell(steps: seen) }
            var logs = try withErrors(compilation.logs)
            if watch != nil { for keeper in keepers { keeper.noteEnd(of: epoch, batches: seen) } }
            try withErrors { compilation.optimizer.endEpoch() }
            if let validate = plan.validate, (epoch + 1) % plan.validationFrequency == 0 {
                logs.add(try Context.current.withNumerics(numerics) { try validate(all) }, prefix: "val_")
            }
            for callback in all { try callback.onEpochEnd(epoch, logs: &logs) }
            distribution?.agree(on: self)
            for keeper in keepers { try keeper.saveEpoch(epoch) }
            if stopTraining { break }
        }
        try withErrors { compilation.optimizer.finalizeValues(of: trainableVariables) }
        for callback in all { try callback.onTrainEnd() }
        return history
    }

    private func makeEagerStep(_ batch: Batch, _ numerics: NumericsCheck?) {
        guard let numerics else { return trainStep(batch) }
        let variables = weights + (optimizer?.variables ?? []) + metrics.flatMap(\.variables) + randomGenerators.map(\.state)
        numerics.step(variables) { trainStep(batch) }
    }

    /// What writes the checkpoints that a plan asks for, nil for none.
    private func keeper(of plan: TrainingPlan) throws -> CheckpointKeeper? {
        guard let checkpoints = plan.checkpoints else {
            guard plan.resume == .never else {
                throw MartletError("Expected checkpoints, from which training goes on. Received: none.", at: "resume")
            }
            return nil
        }
        guard !plan.callbacks.withoutLists.contains(where: { $0 is any TrainingKeeper }) else {
            throw MartletError("Expected checkpoints or BackupAndRestore. Received: both.", at: "checkpoints")
        }
        return try CheckpointKeeper(checkpoints, plan.resume)
    }

    /// Takes batches in groups of `size`, between two calls of the callbacks' hooks.
    /// - Parameters:
    ///   - from: the number of the first batch.
    ///   - limit: the most batches, those before the first one included.
    ///   - begin: gets the number of the first batch of a group.
    ///   - step: runs a batch.
    ///   - end: gets the number of the last batch of a group; false ends the loop.
    /// - Returns: the number after the last batch.
    func forEachExecution(
        of next: () throws -> Batch?, from: Int = 0, limit: Int?, _ size: Int, begin: (Int) throws -> Void, step: (Batch) -> Void,
        end: (Int) throws -> Bool
    ) throws -> Int {
        var count = from
        func following() throws -> Batch? { count < limit ?? .max ? try withErrors { try next() } : nil }
        while let first = try following() {
            try begin(count)
            var batch: Batch? = first
            for place in 0..<size {
                if place > 0 { batch = try following() }
                guard let taken = batch else { break }
                try withErrors { step(taken) }
                count += 1
            }
            guard try end(count - 1) else { break }
        }
        return count
    }
}

extension TensorDataset {
    /// The batches one after the other.
    func reading(size: Int) -> () -> Batch? {
        var steps = (0..<batchCount(size: size)).makeIterator()
        return { steps.next().map { batch($0, size: size) } }
    }
}
