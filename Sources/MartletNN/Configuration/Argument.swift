import MartletCore

/// Checks of the arguments with which layers and their parts are made, written once: a bad one stops the program where
/// Swift code passes it, and throws where it comes from a configuration.
package enum Argument {
    /// Complains unless `condition` holds. From a configuration, the caller goes on with the bad value and
    /// `throwing(_:)` throws at the end; so what an initializer does with its arguments must not trap.
    /// - Parameters:
    ///   - owner: what is being made: `Dense`.
    ///   - name: the argument: `units`.
    ///   - expected: what it should be: `a positive integer`.
    package static func check(
        _ condition: Bool, _ owner: @autoclosure () -> String, _ name: @autoclosure () -> String,
        expected: @autoclosure () -> String, received: @autoclosure () -> Any
    ) {
        if !condition {
            complain("Expected \(Caller.words(expected())). Received: \(received()).", owner(), name())
        }
    }

    /// Complains about an argument.
    static func complain(_ message: String, _ owner: String, _ name: String) {
        let place = "\(owner).\(Caller.words(name))"
        if !FailureScope.note(MartletError(message, at: place)) { stop(place, message) }
    }

    /// Notes what was thrown, where it cannot be thrown on. Outside of `withErrors` it stops the program.
    static func note(_ error: any Error) {
        let error = error as? MartletError ?? MartletError("\(error)")
        if !FailureScope.note(error) { stop(error.location ?? "Configuration", error.message) }
    }

    /// Makes something from a configuration: bad arguments throw.
    package static func throwing<R>(_ make: () throws -> R) throws -> R { try FailureScope.run(make) }
}

/// One number for all spatial axes, or one for each: where Keras takes an integer or a tuple.
public protocol PerAxis: Sendable {
    /// The numbers, one for each of `count` axes when the value is a single one.
    func numbers(axes count: Int) -> [Int]
}

extension Int: PerAxis {
    public func numbers(axes count: Int) -> [Int] { [Int](repeating: self, count: count) }
}

extension [Int]: PerAxis {
    public func numbers(axes count: Int) -> [Int] { self }
}
