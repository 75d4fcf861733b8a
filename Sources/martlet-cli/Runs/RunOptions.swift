import ArgumentParser
import Martlet

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
    @Option(help: ArgumentHelp("Write a checkpoint of the run after every n steps, not after every epoch.", valueName: "n"))
    var checkpointSteps: Int?
    @Option(
        help: ArgumentHelp("Write a checkpoint of the run after every so many minutes, not after every epoch.", valueName: "m"))
    var checkpointMinutes: Double?

    func validate() throws {
        if resume, run == nil { throw ValidationError("Expected --run with --resume: the folder of the run that goes on.") }
        if checkpointSteps != nil || checkpointMinutes != nil, run == nil {
            throw ValidationError("Expected --run with --checkpoint-steps and --checkpoint-minutes: the folder of the run.")
        }
    }

    /// - Throws: `MartletError` when the folder holds a run that would be lost, or a number is not allowed.
    func check() throws {
        if let checkpointSteps { try expect(checkpointSteps, atLeast: 1, "--checkpoint-steps") }
        if let checkpointMinutes, !(checkpointMinutes > 0) {
            throw MartletError("Expected a number above 0. Received: \(checkpointMinutes).", at: "--checkpoint-minutes")
        }
        guard let run, !resume, RunFolder(run).exists else { return }
        throw MartletError(
            "Expected a new folder. This one holds a run: go on with it with --resume, or give another folder.", at: run)
    }

    /// Records the run, nil without one.
    func recorder(_ facts: [(String, String)]) -> RunRecorder? {
        run.map { RunRecorder($0, listedFacts: facts, command: ["martlet"] + CommandLine.arguments.dropFirst(), resumes: resume) }
    }

    /// The checkpoints of the run, nil without one. They stay, so that the run can go on for more epochs.
    var checkpoints: Checkpoints? {
        run.map { .every(steps: checkpointSteps, minutes: checkpointMinutes, in: RunFolder($0).checkpoints, keep: 2) }
    }

    var resumption: Resumption { run != nil && resume ? .automatic : .never }
}
