import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Reading event files: those of others, damaged ones, and ones that are still being written.
@Suite(.ownSession) struct EventLogTests {
    @Test func byTensorFlow() throws {
        let log = try EventLog.runs(at: Events.fixture("tensorflow.tfevents"))[0]
        #expect(log.tags == ["loss"] && log.notes.isEmpty && log.name == ".")
        #expect(log["loss"].map(\.step) == [0, 1, 300])
        #expect(log["loss"].map(\.value) == [1, 0.5, Double(Float(1.0 / 301))])
        #expect(log.others["weights"]?.kind == "histograms" && log.others["weights"]?.steps == [0, 1, 300])
        #expect(log.others["words"]?.lastText == "some **words** – é" && log.others["grey"]?.kind == "images")
        #expect(log.hyperParameters["optimizer"] == "adam")
    }

    @Test func olderKinds() throws {
        let log = try EventLog.runs(at: Events.fixture("older.tfevents"))[0]
        #expect(log["loss"] == [.init(step: 7, time: 2.5, value: 0.25), .init(step: 8, time: 3.5, value: 0.125)])
        #expect(log.others["weights"]?.kind == "histograms")
        guard case .values(let values) = try Events.read(Events.fixture("older.tfevents"))[1].content else { return }
        #expect(values[1].content == .histogram(edges: [0, 0.5, 1], counts: [1, 0, 2]))
    }

    @Test func foldersAreRuns() throws {
        try withFolder { folder in
            for run in ["b/train", "a", "b"] {
                let writer = try SummaryWriter(logDirectory: folder + "/" + run)
                try writer.scalar("x", 1, step: 2)
                try writer.close()
            }
            try FileIO.write("no events", to: folder + "/a/notes.txt")
            let runs = try EventLog.runs(at: folder)
            #expect(runs.map(\.name) == ["a", "b", "b/train"] && runs.allSatisfy { $0["x"].map(\.value) == [1] })
            #expect(try EventLog.runs(at: folder + "/b").map(\.name) == [".", "train"])
            try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
            for path in [folder + "/empty", folder + "/none", folder + "/a/notes.txt"] {
                #expect(throws: MartletError.self) { try EventLog.runs(at: path) }
            }
        }
    }

    /// A file that ends within a record gives what is whole, and a note; a flipped bit is an error with the place.
    @Test func cutShortAndDamaged() throws {
        try withFolder { folder in
            let path = folder + "/a.tfevents"
            let bytes = try FileIO.read(Events.fixture("tensorflow.tfevents"))
            for count in [bytes.count - 1, bytes.count - 40, 100] {
                try FileIO.write(Array(bytes.prefix(count)), to: path)
                let log = try EventLog.runs(at: path)[0]
                #expect(log.notes.count == 1 && log.notes[0].contains("cut short") && log.notes[0].contains(path))
            }
            // Within the first record it may be any other file.
            try FileIO.write(Array(bytes.prefix(30)), to: path)
            #expect(throws: MartletError.self) { try EventLog.runs(at: path) }
            var flipped = bytes
            flipped[200] ^= 4
            try FileIO.write(flipped, to: path)
            let error = #expect(throws: MartletError.self) { try EventLog.runs(at: path) }
            #expect("\(error!)".contains("at byte") && "\(error!)".contains(path))
        }
    }

    /// Records of any bytes give an event or an error, and the error says where the record is.
    @Test func mutants() throws {
        let reader = RecordReader(try FileStream(Events.fixture("tensorflow.tfevents")))
        var records: [[UInt8]] = []
        while let record = try reader.next() { records.append(record) }
        for record in records {
            let counts = fuzz(record) { bytes in try bytes.withUnsafeBytes(SummaryEvent.init(record:)) }
            #expect(counts.read > 0 && counts.refused > 0)
        }
        // What a plugin's data says of the place: a trial whose map has a length that passes its end.
        try withFolder { folder in
            let path = folder + "/a.tfevents"
            let trial = SummaryValue("a", .other, plugin: "hparams", pluginContent: [0x1A, 0x7F])
            try TFRecord.write([Data(records[1]), Data(SummaryEvent(time: 1, .values([trial])).record)], to: path)
            expectError("Record 1 at byte \(records[1].count + 16)", path) { try EventLog.runs(at: path) }
        }
    }

    /// A tensor may say that a value is repeated, but not without bound.
    @Test func hugeShapes() throws {
        func tensor(_ sizes: [Int], _ values: [Float]) -> [UInt8] {
            ProtobufWriter.message { event in
                event.write(1, double: 1)
                event.write(5) { summary in
                    summary.write(1) { value in
                        value.write(1, text: "a")
                        value.write(8) { tensor in
                            tensor.write(1, integer: 1)
                            tensor.write(2) { SummaryTensor.write(sizes, to: &$0) }
                            for number in values { tensor.write(5, float: number) }
                        }
                    }
                }
            }
        }
        func read(_ sizes: [Int], _ values: [Float]) throws -> SummaryTensor.Elements? {
            let event = try tensor(sizes, values).withUnsafeBytes(SummaryEvent.init(record:))
            guard case .values(let found) = event.content, case .tensor(let tensor) = found[0].content else { return nil }
            return tensor.elements
        }
        #expect(try read([2, 2], [1, 2]) == .numbers([1, 2, 2, 2]))
        #expect(try read([2], []) == .numbers([0, 0]))
        #expect(try read([], [3]) == .numbers([3]))
        for sizes in [[1 << 40], [1 << 32, 1 << 32], [-1], [.max, .max], [3, -2]] {
            #expect(throws: MartletError.self) { try read(sizes, [1]) }
        }
        #expect(throws: MartletError.self) { try read([2], [1, 2, 3]) }
    }
}
