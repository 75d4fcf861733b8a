import MartletCore
import TestSupport
import Testing

import MartletFormats

@Suite(.ownSession) struct ZipTests {
    @Test func archivesOfPython() throws {
        let archive = try ZipArchive(fixture("stored.zip"))
        #expect(archive.names == ["folder/a.txt", "b.txt"])
        #expect(try archive.read("folder/a.txt") == [UInt8](repeating: 97, count: 5000))
        #expect(try archive.read("b.txt") == [])
        #expect(archive.contains("b.txt") && !archive.contains("c.txt"))
        expectError("stored.zip", "Expected \"c.txt\"", "b.txt") { try archive.read("c.txt") }
    }

    @Test func refusedArchives() throws {
        expectError("parent.zip", "\"../a.txt\"") { try ZipArchive(fixture("parent.zip")) }
        expectError("absolute.zip", "\"/a.txt\"") { try ZipArchive(fixture("absolute.zip")) }
        expectError("twice.zip", "already exists") { try ZipArchive(fixture("twice.zip")) }
        expectError("checksum.zip", "checksum") { try ZipArchive(fixture("checksum.zip")).read("a.txt") }
        expectError("bomb.zip") { try ZipArchive(fixture("bomb.zip")).read("a.txt") }
        expectError("f4.npy", "Expected a zip archive") { try ZipArchive(fixture("f4.npy")) }
        expectError("Expected a zip archive") { try ZipArchive([], name: "none") }
    }

    @Test(arguments: [false, true]) func roundTrips(compressed: Bool) throws {
        let entries: [(name: String, bytes: [UInt8])] = [
            ("a/b", [UInt8](repeating: 7, count: 100_000)), ("é", []), ("c", [1, 2, 3]),
        ]
        let bytes = try ZipWriter.bytes(of: entries, compressed: compressed, name: "zip")
        #expect(try bytes == ZipWriter.bytes(of: entries, compressed: compressed, name: "zip"))
        #expect((bytes.count < 2000) == compressed)
        let archive = try ZipArchive(bytes, name: "zip")
        #expect(archive.names == entries.map(\.name))
        for (name, content) in entries { #expect(try archive.read(name) == content) }
        #expect(try ZipArchive(ZipWriter.bytes(of: [], name: "zip"), name: "zip").names == [])
        expectError("comes twice") { try ZipWriter.bytes(of: [("a", []), ("a", [])], name: "zip") }
    }

    @Test func entriesAreBounded() throws {
        let zeros = [UInt8](repeating: 0, count: 5_000_000)
        let header = MemorySink()
        try NPY.write(Tensor([Float(1), 2]), to: header, at: "x")
        let bytes = try ZipWriter.bytes(of: [("x.npy", header.bytes + zeros)], compressed: true, name: "zip")
        let archive = try ZipArchive(bytes, name: "zip")
        let stream = try archive.stream("x.npy")
        #expect(try stream.bytes(6, "magic") == NPY.magic && stream.bound == header.bytes.count + zeros.count - 6)
        expectError("zip:x.npy", "nothing after the 2 elements") { try NPZ.read(bytes, name: "zip") }
        expectError("zip:x.npy", "at most 1000 bytes") { try archive.read("x.npy", limit: 1000) }
        #expect(try archive.read("x.npy", limit: header.bytes.count + zeros.count).count == header.bytes.count + zeros.count)
    }

    @Test func arraysOfNumPy() throws {
        let npz = try NPZ.read(fixture("two.npz"))
        #expect(npz.tensors.map(\.name) == ["x", "y"])
        #expect(same(npz["x"]!, Tensor((0..<24).map { Float($0) }, shape: [2, 3, 4])))
        #expect(same(npz["y"]!, Tensor([true], shape: [1])))
        try withFolder { folder in
            for compressed in [false, true] {
                try npz.write(to: "\(folder)/a.npz", compressed: compressed)
                let again = try NPZ.read("\(folder)/a.npz")
                #expect(same(again["x"]!, npz["x"]!) && same(again["y"]!, npz["y"]!) && again["z"] == nil)
            }
        }
        expectError("types.h5") { try NPZ.read(fixture("types.h5")) }
    }
}
