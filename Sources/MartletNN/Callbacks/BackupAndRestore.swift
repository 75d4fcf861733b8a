import Foundation
import MartletCore
import MartletFormats

/// Backs a training up, so that the next `fit` goes on where one was interrupted: at the start of the epoch that was
/// under way, with weights and optimizer as they were backed up. The backup goes when a training ends.
///
/// ```swift
/// try model.fit(x, y, epochs: 100, callbacks: [BackupAndRestore("backup")])
/// ```
///
/// The order of samples and what layers draw are not backed up: they are drawn anew.
///
/// Source:
/// [`keras.callbacks.BackupAndRestore`](https://keras.io/api/callbacks/backup_and_restore/). The files are called
/// as Keras's.
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
    ///   - folder: the folder of the backup, which is used for nothing else.
    ///   - saveFrequency: when it is made.
    ///   - doubleCheckpoint: whether the backup before is kept too, for when the last one cannot be read.
    ///   - deleteCheckpoint: whether the folder is deleted when the training has ended.
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
            Settings.logger.warning("The backup before the last one is restored, because: \(error)")
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
