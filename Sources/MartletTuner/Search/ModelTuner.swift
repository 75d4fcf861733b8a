import Foundation

/// Searches the parameters of a model that a function builds and compiles, in KerasTuner's form.
///
/// ```swift
/// let tuner = try ModelTuner(objective: "val_loss", maxTrials: 10, folder: "search") { hp in
///     let model = Sequential([Dense(try hp.int("units", min: 32, max: 512, step: 32), activation: .relu), Dense(1)])
///     try model.compile(optimizer: "adam", loss: "mse")
///     return model
/// }
/// try tuner.search(x, y, epochs: 5, validationData: (x, y))
/// let model = try tuner.bestModels()[0]
/// ```
///
/// The value of a trial is that of its best epoch. With a folder the weights of that epoch are kept, and an interrupted search
/// goes on in the middle of its trials.
///
/// Source: [`keras_tuner.Tuner`](https://keras.io/keras_tuner/api/tuners/base_tuner/).
public final class ModelTuner: Sendable {
    /// The study of the search.
    public let study: Study
    /// The metric that decides.
    public let objective: String
    private let maxTrials: Int
    private let workers: Int
    private let folder: String?
    private let backupFrequency: ModelCheckpoint.Frequency
    private let build: @Sendable (HyperParameters) throws -> Model

    /// Makes a tuner.
    /// - Parameters:
    ///   - objective: the name of a metric in the logs of `fit`, such as `val_accuracy`.
    ///   - direction: whether small or large values are better; nil for what the name says.
    ///   - maxTrials: the number of trials that the study shall have.
    ///   - workers: the number of trials that run at once.
    ///   - sampler: who chooses parameters.
    ///   - pruner: who ends trials early. Its steps are epochs, counted from 1.
    ///   - folder: where the study, weights and backups are kept. What it holds goes on. Nil: only in memory, without weights.
    ///   - backupFrequency: when trials are backed up into the folder: after every epoch, or for long epochs every so many
    ///     batches.
    ///   - seed: begins all random streams.
    ///   - build: builds and compiles a model. With several workers it is called from several threads.
    /// - Throws: `MartletError` when it is not known which values of the metric are better, and when the folder cannot be used.
    public convenience init(
        objective: String, direction: Direction? = nil, maxTrials: Int, workers: Int = 1, sampler: (any Sampler)? = nil,
        pruner: any Pruner = NopPruner(), folder: String? = nil, backupFrequency: ModelCheckpoint.Frequency = .epoch,
        seed: Int? = nil, build: @escaping @Sendable (HyperParameters) throws -> Model
    ) throws {
        if let folder { try FileIO.makeFolder(folder) }
        let study = try Study(
            "search", direction: direction ?? Self.direction(of: objective), sampler: sampler, pruner: pruner,
            storage: folder.map { .journal($0 + "/study.journal") } ?? .memory, existing: .load, seed: seed,
            lookahead: workers > 1 ? workers - 1 : nil)
        try self.init(
            study, objective: objective, maxTrials: maxTrials, workers: workers, folder: folder,
            backupFrequency: backupFrequency, build: build)
    }

    /// Makes a tuner on a study of one objective. See `init` for the parameters.
    public init(
        _ study: Study, objective: String, maxTrials: Int, workers: Int = 1, folder: String? = nil,
        backupFrequency: ModelCheckpoint.Frequency = .epoch, build: @escaping @Sendable (HyperParameters) throws -> Model
    ) throws {
        guard maxTrials >= 1 else { throw MartletError("Expected at least 1 trial. Received: \(maxTrials).", at: "maxTrials") }
        guard workers >= 1 else { throw MartletError("Expected at least 1 worker. Received: \(workers).", at: "workers") }
        if case .batches(let count) = backupFrequency, count < 1 {
            throw MartletError("Expected a backup every 1 batch or more. Received: \(count).", at: "backupFrequency")
        }
        self.objective = objective
        self.maxTrials = maxTrials
        self.workers = workers
        self.folder = folder
        self.backupFrequency = backupFrequency
        self.build = build
        if let folder { try FileIO.makeFolder(folder) }
        self.study = study
    }

    /// Which values of a metric are better.
    /// - Throws: `MartletError` when its name does not say it.
    public static func direction(of metric: String) throws -> Direction {
        let name = metric.hasPrefix("val_") ? String(metric.dropFirst(4)) : metric
        let (small, large) = (
            ["loss", "error", "mse", "mae", "mape", "msle", "rmse", "crossentropy", "divergence", "false", "hinge"],
            ["acc", "auc", "precision", "recall", "f1", "score", "iou", "true", "similarity", "dice"]
        )
        if small.contains(where: name.contains) { return .minimize }
        if large.contains(where: name.contains) { return .maximize }
        throw MartletError(
            "Expected a direction: whether large values of \"\(metric)\" are better is not known.", at: "direction")
    }

    /// Runs trials until the study has `maxTrials`. See `fit` for the parameters.
    /// - Parameter callbacks: makes the callbacks of a trial.
    /// - Throws: what `build` and `fit` throw.
    public func search(
        _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, validationSplit: Double = 0,
        validationData: (x: Tensor, y: Tensor)? = nil, callbacks: @escaping @Sendable () -> [Callback] = { [] }
    ) throws {
        let data = try TensorDataset(x, y)
        let validation = try validationData.map { try TensorDataset($0.x, $0.y) }
        try search(
            data, batchSize: batchSize, epochs: epochs, validationSplit: validationSplit, validationData: validation,
            callbacks: callbacks)
    }

