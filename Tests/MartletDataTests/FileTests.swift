import Foundation
import MartletCore
import MartletData
import MartletFormats
import Synchronization
import TestSupport
import Testing

/// Files of records and lines, and caches.
@Suite(.ownSession) struct FileTests {
    /// The values of RFC 3720, appendix B.4, and the usual check value.
    @Test func checksums() {
        func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes(CRC32C.checksum) }
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(checksum(Array((0..<32).reversed())) == 0x113F_DB5C)
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
    }

    /// The bytes that the encoding of protocol buffers gives.
    @Test func examples() throws {
        var example = Example()
        example["x"] = .floats([1])
        let bytes: [UInt8] = [0x0A, 15, 0x0A, 13, 0x0A, 1, 0x78, 0x12, 8, 0x12, 6, 0x0A, 4, 0, 0, 0x80, 0x3F]
        #expect(Array(example.serialized()) == bytes)
        #expect(try Example(serialized: Data(bytes)) == example)
        // Numbers that are not packed, as old writers have them.
        let unpacked: [UInt8] = [0x0A, 15, 0x0A, 13, 0x0A, 1, 0x79, 0x12, 8, 0x1A, 6, 0x08, 3, 0x08, 0xAC, 0x02, 0]
        #expect(throws: MartletError.self) { try Example(serialized: Data(unpacked)) }
        let integers: [UInt8] = [0x0A, 14, 0x0A, 12, 0x0A, 1, 0x79, 0x12, 7, 0x1A, 5, 0x08, 3, 0x08, 0xAC, 0x02]
        #expect(try Example(serialized: Data(integers))["y"] == .integers([3, 300]))
        let all = Example([
            "a": .bytes([Data("text".utf8), Data()]), "b": .floats([0.5, -.infinity]),
            "c": .integers([-1, .max, .min, 0]), "": .floats([]),
        ])
        #expect(try Example(serialized: all.serialized()) == all)
        #expect(try all.tensor("c", shape: [2, 2]).scalars(as: Int.self) == [-1, .max, .min, 0])
        expectError("\"d\"") { try all.tensor("d") }
        expectError("\"b\"", "3 numbers") { try all.tensor("b", shape: [3]) }
    }

    @Test(arguments: TFRecord.CompressionType.allCases)
    func records(compression: TFRecord.CompressionType) throws {
        try withFolder { folder in
            let records = (0..<50).map { Data(repeating: UInt8($0), count: $0 * 1000) }
            try TFRecord.write(records[..<20], to: folder + "/a.tfrecord", compression: compression)
            try TFRecord.write(records[20...], to: folder + "/b.tfrecord", compression: compression)
            #expect(try Dataset.tfRecords(folder + "/*.tfrecord").array() == records)
            let both = Dataset.files(matching: folder + "/*.tfrecord").interleave(cycleLength: 2) { Dataset.tfRecords($0) }
            #expect(try Set(both.array()) == Set(records))
            expectError("Expected files") { try Dataset.tfRecords(folder + "/*.none").array() }
        }
    }

    @Test func damagedRecords() throws {
        try withFolder { folder in
            let path = folder + "/a.tfrecord"
            try TFRecord.write((0..<5).map { Data(repeating: UInt8($0), count: 10) }, to: path)
            let bytes = try FileIO.read(path)
            func reading(_ changed: [UInt8]) throws -> Int {
                try FileIO.write(changed, to: path)
                return try Dataset.tfRecords(path).array().count
            }
            var flipped = bytes
            flipped[26 * 3 + 14] ^= 1
            expectError(path, "record 3 at byte 78", "checksum") { try reading(flipped) }
            flipped = bytes
            flipped[26 * 2] ^= 1
            expectError(path, "length of record 2 at byte 52") { try reading(flipped) }
            expectError(path, "record 4 at byte 104", "cut short") { try reading(Array(bytes.dropLast(3))) }
            // What came before the damage has come, and what follows it where its length is whole.
            #expect(try Dataset.tfRecords(path).onError(.skip()).array().count == 4)
            flipped = bytes
            flipped[26 * 1 + 14] ^= 1
            try FileIO.write(flipped, to: path)
            let whole = try Dataset.tfRecords(path).onError(.skip()).array()
            try FileIO.write(bytes, to: path)
            let all = try Dataset.tfRecords(path).array()
            #expect(whole == [all[0]] + all[2...])
        }
    }

    @Test func fuzzedRecords() throws {
        let example = Example(["x": .floats([1, 2, 3]), "name": .bytes([Data("abc".utf8)]), "y": .integers([1, -5])]).serialized()
        let sink = MemorySink()
        for _ in 0..<3 { try example.withUnsafeBytes { try RecordWriter(sink).write($0) } }
        var random = RandomStream(key: 1)
        for _ in 0..<2000 {
            for original in [sink.bytes, Array(example)] {
                var bytes = original
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                bytes.removeLast(Int.random(in: 0...2, using: &random) * 7)
                do {
                    if original.count == example.count {
                        _ = try Example(serialized: Data(bytes))
                    } else {
                        let reader = RecordReader(MemoryStream(bytes, name: "mutant"))
                        while let record = try reader.next() { _ = try Example(serialized: Data(record)) }
                    }
                } catch {
                    #expect(error is MartletError)
                }
            }
        }
    }

    @Test func textLines() throws {
        try withFolder { folder in
            try FileIO.write("one\r\n\ntwo\nthree", to: folder + "/a.txt")
            try FileIO.write(try Compression.gzip(Array("four\n".utf8)), to: folder + "/b.txt")
            #expect(try Dataset.textLines(folder + "/*.txt").array() == ["one", "", "two", "three", "four"])
            try FileIO.write([0x61, 0x0A, 0xFF, 0x0A], to: folder + "/c.txt")
            expectError("/c.txt:2", "UTF-8") { try Dataset.textLines(folder + "/c.txt").array() }
            try FileIO.write([UInt8](repeating: 0x61, count: 100_000), to: folder + "/d.txt")
            #expect(try Dataset.textLines(folder + "/d.txt").array()[0].count == 100_000)
            expectError("/d.txt:1", "at most 99999 bytes") {
                try Dataset.textLines(folder + "/d.txt", longestLine: 99_999).array()
            }
        }
    }

    @Test func cacheInMemory() throws {
        let made = Mutex(0)
        let dataset = Dataset.range(10).randomMap(seed: 1) { n, random in
            made.withLock { $0 += 1 }
            return [n, Int(random.next() >> 1)]
        }.cache()
        for _ in dataset.take(3) {}
        let first = try dataset.array()
        let count = made.withLock { $0 }
        #expect(try dataset.array() == first && dataset.repeat(2).array() == first + first)
        #expect(made.withLock { $0 } == count)
        var iterator = dataset.makeIterator()
        _ = iterator.next()
        #expect(try elements(dataset, at: iterator.checkpoint) == Array(first.dropFirst()))
    }

    @Test func cacheInAFile() throws {
        try withFolder { folder in
            let path = folder + "/cache"
            let made = Mutex(0)
            func dataset(_ factor: Float, version: String = "") -> Dataset<(Tensor, String)> {
                Dataset.fromTensorSlices(Tensor([1, 2, 3, 4], dtype: .float32) * factor).map { x in
                    made.withLock { $0 += 1 }
                    return (x, "\(x.item())")
                }.cache(file: path, version: version)
            }
            func makes(_ dataset: Dataset<(Tensor, String)>) throws -> Int {
                let before = made.withLock { $0 }
                let pairs = try dataset.array()
                #expect(pairs.allSatisfy { "\($0.item())" == $1 } && pairs.count == 4)
                return made.withLock { $0 } - before
            }
            // Left early: no file.
            for _ in dataset(1).take(2).threads(0) { }
            for _ in dataset(1).threads(0) { break }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            #expect(try makes(dataset(1)) == 4)
            #expect(try makes(dataset(1)) == 0)
            #expect(try makes(dataset(2)) == 4)
            #expect(try makes(dataset(2, version: "b")) == 4)
            #expect(try makes(dataset(2, version: "b")) == 0)
            let whole = try FileIO.read(path)
            for cut in [1, 40, whole.count / 2] {
                try FileIO.write(Array(whole.dropLast(cut)), to: path)
                #expect(throws: MartletError.self) { try dataset(2, version: "b").array() }
            }
            try FileIO.write("precious", to: path)
            expectError(path, "another file") { try dataset(1).array() }
            #expect(try FileIO.read(path) == Array("precious".utf8))
        }
    }
}

