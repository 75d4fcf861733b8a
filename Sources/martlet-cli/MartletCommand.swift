import ArgumentParser
import Foundation
import Martlet

/// The command `martlet`.
struct MartletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Train neural networks in Swift, with Keras's interface and reproducible results.",
        discussion: """
            Start here:
              martlet demo --data digits  trains on handwritten digits, in seconds
              martlet demo                trains on Fashion-MNIST
              martlet doctor              reports what slows this machine down

            With a model that Keras or Martlet saved:
              martlet summary model.keras
              martlet predict model.keras --x x.npy -o y.npy
              martlet evaluate model.keras --x x.npy --y y.npy
              martlet fit model.keras --x x.npy --y y.npy --epochs 5 --save trained.keras

            The demo writes its curves, logs and weights to a folder.
            The same seed gives the same weights, bit for bit, with any number of
            threads.

            Environment:
              MARTLET_NUM_THREADS  the number of threads (default: all cores)
              MARTLET_WINOGRAD     0: no Winograd in 3x3 convolutions (default: 1)
              MARTLET_SIMD         avx512, avx2, sse2: the highest level used
              MARTLET_LOG_LEVEL    from trace to critical (default: notice)
              MARTLET_DATA         a folder with datasets
            """,
        version: Settings.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Models:",
                subcommands: [SummaryCommand.self, PredictCommand.self, EvaluateCommand.self, FitCommand.self]),
            CommandGroup(name: "To begin:", subcommands: [DemoCommand.self, DoctorCommand.self]),
        ])
}

/// Prints what went wrong as one line on standard error, and ends the process with code 1.
func fail(_ error: MartletError) -> Never {
    exit(saying: error.description, code: 1)
}

/// Ends the process with an `error:` line, the last one on standard error.
private func exit(saying problem: String, code: Int32) -> Never {
    let line = problem.split(whereSeparator: \.isNewline).joined(separator: " ")
    try? FileHandle.standardError.write(contentsOf: Data("error: \(line)\n".utf8))
    exit(code)
}

/// Ends the process after an error of the argument parser. Help and versions go to standard output. For a wrong call it
/// prints the usage first and the problem last, with code 64.
func finish(_ error: any Error) -> Never {
    guard !MartletCommand.exitCode(for: error).isSuccess else { MartletCommand.exit(withError: error) }
    let usage = MartletCommand.fullMessage(for: error).split(whereSeparator: \.isNewline).drop { !$0.hasPrefix("Usage") }
    try? FileHandle.standardError.write(contentsOf: Data((usage.joined(separator: "\n") + "\n").utf8))
    exit(saying: MartletCommand.message(for: error), code: MartletCommand.exitCode(for: error).rawValue)
}

/// Prints a line at once, even when the output is a pipe.
func say(_ line: String = "") { TextOutput.standardOutput.write(line + "\n") }

/// A JSON object on one line, with its members in the given order.
func jsonLine(_ members: [(String, JSONValue)]) -> String {
    "{" + members.map { "\(JSONValue.string($0).serialized()):\($1.serialized())" }.joined(separator: ",") + "}"
}
