import Foundation
import MartletCore
import MartletFormats

/// Saves the model, or only its weights, during training.
///
/// ```swift
/// ModelCheckpoint("best/model_{epoch:02d}_{val_accuracy:.4f}.keras", monitor: "val_accuracy", saveBestOnly: true)
/// ```
///
/// Source: [`keras.callbacks.ModelCheckpoint`](https://keras.io/api/callbacks/model_checkpoint/).
public final class ModelCheckpoint: Callback, ChiefCallback {
    /// When weights are saved.
    public enum Frequency: Sendable, Equatable {
        /// After every epoch and its validation.
        case epoch
        /// After every this many batches, across epochs.
        case batches(Int)
    }

    /// The best value of the monitored metric so far; nil before there is one.
    public private(set) var best: Double?
    /// The file that was saved last; nil before there is one.
    public private(set) var lastPath: String?

    private let pathTemplate: String
    private let monitor: Monitor
    private let verbose: Bool
    private let saveBestOnly: Bool
    private let saveWeightsOnly: Bool
    private let frequency: Frequency
    private var template: PathTemplate?
    private var epoch = 0
    private var batchesSinceSaving = 0

    /// Makes the callback. Stops when the frequency is below one batch.
    /// - Parameters:
    ///   - path: the file. Its folder is created if needed. Fields in braces are filled in, with Python's formats:
    ///     `epoch` and `batch`, counted from 1, and every name in the logs.
    ///   - monitor: the name of the metric in the logs.
    ///   - verbose: whether its actions are logged as notices.
    ///   - saveBestOnly: whether to save only when the metric has improved.
    ///   - saveWeightsOnly: whether to save weights without the model. This is implied by names that end in
    ///     `.weights.h5`, `.safetensors` or `.npz`.
    ///   - mode: which values are better.
    ///   - saveFrequency: when to save.
    ///   - initialValueThreshold: the value that the first saved one must improve on.
    public init(
        _ path: String, monitor: String = "val_loss", verbose: Bool = false, saveBestOnly: Bool = false,
        saveWeightsOnly: Bool = false, mode: MonitorMode = .auto, saveFrequency: Frequency = .epoch,
        initialValueThreshold: Double? = nil
    ) {
        if case .batches(let count) = saveFrequency {
            require(count >= 1, "ModelCheckpoint", "Expected a frequency of at least 1 batch. Received: \(count).")
        }
        pathTemplate = path
        self.monitor = Monitor(monitor, mode: mode)
        self.verbose = verbose
        self.saveBestOnly = saveBestOnly
        self.saveWeightsOnly = saveWeightsOnly
        frequency = saveFrequency
        best = initialValueThreshold
    }

    override var memory: CallbackMemory? {
        CallbackMemory(values: [
            "best": .optional(best), "last_path": lastPath.map { .string($0) } ?? .null,
            "batches_since_saving": .int(batchesSinceSaving),
        ])
    }

    override func recall(_ memory: CallbackMemory) throws {
        best = try memory.double("best")
        if case .string(let path)? = memory.values["last_path"] { lastPath = path }
        batchesSinceSaving = try memory.int("batches_since_saving") ?? 0
    }

    public override func onTrainBegin() throws { template = try PathTemplate(pathTemplate) }

    public override func onEpochBegin(_ epoch: Int) { self.epoch = epoch }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        guard case .batches(let count) = frequency else { return }
        batchesSinceSaving += 1
        guard batchesSinceSaving >= count else { return }
        batchesSinceSaving = 0
        try save(["epoch": epoch + 1, "batch": batch + 1], logs())
    }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        if frequency == .epoch { try save(["epoch": epoch + 1], logs) }
    }

    private func save(_ counts: [String: Int], _ logs: Logs) throws {
        let before = best
        guard let model, let template, try isToBeSaved(logs) else { return }
        let path = try template.path(counts: counts, figures: logs)
        let folder = FileIO.folder(of: path)
        if !folder.isEmpty { try FileIO.makeFolder(folder) }
        let isWhole = path.hasSuffix(".keras") || path.hasSuffix(".h5") && !path.hasSuffix(".weights.h5")
        if isWhole && !saveWeightsOnly { try model.save(to: path) } else { try model.saveWeights(to: path) }
        lastPath = path
        let change = saveBestOnly && best != before
            ? "\(monitor.name) improved from \(text(before)) to \(text(best)), " : ""
        report("Epoch \(epoch + 1): \(change)saving model to \(path)", verbose: verbose)
    }

    private func text(_ value: Double?) -> String { value?.text("%.5f") ?? "None" }

    /// Without the monitored metric everything is saved: saving too much is better than saving nothing.
    private func isToBeSaved(_ logs: Logs) throws -> Bool {
        guard saveBestOnly, let current = monitor.value(in: logs, for: "ModelCheckpoint") else { return true }
        guard try monitor.isImprovement(current, over: best, in: model) else {
            report("Epoch \(epoch + 1): \(monitor.name) did not improve from \(text(best))", verbose: verbose)
            return false
        }
        best = current
        return true
    }

    public override var description: String {
        text([
            "": pathTemplate, "monitor": monitor.name, "saveBestOnly": saveBestOnly,
            "saveWeightsOnly": saveWeightsOnly, "best": best,
        ])
    }
}