    /// Runs trials until the study has `maxTrials`, of models with any number of inputs and outputs.
    public func search(
        _ data: TensorDataset, batchSize: Int = 32, epochs: Int = 1, validationSplit: Double = 0,
        validationData: TensorDataset? = nil, callbacks: @escaping @Sendable () -> [Callback] = { [] }
    ) throws {
        try search { model, own in
            try model.fit(
                data, batchSize: batchSize, epochs: epochs, verbosity: .silent, validationSplit: validationSplit,
                validationData: validationData, callbacks: callbacks() + own)
        }
    }

    /// Runs trials until the study has `maxTrials`, each with a call of `fit` that is given.
    /// - Parameter fit: trains a model, with the callbacks that it gets after its own.
    public func search(_ fit: @escaping @Sendable (Model, [Callback]) throws -> History) throws {
        try searchEach { [build] trial in
            let model = try build(HyperParameters(trial))
            return (model, { try fit(model, $0) })
        }
    }

    /// Runs trials until the study has `maxTrials`, each of a model and a call of `fit` that `make` makes.
    package func searchEach(
        timeout: Double? = nil, onTrialEnd: @escaping @Sendable (FrozenTrial) throws -> Void = { _ in },
        _ make: @escaping @Sendable (Trial) throws -> (model: Model, fit: ([Callback]) throws -> History)
    ) throws {
        let objective: @Sendable (Trial) throws -> Double = { [self] trial in
            let (model, fit) = try make(trial)
            return try run(trial, model, fit)
        }
        if workers == 1 {
            try study.optimize(trials: maxTrials, timeout: timeout, onTrialEnd: onTrialEnd, objective)
        } else {
            try study.optimize(trials: maxTrials, workers: workers, timeout: timeout, onTrialEnd: onTrialEnd, objective)
        }
    }

    private func run(_ trial: Trial, _ model: Model, _ fit: ([Callback]) throws -> History) throws -> Double {
        guard model.optimizer != nil else {
            throw MartletError("Expected a compiled model. Received one that is not compiled.", at: "build")
        }
        var callbacks: [Callback] = [PruningCallback(trial, monitor: objective)]
        var backup: BackupAndRestore?
        if let folder {
            callbacks.append(
                ModelCheckpoint(
                    weightsPath(trial.number, in: folder), monitor: objective, saveBestOnly: true, saveWeightsOnly: true,
                    mode: study.directions[0] == .minimize ? .min : .max))
            backup = BackupAndRestore(
                "\(folder)/trial-\(trial.number)-backup", saveFrequency: backupFrequency, deleteCheckpoint: false)
            callbacks.append(backup!)
        }
        let history: History
        do {
            history = try fit(callbacks)
        } catch let error as TrialPruned {
            try backup?.deleteBackup()
            throw error
        }
        try backup?.deleteBackup()
        // A training that went on from a backup has only its last epochs in its history.
        let reports = trial.recorded.intermediateValues.merging(trial.intermediateValues) { $1 }
        guard !reports.isEmpty else {
            throw MartletError(
                "Expected a metric of the logs: \(history.history.keys.joined(separator: ", ")). Received: \"\(objective)\".",
                at: "objective")
        }
        let numbers = reports.values.filter { !$0.isNaN }
        return (study.directions[0] == .minimize ? numbers.min() : numbers.max()) ?? .nan
    }

    package func weightsPath(_ number: Int, in folder: String) -> String { "\(folder)/trial-\(number).weights.h5" }

    /// The complete trials, the best first.
    public func bestTrials(_ count: Int = 1) throws -> [FrozenTrial] {
        let complete = try study.trials.filter { $0.state == .complete && $0.violation == 0 && $0.value != nil }
        let sign = study.directions[0] == .minimize ? 1.0 : -1
        return Array(complete.sorted { (sign * $0.value!, $0.number) < (sign * $1.value!, $1.number) }.prefix(count))
    }

    /// The parameters of the best trials.
    public func bestHyperParameters(_ count: Int = 1) throws -> [HyperParameters] {
        try bestTrials(count).map { HyperParameters(values: $0.params) }
    }

    /// The models of the best trials, with the weights of their best epochs.
    /// - Throws: `MartletError` without a folder, or before a trial is complete.
    public func bestModels(_ count: Int = 1) throws -> [Model] {
        guard let folder else {
            throw MartletError("Expected a tuner with a folder, which keeps weights. Train anew with bestHyperParameters.")
        }
        let trials = try bestTrials(count)
        guard !trials.isEmpty else { throw MartletError("Expected a complete trial. There is none.") }
        return try trials.map { trial in
            try withSession(Session(seed: study.sessionSeed(trial.number))) {
                let model = try build(HyperParameters(values: trial.params))
                try model.loadWeights(from: weightsPath(trial.number, in: folder))
                return model
            }
        }
    }

    /// A table of the best trials.
    public func resultsSummary(_ count: Int = 10) throws -> String {
        try bestTrials(count).map { trial in
            let parameters = trial.parameters.map { "\($0.name) \($0.value.serialized())" }.joined(separator: ", ")
            return "trial \(trial.number): \(objective) \(trial.value!), \(parameters)"
        }.joined(separator: "\n")
    }
}

extension ModelTuner: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "ModelTuner(\(study), objective: \(objective.debugDescription))" }
    public var debugDescription: String { description }
}
