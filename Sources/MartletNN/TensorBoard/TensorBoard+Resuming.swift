import Foundation
import MartletCore
import MartletFormats

// A backup knows how long the event files were. When training goes on from it, what the interrupted run wrote afterwards is
// taken out, and the run writes a file of its own.

extension TensorBoard {
    /// Who writes the files: with a backup, training that goes on recognizes those of the run before.
    var signature: String {
        guard let backupFolder else { return "martlet" }
        return "martlet, backup \(SHA256.hexDigest(of: Array(FileIO.resolved(backupFolder).utf8)).prefix(16))"
    }

    /// The files of this training, with what is safe in them.
    func rememberedFiles() throws -> [(run: Run, name: String, byteCount: Int)] {
        try (remembered ?? []) + Run.allCases.compactMap { run in
            guard let writer = writers[run] else { return nil }
            return (run, (writer.path as NSString).lastPathComponent, try writer.flushedByteCount())
        }
    }

    /// Takes out of the files of the interrupted run what its backup does not know.
    func takeBackLostParts() throws {
        guard backupFolder != nil else { return }
        for run in Run.allCases {
            for name in FileManager.default.contentsOfDirectoryIfThere(folder(of: run)) where name.contains("tfevents") {
                let path = folder(of: run) + "/" + name
                if let known = remembered?.first(where: { $0.run == run && $0.name == name }) {
                    try FileIO.truncate(path, to: known.byteCount)
                } else if try isOfInterruptedRun(path) {
                    // It was begun after the backup.
                    unlink(path)
                }
            }
        }
    }

    /// Whether a run with this backup wrote the file, and did not come to its end.
    private func isOfInterruptedRun(_ path: String) throws -> Bool {
        guard let reader = try? EventReader(path),
            case .begin(version: _, writer: signature)? = (try? reader.next())?.content
        else { return false }
        var last: SummaryEvent.Content?
        while let event = try? reader.next() { last = event.content }
        return last != .session(2)
    }
}

extension FileManager {
    /// The names in a folder, none where there is no folder.
    fileprivate func contentsOfDirectoryIfThere(_ folder: String) -> [String] {
        (try? contentsOfDirectory(atPath: folder))?.sorted() ?? []
    }
}
