import Foundation
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// Folders of files by class.
@Suite(.ownSession) struct ClassFolderTests {
    private func withTexts(_ body: (String) throws -> Void) throws {
        try withFolder { folder in
            for (path, text) in [
                ("neg/b.txt", "bad"), ("neg/a.txt", "worse"), ("neg/more/c.TXT", "worst"), ("pos/ä.txt", "good"),
                ("pos/z.txt", "fine"), (".hidden/a.txt", "no"), ("pos/.b.txt", "no"), ("pos/readme.md", "no"),
                ("top.txt", "no class"),
            ] {
                let place = URL(fileURLWithPath: "\(folder)/\(path)")
                try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: place)
            }
            try body(folder)
        }
    }

    @Test func texts() throws {
        try withTexts { folder in
            let texts = try ClassFolder(folder, endings: [".txt"])
            #expect(texts.classNames == ["neg", "pos"] && texts.labels == [0, 0, 0, 1, 1])
            let read = try texts.texts().array()
            // By Unicode values: z comes before ä.
            #expect(read.map(\.0) == ["worse", "bad", "worst", "fine", "good"])
            #expect(read.map { $0.1.item(as: Int.self) } == texts.labels)
            let batches = try texts.texts(labels: .binary).batch(3).array()
            #expect(batches[0].0.count == 3 && batches[1].1.scalars(as: Float.self) == [1, 1] && batches[1].1.shape == [2, 1])
            try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: folder + "/pos/z.txt"))
            expectError("pos/z.txt", "UTF-8") { try texts.texts().array() }
            #expect(try texts.texts().onError(.skip()).array().count == 4)
            #expect(try ClassFolder(folder, endings: [".txt"], labels: .none).count == 6)
        }
    }

    /// Links are not followed unless asked for; then circles end.
    @Test func links() throws {
        try withTexts { folder in
            try FileManager.default.createSymbolicLink(atPath: folder + "/neg/circle", withDestinationPath: folder + "/neg")
            try FileManager.default.createSymbolicLink(atPath: folder + "/neg/other", withDestinationPath: folder + "/.hidden")
            #expect(try ClassFolder(folder, endings: [".txt"]).count == 5)
            #expect(try ClassFolder(folder, endings: [".txt"], followLinks: true).count == 6)
        }
    }

    @Test func orderAndCaches() throws {
        try withTexts { folder in
            let texts = try ClassFolder(folder, endings: [".txt"])
            let shuffled = texts.files.shuffle(bufferSize: .all, seed: 1)
            let order = try elements(shuffled).map(\.1)
            #expect(order.count == 5 && order.reduce(0, +) == 2)
            let cached = try texts.texts().cache(file: folder + "/cache")
            #expect(try cached.array().map(\.0) == ["worse", "bad", "worst", "fine", "good"])
            // A file that changed makes the cache anew.
            try FileIO.write("very bad", to: folder + "/neg/b.txt")
            #expect(try cached.array().map(\.0) == ["worse", "very bad", "worst", "fine", "good"])
        }
    }
}
