import ArgumentParser
import Foundation
import Martlet
import MartletDistributed

/// In how many replicas `fit` and `demo` train.
struct ReplicaOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Train in n replicas on threads of this process, with the batch cut into shards. All numbers of replicas give the \
            same weights, which differ from those without this option. Under mpirun or srun the ranks are the replicas.
            """, valueName: "n"))
    var replicas: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The number of shards of a batch, at least the replicas (default: 4).", valueName: "n"))
    var shards: Int?

    /// What decides about the weights: the number of replicas does not.
    var fact: String {
        replicas == nil && MultiWorkerMirroredStrategy.ranksOfJob == nil ? "none" : String(shards ?? 4)
    }

    func validate() throws {
        if shards != nil, replicas == nil, MultiWorkerMirroredStrategy.ranksOfJob == nil {
            throw ValidationError("Expected --replicas with --shards, or the ranks of a job.")
        }
    }

    /// The strategy that was asked for: replicas, or the ranks of the job that started this process. Ranks other than the first
    /// print nothing from here on.
    func strategy(_ runs: RunOptions) throws -> DistributionStrategy? {
        let shards = shards ?? 4
        try expect(shards, atLeast: 1, "--shards")
        if let replicas { try expect(replicas, atLeast: 1, "--replicas") }
        guard let ranks = MultiWorkerMirroredStrategy.ranksOfJob else {
            guard let replicas else { return nil }
            return try withErrors { MirroredStrategy(replicas: replicas, shards: shards) }
        }
        guard replicas == nil else {
            throw wrongOption("Expected ranks or replicas. Received: both, with \(ranks) ranks.", at: "--replicas")
        }
        guard runs.run == nil else {
            throw wrongOption("Expected no --run in a job of \(ranks) ranks: its records are of one process.", at: "--run")
        }
        let strategy = try MultiWorkerMirroredStrategy(shards: shards)
        if !strategy.isChief {
            fflush(nil)
            let null = open("/dev/null", O_WRONLY)
            if null >= 0 { dup2(null, STDOUT_FILENO) }
        }
        return strategy
    }
}

extension DistributionStrategy? {
    /// Runs `body`, whose models train with the strategy.
    func scope<R>(_ body: () throws -> R) rethrows -> R { try self?.scope(body) ?? body() }

    /// Whether this process writes files.
    var isChief: Bool { self?.isChief ?? true }
}
