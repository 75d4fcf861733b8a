import MartletCore
import MartletData
import MartletNN

/// A function of a batch that a strategy runs on its shards. ``DistributionStrategy/function(name:_:)`` makes it.
public final class ReplicaFunction<Output: TensorGroup> {
    let function: ShardFunction<Batch, Output>
    let apply: EffectFunction

    init(name: String, _ body: @escaping (Batch) -> Output) {
        function = ShardFunction(name: name, isMean: false, body)
        apply = EffectFunction(name: "\(name).update", isMean: false)
    }
}

/// What the shards of a batch gave, in their order.
public struct PerReplica<Output: TensorGroup> {
    /// The values, one for each shard.
    public let values: [Output]
    /// The numbers of samples.
    public let counts: [Int]
}

/// How the values of shards become one.
public enum ReduceOp: Sendable {
    /// Their sum.
    case sum
    /// Their mean, weighted by the numbers of samples.
    case mean
}

extension DistributionStrategy {
    /// Makes a step of a loop of one's own: a function of a batch, which `run` calls on its shards.
    ///
    /// ```swift
    /// let step = strategy.function { batch in
    ///     let tape = GradientTape()
    ///     let loss = tape.record {
    ///         computeAverageLoss(lossFunction(batch.y, model(batch.x, training: true)))
    ///     }
    ///     optimizer.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables)
    ///     return loss
    /// }
    /// for batch in data.batches(of: 64) {
    ///     let loss = strategy.reduce(.sum, strategy.run(step, batch))
    /// }
    /// ```
    ///
    /// It is compiled, as ``compiled(name:maximumTraces:_:)`` describes, once for each shape of shard. Optimizers get the sum of
    /// the shards' gradients, so a loss is a sum over the shard's samples divided by the batch's number: `computeAverageLoss`.
    /// They change the weights when all shards have ended, so weights must not be read after `apply`. Metrics that are updated
    /// inside have the values of all shards. Draws from random streams differ from shard to shard.
    public func function<Output: TensorGroup>(
        name: String = "step", _ body: @escaping (Batch) -> Output
    ) -> ReplicaFunction<Output> { ReplicaFunction(name: name, body) }

    /// Calls a step on the shards of a batch, in all replicas.
    /// - Parameter batch: the whole batch, which is the same in all processes.
    /// - Returns: what it returned on each shard.
    @discardableResult
    public func run<Output: TensorGroup>(_ step: ReplicaFunction<Output>, _ batch: Batch) -> PerReplica<Output> {
        run(step, DistributedBatch(part: batch, held: 0..<batch.count, count: batch.count))
    }

    /// Calls a step on the shards of a batch, of which each process has its part.
    /// - Returns: what it returned on each shard, of all processes.
    @discardableResult
    public func run<Output: TensorGroup>(_ step: ReplicaFunction<Output>, _ batch: DistributedBatch) -> PerReplica<Output> {
        let shards = Shards(of: batch.count, into: self.shards)
        let values = self.step(step.function, batch.part, batch.held, shards, lossFactors: nil, step.apply)
        require(
            values != nil || Context.current.hasFailed, step.function.name,
            "The step calls computeLoss of a model whose losses count by masks or weights. Let the model's fit do that.")
        return PerReplica(values: values ?? [], counts: shards.ranges.map(\.count))
    }

    /// Makes one value of those of the shards, in a fixed order.
    public func reduce(_ op: ReduceOp, _ perReplica: PerReplica<Tensor>) -> Tensor {
        let (values, counts) = (perReplica.values, perReplica.counts)
        guard let first = values.first else { return .substitute(TensorSpec([], .float32)) }
        guard op == .mean else { return SumTree.sum(values) }
        let total = Double(counts.reduce(0, +))
        return SumTree.sum(zip(values, counts).map { $0 * Tensor(Double($1) / total, dtype: first.dtype) })
    }
}

/// The sum of the losses of samples, divided by the number of samples of the whole batch, of which a strategy's step sees a
/// shard. Outside of such a step it is the mean.
/// - Parameter losses: one for each sample, or several: then of the mean of each sample's.
///
/// Source: [`tf.nn.compute_average_loss`](https://www.tensorflow.org/api_docs/python/tf/nn/compute_average_loss).
public func computeAverageLoss(_ losses: Tensor) -> Tensor {
    let mean = losses.mean()
    return StepShard.current.map { mean * $0.share.cast(to: mean.dtype) } ?? mean
}
