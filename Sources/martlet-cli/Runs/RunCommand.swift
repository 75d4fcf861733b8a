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
              martlet run -n 4 -- martlet fit model.keras --x x.npy --y y.npy \\
                --epochs 5 --save trained.keras
              martlet run -n 2 --restarts 3 -- martlet fit model.keras --x x.npy \\
                --y y.npy --epochs 50 --backup backup --save trained.keras

            Each rank gets its part of the cores, unless MARTLET_NUM_THREADS is set. A command with --backup goes on from its \
            last backup when it starts again. Where a start ended before the first step of all ranks, a rank cannot start: the \
            next one has a rank less. The results have the same bits.
            """)

    @Option(name: .customShort("n"), parsing: .unconditional, help: ArgumentHelp("The number of ranks.", valueName: "n"))
    var ranks: Int
    @Option(parsing: .unconditional, help: ArgumentHelp("How often the command starts again after a failure.", valueName: "k"))
    var restarts = 0
    @Option(parsing: .unconditional, help: ArgumentHelp("The fewest ranks with which a restart is tried.", valueName: "n"))
    var minRanks = 1
    @ArgumentParser.Argument(parsing: .postTerminator, help: "The command and its arguments, behind --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("Expected a command behind --, as in: martlet run -n 2 -- martlet fit ...") }
    }

    func run() throws {
        try expect(ranks, atLeast: 1, "-n")
        try expect(restarts, atLeast: 0, "--restarts")
        try expect(minRanks, atLeast: 1, "--min-ranks")
        guard minRanks <= ranks else {
            throw MartletError("Expected at most as many as -n, \(ranks). Received: \(minRanks).", at: "--min-ranks")
        }
        var environment = ProcessInfo.processInfo.environment
        try checkCommand(environment)
        let setsThreads = environment["MARTLET_NUM_THREADS"] == nil
        // The first rank makes it when a step of all has ended.
        let progress = NSTemporaryDirectory() + "/martlet-run-\(UUID())"
        environment["MARTLET_PROGRESS"] = progress
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
        var ranks = ranks
        for restart in 0...restarts {
            if setsThreads { environment["MARTLET_NUM_THREADS"] = String(max(1, Settings.threadCount / ranks)) }
            let code = try launch(ranks, environment)
            let hasBegun = unlink(progress) == 0
            // Another start does not mend a wrong call, and a signal to this command ends it.
            let isOver = stopSignal.load(ordering: .relaxed) != 0
            if code == 0 || code == 64 || isOver || restart == restarts {
                // Of several ranks another one says it.
                if code > 128, ranks == 1, !isOver {
                    throw CommandEnd(message: "martlet run: Signal \(code - 128) ended the command.", code: code)
                }
                throw ExitCode(code)
            }
            let fewer = !hasBegun && ranks > minRanks
            if fewer { ranks -= 1 }
            let line = "The command ended with code \(code)\(hasBegun ? "" : " before its first step"). Restart \(restart + 1) of "
                + "\(restarts)\(fewer ? ", with \(ranks) rank\(ranks == 1 ? "" : "s")" : "").\n"
            try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
        }
    }

    /// mpirun, which is quiet, would not say that there is no such command.
    private func checkCommand(_ environment: [String: String]) throws {
        let name = command[0]
        let folders = name.contains("/") ? [""] : (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/" }
        guard folders.contains(where: { FileManager.default.isExecutableFile(atPath: $0 + name) }) else {
            throw MartletError("Expected a command. Received: \"\(name)\", which is no program here.", at: "martlet run")
        }
    }

    private func launch(_ ranks: Int, _ environment: [String: String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // The ranks say themselves why they end.
        process.arguments = ["mpirun", "--quiet", "-n", String(ranks), "--oversubscribe", "--bind-to", "none"] + command
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
