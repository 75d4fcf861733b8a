import Foundation
import MartletCore
import MartletData
import MartletFormats

/// What a `Checkpoint` keeps beside model and optimizer: its variables. Metrics, random generators, optimizers, layers and single
/// variables are such; so may types of your own be, and callbacks of your own for `fit`.
public protocol Checkpointable {
    /// The variables, always as many and in the same order.
    var checkpointVariables: [Variable] { get }
}

extension Variable: Checkpointable {
    public var checkpointVariables: [Variable] { [self] }
}

extension RandomGenerator: Checkpointable {
    public var checkpointVariables: [Variable] { [state] }
}

extension Metric: Checkpointable {
    public var checkpointVariables: [Variable] { variables }
}

extension Layer: Checkpointable {
    public var checkpointVariables: [Variable] { weights + randomGenerators.map(\.state) }
}

extension Optimizer: Checkpointable {
    public var checkpointVariables: [Variable] { savedVariables }
}

/// Saves the state of a training loop of one's own, and takes it back.
///
/// ```swift
/// let data = train.resumable()
/// let checkpoint = Checkpoint("checkpoints", model: model, optimizer: optimizer, data: data)
/// var step = try checkpoint.restoreLatest() ?? 0
/// while step < 1000 {
///     while step < 1000, let (x, y) = try data.next() {
///         trainStep(x, y)
///         step += 1
///         if step % 100 == 0 { try checkpoint.save(step: step) }
///     }
/// }
/// ```
///
/// It keeps the weights and the random streams of the model, the optimizer with its step, its schedule's place and its loss
/// scale, the place in the data, the random stream of the session, and whatever else it is given. So the loop goes on with the
/// same bits. What Swift variables hold, such as the number of an epoch, is the loop's own: count from the step.
///
/// The files are as those of `fit` with `Checkpoints`: written beside, synced and renamed, with a digest, and the newest few
/// stay.
///
/// Source: [`tf.train.Checkpoint`](https://www.tensorflow.org/api_docs/python/tf/train/Checkpoint) and
/// [`tf.train.CheckpointManager`](https://www.tensorflow.org/api_docs/python/tf/train/CheckpointManager).
public final class Checkpoint {
    /// The folder.
    public let folder: String
    private let directory: CheckpointFolder
    private let model: Layer?
    private let optimizer: Optimizer?
    private let data: (any ResumableData)?
    private let others: [(name: String, part: any Checkpointable)]
    private let keep: Int
    private let isHigherBetter: Bool
    private var note = CheckpointNote(kind: .loop, place: TrainingPlace())

    /// Makes the object; no file is touched.
    /// - Parameters:
    ///   - folder: where the files go; it is made with the first one. Use it for nothing else.
    ///   - model: the model or layer that is trained. Its weights must exist when it is saved or restored.
    ///   - optimizer: the optimizer that updates it; nil is that of a compiled model.
    ///   - data: what `resumable()` of a `Dataset` gives: the loop takes its elements from it.
    ///   - others: more to keep, under names of your own: a second model and its optimizer, metrics, random generators,
    ///     variables. They must have their variables: `optimizer.build(variables)` makes those of an optimizer.
    ///   - keep: the number of newest checkpoints that stay, at least 1.
    ///   - mode: which values given to `save` are better: `.min` or `.max`.
    public init(
        _ folder: String = "checkpoints", model: Layer? = nil, optimizer: Optimizer? = nil, data: (any ResumableData)? = nil,
        others: KeyValuePairs<String, any Checkpointable> = [:], keep: Int = 3, mode: MonitorMode = .min
    ) {
        require(keep >= 1, "Checkpoint", "Expected at least 1 checkpoint to keep. Received: \(keep).")
        require(mode != .auto, "Checkpoint", "Expected mode .min or .max. Received: auto.")
        let names = others.map(\.key)
        require(
            Set(names).count == names.count && !names.contains { $0.isEmpty || $0.contains("/") }, "Checkpoint",
            "Expected a name of its own, without a slash, for each of the others. Received: \(names).")
        self.folder = folder
        directory = CheckpointFolder(path: folder)
        (self.model, self.optimizer, self.data) = (model, optimizer ?? (model as? Model)?.optimizer, data)
        self.others = others.map { ($0.key, $0.value) }
        self.keep = max(1, keep)
        isHigherBetter = mode == .max
    }

