import MartletCore
import MartletData

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
        try plan.prepare()
        let history = History()
        let callbacks = plan.callbacks.withoutLists
        let all = callbacks + [history, ProgressBar()]
        func tell(steps: Int?) {
            for callback in all {
                callback.parameters = FitParameters(epochs: plan.epochs, steps: steps ?? 0, verbosity: plan.verbosity)
            }
        }
        for callback in all { callback.model = self }
        tell(steps: plan.steps)
        let compiled = self.steps()
        stopTraining = false
        let keepers = all.compactMap { $0 as? BackupAndRestore }
        for keeper in keepers { keeper.others = callbacks.filter { !($0 is BackupAndRestore) } }
        for callback in all { callback.backupFolder = keepers.first?.folder }
        defer {
            for keeper in keepers { keeper.others = [] }
            presentOrder = nil
        }
        for callback in all { try callback.onTrainBegin() }
        let wasStopped = stopTraining
        for keeper in keepers { try keeper.remind() }
        let resumed = all.lazy.compactMap(\.resumption).first ?? (epoch: plan.initialEpoch, batch: 0)
        // A backup may be of a training that was stopped early, and then there is nothing more to do.
        let isOver = stopTraining && !wasStopped
        for epoch in resumed.epoch..<(isOver ? resumed.epoch : max(resumed.epoch, plan.epochs)) {
            // The metrics have what came before in an epoch that goes on.
            let skipped = epoch == resumed.epoch ? min(resumed.batch, plan.steps ?? .max) : 0
            if skipped == 0 { compilation.resetMetrics() }
            for callback in all { try callback.onEpochBegin(epoch) }
            let seen = try forEachExecution(
                of: try plan.batches(epoch, skipped), from: skipped, limit: plan.steps, compilation.stepsPerExecution
            ) { first in
                for callback in all { try callback.onTrainBatchBegin(first) }
            } step: { batch in
                if let compiled { compiled.makeTrainStep(batch) } else { trainStep(batch) }
            } end: { last in
                for callback in all { try callback.onTrainBatchEnd(last, logs: compilation.logs) }
                for keeper in keepers { try keeper.saveBatch(last) }
                return !stopTraining
            }
            if plan.steps == nil, !stopTraining { tell(steps: seen) }
            var logs = try withErrors(compilation.logs)
            compilation.optimizer.endEpoch()
            if let validate = plan.validate, (epoch + 1) % plan.validationFrequency == 0 {
                logs.add(try validate(all), prefix: "val_")
            }
            for callback in all { try callback.onEpochEnd(epoch, logs: &logs) }
            for keeper in keepers { try keeper.saveEpoch(epoch) }
            if stopTraining { break }
        }
        compilation.optimizer.finalizeValues(of: trainableVariables)
        for callback in all { try callback.onTrainEnd() }
        return history
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
        func following() throws -> Batch? { count < limit ?? .max ? try next() : nil }
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
