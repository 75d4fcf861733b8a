import Synchronization

/// The executables of one graph: as many as threads have run it at the same time, each with memory of its own.
final class ExecutablePool: Sendable {
    /// The one that is always there.
    let first: Executable
    private let idle: Mutex<[Executable]>

    /// How many are kept for the next runs.
    private static let limit = 16

    init(_ first: Executable) {
        self.first = first
        idle = Mutex([first])
    }

    /// Runs the graph on tensors of its inputs' specs.
    func run(_ arguments: [Tensor]) throws(OpFailure) -> [Tensor] {
        let executable = try taken()
        defer { giveBack(executable) }
        return try executable.run(arguments)
    }

    /// Runs the graph on arguments and leaves its results where `memory` says.
    func run(_ memory: KernelMemory) throws(OpFailure) {
        let executable = try taken()
        defer { giveBack(executable) }
        try executable.run(memory)
    }

    /// An executable that nobody else runs.
    private func taken() throws(OpFailure) -> Executable {
        if let executable = idle.withLock({ $0.popLast() }) { return executable }
        return try Executable(beside: first)
    }

    private func giveBack(_ executable: Executable) {
        idle.withLock { if $0.count < Self.limit { $0.append(executable) } }
    }
}
