import MartletCore

/// Trains in several replicas on threads of this process, with one set of variables. See ``DistributionStrategy``.
///
/// Replicas pay where a model's own operations are too small for all cores. They take their parts of the cores from the threads
/// of `Settings.threadCount`.
///
/// Source: [`tf.distribute.MirroredStrategy`](https://www.tensorflow.org/api_docs/python/tf/distribute/MirroredStrategy).
public final class MirroredStrategy: DistributionStrategy, @unchecked Sendable {
    /// Makes a strategy.
    /// - Parameters:
    ///   - replicas: how many shards are computed at the same time, at most `shards`; nil is the number of threads, at most
    ///     `shards`. It does not change the results.
    ///   - shards: the number of parts of a batch, from 1 to 4096. Another number gives other bits.
    public init(replicas: Int? = nil, shards: Int = 4) {
        super.init(shards: shards, replicas: replicas ?? max(1, min(Settings.threadCount, shards)))
    }
}
