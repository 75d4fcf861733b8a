import ArgumentParser
import Foundation
import Martlet

/// The command `martlet`.
struct MartletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Train neural networks from Swift, with Keras's words and the same bits every time.",
        discussion: """
            Start here:
              martlet demo --data digits  trains on handwritten digits, in seconds
              martlet demo                trains on Fashion-MNIST
              martlet doctor              says what slows this machine down

            A training leaves its curves, its figures and the weights in a folder.
            The same seed gives the same weights, bit for bit, with any number of
            threads.

            Environment:
              MARTLET_NUM_THREADS  how many threads compute (default: all cores)
              MARTLET_WINOGRAD     0: 3x3 convolutions by plain sums (default: 1)
              MARTLET_LOG_LEVEL    from trace to critical (default: notice)
              MARTLET_DATA         a folder with datasets
            """,
        version: Settings.version,
        subcommands: [DemoCommand.self, DoctorCommand.self])
}

/// Says on the standard error, in one line, what went wrong, and ends the process with code 1.
func fail(_ error: MartletError) -> Never {
    let line = error.description.split(whereSeparator: \.isNewline).joined(separator: " ")
    try? FileHandle.standardError.write(contentsOf: Data("error: \(line)\n".utf8))
    exit(1)
}

/// Prints a line at once, also when the output is a pipe.
func say(_ line: String = "") { TextOutput.standardOutput.write(line + "\n") }

/// A JSON object on one line, its members in the order given.
func jsonLine(_ members: [(String, JSONValue)]) -> String {
    "{" + members.map { "\(JSONValue.string($0).serialized()):\($1.serialized())" }.joined(separator: ",") + "}"
}
