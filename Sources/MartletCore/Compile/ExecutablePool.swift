/// The executables of one graph: as many as threads have run it at the same time, each with memory of its own.
final class ExecutablePool: Sendable {
    /// The one that is always there.
    let first: Executable
    private let idle: Guarded<[Executable]>

    /// How many are kept for the next runs.
    private static let limit = 16

    init(_ first: Executable) {
        self.first = first
        idle = Guarded([first])
    }

    /// Calls `body` with an executable that nobody else runs. Fails also when there is no memory for one more.
    func withExecutable<R>(_ body: (Executable) throws(OpFailure) -> R) throws(OpFailure) -> R {
        let kept = idle.withLock { $0.popLast() }
        let executable = if let kept { kept } else { try Executable(beside: first) }
        defer { idle.withLock { if $0.count < Self.limit { $0.append(executable) } } }
        return try body(executable)
    }
}
