import Foundation
import MartletFormats
import Synchronization

/// A destination for text that people read: standard output, or a closure.
public struct TextOutput: Sendable {
    /// Whether lines can be redrawn, and colours can be set.
    public let isTerminal: Bool
    private let columns: @Sendable () -> Int?
    private let sink: @Sendable (String) -> Void

    /// Makes an output that passes text to a closure.
    /// - Parameters:
    ///   - isTerminal: whether the text may move the cursor and set colours.
    ///   - columns: returns the current width, nil when unknown.
    ///   - write: receives the text.
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

    /// The standard output of the process, unbuffered. It is a terminal if it is one that can move its cursor.
    public static var standardOutput: TextOutput {
        let isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        return TextOutput(isTerminal: isTerminal, columns: { terminalWidth() }) { text in
            // Buffered output of others comes first. A closed pipe or a full disk does not end training.
            fflush(nil)
            if !Array(text.utf8).withUnsafeBytes({ FileIO.write($0, to: STDOUT_FILENO) }) {
                let code = errno
                failure.withLock { $0 = $0 ?? code }
            }
        }
    }

    /// The number (`errno`) of the first error of writing to the standard output of the process; nil when there was none.
    package static var standardOutputFailure: Int32? { failure.withLock { $0 } }
    private static let failure = Mutex<Int32?>(nil)

    /// Where callbacks print; tests set it.
    @TaskLocal package static var callbacks = TextOutput.standardOutput

    private static func terminalWidth() -> Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
