import Foundation
import MartletCore

/// When `fit` writes checkpoints, where, and which of them stay.
///
/// ```swift
/// try model.fit(x, y, epochs: 100, checkpoints: .every(steps: 500), resume: .automatic)
/// ```
///
/// A checkpoint is one file, `checkpoint-500.weights.h5` for that of step 500. It holds everything: weights, optimizer with its
/// step, schedule's place and loss scale, random streams of layers, of the session and of the orders of samples, the metrics so
/// far in the epoch, the history, the place in the data, and what `EarlyStopping`, `ReduceLROnPlateau`, `ModelCheckpoint`,
/// `CSVLogger` and `TensorBoard` remember. So a training that goes on from one has the bits of one that was never interrupted.
/// It needs the same model, compilation, data, batch size, order, seed and callbacks: `fit` throws where it sees that one of them
/// is another.
///
/// A file is written beside, synced to the disk and renamed, and only then is an older one deleted. It has a digest: one that was
/// cut short or changed is passed over, with a warning, and the training goes on from the one before. One that is of another
/// model or version is an error.
///
/// At the end of a training a checkpoint is always written, so that the same call for more epochs goes on.
public struct Checkpoints: Sendable, Equatable {
    /// A checkpoint is written after every this many steps since the training began, nil for none.
    public var steps: Int?
    /// A checkpoint is written after the first step that ends this many minutes after the last checkpoint, nil for none.
    public var minutes: Double?
    /// A checkpoint is written after every this many epochs, with their validation, nil for none.
    public var epochs: Int?
    /// The folder, which is made where it is missing. Use it for nothing else.
    public var folder: String
    /// The number of newest checkpoints that stay.
    public var keep: Int
    /// The value in the logs of epochs, such as `val_loss`, by which a checkpoint is the best: then one is also written after
    /// each epoch that improves on all before, and stays until there is a better one. Nil for none.
    public var best: String?
    /// Which values of `best` are better.
    public var mode: MonitorMode
    /// Whether Ctrl-C (`SIGINT`) and `SIGTERM` end the running step, write a checkpoint, and let `fit` throw a
    /// `TrainingInterruption`. A second signal ends the process at once. Signals are the whole process's: one training at a time.
    public var onSignal: Bool
    /// What must be the same when training goes on, beside what `fit` knows.
    package var facts: TrainingFacts = [:]

    /// Checkpoints after so many steps, minutes or epochs, whichever comes first. Without any of these: after every epoch.
    /// - Parameters:
    ///   - steps: the number of steps, at least 1.
    ///   - minutes: the number of minutes, above 0.
    ///   - epochs: the number of epochs, at least 1.
    ///   - folder: the folder of the checkpoints.
    ///   - keep: the number of newest checkpoints that stay, at least 1.
    ///   - best: the value in the logs by which one more stays, the best.
    ///   - mode: which values are better.
    ///   - onSignal: whether Ctrl-C and `SIGTERM` write a checkpoint, too.
    public static func every(
        steps: Int? = nil, minutes: Double? = nil, epochs: Int? = nil, in folder: String = "checkpoints", keep: Int = 3,
        best: String? = nil, mode: MonitorMode = .auto, onSignal: Bool = false
    ) -> Checkpoints {
        Checkpoints(
            steps: steps, minutes: minutes, epochs: steps == nil && minutes == nil ? epochs ?? 1 : epochs, folder: folder,
            keep: keep, best: best, mode: mode, onSignal: onSignal)
    }

    /// A checkpoint after every epoch, in the folder `checkpoints`.
    public static var everyEpoch: Checkpoints { every(epochs: 1) }

    /// The checkpoints that are there, the newest last.
    public var files: [String] {
        let folder = CheckpointFolder(path: folder)
        return folder.steps.map(folder.file)
    }

    /// The checkpoint with the best value, nil where there is none. `model.loadWeights(from:)` reads it.
    /// - Throws: `MartletError` when no checkpoint can be read.
    public func bestFile() throws -> String? {
        let folder = CheckpointFolder(path: folder)
        return try folder.newest(.fit)?.note.bestStep.map(folder.file)
    }

    func check() throws {
        for (name, value) in [("steps", steps), ("epochs", epochs), ("keep", keep)] {
            if let value, value < 1 {
                throw MartletError("Expected a number of at least 1. Received: \(value).", at: "checkpoints, \(name)")
            }
        }
        if let minutes, !(minutes > 0) {
            throw MartletError("Expected a number above 0. Received: \(minutes).", at: "checkpoints, minutes")
        }
    }
}

/// What `fit` does with the checkpoints that lie in the folder.
public enum Resumption: Sendable, Equatable {
    /// Begins anew. A folder that holds checkpoints is an error, as they would be lost.
    case never
    /// Goes on from the newest checkpoint that is whole; begins anew where there is none.
    case automatic
    /// Goes on from the newest checkpoint that is whole; an error where there is none.
    case required
}
