import ArgumentParser
import Foundation
import Martlet
import MartletDistributed
import MartletFormats
import MartletNN

/// An end of the command that is no success: the last line of standard error and the exit code.
struct CommandEnd: Error {
    let message: String
    var code: Int32 = 1
}

/// The end for an option whose value says by itself that it is wrong, whatever the files hold: as for one that cannot be read.
func wrongOption(_ message: String, at option: String) -> CommandEnd {
    CommandEnd(message: "\(option): \(message)", code: ExitCode.validationFailure.rawValue)
}

/// What must be so before anything runs: a failed write is an error and no signal, the standard streams exist, and memory
/// for OpenBLAS can be had.
func prepareProcess() {
    Caller.isCommand = true
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    // In place of a closed stream the next file that is opened would get its number, and what is printed.
    for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 {
        _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
    // With less, deep calls end in a segmentation fault.
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &limit) == 0, limit.rlim_cur < 1 << 20 {
        exit(
            saying: "Expected a stack of at least 1 MiB. The limit is \(limit.rlim_cur >> 10) KiB: raise it with ulimit -s 1024, "
                + "or more.", code: 1)
    }
    Settings.prepare()
}

/// Throws when something that was printed did not arrive. A closed pipe is an error like a full disk.
func checkStandardOutput() throws {
    guard let code = TextOutput.standardOutputFailure else { return }
    throw CommandEnd(message: "standard output: Cannot write all of it: \(String(cString: strerror(code)).lowercased()).")
}

/// Ends the process after an error. The last line on standard error says what is wrong. Help and versions, which are errors
/// to the argument parser, go to standard output; a wrong call prints the usage first, with code 64.
func finish(_ error: any Error) -> Never {
    switch error {
    case let end as ExitCode where !end.isSuccess: Foundation.exit(end.rawValue)
    case let end as CommandEnd: exit(saying: end.message, code: end.code)
    case let error as MartletError: exit(saying: error.inWordsOfTheCommand.description, code: 1)
    case _ where MartletCommand.exitCode(for: error).isSuccess:
        say(MartletCommand.fullMessage(for: error))
        do { try checkStandardOutput() } catch { finish(error) }
        exit(0)
    default:
        let lines = MartletCommand.fullMessage(for: error).split(whereSeparator: \.isNewline)
        let usage = lines.drop { !$0.hasPrefix("Usage") }.joined(separator: "\n")
        try? FileHandle.standardError.write(contentsOf: Data((usage + "\n").utf8))
        let message = OptionHint.adding(to: MartletCommand.message(for: error), Array(CommandLine.arguments.dropFirst()))
        exit(saying: message, code: MartletCommand.exitCode(for: error).rawValue)
    }
}

extension MartletError {
    /// Arguments of `fit` and its like, as locations, and the options that give them.
    private static let options = [
        "x": "--x", "y": "--y", "sampleWeight": "--sample-weight", "classWeight": "--class-weight", "epochs": "--epochs",
        "validationSplit": "--validation-split", "batchSize": "--batch-size", "classNames": "--classes",
    ]

    /// The error of an argument names the option that gave it.
    fileprivate var inWordsOfTheCommand: MartletError {
        guard let location else { return self }
        let name = location.prefix { $0.isLetter }
        guard let option = Self.options[String(name)], location.count == name.count || location[name.endIndex] == "[" else {
            return self
        }
        return MartletError(message, at: option + location[name.endIndex...])
    }
}

/// Ends the process with an `error:` line.
private func exit(saying problem: String, code: Int32) -> Never {
    var line = problem.split(whereSeparator: \.isNewline).joined(separator: " ")
    // Mostly all ranks of a job have the same error. The first one says it, and its end ends the others meanwhile.
    if let rank = MultiWorkerMirroredStrategy.rankOfJob, rank > 0 {
        Thread.sleep(forTimeInterval: 1)
        line = "rank \(rank): \(line)"
    }
    try? FileHandle.standardError.write(contentsOf: Data("error: \(line)\n".utf8))
    exit(code)
}

/// Checks, before time is spent on work, that each file can be written, and that none takes the place of another.
/// - Parameters:
///   - outputs: the files that the command writes, with the options that name them.
///   - inputs: the files that it reads and that must stay.
/// - Throws: `MartletError` with the option.
func checkOutputs(_ outputs: [(option: String, path: String)], keeping inputs: [(option: String, path: String)] = []) throws {
    var taken = inputs.map { (option: $0.option, target: FileIO.resolved($0.path)) }
    for (option, path) in outputs {
        // A file is begun and dropped.
        let target = try AtomicFile(path).target
        if let other = taken.first(where: { $0.target == target }) {
            throw MartletError(
                "Expected a file of its own. \"\(path)\" is also the file of \(other.option == option ? "another " : "")"
                    + "\(other.option): one would replace the other.", at: option)
        }
        taken.append((option, target))
    }
}

/// Checks that no folder is given to two options: what one writes there, the other would read or sweep.
func checkFolders(_ folders: [(option: String, path: String)]) throws {
    var taken: [(option: String, path: String)] = []
    for (option, path) in folders {
        var target = path
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        target = FileIO.resolved(target)
        if let other = taken.first(where: { $0.path == target && $0.option != option }) {
            throw MartletError("Expected a folder of its own. \"\(path)\" is also that of \(other.option).", at: option)
        }
        taken.append((option, target))
    }
}
