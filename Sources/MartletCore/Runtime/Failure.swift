import Foundation

/// Why an op cannot take its inputs: found by the op's shape rule, or by its kernel when values are out of range.
package struct OpFailure: Error {
    package let message: String
    package init(_ message: String) { self.message = message }
}

/// Stops the program: a wrong call in Swift code. Names the op or function and the path of the layer that called it.
package func stop(_ function: String, _ message: String) -> Never {
    let path = Context.current.layerPath.joined(separator: "/")
    let place = path.isEmpty ? "" : " (in layer \(path))"
    // What the program printed before would be lost where its output is a pipe or a file.
    fflush(nil)
    fatalError("Martlet: \(function)\(place): \(message)")
}

/// Stops with `message` when `condition` does not hold.
package func require(
    _ condition: Bool, _ function: @autoclosure () -> String, _ message: @autoclosure () -> String
) {
    if !condition { stop(function(), message()) }
}
