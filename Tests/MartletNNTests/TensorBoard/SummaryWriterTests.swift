import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Event files of ours beside those of TensorFlow.
@Suite(.ownSession) struct SummaryWriterTests {
    private func records(_ path: String) throws -> [[UInt8]] {
        let reader = RecordReader(try FileStream(path))
        var records: [[UInt8]] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    /// What TensorFlow wrote is read as TensorFlow reads it, and written again in the same bytes.
    @Test func filesByTensorFlow() throws {
        let path = Events.fixture("tensorflow.tfevents")
        let (found, expected) = (try Events.rows(path, areOurs: false), try Events.expected("tensorflow"))
        #expect(found.count == expected.count)
        for (row, other) in zip(found, expected) {
            #expect((row.tag, row.plugin, row.step) == (other.tag, other.plugin, other.step))
            #expect(row.values == other.values && row.texts == other.texts, "\(row.tag)")
        }
        for record in try records(path) {
            #expect(try record.withUnsafeBytes(SummaryEvent.init(record:)).record == record)
        }
    }

    /// The same calls give the same as TensorFlow's, except the times. With MARTLET_EVENTS the files stay in that folder, and
    /// `scripts/check-tensorboard.py` has TensorBoard read them.
    @Test func everyKind() throws {
        try withFolder { temporary in
            let folder = ProcessInfo.processInfo.environment["MARTLET_EVENTS"].map { $0 + "/writer" } ?? temporary
            try Events.write(to: folder)
            let (found, expected) = (try Events.rows(folder), try Events.expected("tensorflow"))
            // The end of the trial is ours.
            #expect(found.map(\.tag) == expected.map(\.tag) + ["_hparams_/session_end_info"])
            for (row, other) in zip(found, expected) {
                #expect((row.plugin, row.step) == (other.plugin, other.step), "\(row.tag)")
                #expect(row.texts == other.texts && row.pixels == other.pixels, "\(row.tag)")
                #expect(row.values.count == other.values.count, "\(row.tag)")
                for (a, b) in zip(row.values, other.values) { #expect(abs(a - b) <= 1e-12 * max(1, abs(b)), "\(row.tag)") }
            }
            let log = try EventLog.runs(at: folder)[0]
            #expect(log.hyperParameters == ["rate": 0.5, "units": 16, "optimizer": "adam", "bias": true])
            // The description and the plugin's data, which the rows do not have.
            let pairs = zip(try Events.read(folder), try Events.read(Events.fixture("tensorflow.tfevents")))
            for case (let ours, let theirs) in pairs {
                guard case .values(let a) = ours.content, case .values(let b) = theirs.content else { continue }
                #expect(a.map(\.description) == b.map(\.description) && a.map(\.displayName) == b.map(\.displayName))
                if a[0].plugin != "hparams" { #expect(a.map(\.pluginContent) == b.map(\.pluginContent), "\(a[0].tag)") }
            }
        }
    }

    /// Drawings are images of the kind that TensorBoard takes for SVG: their size, then the text. With MARTLET_EVENTS,
    /// `scripts/check-tensorboard.py` looks at what TensorBoard's server makes of them.
    @Test func figures() throws {
        try withFolder { temporary in
            let folder = ProcessInfo.processInfo.environment["MARTLET_EVENTS"].map { $0 + "/figures" } ?? temporary
            let writer = try SummaryWriter(logDirectory: folder)
            var plot = Plot("Loss")
            plot.addLine("training", y: [1, 0.5])
            try writer.figure("loss", plot, step: 3, description: "A *plot*.")
            let other = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 7 9\"\n height=\"9.6px\" xmlns=\"a\"><g width=\"5\"/></svg>"
            try writer.figure("other", svg: other, step: 4)
            for wrong in ["", "<html>", " <svg />", "<svgs>"] {
                #expect(throws: MartletError.self) { try writer.figure("wrong", svg: wrong, step: 5) }
            }
            try writer.close()
            let values = try Events.read(folder).flatMap { event in
                if case .values(let values) = event.content { values } else { [SummaryValue]() }
            }
            let texts = values.map { value -> [String] in
                guard case .tensor(let tensor) = value.content, case .bytes(let bytes) = tensor.elements else { return [] }
                return bytes.map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(texts == [["640", "400", plot.svg], ["0", "10", other]])
            #expect(values.map(\.tag) == ["loss", "other"] && values.allSatisfy { $0.plugin == "images" })
            #expect(try EventLog.runs(at: folder)[0].others["loss"]?.kind == "images")
        }
    }

    /// A scalar has the bytes of an event that is made of messages in messages.
    @Test(arguments: [0, 1, 127, 128, 1 << 40, -1]) func bytesOfScalars(step: Int) throws {
        try withFolder { folder in
            let writer = try SummaryWriter(logDirectory: folder)
            for name in ["a", String(repeating: "long/", count: 60)] {
                for value in [0, 1.5, -Double.infinity, 1e300] { try writer.scalar(name, value, step: step) }
            }
            try writer.close()
            let records = try records(writer.path)
            #expect(records.count == 9)
            for record in records {
                #expect(try record.withUnsafeBytes(SummaryEvent.init(record:)).record == record)
            }
            #expect(try Events.rows(folder).map(\.step) == [Int](repeating: step, count: 8))
            #expect(try Events.rows(folder).prefix(4).map(\.values) == [[0.0], [1.5], [-Double.infinity], [Double.infinity]])
        }
    }

    @Test func namesOfFiles() throws {
        try withFolder { folder in
            let writers = try (0..<3).map { _ in try SummaryWriter(logDirectory: folder + "/a/b", filenameSuffix: ".me") }
            #expect(Set(writers.map(\.path)).count == 3)
            let name = (writers[0].path as NSString).lastPathComponent
            let parts = name.split(separator: ".")
            #expect(name.hasPrefix("events.out.tfevents.") && name.hasSuffix(".me") && parts[3].count == 10)
            guard case .begin(let version, let program)? = try Events.read(writers[0].path).first?.content else {
                Issue.record("no first event")
                return
            }
            #expect(version == "brain.Event:2" && program == "martlet")
        }
    }

    @Test func eventsWaitUntilThereAreTooMany() throws {
        try withFolder { folder in
            func count(_ path: String) throws -> Int { try Events.read(path).count - 1 }
            let writer = try SummaryWriter(logDirectory: folder, maxQueue: 3, flushMillis: 1 << 40)
            var seen: [Int] = []
            for step in 0..<6 {
                try writer.scalar("a", 1, step: step)
                seen.append(try count(writer.path))
            }
            #expect(seen == [0, 0, 0, 4, 4, 4])
            try writer.flush()
            #expect(try count(writer.path) == 6)
            let hasty = try SummaryWriter(logDirectory: folder, maxQueue: 100, flushMillis: 0)
            try hasty.scalar("a", 1, step: 0)
            #expect(try count(hasty.path) == 1)
            // The end of the object writes, too.
            var last: SummaryWriter? = try SummaryWriter(logDirectory: folder)
            let path = last!.path
            try last?.scalar("a", 1, step: 0)
            last = nil
            #expect(try count(path) == 1)
        }
    }

    @Test func whatIsRefused() throws {
        try withFolder { folder in
            let writer = try SummaryWriter(logDirectory: folder)
            let x = Tensor([0.5, 0.25])
            #expect(throws: MartletError.self) { try writer.scalar("", 1, step: 0) }
            #expect(throws: MartletError.self) { try writer.histogram("a", x, step: 0, buckets: 0) }
            #expect(throws: MartletError.self) { try writer.histogram("a", Tensor(strings: ["b"]), step: 0) }
            #expect(throws: MartletError.self) { try writer.image("a", x, step: 0) }
            #expect(throws: MartletError.self) { try writer.image("a", Tensor.zeros([1, 2, 2, 5]), step: 0) }
            #expect(throws: MartletError.self) { try writer.text("a", x, step: 0) }
            #expect(throws: MartletError.self) { try writer.prCurve("a", labels: Tensor([1.0]), predictions: x, step: 0) }
            #expect(throws: MartletError.self) { try writer.prCurve("a", labels: x, predictions: x, step: 0, thresholds: 1) }
            #expect(throws: MartletError.self) { try writer.prCurve("a", labels: x, predictions: x / 0 - x / 0, step: 0) }
            #expect(throws: MartletError.self) { try SummaryWriter(logDirectory: folder, maxQueue: -1) }
            #expect(throws: MartletError.self) { try SummaryWriter(logDirectory: folder, filenameSuffix: "/a") }
            #expect(throws: MartletError.self) { try SummaryWriter(logDirectory: writer.path) }
            // What is not finite is in no bucket.
            try writer.histogram("a", Tensor([1.0, .nan, 3.0, .infinity]), step: 0, buckets: 2)
            try writer.close()
            try writer.close()
            #expect(throws: MartletError.self) { try writer.scalar("a", 1, step: 0) }
            #expect(try Events.rows(folder).map(\.values) == [[1, 2, 1, 2, 3, 1]])
        }
    }

    /// Threads may share a writer: every event is whole and there once.
    @Test func sharedByThreads() throws {
        try withFolder { folder in
            let writer = try SummaryWriter(logDirectory: folder)
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for step in 0..<50 { try? writer.scalar("thread \(thread)", Double(step), step: step) }
            }
            try writer.close()
            let log = try EventLog.runs(at: folder)[0]
            for thread in 0..<8 { #expect(log["thread \(thread)"].map(\.step) == Array(0..<50)) }
        }
    }

    @Test func graphOfAModel() throws {
        let x = Input([4], name: "x")
        let inner = Sequential([InputLayer([3]), Dense(2, name: "in")], name: "inner")
        let model = Model(inputs: x, outputs: inner(Dense(3, name: "out")(x)), name: "net")
        try withFolder { folder in
            let writer = try SummaryWriter(logDirectory: folder)
            try writer.graph(model)
            try writer.close()
            let events = try Events.read(folder)
            guard case .values(let values) = events[1].content, case .tensor(let tensor) = values[0].content,
                case .bytes(let texts) = tensor.elements, case .graph(let graph) = events[2].content
            else {
                Issue.record("\(events)")
                return
            }
            #expect((values[0].tag, values[0].plugin, values[0].pluginContent) == ("keras", "graph_keras_model", [0x31]))
            #expect(try JSONValue(parsing: texts[0]) == JSONValue(parsing: model.toJSON()))
            var nodes: [String: [String]] = [:]
            try graph.withUnsafeBytes { bytes in
                var message = ProtobufReader(bytes, of: "GraphDef")
                while let field = try message.next() {
                    guard field.number == 1 else { continue }
                    var (node, name, inputs) = (try field.message(), "", [String]())
                    while let field = try node.next() {
                        if field.number == 1 { name = try field.string() }
                        if field.number == 3 { inputs.append(try field.string()) }
                    }
                    nodes[name] = inputs
                }
            }
            #expect(nodes["x"] == [] && nodes["out/kernel"] == [])
            #expect(nodes["out/Dense"] == ["x", "out/kernel", "out/bias"])
            #expect(nodes["inner/in/Dense"] == ["out/Dense", "inner/in/kernel", "inner/in/bias"])
            #expect(Set(nodes.values.joined()).isSubset(of: nodes.keys))
        }
    }
}
