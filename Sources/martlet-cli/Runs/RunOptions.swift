import ArgumentParser
import Foundation
import Martlet
import MartletFormats

/// The folder of a run, of `fit` and `demo`.
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A folder for all that belongs to the training: records and report (report.html), history, the trained model, and \
            checkpoints. `martlet watch` follows it.
            """, valueName: "folder"))
    var run: String?
    @Flag(help: "Go on with the run in the folder of --run, from its newest checkpoint; begin one where there is none.")
    var resume = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Write a checkpoint of the run after every n steps, not after every epoch.", valueName: "n"))
    var checkpointSteps: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Write a checkpoint of the run after every so many minutes, not after every epoch.", valueName: "m"))
    var checkpointMinutes: Double?

    func validate() throws {
        if resume, run == nil { throw ValidationError("Expected --run with --resume: the folder of the run that goes on.") }
        if checkpointSteps != nil || checkpointMinutes != nil, run == nil {
            throw ValidationError("Expected --run with --checkpoint-steps and --checkpoint-minutes: the folder of the run.")
        }
    }

    /// The files that a run writes, for checks of other options' files.
    var outputs: [(option: String, path: String)] { run.map { RunFolder($0).files.map { ("--run", $0) } } ?? [] }

    /// The folders that a run fills, for checks of other options' folders.
    var folders: [(option: String, path: String)] {
        guard let run else { return [] }
        let folder = RunFolder(run)
        return [run, folder.events, folder.checkpoints].map { ("--run", $0) }
    }

    /// Makes the folder, and keeps it for this process.
    /// - Throws: `MartletError` when the folder holds a run that would be lost, or a number is not allowed.
    func check() throws {
        if let checkpointSteps { try expect(checkpointSteps, atLeast: 1, "--checkpoint-steps") }
        if let checkpointMinutes, !(checkpointMinutes > 0) {
            throw wrongOption("Expected a number above 0. Received: \(checkpointMinutes).", at: "--checkpoint-minutes")
        }
        guard let run else { return }
        let folder = RunFolder(run)
        func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
        guard resume || !(folder.files + [folder.checkpoints, folder.events]).contains(where: isThere) else {
            throw MartletError(
                "Expected a new folder. This one holds a run: go on with it with --resume, or give another folder.", at: run)
        }
        let checkpoints = (try? FileManager.default.contentsOfDirectory(atPath: folder.checkpoints)) ?? []
        guard canBeginAnew(folder) || checkpoints.contains(where: { $0.hasPrefix("checkpoint-") }) else {
            throw MartletError(
                "Expected a checkpoint to go on from. The run has trained, and there is none. Give another folder, or move this "
                    + "one away.", at: folder.checkpoints)
        }
        try checkFolder(run, "--run")
        // Released when the process ends, whatever ends it.
        let descriptor = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            throw MartletError("Expected a folder of its own. Another process is training in this one.", at: run)
        }
    }

    /// Whether the run can begin anew without a checkpoint: it has no history, or one that ends with the epoch after which its
    /// first checkpoint was to be written, when something ended the process in between.
    private func canBeginAnew(_ folder: RunFolder) -> Bool {
        guard let text = try? FileIO.read(folder.historyJSON) else {
            return !FileManager.default.fileExists(atPath: folder.historyJSON)
        }
        guard !FileManager.default.fileExists(atPath: folder.model) else { return false }
        let epochs = try? JSONValue(parsing: text).object().map { try $0.value.value(at: [], as: [JSONValue].self).count }
        return epochs?.allSatisfy { $0 <= 1 } ?? false
    }

    /// Records the run, nil without one.
    func recorder(_ facts: [(String, String)]) -> RunRecorder? {
        run.map { RunRecorder($0, listedFacts: facts, command: ["martlet"] + CommandLine.arguments.dropFirst(), resumes: resume) }
    }

    /// The checkpoints of the run, nil without one. They stay, so that the run can go on for more epochs.
    /// - Parameter settings: what must be the same then.
    func checkpoints(_ settings: [String: String]) -> Checkpoints? {
        guard let run else { return nil }
        var checkpoints = Checkpoints.every(
            steps: checkpointSteps, minutes: checkpointMinutes, in: RunFolder(run).checkpoints, keep: 2)
        checkpoints.facts = settings
        return checkpoints
    }

    var resumption: Resumption { run != nil && resume ? .automatic : .never }
}
