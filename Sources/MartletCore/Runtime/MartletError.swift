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
    /// kept, of a name without them 255, as many as a file's name has. Control characters are kept as `\u{1B}`, so that printing
    /// an error does not command the terminal.
    public init(_ message: String, at location: String? = nil) {
        self.message = MartletError.shortened(message).printable
        self.location = location.map { MartletError.shortened($0).printable }
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

extension String {
    /// The text without what commands a terminal: control characters, but for line ends and tabs, and those that turn the
    /// direction of writing stand as `\u{1B}`.
    package var printable: String {
        // Nearly all text has none.
        guard unicodeScalars.contains(where: \.commandsTerminal) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.commandsTerminal {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    package var commandsTerminal: Bool {
        switch value {
        case 0x09, 0x0A: false
        case ..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
