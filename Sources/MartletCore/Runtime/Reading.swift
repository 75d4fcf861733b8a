import Synchronization

/// Set while something is made from a configuration: what would stop the program in Swift code is noted, and thrown when
/// the maker is done. Until then the maker goes on with values that cannot do harm.
package final class Reading: Sendable {
    @TaskLocal private static var current: Reading?
    private let problem = Mutex<MartletError?>(nil)

    /// Notes a problem for `throwing(_:)`, which throws the first one. False outside of it.
    package static func note(_ error: @autoclosure () -> MartletError) -> Bool {
        guard let current else { return false }
        let error = error()
        current.problem.withLock { $0 = $0 ?? error }
        return true
    }

    /// Runs `make`; throws the first problem that was noted meanwhile.
    package static func throwing<R>(_ make: () throws -> R) throws -> R {
        let reading = Reading()
        let result = Result { try $current.withValue(reading) { try make() } }
        // What was noted came first, and is the reason for what was thrown.
        if let problem = reading.problem.withLock({ $0 }) { throw problem }
        return try result.get()
    }
}
