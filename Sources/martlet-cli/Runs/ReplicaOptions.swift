import ArgumentParser
import Martlet
import MartletDistributed

/// In how many replicas `fit` and `demo` train.
struct ReplicaOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Train in n replicas on threads of this process, with the batch cut into shards. Any number of replicas gives the \
            same weights; other weights than without this option.
            """, valueName: "n"))
    var replicas: Int?
    @Option(help: ArgumentHelp("The number of shards of a batch, at least the replicas (default: 4).", valueName: "n"))
    var shards: Int?

    func validate() throws {
        if shards != nil, replicas == nil { throw ValidationError("Expected --replicas with --shards.") }
    }

    /// Runs `body`, whose models train in replicas where they were asked for.
    func scope<R>(_ body: () throws -> R) throws -> R {
        guard let replicas else { return try body() }
        let shards = shards ?? 4
        try expect(shards, atLeast: 1, "--shards")
        try expect(replicas, atLeast: 1, "--replicas")
        return try withErrors { MirroredStrategy(replicas: replicas, shards: shards) }.scope(body)
    }
}
