/// An error about something that came from outside: a file, data, a configuration, a command line, the environment.
///
/// The message says what was expected, what came, where, and what to do about it, in a sentence or two.
public struct MartletError: Error, CustomStringConvertible, Equatable {
    /// What was expected, what came, and what to do.
    public let message: String
    /// Where: the file, the layer path or the argument, nil when the message says it.
    public let location: String?

    /// Makes an error with a message and, where it helps, the file, layer path or argument it is about.
    ///
    /// Both may hold text from outside, of any length: of what stands in quotation marks only the first 100 characters are
    /// kept, of a name without them 255, as many as a file's name has.
    public init(_ message: String, at location: String? = nil) {
        self.message = MartletError.shortened(message)
        self.location = location.map(MartletError.shortened)
    }

    public var description: String { location.map { "\($0): \(message)" } ?? message }

    /// The most characters of a name from outside that errors quote, and that suggestions compare.
    package static let quotedCount = 100

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > quotedCount else { return text }
        let scalars = text.unicodeScalars
        // Bounds the work below.
        let whole = text.utf8.count <= 5_000
            ? text : String(scalars.prefix(2_500)) + "…" + String(scalars.suffix(1_000))
        return whole.split(separator: "\"", omittingEmptySubsequences: false).enumerated().map { index, piece in
            if index % 2 == 1 { return cut(piece, to: quotedCount) }
            let words = piece.split(separator: " ", omittingEmptySubsequences: false).map { word in
                word.split(separator: "/", omittingEmptySubsequences: false).map { cut($0, to: 255) }.joined(separator: "/")
            }
            return words.joined(separator: " ")
        }.joined(separator: "\"")
    }

    private static func cut(_ text: Substring, to count: Int) -> String {
        text.unicodeScalars.count <= count ? String(text) : String(text.unicodeScalars.prefix(count)) + "…"
    }
}
