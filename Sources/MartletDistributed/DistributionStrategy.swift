import MartletCore
import MartletData
import MartletNN

/// Trains one model in several replicas: the base of ``MirroredStrategy``.
///
/// A batch is cut into `shards`, a fixed number, whatever the number of replicas. Each replica computes some of them, and their
/// gradients, metrics and statistics are added in a fixed order. So any number of replicas gives the same bits.
///
/// ```swift
/// let strategy = MirroredStrategy(replicas: 2)
/// let model = try strategy.scope {
///     let model = Sequential([Dense(64, activation: .relu), Dense(10, activation: .softmax)])
///     try model.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
///     return model
/// }
/// try model.fit(x, y, batchSize: 128, epochs: 5)
/// ```
///
/// The batch size is that of all replicas together. What a layer computes over its batch, it computes over a shard: batch
/// normalization has the statistics of the shard, and its moving averages follow the mean of all shards', unless it is
/// `synchronized`. The losses of samples,
/// with masks, weights and a smaller last batch, have the mean that they have without a strategy.
///
/// Source: [`tf.distribute.Strategy`](https://www.tensorflow.org/api_docs/python/tf/distribute/Strategy).
public class DistributionStrategy: StepDistribution, @unchecked Sendable {
    /// The number of parts of a batch.
    public let shards: Int
    /// The number of replicas that train together.
    public var numReplicasInSync: Int { threads.count }
    let threads: ReplicaThreads
    /// A thread for each shard, where they wait for each other in the middle of a step.
    private(set) lazy var threadsOfShards = ReplicaThreads(shards)

    init(shards: Int, replicas: Int) {
        let most = 4096
        require(
            (1...most).contains(shards), "\(Self.self)", "Expected shards from 1 to \(most). Received: \(shards).")
        require(
            replicas >= 1 && replicas <= shards, "\(Self.self)",
            "Expected replicas from 1 to the number of shards, \(shards). Received: \(replicas). More shards are allowed, as in "
                + "\(Self.self)(replicas: 8, shards: 8): the results then have other bits.")
        self.shards = max(1, min(shards, most))
        threads = ReplicaThreads(max(1, min(replicas, self.shards)))
    }

    /// Runs `body`: the models that it makes, loads or compiles train with this strategy from then on.
    /// - Returns: what `body` returns.
    public func scope<R>(_ body: () throws -> R) rethrows -> R {
        try Distribution.$current.withValue(self, operation: body)
    }

    /// Runs a function on the shards of a batch, and puts its effects into force.
    /// - Parameter held: which samples of the batch the input has.
    /// - Returns: what it returned on each shard; nil, without an effect, after a failure, or when a loss needs factors that are
    ///   not given.
    func step<Input: TensorGroup, Output: TensorGroup>(
        _ function: ShardFunction<Input, Output>, _ input: Input, _ held: Range<Int>, _ shards: Shards,
        lossFactors: [[Tensor]]?, _ apply: EffectFunction
    ) -> [Output]? {
        let numbers = Array(shards.ranges.indices)
        let results = results(function, input, held, shards, numbers, lossFactors: lossFactors) { own, _ in
            numbers.map { own[$0]! }
        }
        if results.isEmpty || lossFactors == nil && results.contains(where: \.needsDivisors) { return nil }
        apply(results.map(\.effects), shards)
        return results.map(\.output)
    }

    /// Which samples of a batch this process needs.
    func samples(ofBatch count: Int) -> Range<Int> { 0..<count }

    /// Whether all processes have a next batch.
    /// - Throws: the error of any process.
    func allGoOn(with next: Result<DistributedBatch?, any Error>) throws -> Bool { try next.get() != nil }

    /// Whether this process prints and writes files.
    public var isChief: Bool { true }

    package func agree(on model: Model) {}

    package func makeSteps(of model: Model) -> any ModelSteps { DistributedSteps(model, self) }

    package func check(_ model: Model) throws {
        func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
            if !condition { throw MartletError("\(message()) Leave it out, or train without a strategy.", at: model.name) }
        }
        try expect(!model.runsEagerly, "Expected a model that runs compiled within a strategy. Received: runEagerly.")
        try expect(!model.debugsNumerics, "Expected a model without debugNumerics within a strategy.")
        try expect(
            !model.needsElementsInside,
            "Expected layers whose shapes do not depend on texts. Received one that does, behind the model's first layer.")
        var found: [Layer] = [model]
        while let layer = found.popLast() {
            found += layer.sublayers
            try expect(
                (layer as? RecurrentLayer)?.stateful != true,
                "The layer \"\(layer.name)\" is stateful: the shards of a batch cannot go on from one state.")
        }
    }
}

extension DistributionStrategy: CustomStringConvertible, CustomDebugStringConvertible {
    /// The type, and into how many parts steps are cut: `MirroredStrategy(2 replicas, 4 shards)`.
    public var description: String {
        let count = numReplicasInSync
        return "\(Self.self)(\(count) replica\(count == 1 ? "" : "s"), \(shards) shard\(shards == 1 ? "" : "s"))"
    }
    public var debugDescription: String { description }
}
