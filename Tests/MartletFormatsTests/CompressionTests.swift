import Foundation
import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct CompressionTests {
    let text = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 5) })

    @Test func roundTrips() throws {
        for bytes in [[], [7], text] {
            let packed = try Compression.gzip(bytes)
            #expect(try Compression.gunzip(packed, limit: bytes.count, name: "data") == bytes)
            #expect(try Compression.gzip(bytes) == packed)
            #expect(try Compression.inflate(Compression.deflate(bytes), size: bytes.count, name: "data") == bytes)
            for (level, strategy) in [(1, .anywhere), (6, .anywhere), (1, .runs)] as [(Int32, Compression.Strategy)] {
                let packed = Compression.deflate(bytes, level: level, strategy)
                #expect(try Compression.inflate(packed, size: bytes.count, name: "data") == bytes)
            }
        }
    }

    @Test func membersFollowEachOther() throws {
        let packed = try Compression.gzip(text) + Compression.gzip([]) + Compression.gzip([1, 2])
        #expect(try Compression.gunzip(packed, limit: .max, name: "data") == text + [1, 2])
    }

    @Test func damageIsNamed() throws {
        let packed = try Compression.gzip(text)
        expectError("data", "cut short") { try Compression.gunzip(packed.dropLast(1), limit: .max, name: "data") }
        expectError("cut short") { try Compression.gunzip([0x1F, 0x8B], limit: .max, name: "data") }
        expectError("no gzip member") { try Compression.gunzip(packed + [0, 0, 0], limit: .max, name: "data") }
        var corrupt = packed
        corrupt[packed.count - 6] ^= 1
        expectError("corrupt", "check") { try Compression.gunzip(corrupt, limit: .max, name: "data") }
        expectError("Expected a zlib stream of 5 bytes") { try Compression.inflate([1, 2, 3], size: 5, name: "data") }
    }

    @Test func bombsAreRefused() throws {
        let bomb = try Compression.gzip([UInt8](repeating: 0, count: 50_000_000))
        #expect(bomb.count < 60_000)
        expectError("at most 1000 bytes") { try Compression.gunzip(bomb, limit: 1000, name: "data") }
        let stream = InflateStream(MemoryStream(bomb, name: "data"))
        #expect((50_000_000...bomb.count * 1100 + 100_000).contains(stream.bound))
    }

    @Test(arguments: [Compression.Format.gzip, .zlib]) func streamsOfBothFormats(_ format: Compression.Format) throws {
        let target = MemorySink()
        let sink = DeflateSink(target, format)
        try sink.write(text)
        try sink.finish()
        #expect(Compression.Format(firstBytes: target.bytes) == format)
        #expect(try InflateStream(MemoryStream(target.bytes, name: "data"), format).allBytes(limit: .max) == text)
        let twice = InflateStream(MemoryStream(target.bytes + target.bytes, name: "data"), format)
        // gzip's format allows it.
        if format == .gzip {
            #expect(try twice.allBytes(limit: .max) == text + text)
        } else {
            expectError("nothing after the zlib data") { try twice.allBytes(limit: .max) }
            #expect(try Compression.inflate(target.bytes, size: text.count, name: "data") == text)
        }
        expectError("\(format.rawValue) data is cut short") {
            try InflateStream(MemoryStream(Array(target.bytes.dropLast(2)), name: "data"), format).allBytes(limit: .max)
        }
    }

    @Test func fuzzing() throws {
        let counts = fuzz(try Compression.gzip(Array(text.prefix(3000)))) {
            try Compression.gunzip($0, limit: 10_000, name: "data")
        }
        #expect(counts.refused > 1500)
    }

    /// Digests from FIPS 180-4's examples.
    @Test func digests() throws {
        #expect(SHA256.hexDigest(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(SHA256.hexDigest(of: Array("abc".utf8)) == abc)
        let hash = SHA256()
        try hash.write(Array("a".utf8))
        try hash.write(Array("bc".utf8))
        #expect(hash.hexDigest() == abc)
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(
            try SHA256.hexDigest(of: MemoryStream(million, name: "data"))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}

@Suite(.ownSession) struct FileTests {
    @Test func readingProblems() throws {
        try withFolder { folder in
            expectError("\(folder)/none", "no such file") { try FileIO.read("\(folder)/none") }
            expectError(folder, "Received a folder") { try FileIO.read(folder) }
            expectError("/dev/null", "pipe or device") { try FileIO.read("/dev/null") }
            try FileIO.write([1, 2, 3], to: "\(folder)/file")
            #expect(try FileIO.read("\(folder)/file") == [1, 2, 3])
            expectError("at most 2 bytes", "Received 3") { try FileIO.read("\(folder)/file", limit: 2) }
        }
    }

    /// As POSIX's `dirname`, but for the empty result; names of one character among them.
    @Test(arguments: [
        ("b", ""), ("b/", ""), ("bb", ""), ("", ""), ("/", "/"), ("/b", "/"), ("//b", "/"), ("a/b", "a"), ("a//b/", "a"),
        ("../a", ".."), ("./b", "."), ("/a/b/c", "/a/b"),
    ]) func foldersOfPaths(path: String, folder: String) {
        #expect(FileIO.folder(of: path) == folder)
        // No file of this name is needed.
        if folder.isEmpty, !path.isEmpty, !path.hasSuffix("/") { #expect(FileIO.resolved(path).hasSuffix("/" + path)) }
    }

    /// Links are written through, also those to a file that is not there, and have one name for all paths.
    @Test func linksAreWrittenThrough() throws {
        try withFolder { folder in
            let manager = FileManager.default
            try FileIO.makeFolder("\(folder)/a")
            try manager.createSymbolicLink(atPath: "\(folder)/b", withDestinationPath: "a")
            try manager.createSymbolicLink(atPath: "\(folder)/first", withDestinationPath: "b/second")
            try manager.createSymbolicLink(atPath: "\(folder)/a/second", withDestinationPath: "../a/file")
            for bytes: [UInt8] in [[1], [2]] {
                try FileIO.write(bytes, to: "\(folder)/first")
                #expect(try FileIO.read("\(folder)/a/file") == bytes)
            }
            #expect(try manager.destinationOfSymbolicLink(atPath: "\(folder)/a/second") == "../a/file")
            let names = ["first", "b/file", "a/../b/./second"].map { FileIO.resolved("\(folder)/\($0)") }
            #expect(Set(names).count == 1 && names[0].hasSuffix("/a/file"))
            try manager.createSymbolicLink(atPath: "\(folder)/ring", withDestinationPath: "ring")
            expectError("ring") { try FileIO.write([1], to: "\(folder)/ring") }
        }
    }

    /// What a killed process left is deleted; what is being written, and what others named, stays.
    @Test func leftoversAreSwept() throws {
        try withFolder { folder in
            func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
            for name in [".a.h5.123.martlet.tmp", ".b.7.martlet.tmp", ".other.tmp", "a.martlet.tmp"] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            // Writing into a folder for the first time sweeps it.
            let file = try AtomicFile("\(folder)/a.h5")
            try file.write([5])
            #expect(try names().count == 3 && names().contains(".other.tmp") && names().contains("a.martlet.tmp"))
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/.c.9.martlet.tmp"))
            AtomicFile.sweep(folder)
            #expect(try names().count == 3)
            try file.commit()
            #expect(try names() == [".other.tmp", "a.h5", "a.martlet.tmp"] && FileIO.read("\(folder)/a.h5") == [5])
            AtomicFile.sweep("\(folder)/none")
        }
    }

    /// Names may have 255 bytes, which the temporary file's must not pass. Characters of several bytes are not cut.
    @Test(arguments: [("n", 255), ("é", 127), ("漢", 85), ("n", 231), ("a", 1)])
    func longNames(_ character: String, _ count: Int) throws {
        try withFolder { folder in
            let path = folder + "/" + String(repeating: character, count: count)
            let file = try AtomicFile(path)
            let temporary = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(temporary.count == 1 && temporary[0].hasSuffix(".martlet.tmp") && temporary[0].hasPrefix("." + character))
            try file.write([1, 2])
            try file.commit()
            #expect(try FileIO.read(path) == [1, 2])
            #expect(try FileIO.entries(of: folder) == [(path as NSString).lastPathComponent])
            expectError("too long") { try FileIO.write([1], to: path + String(repeating: "x", count: 255)) }
        }
    }

    @Test func writesAreWholeOrNothing() throws {
        try withFolder { folder in
            let path = "\(folder)/file"
            try FileIO.write([1], to: path)
            expectError("stop here") {
                try FileIO.write(to: path) { sink in
                    try sink.write([2, 2])
                    throw MartletError("stop here")
                }
            }
            #expect(try FileIO.read(path) == [1])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: path)
            try FileIO.write([3], to: "\(folder)/link")
            #expect(try FileIO.read(path) == [3])
            expectError("Received a folder") { try FileIO.write([1], to: folder) }
            expectError("\(folder)/none/file", "no such file") { try FileIO.write([1], to: "\(folder)/none/file") }
            expectError("/dev/null", "pipe or device") { try FileIO.write([1], to: "/dev/null") }
            expectError("a file is in its place") { try FileIO.makeFolder(path) }
            expectError("cannot be made") { try FileIO.makeFolder("\(path)/below") }
            for name in ["", "\(folder)/none/"] { expectError("name of a file") { try FileIO.write([1], to: name) } }
            try FileIO.makeFolder("\(folder)/a/b")
        }
    }
}
