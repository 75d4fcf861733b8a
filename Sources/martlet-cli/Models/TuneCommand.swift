import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletFormats
import MartletTuner

/// `martlet tune`: searches parameters of a model's configuration.
struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Search the parameters with which a model trains best.",
        discussion: """
            Examples:
              martlet tune model.keras --space space.json --x x.npy --y y.npy \\
                --validation-split 0.2 --epochs 10 --trials 50 \\
                --study search.journal --save best.keras --report search.html
              martlet tune model.keras --space space.json --data flowers \\
                --validation-split 0.2 --pruner asha --workers 2

            The space is a JSON file. Its names are places in the model's configuration: "optimizer" and a key, or "layers", a \
            layer's name and a key; batch_size too. A list has choices, an object a range:
              {"optimizer.learning_rate": {"low": 1e-4, "high": 0.1, "log": true},
               "layers.dense.units": {"type": "int", "low": 32, "high": 256, "step": 32},
               "layers.dense.activation": ["relu", "tanh"], "batch_size": [32, 64]}

            Every trial trains the model with new weights. Its value is that of its best epoch. The study's file has \
            Optuna's format. The same command goes on with it, whatever ended the last one, in the middle of its trials, and \
            ends with the same trials and values. Ctrl-C ends the command at once. Several processes may use one file.
            """)

    @OptionGroup var model: ModelFile
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
    }

    func run() throws {
        try samples.check()
        try checkNumbers()
        let metric = try checkedMetric()
        let (goal, chooser, judge) = (try direction(of: metric), try makeSampler(), try makePruner())
        try checkFiles()
        let base = try loadBase()
        let configuration = try JSONValue(parsing: base.toJSON())
        let space = try reading(self.space)
        try inFile(self.space) { try space.check(configuration) }
        let arrays = samples.data == nil ? try samples.read() : nil
        let search = try openStudy(goal, chooser, judge)
        if takeOver {
            let left = try search.abandonRunningTrials()
            if !left.isEmpty, !quiet { say("Trials to run again: \(left.map(String.init).joined(separator: ", "))") }
        }
        let folder = study.map { "\($0).\(name)" }
        let tuner = try ModelTuner(
            search, objective: metric, maxTrials: trials, workers: workers, folder: folder,
            backupFrequency: backupSteps.map { .batches($0) } ?? .epoch
        ) { hp in
            try space.sample(configuration, values: hp.values).model
        }
        let (samples, split, epochs, seed, quiet) = (samples, validationSplit, epochs, search.seed, quiet)
        try tuner.searchEach(timeout: timeout, onTrialEnd: { trial in
            guard !quiet else { return }
            let values = (trial.values ?? []).map { "\(Float($0))" }.joined(separator: ", ")
            let parameters = trial.parameters.map { "\($0.name) \($0.value.serialized())" }.joined(separator: ", ")
            say("trial \(trial.number) \(trial.state)\(values.isEmpty ? "" : ": \(metric) \(values)"); \(parameters)")
        }) { trial in
            let number = trial.number
            let sample = try inTrial(number) { try space.sample(configuration, trial) }
            let batchSize = sample.batchSize ?? samples.batchSize
            return (sample.model, { callbacks in
                try inTrial(number) {
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
                }
            })
        }
        try finish(search, tuner, space, configuration)
    }

    /// Writes what was asked for, and prints the best trial.
    private func finish(_ search: Study, _ tuner: ModelTuner, _ space: ModelSpace, _ configuration: JSONValue) throws {
        if let report { try search.report(to: report) }
        guard let best = try search.bestTrial else {
            let reason = try search.trials.isEmpty ? "none began" : "all were pruned, or failed"
            throw MartletError("Expected a complete trial. There is none: \(reason).", at: "study \"\(name)\"")
        }
        if let save, let study {
            let network = try space.sample(configuration, values: best.params).model
            try network.loadWeights(from: tuner.weightsPath(best.number, in: "\(study).\(name)"))
            try network.save(to: save)
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
            throw MartletError("Expected a number of at most \(Self.mostWorkers). Received: \(workers).", at: "--workers")
        }
        if let lookahead {
            guard lookahead >= workers - 1 else {
                throw MartletError(
                    "Expected a number of at least \(workers - 1), the workers less 1. Received: \(lookahead).",
                    at: "--lookahead")
            }
        }
        guard (0..<1).contains(validationSplit) else {
            throw MartletError("Expected a fraction from 0 to below 1. Received: \(validationSplit).", at: "--validation-split")
        }
        if let timeout, !(timeout >= 0) {
            throw MartletError("Expected a number of seconds of at least 0. Received: \(timeout).", at: "--timeout")
        }
        guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), name.utf8.count <= 100 else {
            throw MartletError(
                "Expected 1 to 100 bytes without a slash: the name is part of a folder's name. Received: \"\(name)\".",
                at: "--name")
        }
    }

    /// As many threads as kernels may have.
    private static let mostWorkers = 256

    private func checkedMetric() throws -> String {
        guard let monitor else { return validationSplit > 0 ? "val_loss" : "loss" }
        guard !monitor.hasPrefix("val_") || validationSplit > 0 else {
            throw MartletError("Expected --validation-split with \"\(monitor)\", a metric of validation.", at: "--monitor")
        }
        return monitor
    }

    private func checkFiles() throws {
        if let save { try locating("--save") { try Model.savesArchive(at: save) } }
        let outputs = [("--study", study), ("--save", save), ("--report", report)].compactMap { option, path in
            path.map { (option, $0) }
        }
        try checkOutputs(outputs, keeping: samples.files + [("the model", model.path), ("--space", space)])
    }

    private func loadBase() throws -> Model {
        var choice = CompilationChoice()
        choice.unreadable = .error
        let base = try model.load(choice)
        guard base.optimizer != nil else { throw MartletError("Expected a compiled model.", at: model.path) }
        return base
    }

    /// The study, with the seed and the lookahead that it has in its file where none are given.
    private func openStudy(_ direction: Direction, _ sampler: any Sampler, _ pruner: any Pruner) throws -> Study {
        let storage = study.map { StudyStorage.journal($0) } ?? .memory
        do {
            let isKnown = try study.map { FileManager.default.fileExists(atPath: $0) } ?? false
                && storage.studyNames().contains(name)
            let search = try Study(
                name, direction: direction, sampler: sampler, pruner: pruner, storage: storage, existing: .load,
                seed: isKnown ? seed : seed ?? 42, lookahead: isKnown ? lookahead : lookahead ?? workers - 1)
            guard workers - 1 <= search.lookahead else {
                throw MartletError(
                    """
                    Expected at most \(search.lookahead + 1), as the study was begun with a lookahead of \(search.lookahead). \
                    Received: \(workers). Begin another study with --lookahead \(workers - 1) for more.
                    """, at: "workers")
            }
            return search
        } catch let error as MartletError {
            let isOption = ["seed", "lookahead", "workers"].contains(error.location)
            throw MartletError(error.message, at: isOption ? "--\(error.location!)" : error.location ?? "--study")
        }
    }

    private func reading(_ path: String) throws -> ModelSpace {
        try inFile(path) { try ModelSpace(json: JSONValue(parsing: FileIO.read(path, limit: 1 << 24))) }
    }

    /// Runs `body`; its errors name the file.
    private func inFile<R>(_ path: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError {
            if error.location == path { throw error }
            throw MartletError(error.message, at: error.location.map { "\(path), \($0)" } ?? path)
        }
    }

    private func direction(of metric: String) throws -> Direction {
        switch direction {
        case "minimize": return .minimize
        case "maximize": return .maximize
        case nil:
            do { return try ModelTuner.direction(of: metric) } catch let error as MartletError {
                throw MartletError(error.message, at: "--direction")
            }
        case let other?: throw MartletError("Expected minimize or maximize. Received: \"\(other)\".", at: "--direction")
        }
    }

    private func makeSampler() throws -> any Sampler {
        switch sampler {
        case "tpe": TPESampler()
        case "gp": GPSampler()
        case "cmaes": CmaEsSampler()
        case "random": RandomSampler()
        case "quasi-random": QuasiRandomSampler()
        default:
            throw MartletError(
                "Expected tpe, gp, cmaes, random or quasi-random. Received: \"\(sampler)\".", at: "--sampler")
        }
    }

    private func makePruner() throws -> any Pruner {
        switch pruner {
        case "none": NopPruner()
        case "median": MedianPruner()
        case "asha": SuccessiveHalvingPruner(minResource: 1)
        case "hyperband": HyperbandPruner(maxResource: epochs)
        default: throw MartletError("Expected none, median, asha or hyperband. Received: \"\(pruner)\".", at: "--pruner")
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
