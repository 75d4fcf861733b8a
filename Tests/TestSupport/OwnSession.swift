import MartletCore
import Testing

/// Runs each test, and each case of one, in a session of its own with a seed: its random numbers and the names of its layers are
/// the same whatever else runs beside it. Every suite has it.
public struct OwnSession: SuiteTrait, TestTrait, TestScoping {
    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withSession(Session(seed: 1), function)
    }
}

extension Trait where Self == OwnSession {
    /// Runs each test in a session of its own with a seed.
    public static var ownSession: Self { OwnSession() }
}
