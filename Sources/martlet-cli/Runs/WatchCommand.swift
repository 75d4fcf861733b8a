import ArgumentParser
import Foundation
import Martlet
import MartletPlots

/// `martlet watch`: follows a run.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a running or finished run: progress, speed, time left, curves.",
        discussion: """
            Example:
              martlet watch runs/a

            In a terminal the lines are redrawn until the run ends. Elsewhere each epoch is printed as one line. Ctrl-C ends it, \
            and does not touch the run.
            """)

    @ArgumentParser.Argument(help: "The folder of the run, of fit --run or demo --run.")
    var folder: String
    @Flag(help: "Print where the run is now, and end.")
    var once = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The seconds between two looks at the folder, 0.1 to 3600.", valueName: "seconds"))
    var interval = 1.0

    func run() throws {
        guard (0.1...3600).contains(interval) else {
            throw wrongOption("Expected 0.1 to 3600 seconds. Received: \(interval).", at: "--interval")
        }
        let output = TextOutput.standardOutput
        if once {
            let status = try RunStatus(RunFolder(folder))
            say(status.text(width: output.width ?? 80))
            if !status.hasEnded, status.isOfCommand, isLetGo() { say(Self.killed) }
            return
        }
        var drawn = 0
        var epochs = 0
        while true {
            let status = try RunStatus(RunFolder(folder))
            if output.isTerminal {
                let lines = status.text(width: output.width ?? 80).split(separator: "\n")
                let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
                output.write(up + lines.map { "\u{1B}[2K\(String($0).shortened(to: output.width ?? 500))\n" }.joined())
                drawn = max(drawn, lines.count)
            } else {
                for line in status.epochLines(from: epochs) { say(line) }
                epochs = status.epochCount
            }
            if status.hasEnded {
                if !output.isTerminal { say(status.ending) }
                return
            }
            try checkStandardOutput()
            Thread.sleep(forTimeInterval: interval)
            // A process that was killed writes no end. Whoever trained meanwhile has written something, or holds the folder.
            if status.isOfCommand, isLetGo(), try RunStatus(RunFolder(folder)).stepCount == status.stepCount {
                return say(Self.killed)
            }
        }
    }

    private static let killed = "No process trains in this run any more, and it has not ended: --resume goes on with it."

    /// Whether no process holds the folder, as the commands do while they train.
    private func isLetGo() -> Bool {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) == 0
    }
}
