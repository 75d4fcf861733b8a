import MartletCore
import MartletData

/// How `fit`, `evaluate` and `predict` run a step.
package protocol ModelSteps: AnyObject {
    /// Trains on a batch.
    func makeTrainStep(_ batch: Batch)
    /// Updates the metrics with a batch.
    func makeTestStep(_ batch: Batch)
    /// Computes the outputs for a batch.
    func predictions(for inputs: [Tensor]) -> [Tensor]
}

/// Runs the steps of models on shards of batches, in replicas or on several machines.
package protocol StepDistribution: AnyObject, Sendable {
    /// - Throws: `MartletError` when it cannot run the model's steps.
    func check(_ model: Model) throws
    /// The steps of a model.
    func makeSteps(of model: Model) -> any ModelSteps
    /// Whether this process prints and writes files.
    var isChief: Bool { get }
    /// Makes what callbacks of the chief decided, whether training stops and the learning rate, the decision of all.
    func agree(on model: Model)
}

/// A callback that writes files or sends messages and decides nothing: of several processes the chief's runs alone.
protocol ChiefCallback: Callback {}

/// The scope of a strategy.
package enum Distribution {
    /// The strategy of models that are made or compiled here.
    @TaskLocal package static var current: (any StepDistribution)?
}

/// Takes down what a step does beside computing, while it is traced on one shard of a batch: the updates of optimizers wait until
/// the gradients of all shards are there.
///
/// The loss of a batch is the mean of its shards' losses, weighted by their numbers of samples.
package final class StepShard {
    /// An optimizer's update.
    package typealias Update = (optimizer: Optimizer, gradients: [Tensor?], variables: [Variable])

    /// The shard's part of the batch's samples, a `float64` scalar.
    package let share: Tensor
    /// For each output, what makes its loss count by mask or weights and not by samples; nil while that is not known.
    private let lossFactors: [Tensor]?
    /// Adds a shard's tensor to those of the others: all get the sum. Gradients flow through it.
    private let shardSum: (Tensor) -> Tensor
    /// The updates, in the order in which the step made them.
    package private(set) var updates: [Update] = []
    /// Whether a loss is divided by something else than the number of samples.
    package private(set) var needsDivisors = false

    /// Begins a step.
    package init(share: Tensor, lossFactors: [Tensor]?, shardSum: @escaping (Tensor) -> Tensor) {
        self.share = share
        self.lossFactors = lossFactors
        self.shardSum = shardSum
    }

    /// The sum of a tensor over all shards of the batch, which each of them has to ask for.
    func sumOverShards(_ tensor: Tensor) -> Tensor { shardSum(tensor) }

    /// That of the step that this thread traces, nil elsewhere.
    package static var current: StepShard? { Context.current.shard as? StepShard }

    /// The factor of an output's loss, nil for 1.
    func factor(of loss: Loss, output index: Int, _ yTrue: Tensor, _ yPred: Tensor, _ weight: Tensor?) -> Tensor? {
        // The total is the sum of the shards' sums.
        if loss.reduction == .sum { return 1 / share }
        guard loss.divisor(yTrue, yPred, sampleWeight: weight) != nil else { return nil }
        needsDivisors = true
        return lossFactors?[index]
    }

    fileprivate func add(_ update: Update) {
        updates.append(update)
        Context.current.trace?.noteLaterUpdate(of: zip(update.gradients, update.variables).compactMap { $0 == nil ? nil : $1 })
    }
}

extension Optimizer {
    /// Whether a shard keeps an update until the gradients of all shards are there.
    final func leavesUpdate(to shard: StepShard?, _ gradients: [Tensor?], _ variables: [Variable]) -> Bool {
        guard let shard else { return false }
        _ = checked(gradients, variables)
        if !Context.current.hasFailed { shard.add((self, gradients, variables)) }
        return true
    }

    /// Whether updates ask which rows of a table were read.
    package var asksForRows: Bool { thoseThatUpdate.contains { $0.options.sparseUpdates || $0.keepsUnreadWeights } }
}
