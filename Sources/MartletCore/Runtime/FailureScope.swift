/// Runs `body`; a call inside that would stop the program throws instead: shapes that do not fit, an index out of range, an
/// argument that is not allowed, tensors for which there is no memory. For data, files and settings that are not known to be
/// good, in a server or a notebook. `fit`, `evaluate` and `predict` run their steps so.
///
/// ```swift
/// let product = try withErrors { matmul(x, y) }
/// ```
///
/// After the first failure the rest of `body` runs, but ops, assignments to variables and gradients in it do nothing:
/// their results stand for tensors and have no elements. Elements that are read from them are zeros. What `body` changed
/// before the failure stays changed.
///
/// Mistakes that no data can cause still stop the program: a layer without `call`, a tape that is used twice.
/// - Returns: what `body` returns.
/// - Throws: a `MartletError` with the first failure, which names the op or argument and the path of the layer; else
///   what `body` throws.
public func withErrors<R>(_ body: () throws -> R) throws -> R { try FailureScope.run(body) }

/// The part of a thread's work in which what would stop the program is noted, and thrown at the end. Until then the work
/// goes on with values that cannot do harm.
package final class FailureScope {
    fileprivate var failure: MartletError?

    /// Notes a failure. False outside of every scope.
    package static func note(_ error: @autoclosure () -> MartletError) -> Bool {
        let context = Context.current
        guard let scope = context.failureScope else { return false }
        if scope.failure == nil { scope.failure = error() }
        context.hasFailed = true
        return true
    }

    /// Runs `body`; throws the first failure that was noted meanwhile.
    package static func run<R>(_ body: () throws -> R) throws -> R {
        let context = Context.current
        let outer = context.failureScope
        // What failed already has no good values to work with.
        if context.hasFailed, let failure = outer?.failure { throw failure }
        let scope = FailureScope()
        context.failureScope = scope
        defer {
            context.failureScope = outer
            context.hasFailed = false
        }
        let result = Result { try body() }
        // What was noted came first, and is the reason for what was thrown.
        if let failure = scope.failure { throw failure }
        return try result.get()
    }

    /// Runs `body`; a failure that is noted meanwhile becomes what `explain` makes of it.
    package static func explaining<R>(
        _ explain: (MartletError) -> MartletError, _ body: () throws -> R
    ) rethrows -> R {
        guard let scope = Context.current.failureScope, scope.failure == nil else { return try body() }
        let result = try body()
        if let failure = scope.failure { scope.failure = explain(failure) }
        return result
    }
}