@Suite(.ownSession) struct MappedFileTests {
    @Test func mappedFiles() throws {
        try withFolder { folder in
            let path = folder + "/x.npy"
            let x = Tensor((0..<3000).map { Float($0) }, shape: [100, 30])
            try NPY.write(x, to: path)
            var mapped: Tensor? = try NPY.map(path)
            #expect(mapped!.spec == x.spec && mapped!.scalars(as: Float.self) == x.scalars())
            let batches = Dataset.fromTensorSlices(mapped!).shuffle(bufferSize: .all, seed: 1).batch(32)
            let expected = Dataset.fromTensorSlices(x).shuffle(bufferSize: .all, seed: 1).batch(32)
            #expect(try elements(batches).map { $0.scalars(as: Float.self) } == elements(expected).map { $0.scalars() })
            // Overwriting a variable does not reach the file.
            let variable = Variable(mapped!)
            mapped = nil
            variable.assign(variable.value + 1)
            #expect(try NPY.read(path).scalars(as: Float.self) == x.scalars())
            #expect(try NPY.map(path).sum().item() == x.sum().item())
            try FileIO.write(Array(try FileIO.read(path).dropLast(4)), to: path)
            expectError(path, "12000 bytes", "11996") { try NPY.map(path) }
            try NPY.write(Tensor([Float](), shape: [0, 3]), to: path)
            #expect(try NPY.map(path).shape == [0, 3])
        }
    }
}
