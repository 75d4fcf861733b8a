import MartletCore
import MartletFormats

/// Writes the checkpoints of `fit`.
final class CheckpointKeeper: Callback, TrainingKeeper {
    private let plan: Checkpoints
    private let resume: Resumption
    private let directory: CheckpointFolder
    private let monitor: Monitor?
    var others: [Callback] = []
    var folder: String { plan.folder }
    var ownFacts: TrainingFacts { plan.facts }
    var facts: TrainingFacts = [:]

    private var note = CheckpointNote(kind: .fit, place: TrainingPlace())
    private var found: CheckpointFolder.Found?
    /// The content of a place in which a signal finds no state that could be kept: within a validation.
    private var noted: HDF5GroupContent?
    private var savedPlace: TrainingPlace?
    /// Writes a checkpoint while training goes on.
    private let writing = BackgroundTask()
    private var lastSave = ContinuousClock.now
    private var logs = Logs()

    init(_ plan: Checkpoints, _ resume: Resumption) throws {
        try plan.check()
        self.plan = plan
        self.resume = resume
        directory = CheckpointFolder(path: plan.folder)
        monitor = plan.best.map { Monitor($0, mode: plan.mode) }
    }

    override var resumption: (epoch: Int, batch: Int)? { savedPlace.map { ($0.epoch, $0.batch) } }

    override func onTrainBegin() throws {
        (note, noted, savedPlace) = (CheckpointNote(kind: .fit, place: TrainingPlace()), nil, nil)
        try FileIO.makeFolder(plan.folder)
        if resume == .never, !directory.steps.isEmpty {
            throw MartletError(
                "Expected a folder without checkpoints. This one holds \(directory.steps.count): go on from them with resume: "
                    + ".automatic, or give another folder.", at: plan.folder)
        }
        guard let model, let found = resume == .never ? nil : try directory.newest(.fit) else {
            if resume == .required { throw MartletError("Expected a checkpoint. There is none.", at: plan.folder) }
            return lastSave = .now
        }
        let place = found.note.place
        try facts.check(found.root, file: found.file)
        guard place.batch == 0 || [0, parameters.steps].contains(found.note.stepsPerEpoch) || parameters.steps == 0 else {
            throw MartletError(
                "Expected an epoch of \(found.note.stepsPerEpoch) steps, in which the checkpoint is. Received: "
                    + "\(parameters.steps). Take the data and the batch size that the training had.", at: found.file)
        }
        try CheckpointFolder.explaining(found.file) {
            try model.restoreTraining(from: found.root, file: found.file, withMetrics: place.batch > 0, isOwn: true)
        }
        (self.found, note, savedPlace, lastSave) = (found, found.note, place, .now)
    }

    func remind() throws {
        try found?.root.recall(others)
        found = nil
    }

    override func onEpochBegin(_ epoch: Int) {
        if note.place.epoch != epoch { (note.place.epoch, note.place.batch) = (epoch, 0) }
    }

    func saveBatch(_ batch: Int) throws {
        let before = note.place.step
        note.place.step += batch + 1 - note.place.batch
        note.place.batch = batch + 1
        let isStep = plan.steps.map { note.place.step / $0 > before / $0 } ?? false
        let isTime = plan.minutes.map { (ContinuousClock.now - lastSave) / .seconds(60) >= $0 } ?? false
        if isStep || isTime { try save(content(orders: model?.presentOrder?.state)) }
    }

    func noteEnd(of epoch: Int, batches: Int) { noted = content(orders: model?.presentOrder?.state) }

    override func onEpochEnd(_ epoch: Int, logs: Logs) { self.logs = logs }

    func saveEpoch(_ epoch: Int) throws {
        noted = nil
        (note.place.epoch, note.place.batch) = (epoch + 1, 0)
        note.stepsPerEpoch = parameters.steps
        var isDue = plan.epochs.map { (epoch + 1) % $0 == 0 } ?? false
        if let value = monitor?.value(in: logs, for: "A checkpoint"), value.isFinite,
            try monitor?.isImprovement(value, over: note.best, in: model) == true
        {
            (note.best, note.bestStep, isDue) = (value, note.place.step, true)
        }
        let isLast = epoch + 1 >= parameters.epochs || model?.stopTraining == true
        if isDue || isLast { try save(content(orders: model?.ordersState(after: epoch))) }
        if isLast { try writing.finish() }
    }

    func saveForLater() throws {
        if let noted {
            try save(noted)
        } else if note.place != savedPlace {
            let orders = note.place.batch > 0 ? model?.presentOrder?.state : model?.ordersState(after: note.place.epoch - 1)
            try save(content(orders: orders))
        }
        try writing.finish()
    }

    override func onTrainEnd() throws { try writing.finish() }

    private func content(orders: Tensor?) -> HDF5GroupContent? {
        note.stepsPerEpoch = parameters.steps
        return model?.trainingContent(at: note.place, of: facts, orders: orders, callbacks: others)
    }

    private func save(_ content: HDF5GroupContent?) throws {
        guard let content, model?.distribution?.isChief != false else { return }
        for callback in others { try callback.onCheckpoint() }
        let (directory, note, keep) = (directory, note, plan.keep)
        try writing.start { try directory.write(content, note, keep: keep) }
        // Without a first checkpoint nothing could go on from what callbacks write meanwhile.
        if savedPlace == nil { try writing.finish() }
        (savedPlace, lastSave) = (note.place, .now)
    }
}
