import ArgumentParser
import Martlet

/// The folder of a run, of `fit` and `demo`.
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A folder for all that belongs to the training: records and report (report.html), history, the trained model, and a \
            backup after every epoch. `martlet watch` follows it.
            """, valueName: "folder"))
    var run: String?
    @Flag(help: "Go on with the run in the folder of --run, after its last whole epoch; begin one where there is none.")
    var resume = false

    func validate() throws {
        if resume, run == nil { throw ValidationError("Expected --run with --resume: the folder of the run that goes on.") }
    }

    /// - Throws: `MartletError` when the folder holds a run that would be lost.
    func check() throws {
        guard let run, !resume, RunFolder(run).exists else { return }
        throw MartletError(
            "Expected a new folder. This one holds a run: go on with it with --resume, or give another folder.", at: run)
    }

    /// Records the run, nil without one.
    func recorder(_ facts: [(String, String)]) -> RunRecorder? {
        run.map { RunRecorder($0, listedFacts: facts, command: ["martlet"] + CommandLine.arguments.dropFirst(), resumes: resume) }
    }

    /// Backs the run up, nil without one. The backup stays, so that the run can go on for more epochs.
    var keeper: BackupAndRestore? { run.map { BackupAndRestore(RunFolder($0).checkpoint, deleteCheckpoint: false) } }
}
