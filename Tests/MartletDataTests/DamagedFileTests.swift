import Foundation
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// Damaged files of tables and records: each gives elements or a `MartletError`. `MARTLET_FUZZ` sets their number.
@Suite(.ownSession) struct DamagedFileTests {
    private static let table = #"""
        name,age,"the ""fare""",note
        Ann,31,7.25,"first, second
        line"
        Bob,NA,,
        "Łucja",-4,1e300,"unquoted ""inside"""
        Dan,9223372036854775807,nan,x\#r

        """#

    private func file<R>(_ name: String, _ body: (String) throws -> R) throws -> R {
        try withFolder { try body("\($0)/\(name)") }
    }

    @Test(arguments: [false, true]) func tables(gzip: Bool) throws {
        try file(gzip ? "table.csv.gz" : "table.csv") { path in
            let plain = Array(Self.table.utf8)
            let counts = fuzz(gzip ? try Compression.gzip(plain) : plain) { bytes in
                try FileIO.write(bytes, to: path)
                let csv = try CSV(path)
                _ = try csv.rows.array()
                let numbers = csv.columns.filter { $0.kind != .text }.map(\.name)
                if let label = numbers.first { _ = try csv.samples(features: numbers, label: label).array() }
            }
            #expect(counts.refused > 0 && (gzip || counts.read > 0))
        }
    }

    @Test(arguments: ["examples.tfrecord", "examples.tfrecord.gz", "examples.tfrecord.zlib", "sequences.tfrecord"])
    func records(_ name: String) throws {
        let original = try FileIO.read(Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)").path)
        try file(name) { path in
            let counts = fuzz(original) { bytes in
                try FileIO.write(bytes, to: path)
                _ = try Dataset.tfRecords(path).array()
            }
            #expect(counts.refused > 0)
        }
    }

    /// What a record's checksum keeps from readers of files.
    @Test func examples() throws {
        let example = Example([
            "a": .bytes([Data("text".utf8), Data()]), "b": .floats([0.5, -.infinity, 3]), "c": .integers([-1, .max, 0]),
        ])
        let sequence = SequenceExample(
            context: ["id": .integers([3])], sequences: ["steps": [.floats([1, 2]), .floats([]), .bytes([Data([7])])]])
        let counts = fuzz(Array(example.serialized())) { bytes in
            let found = try Example(serialized: Data(bytes))
            return try found.tensor("b", shape: [3])
        }
        #expect(counts.read > 0 && counts.refused > 0)
        let sequences = fuzz(Array(sequence.serialized())) { try SequenceExample(serialized: Data($0)) }
        #expect(sequences.read > 0 && sequences.refused > 0)
    }
}
