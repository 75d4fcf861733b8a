import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletFormats

/// `martlet fit`: trains a model further.
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit", abstract: "Train a model and save it with its optimizer, for further training in Keras or Martlet.",
        discussion: """
            Examples:
              martlet fit model.keras --x x.npy --y y.npy --epochs 5 --save trained.keras
              martlet fit model.keras --x x.npy --y y.npy --epochs 100 \\
                --validation-split 0.2 --early-stopping 5 --save best.keras
              martlet fit bare.keras --x x.npy --y y.npy --loss mse --optimizer adam
              martlet fit model.keras --data flowers --save trained.keras
              martlet fit model.keras --data people.csv --label survived \\
                --features age,fare --save trained.keras
              martlet fit model.keras --data 'train-*.tfrecord' --label y --run runs/b
              martlet fit model.keras --data flowers --epochs 20 --run runs/a

            A model trains as it was compiled, with its optimizer's saved state. What --optimizer, --loss or --metrics \
            replace is not read from the file.

            With --run, or with --save and a .keras or .h5 file, an .onnx file, a .tflite file or a SavedModel is first turned \
            into a model of layers, as martlet import does. A model from an .onnx file can also be saved as .onnx.

            Ctrl-C ends training after the running step. What --save and --history ask for is written then, too, and the \
            exit code is 130. --save may name the model itself, and then replaces it.
            """)

    @OptionGroup var model: ModelFile
    @OptionGroup var samples: SampleFiles
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of passes over the samples.", valueName: "n"))
    var epochs = 1
    @Flag(inversion: .prefixedNo, help: "Shuffle the samples before every epoch.")
    var shuffle = true
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The seed of all random numbers, such as those for shuffling and dropout.", valueName: "n"))
    var seed = 42
    @Option(
        help: ArgumentHelp(
            #"""
            The weights of the classes in the loss: a JSON file such as {"0": 1.0, "1": 2.5}, with the classes' numbers or names. \#
            Others weigh 1.
            """#, valueName: "cw.json"))
    var classWeight: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            The fraction of the samples, from the end, that is used for validation instead of training; of a folder, a \
            random part.
            """,
            valueName: "fraction"))
    var validationSplit = 0.0
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Stop when the loss has not improved for n epochs, and keep the weights of the best epoch. With validation \
            the validation loss is used.
            """, valueName: "n"))
    var earlyStopping: Int?
    @Option(
        help: ArgumentHelp(
            """
            Another optimizer with a new state, by Keras's name: sgd, adam, ..., or with arguments as in Keras: \
            'SGD(learning_rate=0.1, momentum=0.9)'.
            """, valueName: "name"))
    var optimizer: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Another learning rate.", valueName: "rate"))
    var learningRate: Double?
    @OptionGroup var choices: TrainingChoices
    @OptionGroup var inputShapes: InputShapeOption
    @Option(help: ArgumentHelp("The file for the trained model: .keras or .h5.", valueName: "out.keras"))
    var save: String?
    @Option(
        help: ArgumentHelp(
            "The file for the logs of all epochs: JSON, {name: [value of each epoch]}.", valueName: "hist.json"))
    var history: String?
    @Option(help: ArgumentHelp(tensorBoardHelp, valueName: "folder"))
    var tensorboard: String?
    @Option(
        help: ArgumentHelp(
            """
            The folder of a backup, which is written after every epoch. The same command goes on from it, whatever ended \
            the last one, and has the same results. It is deleted when everything is written.
            """, valueName: "folder"))
    var backup: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Write the backup after every n steps, and not after every epoch.", valueName: "n"))
    var backupEvery: Int?
    @OptionGroup var replication: ReplicaOptions
    @OptionGroup var runs: RunOptions
    @Flag(
        help: """
            Find where NaN or infinity appears first, and end with an error that names the op, the layer and the batch. A step \
            takes up to twice as long.
            """)
    var debugNumerics = false
    @Flag(help: "Print nothing while training.")
    var quiet = false

    func validate() throws {
        try samples.requireSome()
        if backupEvery != nil, backup == nil { throw ValidationError("Expected --backup with --backup-every.") }
        if runs.run != nil, backup != nil { throw ValidationError("Expected --run or --backup: a run has its own backup.") }
    }

    /// Tensors that the command makes outside of the model may not fit the memory, either. What it does then is over before it
    /// writes what was asked for.
    func run() throws {
        try samples.check()
        try expect(epochs, atLeast: 1, "--epochs")
        if let earlyStopping { try expect(earlyStopping, atLeast: 1, "--early-stopping") }
        if let learningRate { try expectRate(learningRate) }
        if let backupEvery { try expect(backupEvery, atLeast: 1, "--backup-every") }
        try expectSplit(validationSplit)
        try runs.check()
        try checkFiles()
        let classWeight = try self.classWeight.map { try ClassWeights($0) }
        Settings.setRandomSeed(seed)
        let optimizer = try readingOption("--optimizer") { try self.optimizer.map { try NamedPart($0, .optimizer).optimizer() } }
        let inputShapes = try self.inputShapes.shapes(for: model)
        let strategy = try replication.strategy(runs)
        let isChief = strategy.isChief
        let network = try withErrors {
            try strategy.scope {
                try choices.load(
                    model, optimizer: optimizer, options: "--optimizer, --loss or --metrics", inputShapes: inputShapes,
                    asLayers: savesLayers)
            }
        }
        try setLearningRate(of: network)
        var callbacks: [Callback] = []
        if let earlyStopping {
            callbacks.append(
                EarlyStopping(
                    monitor: validationSplit > 0 ? "val_loss" : "loss", patience: earlyStopping, restoreBestWeights: true))
        }
        let recorder = runs.recorder(facts)
        if let recorder { callbacks.append(recorder) }
        if let tensorboard { try checkFolder(tensorboard, "--tensorboard") }
        let events = tensorboard ?? recorder?.folder.events
        if let events { callbacks.append(TensorBoard(logDirectory: events, histogramFrequency: 1, thinHistograms: true)) }
        // It stays until the results are written.
        let keeper = backup.map {
            BackupAndRestore($0, saveFrequency: backupEvery.map { .batches($0) } ?? .epoch, deleteCheckpoint: false)
        }
        let lasting = try withErrors { lastingFacts(of: network) }
        keeper?.ownFacts = lasting
        callbacks += [keeper].compactMap { $0 }
        network.debugsNumerics = debugNumerics
        let (fit, evaluate) = try withErrors { try fitting(network, classWeight, lasting) }
        if save == nil, runs.run == nil, isChief, !quiet {
            Settings.warn("What is trained will be lost when the command ends: give --save or --run to keep it.")
        }
        var hasTrained = false
        callbacks.append(LambdaCallback(onEpochBegin: { _ in hasTrained = true }))
        let training = try withErrors { try Interruption.watch(network, callbacks, fit: fit) }
        if !hasTrained, let recorder, !quiet {
            let reason = network.stopTraining ? "it was stopped early" : "its \(epochs) epochs are over; give more with --epochs"
            say("Nothing was left to train in \(recorder.folder.path): \(reason).")
        }
        if let save, isChief { try withErrors { try network.save(as: save) } }
        if let recorder {
            try withErrors { try network.save(to: recorder.folder.model) }
            try withErrors { try evaluate(recorder) }
            try withErrors { try recorder.writeReport() }
        }
        if let history, isChief {
            try FileIO.write(JSONValue.object(training.history.json).serialized(indented: true) + "\n", to: history)
        }
        try training.end(
            wrote: [save, history, events, recorder?.folder.report].compactMap { $0 },
            resumingWith: recorder != nil ? "--resume" : backup.map { _ in "" })
        if isChief { try keeper?.deleteBackup() }
        if let recorder, !quiet { say("Wrote \(recorder.folder.report).") }
    }

    private var savesGraph: Bool { save.map { $0.hasSuffix(".onnx") && model.path.hasSuffix(".onnx") } ?? false }

    /// Whether what is trained is saved as layers.
    private var savesLayers: Bool { save != nil && !savesGraph || runs.run != nil }

    /// The settings that decide which samples come when.
    private var settings: [(String, String)] {
        [
            ("batch size", String(samples.batchSize)), ("seed", String(seed)), ("shuffle", String(shuffle)),
            ("validation split", String(validationSplit)),
        ]
    }

    /// What must be the same when training goes on. The checkpoint has the optimizer's state, which would silently win.
    private func lastingFacts(of network: Model) -> [String: String] {
        let optimization = [
            ("optimizer", optimizer ?? "the model's"), ("learning rate", learningRate.map { "\($0)" } ?? "the optimizer's"),
            ("loss", choices.loss.isEmpty ? "the model's" : choices.loss.joined(separator: ", ")),
            ("metrics", choices.metrics.isEmpty ? "the model's" : choices.metrics.joined(separator: "; ")),
            ("class weights", classWeight.map { digest(ofFile: $0) } ?? "none"),
        ]
        // Without what it is compiled with: options replace that.
        let config = try? JSONValue(parsing: network.toJSON())["config"]?.serialized()
        let model = config.map { [("configuration of the model", DataDigest.digest(of: $0.utf8))] } ?? []
        // Events in two folders would be two halves of one curve.
        let events = [("folder of --tensorboard", tensorboard ?? "none")]
        let facts = settings + optimization + samples.facts + model + [("shards", replication.fact)] + events
        return Dictionary(uniqueKeysWithValues: facts)
    }

    /// Tells one file from another; the path of one that cannot be read, which is an error elsewhere.
    private func digest(ofFile path: String) -> String {
        (try? FileIO.read(path)).map { DataDigest.digest(of: $0) } ?? path
    }

    /// What the report says of data and settings.
    private var facts: [(String, String)] {
        let files = samples.files.map { (String($0.option.trimmingPrefix("--")), $0.path) }
        let further = [("class weights", classWeight), ("early stopping", earlyStopping.map { "\($0) epochs" })]
        return files + [("file of the model", model.path)] + settings + further.compactMap { name, value in
            value.map { (name, $0) }
        }
    }

    /// The call of `fit` with what the options name, and what a run's report says of the validation samples.
    private func fitting(
        _ network: Model, _ classWeight: ClassWeights?, _ lasting: [String: String]
    ) throws -> (fit: ([Callback]) throws -> Void, evaluate: (RunRecorder) throws -> Void) {
        let verbosity: Verbosity = quiet ? .silent : .progressBar
        guard let source = try samples.source(for: network, quiet: quiet) else {
            let data = try samples.read()
            let classWeight = try classWeight?.numbers(for: network, data)
            let trained = Int((Double(data.count) * (1 - validationSplit)).rounded(.down))
            return ({ callbacks in
                try network.fit(
                    data, batchSize: samples.batchSize, epochs: epochs, verbosity: verbosity,
                    validationSplit: validationSplit, callbacks: callbacks, shuffle: shuffle, classWeight: classWeight,
                    checkpoints: runs.checkpoints(lasting), resume: runs.resumption)
            }, { recorder in
                // The samples that `fit` takes for validation.
                if trained < data.count { try recorder.evaluate(data[trained..<data.count], batchSize: samples.batchSize) }
            })
        }
        let classWeight = try classWeight?.numbers(for: network, classNames: source.classNames)
        let parts = validationSplit == 0 ? nil : try source.split(validation: validationSplit, seed: seed)
        let data = try (parts?.0 ?? source).batches(of: samples.batchSize, shuffledBy: shuffle ? seed : nil)
        let validation = try parts?.1.batches(of: samples.batchSize)
        return ({ callbacks in
            _ = try source.reading {
                try network.fit(
                    data, epochs: epochs, verbosity: verbosity, validationData: validation, callbacks: callbacks,
                    classWeight: classWeight, checkpoints: runs.checkpoints(lasting), resume: runs.resumption)
            }
        }, { recorder in
            if let validation { try recorder.evaluate(validation, classNames: source.classNames) }
        })
    }

    private func checkFiles() throws {
        if let save, !savesGraph { try locating("--save") { try Model.savesArchive(at: save) } }
        if savesGraph, runs.run != nil {
            throw MartletError("Expected a .keras or .h5 file with --run, whose folder has the model as layers.", at: "--save")
        }
        let inputs = samples.files + [("--class-weight", classWeight)].given
        try checkOutputs([("--save", save), ("--history", history)].given + runs.outputs, keeping: inputs)
        try checkOutputs([("--history", history)].given + runs.outputs, keeping: [("the model", model.path)])
        try checkFolders(runs.folders + [("--tensorboard", tensorboard), ("--backup", backup)].given)
    }

    private func setLearningRate(of network: Model) throws {
        guard let learningRate, let optimizer = network.optimizer else { return }
        guard optimizer.schedule == nil else {
            throw MartletError(
                "A schedule sets the learning rate of the file's optimizer. Give --optimizer too, to replace both.",
                at: "--learning-rate")
        }
        optimizer.learningRate = learningRate
    }
}

extension [(String, String?)] {
    /// The options that were given.
    fileprivate var given: [(option: String, path: String)] { compactMap { option, path in path.map { (option, $0) } } }
}
