/// An error about something that came from outside: a file, data, a configuration, a command line, the environment.
///
/// The message says what was expected, what came, where, and what to do about it, in a sentence or two.
public struct MartletError: Error, CustomStringConvertible, Equatable {
    /// What was expected, what came, and what to do.
    public let message: String
    /// Where: the file, the layer path or the argument, nil when the message says it.
    public let location: String?

    /// Makes an error with a message and, where it helps, the file, layer path or argument it is about.
    public init(_ message: String, at location: String? = nil) {
        self.message = message
        self.location = location
    }

    public var description: String { location.map { "\($0): \(message)" } ?? message }
}
