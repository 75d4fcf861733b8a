import Foundation
import MartletCore
import MartletFormats

/// Backs up training, so that the next `fit` resumes after an interruption. It resumes at the start of the interrupted
/// epoch, with the weights and the optimizer of the last backup. When training ends, the backup is deleted.
///
/// ```swift
/// try model.fit(x, y, epochs: 100, callbacks: [BackupAndRestore("backup")])
/// ```
///
/// The order of samples and the random streams of layers are not backed up. They start anew.
///
/// Source:
/// [`keras.callbacks.BackupAndRestore`](https://keras.io/api/callbacks/backup_and_restore/). The files have Keras's
/// names.
public final class BackupAndRestore: Callback {
    private let folder: String
    private let frequency: ModelCheckpoint.Frequency
    private let doubleCheckpoint: Bool
    private let deleteCheckpoint: Bool
    private var restoredEpoch: Int?
    private var epoch = 0
    private var batchesSinceSaving = 0

    private var weightsPath: String { folder + "/latest.weights.h5" }
    private var metadataPath: String { folder + "/training_metadata.json" }

    /// Makes the callback. Stops when the frequency is below one batch.
    /// - Parameters:
    ///   - folder: the folder of the backup. Use it for nothing else.
    ///   - saveFrequency: when the backup is written.
    ///   - doubleCheckpoint: whether the previous backup is kept too, in case the last one cannot be read.
    ///   - deleteCheckpoint: whether the folder is deleted when training ends.
    public init(
        _ folder: String, saveFrequency: ModelCheckpoint.Frequency = .epoch, doubleCheckpoint: Bool = false,
        deleteCheckpoint: Bool = true
    ) {
        if case .batches(let count) = saveFrequency {
            require(count >= 1, "BackupAndRestore", "Expected a frequency of at least 1 batch. Received: \(count).")
        }
        self.folder = folder
        frequency = saveFrequency
        self.doubleCheckpoint = doubleCheckpoint
        self.deleteCheckpoint = deleteCheckpoint
    }

    override var firstEpoch: Int? { restoredEpoch }

    public override func onTrainBegin() throws {
        batchesSinceSaving = 0
        do {
            try restore(suffix: "")
        } catch {
            guard FileManager.default.fileExists(atPath: weightsPath + ".bkp") else { throw error }
            Settings.logger.warning("Restoring the backup before the last one, because: \(error)")
            try restore(suffix: ".bkp")
        }
        epoch = restoredEpoch ?? 0
    }

    public override func onEpochBegin(_ epoch: Int) { self.epoch = epoch }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        guard case .batches(let count) = frequency else { return }
        batchesSinceSaving += 1
        guard batchesSinceSaving >= count else { return }
        batchesSinceSaving = 0
        try save(batch: batch)
    }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        self.epoch = epoch + 1
        if frequency == .epoch { try save(batch: 0) }
    }

    public override func onTrainEnd() throws {
        guard deleteCheckpoint, FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw MartletError("The backup cannot be deleted: \(error.localizedDescription)", at: folder)
        }
    }

    private func restore(suffix: String) throws {
        restoredEpoch = nil
        guard let model, FileManager.default.fileExists(atPath: weightsPath + suffix) else { return }
        let metadata = try JSONValue(
            parsing: String(decoding: FileIO.read(metadataPath + suffix, limit: 1 << 16), as: UTF8.self))
        let epoch = try metadata.int("epoch")
        guard epoch >= 0 else {
            throw MartletError("Expected an epoch of 0 or more. Received: \(epoch).", at: metadataPath + suffix)
        }
        try model.loadState(from: HDF5File(weightsPath + suffix).root, file: weightsPath + suffix)
        restoredEpoch = epoch
    }

    private func save(batch: Int) throws {
        guard let model else { return }
        try FileIO.makeFolder(folder)
        if doubleCheckpoint {
            for path in [weightsPath, metadataPath] where FileManager.default.fileExists(atPath: path) {
                try FileIO.write(FileIO.read(path), to: path + ".bkp")
            }
        }
        try model.saveWeights(to: weightsPath)
        let metadata: JSONValue = ["epoch": .int(epoch), "batch": .int(batch)]
        try FileIO.write(metadata.serialized(), to: metadataPath)
    }
}
