import ArgumentParser
import Foundation
import Martlet
import Synchronization

/// `mpirun` while it runs, else 0.
private let launchedProcess = Atomic<Int32>(0)
/// The last signal that came, else 0.
private let stopSignal = Atomic<Int32>(0)

/// `martlet run`: starts the ranks of a job on this machine.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Start a command in several ranks with mpirun, and start it again after a failure.",
        discussion: """
            Examples:
              martlet run -n 4 -- martlet fit model.keras --x x.npy --y y.npy --epochs 5 --save trained.keras
              martlet run -n 2 --restarts 3 -- martlet fit model.keras --x x.npy --y y.npy --epochs 50 \\
                --backup backup --save trained.keras

            Each rank gets its part of the cores, unless MARTLET_NUM_THREADS is set. A command with --backup goes on from its \
            last backup when it starts again.
            """)

    @Option(name: .customShort("n"), help: ArgumentHelp("The number of ranks.", valueName: "n"))
    var ranks: Int
    @Option(help: ArgumentHelp("How often the command starts again after a failure.", valueName: "k"))
    var restarts = 0
    @ArgumentParser.Argument(parsing: .postTerminator, help: "The command and its arguments, behind --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("Expected a command behind --, as in: martlet run -n 2 -- martlet fit ...") }
    }

    func run() throws {
        try expect(ranks, atLeast: 1, "-n")
        try expect(restarts, atLeast: 0, "--restarts")
        var environment = ProcessInfo.processInfo.environment
        if environment["MARTLET_NUM_THREADS"] == nil {
            environment["MARTLET_NUM_THREADS"] = String(max(1, Settings.threadCount / ranks))
        }
        // A container's only user.
        if geteuid() == 0 {
            for name in ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] { environment[name] = "1" }
        }
        // What ends this command ends the ranks. Ctrl-C gets to them by itself.
        for number in [SIGTERM, SIGHUP, SIGINT] {
            signal(number) { number in
                stopSignal.store(number, ordering: .relaxed)
                let process = launchedProcess.load(ordering: .relaxed)
                if process > 0, number != SIGINT { kill(process, number) }
            }
        }
        for restart in 0...restarts {
            let code = try launch(environment)
            // Another start does not mend a wrong call, and a signal to this command ends it.
            let isOver = stopSignal.load(ordering: .relaxed) != 0
            if code == 0 || code == 64 || isOver || restart == restarts { throw ExitCode(code) }
            let line = "The command ended with code \(code). Restart \(restart + 1) of \(restarts).\n"
            try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
        }
    }

    private func launch(_ environment: [String: String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["mpirun", "-n", String(ranks), "--oversubscribe", "--bind-to", "none"] + command
        process.environment = environment
        try process.run()
        launchedProcess.store(process.processIdentifier, ordering: .relaxed)
        process.waitUntilExit()
        launchedProcess.store(0, ordering: .relaxed)
        if process.terminationStatus == 127 {
            throw MartletError("Expected mpirun. Install it: apt-get install openmpi-bin.", at: "martlet run")
        }
        return process.terminationStatus
    }
}
