import Foundation
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// Files of records by TensorFlow, and ours for it (`scripts/make-record-fixtures.py`).
@Suite(.ownSession) struct RecordTests {
    private static func fixture(_ name: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)").path
    }

    private static func example(_ n: Int) -> Example {
        Example([
            "x": .floats([Float(n) / 4, -1.5]), "y": .integers([Int64(n), Int64(-n)]), "name": .bytes([Data("n\(n)".utf8)]),
        ])
    }

    private static func sequence(_ n: Int) -> SequenceExample {
        let steps = 0...n
        return SequenceExample(
            context: ["label": .integers([Int64(n)])],
            sequences: [
                "words": steps.map { .integers([Int64($0), Int64($0 + 1)]) }, "scores": steps.map { .floats([Float($0) / 2]) },
            ])
    }

    @Test(arguments: ["examples.tfrecord", "examples.tfrecord.gz", "examples.tfrecord.zlib"])
    func byTensorFlow(name: String) throws {
        let examples = try Dataset.tfRecords(RecordTests.fixture(name)).map { try Example(serialized: $0) }.array()
        #expect(examples == (0..<7).map(RecordTests.example))
    }

    /// What is compressed is told by the first bytes. Those of plain files may be any: a first record of 35,615 bytes begins as
    /// gzip's files do, one of 376 as zlib's.
    @Test(arguments: [35_615, 376, 40_056], TFRecord.CompressionType.allCases)
    func firstBytes(_ size: Int, _ compression: TFRecord.CompressionType) throws {
        try withFolder { folder in
            let records = [Data(repeating: 7, count: size), Data([1])]
            try TFRecord.write(records, to: folder + "/a", compression: compression)
            #expect(try Dataset.tfRecords(folder + "/a").array() == records)
            let first = try FileIO.read(folder + "/a").prefix(2)
            switch compression {
            case .none: #expect(first.elementsEqual([UInt8(truncatingIfNeeded: size), UInt8(truncatingIfNeeded: size >> 8)]))
            case .gzip: #expect(first.elementsEqual([0x1F, 0x8B]))
            case .zlib: #expect(first.first == 0x78)
            }
        }
    }

    @Test func compressedFilesThatAreNot() throws {
        try withFolder { folder in
            #expect(try Dataset.tfRecords(RecordTests.fixture("empty.tfrecord.zlib")).array() == [])
            let whole = try FileIO.read(RecordTests.fixture("examples.tfrecord.zlib"))
            func read(_ bytes: [UInt8]) throws -> Int {
                try FileIO.write(bytes, to: folder + "/a.tfrecord")
                return try Dataset.tfRecords(folder + "/a.tfrecord").array().count
            }
            #expect(try read(whole) == 7)
            expectError("a.tfrecord", "zlib data is cut short") { try read(Array(whole.dropLast(30))) }
            expectError("a.tfrecord", "nothing after the zlib data") { try read(whole + [0]) }
            var flipped = whole
            flipped[flipped.count - 1] ^= 1
            expectError("a.tfrecord", "zlib data is corrupt") { try read(flipped) }
        }
    }

    /// A compressed file that is cut gives the records before the cut, and then the error with its place, as a plain one does.
    @Test(arguments: TFRecord.CompressionType.allCases, [400, 300_000])
    func cutFilesGiveWhatIsWhole(_ compression: TFRecord.CompressionType, _ size: Int) throws {
        try withFolder { folder in
            var random = Xorshift(state: 5)
            // Bytes that do not compress, so that the place of the cut is the place in the records.
            let records = (0..<20).map { _ in Data((0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }) }
            let path = folder + "/a.tfrecord"
            try TFRecord.write(records, to: path, compression: compression)
            let bytes = try FileIO.read(path)
            for part in [0.31, 0.62, 0.97] {
                try FileIO.write(Array(bytes.prefix(Int(part * Double(bytes.count)))), to: path)
                var iterator = Dataset.tfRecords(path).makeIterator()
                var (found, message) = ([Data](), "")
                do {
                    while let record = try iterator.nextElement() { found.append(record) }
                } catch {
                    message = "\(error)"
                }
                #expect(found == Array(records.prefix(found.count)))
                // A block of deflate's may hold back the last records.
                #expect(found.count <= Int(part * 20) && found.count >= Int(part * 20) - 2 - 70_000 / size, "\(found.count)")
                #expect(message.contains("cut short") && message.contains("record \(found.count) at byte \(found.count * (size + 16))"), "\(message)")
                // The policy that leaves out gets them, too, and ends; so does the next file.
                let skipped = Dataset.tfRecords(path).onError(.skip())
                #expect(try skipped.array() == found)
                try TFRecord.write([Data([1])], to: folder + "/b.tfrecord")
                #expect(try Dataset.tfRecords(folder + "/*.tfrecord").onError(.skip()).array() == found + [Data([1])])
            }
            // Only the end of the compression is missing: all records are whole.
            guard compression != .none else { return }
            try FileIO.write(Array(bytes.dropLast(3)), to: path)
            #expect(try Dataset.tfRecords(path).onError(.skip()).array() == records)
            expectError(path, "cut short") { try Dataset.tfRecords(path).array() }
        }
    }

    /// An error in a map of records names the file and the number of the record there.
    @Test(arguments: [0, 2]) func errorsNameFileAndRecord(threads: Int) throws {
        try withFolder { folder in
            for (name, count) in [("a", 3), ("b", 0), ("c", 4)] {
                let records = (0..<count).map { number in
                    name == "c" && number == 2 ? Data([0xFF]) : RecordTests.example(number).serialized()
                }
                try TFRecord.write(records, to: "\(folder)/\(name).tfrecord")
            }
            let records = Dataset.locatedTFRecords(folder + "/*.tfrecord")
            expectError("element 5", "\(folder)/c.tfrecord, record 2") {
                try records.map { try Example(serialized: $0.data) }.threads(threads).array()
            }
            #expect(try records.array().map(\.number) == [0, 1, 2, 0, 1, 2, 3])
            #expect(try records.array().map(\.index) == Array(0..<7))
            #expect(try records.map { $0.data }.array() == Dataset.tfRecords(folder + "/*.tfrecord").array())
        }
    }

    @Test func sequencesByTensorFlow() throws {
        let records = try Dataset.tfRecords(RecordTests.fixture("sequences.tfrecord")).array()
        let examples = try records.map { try SequenceExample(serialized: $0) }
        #expect(examples == (0..<3).map(RecordTests.sequence))
        #expect(try examples[2].tensor("words").shape == [3, 2])
        #expect(try examples[2].tensor("words", shape: [2, 1]).scalars(as: Int.self) == [0, 1, 1, 2, 2, 3])
        #expect(try examples[1].contextTensor("label", shape: []).item(as: Int.self) == 1)
        expectError("\"none\"", "scores") { try examples[0].tensor("none") }
        var uneven = examples[2]
        uneven.sequences["words"]![1] = .integers([1])
        expectError("step 1", "one size") { try uneven.tensor("words") }
        uneven.sequences["words"] = []
        expectError("empty") { try uneven.tensor("words") }
        #expect(try uneven.tensor("words", shape: [2]).shape == [0, 2])
        // An Example is a context.
        #expect(try SequenceExample(serialized: RecordTests.example(3).serialized()).context == RecordTests.example(3).features)
    }

    @Test func sequencesBothWays() throws {
        let odd = SequenceExample(context: [:], sequences: ["a": [], "b": [.bytes([]), .bytes([Data([0, 255])])]])
        for example in [odd, SequenceExample(), RecordTests.sequence(4)] {
            #expect(try SequenceExample(serialized: example.serialized()) == example)
        }
    }

    /// With MARTLET_RECORDS, the files stay there, and `scripts/make-record-fixtures.py --check` has TensorFlow read them.
    @Test func writesForTensorFlow() throws {
        try withFolder { temporary in
            let folder = ProcessInfo.processInfo.environment["MARTLET_RECORDS"] ?? temporary
            let records = (0..<7).map { RecordTests.example($0).serialized() }
            try TFRecord.write(records, to: folder + "/examples.tfrecord")
            try TFRecord.write(records, to: folder + "/examples.tfrecord.gz", compression: .gzip)
            try TFRecord.write(records, to: folder + "/examples.tfrecord.zlib", compression: .zlib)
            try TFRecord.write((0..<3).map { RecordTests.sequence($0).serialized() }, to: folder + "/sequences.tfrecord")
            let paths = try TFRecord.write(records, to: folder + "/shards.tfrecord", shards: 3)
            #expect(paths.map { ($0 as NSString).lastPathComponent } == (0..<3).map { "shards.tfrecord-0000\($0)-of-00003" })
            let sharded = try Dataset.tfRecords(folder + "/shards.tfrecord-*").array()
            #expect(sharded == [0, 3, 6, 1, 4, 2, 5].map { records[$0] })
            // A file of TensorFlow's and ours are the same bytes: the order of the features is that of their names in both, or
            // the same after reading.
            #expect(try Dataset.tfRecords(folder + "/examples.tfrecord").array() == records)
            expectError("99,999") { try TFRecord.write(records, to: folder + "/none", shards: 0) }
            expectError("none/a") { try TFRecord.write(records, to: folder + "/none/a", shards: 2) }
        }
    }

    /// A bit that is flipped and an end that is missing, in files by TensorFlow.
    @Test func damage() throws {
        try withFolder { folder in
            let path = folder + "/a.tfrecord"
            let bytes = try FileIO.read(RecordTests.fixture("examples.tfrecord"))
            func count(_ changed: [UInt8]) throws -> Int {
                try FileIO.write(changed, to: path)
                return try Dataset.tfRecords(path).array().count
            }
            // Each record has its length in front, below 256 here, and 16 bytes around it.
            let places = (1..<7).reduce(into: [0]) { places, _ in places.append(places.last! + 16 + Int(bytes[places.last!])) }
            var flipped = bytes
            flipped[places[3] + 20] ^= 8
            expectError(path, "record 3 at byte \(places[3])", "checksum", "damaged there") { try count(flipped) }
            flipped = bytes
            flipped[places[5] + 2] ^= 1
            expectError(path, "length of record 5 at byte \(places[5])", "checksum") { try count(flipped) }
            for kept in [places[6] + 1, places[6] + 40, bytes.count - 1] {
                expectError(path, "record 6 at byte \(places[6])", "cut short") { try count(Array(bytes.prefix(kept))) }
            }
            #expect(try count(Array(bytes.prefix(places[6]))) == 6)
        }
    }
}
