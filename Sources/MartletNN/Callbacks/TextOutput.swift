import Foundation

/// Where text for people goes: the standard output, or a closure that collects it.
public struct TextOutput: Sendable {
    /// Whether a line can be drawn anew, and in colours.
    public let isTerminal: Bool
    private let columns: @Sendable () -> Int?
    private let sink: @Sendable (String) -> Void

    /// Makes an output of one's own.
    /// - Parameters:
    ///   - isTerminal: whether the text may move the cursor and set colours.
    ///   - columns: the present width, nil when unknown.
    ///   - write: takes the text.
    public init(
        isTerminal: Bool = false, columns: @escaping @Sendable () -> Int? = { nil },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.columns = columns
        sink = write
    }

    /// The number of characters in a line; nil when unknown.
    public var width: Int? { columns() }

    /// Writes text as it is.
    public func write(_ text: String) { sink(text) }

    /// The process's standard output, unbuffered. It counts as a terminal when it is one that can move its cursor.
    public static var standardOutput: TextOutput {
        let isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        return TextOutput(isTerminal: isTerminal, columns: { terminalWidth() }) { text in
            // What others printed comes first. A closed pipe is no reason to end a training.
            fflush(nil)
            try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        }
    }

    private static func terminalWidth() -> Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
