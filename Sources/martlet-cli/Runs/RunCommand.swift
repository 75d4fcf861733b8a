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
            last backup when it starts again. When a start ends before all ranks have taken their first step, one of them cannot \
            start, and the next start has one rank less. The results have the same bits.

            It needs mpirun, and Martlet built with MPI: swift build --traits MPI.
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
            throw wrongOption("Expected at most as many as -n, \(ranks). Received: \(minRanks).", at: "--min-ranks")
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
        guard findProgram(name, environment) != nil else {
            throw MartletError("Expected a command. Received: \"\(name)\", which is no program here.", at: "martlet run")
        }
    }

    /// Starts `mpirun` and waits for its end. Few open files are enough, and it shares this command's signals and streams.
    private func launch(_ ranks: Int, _ environment: [String: String]) throws -> Int32 {
        // The ranks say themselves why they end.
        let words = ["mpirun", "--quiet", "-n", String(ranks), "--oversubscribe", "--bind-to", "none"] + command
        let arguments = words.map { strdup($0) } + [nil], variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this command ignores must end others.
        var ignored = sigset_t()
        sigemptyset(&ignored)
        for number in [SIGPIPE, SIGXFSZ] { sigaddset(&ignored, number) }
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var process = pid_t()
        let problem = posix_spawnp(&process, words[0], nil, &attributes, arguments, variables)
        guard problem != ENOENT else {
            throw MartletError("Expected mpirun. Install it: apt-get install openmpi-bin.", at: "martlet run")
        }
        guard problem == 0 else {
            throw MartletError("Cannot start mpirun: \(String(cString: strerror(problem)).lowercased()).", at: "martlet run")
        }
        launchedProcess.store(process, ordering: .relaxed)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        launchedProcess.store(0, ordering: .relaxed)
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}

/// The file of a program, looked for in the folders of `PATH` unless its name has one; nil where there is none.
func findProgram(_ name: String, _ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
    let folders = name.contains("/") ? [""] : (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/" }
    return folders.lazy.map { $0 + name }.first { path in
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