    /// The checkpoints that are there, the newest last.
    public var files: [String] { directory.steps.map(directory.file) }

    /// The newest checkpoint, nil where there is none.
    public var latest: String? { files.last }

    /// The checkpoint with the best value that was given to `save`, nil where there is none.
    public var best: String? { note.bestStep.map(directory.file) }

    /// Saves everything.
    /// - Parameters:
    ///   - step: the number of steps that have passed, which names the file. Nil is that of the optimizer, without one the number
    ///     after the last.
    ///   - value: how good the model is, such as a validation loss: the best checkpoint stays until there is a better one.
    /// - Returns: the file.
    /// - Throws: `MartletError` when it cannot be written, or a weight does not exist yet. Older checkpoints stay then.
    @discardableResult
    public func save(step: Int? = nil, value: Double? = nil) throws -> String {
        let step = step ?? optimizer.map { $0.iterations.storedValue.item() } ?? note.place.step + 1
        guard step >= 0 else { throw MartletError("Expected a step of at least 0. Received: \(step).", at: "Checkpoint.save") }
        try requireWeights("save")
        let root = model?.kerasContent(optimizer: optimizer) ?? HDF5GroupContent()
        if model == nil, let optimizer { root.add(optimizer.savedVariables, at: "optimizer/vars") }
        for (name, part) in others { root.add(part.checkpointVariables, at: "others/\(name)") }
        if let data {
            let text = Array(try data.encodedPosition())
            text.withUnsafeBytes { root.add(Tensor(bytes: $0, shape: [text.count], dtype: .uint8), at: "data/position") }
        }
        root.writeSessionStream()
        var next = note
        next.place.step = step
        if let value, value.isFinite, next.best.map({ isHigherBetter ? value > $0 : value < $0 }) ?? true {
            (next.best, next.bestStep) = (value, step)
        }
        try directory.write(root, next, keep: keep)
        note = next
        return directory.file(step)
    }

    /// Takes the newest checkpoint back that is whole. A warning names newer ones that are damaged.
    /// - Returns: its step, nil where there is no checkpoint.
    /// - Throws: `MartletError` when it is of another model or version, when all are damaged, or when the data has become
    ///   shorter. Weights, optimizer and others are as they were then.
    @discardableResult
    public func restoreLatest() throws -> Int? {
        try requireWeights("restoreLatest")
        guard let found = try directory.newest(.loop) else { return nil }
        let (root, file) = (found.root, found.file)
        try CheckpointFolder.explaining(file) {
            var values = try root.sessionStream(file)
            for (name, part) in others {
                values += try KerasLayout.read(
                    part.checkpointVariables, from: root.group("others/\(name)"), owner: name, file: file)
            }
            if model == nil, let optimizer {
                values += try optimizer.values(in: root.group("optimizer/vars"), for: [], file: file)
            }
            values += try model?.stateValues(from: root, file: file, optimizer: optimizer, isOwn: true) ?? []
            if let data {
                let text = try root.dataset("data/position").read().withUnsafeBytes { Data($0) }
                // Last of what may fail.
                try data.go(toEncoded: text)
            }
            for (variable, value) in values { variable.assign(value) }
        }
        note = found.note
        return note.place.step
    }

    private func requireWeights(_ function: String) throws {
        guard let model, !model.isBuilt else { return }
        throw MartletError(
            "Expected weights. They are made for the first data: call ensureBuilt(for:) first, or start with an InputLayer.",
            at: "Checkpoint.\(function)")
    }
}

extension HDF5GroupContent {
    func add(_ variables: [Variable], at path: String) {
        let group = group(path)
        for (number, variable) in variables.enumerated() { group.add(variable.storedValue, at: "\(number)") }
    }
}

extension Checkpoint: CustomStringConvertible, CustomDebugStringConvertible {
    /// The folder, and what is kept in it beside model and optimizer.
    public var description: String {
        "Checkpoint(\(([folder.debugDescription] + others.map(\.name)).joined(separator: ", ")))"
    }
    public var debugDescription: String { description }
}
