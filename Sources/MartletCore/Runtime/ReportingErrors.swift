import Foundation

/// Runs the main part of a program so that an error reads as a sentence: what `body` throws is printed to standard error, and
/// the process ends with status 1. Swift itself would crash, with a backtrace.
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
        exit(1)
    }
}
