import Foundation

/// Why an op cannot take its inputs: found by the op's shape rule, or by its kernel when values are out of range.
package struct OpFailure: Error {
    package let message: String
    /// The op that failed within a compiled function, its inputs and the path of its layer.
    let origin: (op: String, inputs: [TensorSpec], layerPath: [String])?

    package init(_ message: String) {
        self.message = message
        origin = nil
    }

    /// A failure of a step of a compiled function.
    init(_ failure: OpFailure, of op: String, _ inputs: [TensorSpec], in layerPath: [String]) {
        message = failure.message
        origin = failure.origin ?? (op, inputs, layerPath)
    }
}

/// Stops the program: a mistake in Swift code that no data can cause. Names the function and the path of the layer that
/// called it.
package func stop(_ function: String, _ message: String) -> Never {
    // What the program printed before would be lost where its output is a pipe or a file.
    fflush(nil)
    fatalError("Martlet: \(placed(function)): \(message)")
}

/// A wrong call: noted within `withErrors`, which throws it, where the caller goes on with a value that does no harm; else it
/// stops the program.
package func fail(_ function: String, _ message: String) {
    if !FailureScope.note(MartletError(message, at: placed(function))) { stop(function, message) }
}

/// An op that cannot take its inputs: like `fail(_:_:)`.
func fail(_ op: String, _ failure: OpFailure, _ inputs: @autoclosure () -> [TensorSpec]) {
    let context = Context.current
    let path = context.layerPath
    if let origin = failure.origin { context.layerPath = origin.layerPath }
    defer { context.layerPath = path }
    let received = (failure.origin?.inputs ?? inputs()).map(\.description).joined(separator: ", ")
    fail(failure.origin?.op ?? op, "\(failure.message) Received: \(received).")
}

/// Fails with `message` when `condition` does not hold.
/// - Returns: `condition`. Within `withErrors` a caller whose next lines rely on it must look at the result.
@discardableResult
package func require(
    _ condition: Bool, _ function: @autoclosure () -> String, _ message: @autoclosure () -> String
) -> Bool {
    if !condition { fail(function(), message()) }
    return condition
}

/// The function with the path of the layer that called it, or the loss or metric.
private func placed(_ function: String) -> String {
    let path = Context.current.layerPath
    guard let first = path.first else { return function }
    let isLayer = !first.hasPrefix("loss ") && !first.hasPrefix("metric ")
    return "\(function) (in \(isLayer ? "layer " : "")\(path.joined(separator: "/")))"
}
