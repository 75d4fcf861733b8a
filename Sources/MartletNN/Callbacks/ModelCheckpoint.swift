import Foundation
import MartletCore
import MartletFormats

/// Saves the model, or its weights alone, while it is trained.
///
/// ```swift
/// ModelCheckpoint("best/model_{epoch:02d}_{val_accuracy:.4f}.keras", monitor: "val_accuracy", saveBestOnly: true)
/// ```
///
/// Source: [`keras.callbacks.ModelCheckpoint`](https://keras.io/api/callbacks/model_checkpoint/).
public final class ModelCheckpoint: Callback {
    /// When weights are saved.
    public enum Frequency: Sendable, Equatable {
        /// After every epoch and its validation.
        case epoch
        /// After every so many batches, whatever the epochs.
        case batches(Int)
    }

    /// The best value of the monitored figure so far; nil before there is one.
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
    ///   - path: the file, whose folder is made where needed. Fields in braces are filled in, in Python's formats:
    ///     `epoch` and `batch`, counted from 1, and every figure of the logs.
    ///   - monitor: the figure to watch.
    ///   - verbose: whether what it does is logged as a notice.
    ///   - saveBestOnly: whether it is saved only when the figure has improved.
    ///   - saveWeightsOnly: whether weights are saved without the model. Names that end in `.weights.h5`,
    ///     `.safetensors` or `.npz` say so by themselves.
    ///   - mode: which values are better.
    ///   - saveFrequency: when weights are saved.
    ///   - initialValueThreshold: the value that the first one saved must improve on.
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
        guard let model, let template, try isToBeSaved(logs) else { return }
        let path = try template.path(counts: counts, figures: logs)
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty { try FileIO.makeFolder(folder) }
        let isWhole = path.hasSuffix(".keras") || path.hasSuffix(".h5") && !path.hasSuffix(".weights.h5")
        if isWhole && !saveWeightsOnly { try model.save(to: path) } else { try model.saveWeights(to: path) }
        lastPath = path
        report("Epoch \(epoch + 1): saved the model to \(path)", verbose: verbose)
    }

    /// Without the monitored figure everything is saved: rather too much than nothing.
    private func isToBeSaved(_ logs: Logs) throws -> Bool {
        guard saveBestOnly, let current = monitor.value(in: logs, for: "ModelCheckpoint") else { return true }
        guard try monitor.isImprovement(current, over: best, in: model) else {
            report("Epoch \(epoch + 1): \(monitor.name) did not improve on \(best ?? .nan)", verbose: verbose)
            return false
        }
        best = current
        return true
    }
}
