import Foundation
import MartletCore
import MartletFormats

/// Backs up training, so that the next `fit` goes on after an interruption: with the batch after the last backup, and the
/// same bits as without the interruption. When training ends, the backup is deleted.
///
/// ```swift
/// try model.fit(x, y, epochs: 100, callbacks: [BackupAndRestore("backup")])
/// ```
///
/// A backup is one file that appears whole or not at all, `latest.weights.h5`: weights, optimizer, metrics, random streams of
/// layers, of the session and of the order of samples, epoch and batch, and what `EarlyStopping`, `ReduceLROnPlateau`,
/// `ModelCheckpoint`, `CSVLogger`, `TensorBoard` and `History` remember, when they are among the callbacks again. It is written
/// when all callbacks have seen the end of the batch or the epoch. Backups of earlier versions and of Keras, whose place is in a
/// second file, are read too. From those training goes on at the start of an epoch.
///
/// It needs the same data, batch size, order and seed: `fit` throws where it sees that one of them is another.
///
/// The `checkpoints:` of `fit` keep several files, and the best one.
///
/// Source:
/// [`keras.callbacks.BackupAndRestore`](https://keras.io/api/callbacks/backup_and_restore/).
public final class BackupAndRestore: Callback, TrainingKeeper {
    package let folder: String
    private let frequency: ModelCheckpoint.Frequency
    private let doubleCheckpoint: Bool
    private let deleteCheckpoint: Bool
    private var restored: (epoch: Int, batch: Int)?
    /// The file from which training goes on.
    private var backup: HDF5Group?
    package var others: [Callback] = []
    package var ownFacts: TrainingFacts = [:]
    package var facts: TrainingFacts = [:]
    private var place = TrainingPlace()
    private var savedPlace: TrainingPlace?
    /// The content of the place before a validation that runs.
    private var noted: HDF5GroupContent?
    private var batchesSinceSaving = 0

    private var weightsPath: String { folder + "/latest.weights.h5" }
    /// The second file of older backups.
    private var metadataPath: String { folder + "/training_metadata.json" }

    /// Makes the callback. Stops when the frequency is below one batch.
    /// - Parameters:
    ///   - folder: the folder of the backup.
    ///   - saveFrequency: when the backup is written.
    ///   - doubleCheckpoint: whether the previous backup is kept too, in case the last one cannot be read.
    ///   - deleteCheckpoint: whether the backup is deleted when training ends, and the folder if nothing else is in it.
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

    override var resumption: (epoch: Int, batch: Int)? { restored }

    public override func onTrainBegin() throws {
        AtomicFile.sweep(folder)
        (batchesSinceSaving, place, savedPlace, noted) = (0, TrainingPlace(), nil, nil)
        do {
            try restore(suffix: "")
        } catch {
            guard FileManager.default.fileExists(atPath: weightsPath + ".bkp") else { throw error }
            Settings.logger.warning("Restoring the backup before the last one, because: \(error)")
            try restore(suffix: ".bkp")
        }
    }

    public override func onEpochBegin(_ epoch: Int) {
        if place.epoch != epoch { place = TrainingPlace(epoch: epoch) }
    }

    package func remind() throws {
        try backup?.recall(others)
        backup = nil
    }

    package func saveBatch(_ batch: Int) throws {
        place.batch = batch + 1
        guard case .batches(let count) = frequency else { return }
        batchesSinceSaving += 1
        guard batchesSinceSaving >= count else { return }
        batchesSinceSaving = 0
        try save(content(orders: model?.presentOrder?.state))
    }

    package func noteEnd(of epoch: Int, batches: Int) { noted = content(orders: model?.presentOrder?.state) }

    package func saveEpoch(_ epoch: Int) throws {
        noted = nil
        place = TrainingPlace(epoch: epoch + 1)
        if frequency == .epoch { try save(content(orders: model?.ordersState(after: epoch))) }
    }

    package func saveForLater() throws {
        if let noted { return try save(noted) }
        guard place != savedPlace else { return }
        try save(content(orders: place.batch > 0 ? model?.presentOrder?.state : model?.ordersState(after: place.epoch - 1)))
    }

    public override func onTrainEnd() throws {
        if deleteCheckpoint, model?.distribution?.isChief != false { try deleteBackup() }
    }

    /// Deletes the backup, for callers that keep it until their results are written. What else is in the folder stays.
    /// - Throws: `MartletError` when a file of the backup cannot be deleted.
    public func deleteBackup() throws {
        AtomicFile.sweep(folder)
        for file in [weightsPath, metadataPath].flatMap({ [$0, $0 + ".bkp"] }) {
            guard unlink(file) == 0 || errno == ENOENT || errno == ENOTDIR else { throw FileStream.failure("delete", file) }
        }
        rmdir(folder)
    }

    private func restore(suffix: String) throws {
        (restored, backup) = (nil, nil)
        let path = weightsPath + suffix
        guard let model, FileManager.default.fileExists(atPath: path) else { return }
        let (root, hasDigest): (HDF5Group, Bool)
        do {
            (root, hasDigest) = try StateFile.read(path)
        } catch let error as StateFile.Damaged {
            throw MartletError("\(error)")
        }
        let found = try place(in: root, suffix)
        guard found.epoch >= 0, found.batch >= 0 else {
            throw MartletError("Expected an epoch and a batch of 0 or more. Received: \(found).", at: path)
        }
        try facts.check(root, file: path)
        try model.restoreTraining(from: root, file: path, withMetrics: found.batch > 0, isOwn: hasDigest)
        (restored, backup) = (found, root)
        place = TrainingPlace(epoch: found.epoch, batch: found.batch)
        savedPlace = place
    }

    /// Where training goes on.
    private func place(in root: HDF5Group, _ suffix: String) throws -> (epoch: Int, batch: Int) {
        if case .numbers(let place)? = try root.attribute("epoch_and_batch"), place.shape == [2] {
            return (place[0].item(), place[1].item())
        }
        let metadata = try JSONValue(
            parsing: String(decoding: FileIO.read(metadataPath + suffix, limit: 1 << 16), as: UTF8.self))
        return (try metadata.int("epoch"), 0)
    }

    private func content(orders: Tensor?) -> HDF5GroupContent? {
        model?.trainingContent(at: place, of: facts, orders: orders, callbacks: others)
    }

    private func save(_ content: HDF5GroupContent?) throws {
        guard let content, model?.distribution?.isChief != false else { return }
        for callback in others { try callback.onCheckpoint() }
        try FileIO.makeFolder(folder)
        if doubleCheckpoint, FileManager.default.fileExists(atPath: weightsPath) {
            try FileIO.write(FileIO.read(weightsPath), to: weightsPath + ".bkp")
        }
        try StateFile.write(content, to: weightsPath)
        savedPlace = place
    }

    public override var description: String { text(["": folder]) }
}
