import Foundation
import MartletCore
import MartletFormats

/// What a checkpoint says of itself.
struct CheckpointNote: Equatable {
    /// Who wrote it: `fit`, or a `Checkpoint` in a loop of one's own.
    enum Kind: String { case fit, loop }

    static let format = 1
    let kind: Kind
    var place: TrainingPlace
    /// The number of steps in an epoch, 0 when it is unknown.
    var stepsPerEpoch = 0
    /// The best value so far of what is monitored, and the step of its checkpoint.
    var best: Double?
    var bestStep: Int?

    var json: String {
        JSONValue.object([
            "format": .int(Self.format), "martlet": .string(Settings.version), "kind": .string(kind.rawValue),
            "epoch": .int(place.epoch), "batch": .int(place.batch), "step": .int(place.step),
            "steps_per_epoch": .int(stepsPerEpoch), "best": .optional(best), "best_step": .optional(bestStep),
        ]).serialized()
    }
}

/// The checkpoints in a folder: `checkpoint-500.weights.h5` is that of step 500. `loadWeights(from:)` and Keras read its weights.
struct CheckpointFolder {
    let path: String
    private static let (prefix, suffix, attribute) = ("checkpoint-", ".weights.h5", "checkpoint")

    /// A checkpoint that was read.
    struct Found {
        let root: HDF5Group
        let note: CheckpointNote
        let file: String
    }

    func file(_ step: Int) -> String { "\(path)/\(Self.prefix)\(step)\(Self.suffix)" }

    /// The steps of the checkpoints, in their order.
    var steps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            let number = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
            // One name for each step.
            return Int(number).flatMap { $0 >= 0 && String($0) == number ? $0 : nil }
        }.sorted()
    }

    /// Writes a checkpoint: beside, to the disk, then under its name. Then deletes all older ones but the newest `keep`, with
    /// this one, and the best.
    func write(_ content: HDF5GroupContent, _ note: CheckpointNote, keep: Int) throws {
        try FileIO.makeFolder(path)
        content.attributes.append((Self.attribute, .text(note.json)))
        try StateFile.write(content, to: file(note.place.step))
        // The new name is on the disk before an old one goes.
        try FileIO.syncFolder(path)
        // What is of later steps is not of this training's past: damaged files, which the training passed over.
        let passed = steps.filter { $0 < note.place.step }
        for step in passed.dropLast(keep - 1) where step != note.bestStep { unlink(file(step)) }
    }

    /// Reads the checkpoint of a step.
    /// - Throws: `StateFile.Damaged`; `MartletError` for what is whole and no checkpoint of this kind and version.
    func read(_ step: Int, _ kind: CheckpointNote.Kind) throws -> Found {
        let path = file(step)
        let (root, hasDigest) = try StateFile.read(path)
        guard let text = try root.attribute(Self.attribute)?.text else {
            throw MartletError(
                "Expected a checkpoint. The file is an HDF5 file of something else, or of an earlier version. Give another "
                    + "folder; loadWeights(from:) reads its weights.", at: path)
        }
        guard hasDigest else { throw StateFile.Damaged(description: "\(path): It has no digest.") }
        return Found(root: root, note: try Self.note(text, kind, path), file: path)
    }

    private static func note(_ text: String, _ kind: CheckpointNote.Kind, _ path: String) throws -> CheckpointNote {
        let json = try JSONValue(parsing: text)
        let format = try json.int("format")
        guard format == CheckpointNote.format else {
            throw MartletError(
                "Expected a checkpoint of format \(CheckpointNote.format). Received: format \(format), of Martlet "
                    + "\((try? json.string("martlet")) ?? "unknown"). Go on with that version, or give another folder.", at: path)
        }
        guard try json.string("kind") == kind.rawValue else {
            let (writer, reader) = kind == .fit ? ("Checkpoint", "fit") : ("fit", "Checkpoint")
            throw MartletError(
                "Expected a checkpoint of \(reader). This one is of \(writer). Give another folder.", at: path)
        }
        let place = TrainingPlace(epoch: try json.int("epoch"), batch: try json.int("batch"), step: try json.int("step"))
        guard place.epoch >= 0, place.batch >= 0, place.step >= 0 else {
            throw MartletError("Expected numbers of 0 or more. Received: \(text).", at: path)
        }
        let best: Double? = try json.valueIfPresent(at: ["best"])
        let bestStep: Int? = try json.valueIfPresent(at: ["best_step"])
        return CheckpointNote(
            kind: kind, place: place, stepsPerEpoch: try json.int("steps_per_epoch"), best: best, bestStep: bestStep)
    }

    /// The newest checkpoint that is whole, nil where there is none at all. A warning names damaged ones that are newer.
    /// - Throws: `MartletError` when the newest one that is whole cannot be taken, and when all are damaged. No file changes.
    func newest(_ kind: CheckpointNote.Kind) throws -> Found? {
        AtomicFile.sweep(path)
        var damaged: [StateFile.Damaged] = []
        for step in steps.reversed() {
            do {
                let found = try read(step, kind)
                if let first = damaged.first {
                    Settings.warn("Going on from \(found.file), as what is newer is damaged (\(damaged.count)): \(first)")
                }
                return found
            } catch let error as StateFile.Damaged {
                damaged.append(error)
            }
        }
        guard let first = damaged.first else { return nil }
        throw MartletError(
            "Expected a checkpoint that is whole. All \(damaged.count) are damaged, the newest: \(first.description) Give "
                + "another folder, or delete them to begin anew.", at: path)
    }

    /// Says of an error about weights that the checkpoint is of something else.
    static func explaining<R>(_ file: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError {
            throw MartletError(
                "The checkpoint does not fit the model and the optimizer. \(error.message) Give another folder to train these "
                    + "from their start.", at: error.location ?? file)
        }
    }
}
