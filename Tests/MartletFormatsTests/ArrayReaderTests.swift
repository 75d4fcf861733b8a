import Foundation
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Arrays that are read part by part.
@Suite(.ownSession) struct ArrayReaderTests {
    /// The elements in the order of the file, and in the order of the array.
    private func elements(_ reader: ArrayReader) throws -> (stored: [Double], ordered: [Double], parts: Int) {
        var (stored, parts) = ([Double](), 0)
        while let part = try reader.next() {
            #expect(part.rank == 1 && part.elementCount <= 1 << 16 && part.dtype == reader.dtype)
            stored += part.scalars(as: Double.self)
            parts += 1
        }
        let sizes = reader.shape.dimensions
        let ordered = (0..<reader.shape.elementCount).map { place in
            var (rest, index) = (place, [Int](repeating: 0, count: sizes.count))
            for axis in sizes.indices.reversed() { (index[axis], rest) = (rest % sizes[axis], rest / sizes[axis]) }
            return stored[reader.place(of: index)]
        }
        return (stored, ordered, parts)
    }

    /// Files by NumPy, of which one has columns first.
    @Test(arguments: ["f4", "i2-big-endian-fortran-v2", "u1-v3"]) func filesOfNumPy(_ name: String) throws {
        let reader = try ArrayReader(npy: FileStream(fixture("\(name).npy")))
        let whole = try NPY.read(fixture("\(name).npy"))
        #expect(reader.shape == whole.shape && reader.dtype == whole.dtype)
        let read = try elements(reader)
        #expect(read.ordered == whole.scalars(as: Double.self))
        #expect((read.stored == read.ordered) == !name.contains("fortran"))
    }

    @Test func strings() throws {
        let reader = try ArrayReader(npy: FileStream(fixture("strings.npy")))
        let whole = try NPY.read(fixture("strings.npy"))
        var texts: [String] = []
        while let part = try reader.next() { texts += part.strings() }
        #expect(reader.dtype == .string && reader.shape == whole.stringShape && texts == whole.strings())
    }

    @Test func largeArraysComeInParts() throws {
        let x = Tensor((0..<200_000).map { Int32($0) }, shape: [1000, 200])
        let sink = MemorySink()
        try NPY.write(x, to: sink, at: "x")
        let read = try elements(ArrayReader(npy: MemoryStream(sink.bytes, name: "x")))
        #expect(read.parts == 4 && read.stored == x.scalars(as: Double.self))
        expectError("cut short") { try ArrayReader(npy: MemoryStream(Array(sink.bytes.dropLast(4)), name: "x")) }
        expectError("nothing after the 200000 elements") { try elements(ArrayReader(npy: MemoryStream(sink.bytes + [0], name: "x"))) }
    }

    @Test func indexedFiles() throws {
        try withFolder { folder in
            let x = Tensor((0..<300).map { UInt8($0 % 251) }, shape: [3, 10, 10])
            try IDX.write(x, to: folder + "/a.gz")
            let read = try elements(ArrayReader(idx: FileStream.openDecompressing(folder + "/a.gz")))
            #expect(read.ordered == x.scalars(as: Double.self))
            #expect(IDX.isFile(folder + "/a.gz") && !IDX.isFile(folder) && !IDX.isFile(fixture("f4.npy")))
        }
    }

    /// The header says what would be read before anything is.
    @Test func headersThatClaimMuch() throws {
        let sink = MemorySink()
        try NPY.write(Tensor([Float(1), 2]), to: sink, at: "x")
        let text = String(decoding: sink.bytes[10..<128], as: UTF8.self)
        let claim = text.replacing("(2,)", with: "(9999999999,)").dropLast(10) + "\n"
        let bytes = Array(sink.bytes[..<10]) + Array(claim.utf8) + Array(sink.bytes[128...])
        expectError("Expected 9999999999 elements", "At most 8 bytes follow") {
            try ArrayReader(npy: MemoryStream(bytes, name: "x"))
        }
        // Strings without a byte take no room, but time.
        let empty = text.replacing("<f4", with: "|S0").replacing("(2,)", with: "(9999999999,)").dropLast(10) + "\n"
        expectError("Expected 9999999999 elements") {
            try ArrayReader(npy: MemoryStream(Array(sink.bytes[..<10]) + Array(empty.utf8), name: "x"))
        }
    }
}
