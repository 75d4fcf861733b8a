import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletFormats
import MartletNN
import MartletTuner

/// `martlet tune`: searches parameters of a model's configuration.
struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Search the parameters with which a model trains best, or a program of any language.",
        discussion: """
            Examples:
              martlet tune model.keras --space space.json --x x.npy --y y.npy \\
                --validation-split 0.2 --epochs 10 --trials 50 \\
                --study search.journal --save best.keras --report search.html
              martlet tune model.keras --space space.json --data flowers \\
                --validation-split 0.2 --pruner asha --workers 2
              martlet tune ./train.py --space space.json --trials 50 --workers 2 \\
                --direction maximize --study search.journal -- --data flowers

            The space is a JSON file. Its names are places in the model's configuration: "optimizer" and a key, or "layers", a \
            layer's name and a key; batch_size too. A list has choices, an object a range:
              {"optimizer.learning_rate": {"low": 1e-4, "high": 0.1, "log": true},
               "layers.dense.units": {"type": "int", "low": 32, "high": 256, "step": 32},
               "layers.dense.activation": ["relu", "tanh"], "batch_size": [32, 64]}

            Every trial trains the model with new weights. Its value is that of its best epoch. The study's file has \
            Optuna's format. The same command goes on with it, whatever ended the last one, in the middle of its trials, and \
            ends with the same trials and values. Ctrl-C ends the command at once. Several processes may use one file.

            A file that can be run takes the place of the model: it gets what stands behind --, and the parameters as \
            --name=value, with the names of the space. (MARTLET_PARAMETERS has all of them as JSON, MARTLET_TRIAL the trial's \
            number, MARTLET_TRIAL_FOLDER a folder of its own.) The last line of its standard output that is a number, or an \
            object with the number as "value" or under the name of --monitor, is the trial's value. Objects with a "step" are \
            reports for the pruner: {"step": 3, "value": 0.5}. A trial fails, and the search goes on, when the program ends \
            with another code than 0, or without a finite value; the study has the reason as fail_reason.
            """)

    @OptionGroup var model: ModelFile
    @ArgumentParser.Argument(parsing: .postTerminator, help: "The first arguments of a program, behind --.")
    var arguments: [String] = []
    @OptionGroup var samples: SampleFiles
    @Option(help: ArgumentHelp("The parameters and their ranges.", valueName: "space.json"))
    var space: String
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of trials that the study shall have.", valueName: "n"))
    var trials = 20
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The number of trials that run at once. The cores are divided among them.", valueName: "n"))
    var workers = 1
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            How many of the trials before it a trial may begin without: at least the number of workers less 1 (default: \
            that, or the number of the study in the file). With the same number, any number of workers has the same trials.
            """, valueName: "n"))
    var lookahead: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("The most passes over the samples in a trial.", valueName: "n"))
    var epochs = 10
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The fraction of the samples, from the end, that is used for validation; of a folder, a random part.",
            valueName: "fraction"))
    var validationSplit = 0.0
    @Option(help: ArgumentHelp("The metric that decides (default: val_loss with validation, else loss).", valueName: "name"))
    var monitor: String?
    @Option(help: ArgumentHelp("Whether small or large values of it are better: minimize or maximize.", valueName: "direction"))
    var direction: String?
    @Option(help: ArgumentHelp("Who chooses: tpe, gp, cmaes, random or quasi-random.", valueName: "name"))
    var sampler = "tpe"
    @Option(help: ArgumentHelp("Who ends trials early: none, median, asha or hyperband.", valueName: "name"))
    var pruner = "none"
    @Option(help: ArgumentHelp("The file of the study, which goes on when it exists.", valueName: "file.journal"))
    var study: String?
    @Option(help: ArgumentHelp("The name of the study in its file.", valueName: "name"))
    var name = "search"
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The seed of all random numbers (default: that of the study in the file, or 42).", valueName: "n"))
    var seed: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("No trial begins after so many seconds.", valueName: "seconds"))
    var timeout: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A trial of a program fails after so many seconds, and the program is ended.", valueName: "seconds"))
    var trialTimeout: Double?
    @Option(help: ArgumentHelp("The file for the best trial's model. Needs --study.", valueName: "best.keras"))
    var save: String?
    @Option(help: ArgumentHelp("The file for a page about the study.", valueName: "page.html"))
    var report: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Back up every so many steps (default: every epoch), so that long epochs go on in their middle. Needs --study.",
            valueName: "n"))
    var backupSteps: Int?
    @Flag(
        help: """
            Also run trials again that processes of other hosts, or Optuna, left running. For when no other process uses the \
            study: without it only those are run again of which is known that nobody runs them.
            """)
    var takeOver = false
    @Flag(help: "Print nothing but the result.")
    var quiet = false

    func validate() throws {
        let options = [(save != nil, "--save"), (backupSteps != nil, "--backup-steps")]
        for (isGiven, option) in options where isGiven && study == nil {
            throw ValidationError("Expected --study with \(option): weights are kept beside its file.")
        }
        guard isProgram else {
            if !arguments.isEmpty { throw ValidationError("Expected arguments behind -- for a program only. Received a model.") }
            if trialTimeout != nil { throw ValidationError("Expected --trial-timeout for a program only. Received a model.") }
            return try samples.requireSome()
        }
        let ofModels = [
            ("--x, --y and --data", !samples.areNone), ("--save", save != nil), ("--backup-steps", backupSteps != nil),
            ("--validation-split", validationSplit != 0), ("--batch-size", samples.batchSize != 32), ("--memory", model.memory != nil),
        ]
        if let option = ofModels.first(where: \.1) {
            throw ValidationError("Expected \(option.0) for a model only. Received a program: give it such options behind --.")
        }
    }

    func run() throws {
        try samples.check()
        try checkNumbers()
        if isProgram { return try tuneProgram() }
        let metric = try checkedMetric()
        let (goal, chooser, judge) = (try direction(of: metric), try makeSampler(), try makePruner())
        try checkFiles()
        let base = try withErrors { try loadBase() }
        let configuration = try JSONValue(parsing: base.toJSON())
        let space = try reading(self.space)
        try inFile(self.space) { try space.check(configuration) }
        let arrays = self.samples.data == nil ? try withErrors { try self.samples.read() } : nil
        let search = try openStudy(goal, chooser, judge)
        try checkFacts(of: search, configuration)
        try takeOverTrials(of: search)
        let folder = study.map { "\($0).\(name)" }
        let tuner = try ModelTuner(
            search, objective: metric, maxTrials: trials, workers: workers, folder: folder,
            backupFrequency: backupSteps.map { .batches($0) } ?? .epoch
        ) { hp in
            try space.sample(configuration, values: hp.values).model
        }
        let (samples, split, epochs, seed, quiet) = (samples, validationSplit, epochs, search.seed, quiet)
        try tuner.searchEach(timeout: timeout, onTrialEnd: { trial in
            if !quiet { Self.tell(trial, metric) }
        }) { trial in
            let number = trial.number
            let sample = try inTrial(number) { try withErrors { try space.sample(configuration, trial) } }
            let batchSize = sample.batchSize ?? samples.batchSize
            return (sample.model, { callbacks in
                // Tensors that are made outside of the model may not fit the memory, either.
                try inTrial(number) { try withErrors {
                    if let arrays {
                        return try sample.model.fit(
                            arrays, batchSize: batchSize, epochs: epochs, verbosity: .silent, validationSplit: split,
                            callbacks: callbacks)
                    }
                    guard let source = try samples.source(for: sample.model, quiet: true) else { return History() }
                    let parts = split == 0 ? nil : try source.split(validation: split, seed: seed)
                    return try source.reading {
                        try sample.model.fit(
                            (parts?.0 ?? source).batches(of: batchSize, shuffledBy: seed), epochs: epochs, verbosity: .silent,
                            validationData: parts?.1.batches(of: batchSize), callbacks: callbacks)
                    }
                } }
            })
        }
        try withErrors { try finish(search, tuner, space, configuration) }
    }

    func takeOverTrials(of search: Study) throws {
        guard takeOver else { return }
        let left = try search.abandonRunningTrials()
        if !left.isEmpty, !quiet { say("Trials to run again: \(left.map(String.init).joined(separator: ", "))") }
    }

    /// Prints what became of a trial.
    static func tell(_ trial: FrozenTrial, _ metric: String) {
        let values = (trial.values ?? []).map { "\(Float($0))" }.joined(separator: ", ")
        let parameters = trial.parameters.map { "\($0.name) \($0.value.serialized())" }.joined(separator: ", ")
        say("trial \(trial.number) \(trial.state)\(values.isEmpty ? "" : ": \(metric) \(values)"); \(parameters)")
    }

    /// Writes what was asked for, and prints the best trial.
    private func finish(_ search: Study, _ tuner: ModelTuner, _ space: ModelSpace, _ configuration: JSONValue) throws {
        if let save, let study, let best = try search.bestTrial {
            let network = try space.sample(configuration, values: best.params).model
            try network.loadWeights(from: tuner.weightsPath(best.number, in: "\(study).\(name)"))
            try network.save(to: save)
        }
        try printBest(search)
    }

    /// Writes the page, and prints the best trial.
    func printBest(_ search: Study) throws {
        if let report { try search.report(to: report) }
        guard let best = try search.bestTrial else {
            let all = try search.trials
            let reason = all.isEmpty ? "none began" : "all were pruned, or failed"
            let first = all.lazy.compactMap { $0.userAttributes["fail_reason"].flatMap { String(json: $0) } }.first
            throw MartletError(
                "Expected a complete trial. There is none: \(reason).\(first.map { " The first: \($0)" } ?? "")",
                at: "study \"\(name)\"")
        }
        say(jsonLine([
            ("trial", .int(best.number)), ("value", .double(best.value!)),
            ("params", .object(best.parameters.reduce(into: JSONObject()) { $0[$1.name] = $1.value })),
        ]))
    }

    // MARK: - What is asked for

    private func checkNumbers() throws {
        let numbers = [
            (trials, "--trials"), (workers, "--workers"), (epochs, "--epochs"), (backupSteps ?? 1, "--backup-steps"),
        ]
        for (value, option) in numbers { try expect(value, atLeast: 1, option) }
        guard workers <= Self.mostWorkers else {
            throw wrongOption("Expected a number of at most \(Self.mostWorkers). Received: \(workers).", at: "--workers")
        }
        if let lookahead {
            guard lookahead >= workers - 1 else {
                throw wrongOption(
                    "Expected a number of at least \(workers - 1), the workers less 1. Received: \(lookahead).",
                    at: "--lookahead")
            }
        }
        try expectSplit(validationSplit)
        for (seconds, option) in [(timeout, "--timeout"), (trialTimeout, "--trial-timeout")] {
            guard let seconds, !(seconds >= 0) else { continue }
            throw wrongOption("Expected a number of seconds of at least 0. Received: \(seconds).", at: option)
        }
        guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), name.utf8.count <= 100 else {
            throw wrongOption(
                "Expected 1 to 100 bytes without a slash: the name is part of a folder's name. Received: \"\(name)\".",
                at: "--name")
        }
    }

    /// As many threads as kernels may have.
    private static let mostWorkers = 256

    func checkedMetric() throws -> String {
        guard let monitor else { return isProgram ? "value" : validationSplit > 0 ? "val_loss" : "loss" }
        guard !monitor.hasPrefix("val_") || validationSplit > 0 || isProgram else {
            throw wrongOption("Expected --validation-split with \"\(monitor)\", a metric of validation.", at: "--monitor")
        }
        return monitor
    }

    func checkFiles() throws {
        if let save { try locating("--save") { try Model.savesArchive(at: save) } }
        let outputs = [("--study", study), ("--save", save), ("--report", report)].compactMap { option, path in
            path.map { (option, $0) }
        }
        let inputs = [(isProgram ? "the program" : "the model", model.path), ("--space", space)]
        try checkOutputs(outputs, keeping: samples.files + inputs)
    }

    private func loadBase() throws -> Model {
        var choice = CompilationChoice()
        choice.unreadable = .error
        let base = try model.load(choice)
        guard base.optimizer != nil else { throw MartletError("Expected a compiled model.", at: model.path) }
        return base
    }

    func reading(_ path: String) throws -> ModelSpace {
        try inFile(path) { try ModelSpace(json: JSONValue(parsing: FileIO.read(path, limit: 1 << 24))) }
    }

    /// Runs `body`; its errors name the file.
    func inFile<R>(_ path: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError {
            if error.location == path { throw error }
            throw MartletError(error.message, at: error.location.map { "\(path), \($0)" } ?? path)
        }
    }

}

/// Runs `body`; its errors name the trial.
private func inTrial<R>(_ number: Int, _ body: () throws -> R) throws -> R {
    do {
        return try body()
    } catch let error as MartletError {
        throw MartletError(error.message, at: "trial \(number)\(error.location.map { ", \($0)" } ?? "")")
    }
}
