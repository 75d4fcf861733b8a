import Foundation

/// An error with an exit code of its own for the process.
package protocol EndsProcess: Error {
    var exitCode: Int32 { get }
}

/// Runs the main part of a program so that an error reads as a sentence: what `body` throws is printed to standard error, and
/// the process ends with status 1, or 130 or 143 after a signal that ended a training. Swift itself would crash, with a backtrace.
///
/// ```swift
/// reportingErrors {
///     let model = try Model.load(from: "digits.keras")
///     try model.fit(x, y)
/// }
/// ```
/// - Parameter body: what the program does.
/// - Returns: what `body` returns.
public func reportingErrors<Result>(_ body: () throws -> Result) -> Result {
    do {
        return try body()
    } catch {
        fflush(nil)
        try? FileHandle.standardError.write(contentsOf: Data("error: \(error)\n".utf8))
        exit((error as? any EndsProcess)?.exitCode ?? 1)
    }
}
