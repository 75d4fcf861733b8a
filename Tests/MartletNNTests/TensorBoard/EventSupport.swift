import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Event files by TensorFlow and what is in them (`scripts/make-event-fixtures.py`), and ours.
enum Events {
    static func fixture(_ name: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures/events/\(name)").path
    }

    static let content = try? JSONValue(parsing: FileIO.read(fixture("expected.json")))

    /// A value in an event file, as the fixtures describe it.
    struct Row: Equatable {
        var tag = "", plugin = "", step = 0
        var values: [Double] = []
        var texts: [String] = []
        var pixels: [[UInt8]] = []
    }

    static func expected(_ path: JSONKey...) throws -> [Row] {
        try #require(content).value(at: path, as: [JSONValue].self).map { row in
            var found = Row()
            (found.tag, found.plugin, found.step) = (try row.string("tag"), try row.string("plugin"), try row.int("step"))
            found.values = try row.valueIfPresent(at: ["values"]) ?? []
            found.texts = try row.valueIfPresent(at: ["texts"]) ?? row.valueIfPresent(at: ["size"]) ?? []
            found.pixels = try row.valueIfPresent(at: ["pixels"], as: [[Int]].self)?.map { $0.map { UInt8($0) } } ?? []
            return found
        }
    }

    /// All events of the files in a folder, or of one file.
    static func read(_ path: String) throws -> [SummaryEvent] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let files = names.filter { $0.contains("tfevents") }
            .sorted { $0.compare($1, options: .numeric) == .orderedAscending }.map { path + "/" + $0 }
        return try (names.isEmpty ? [path] : files).flatMap { path in
            let reader = try EventReader(path)
            var events: [SummaryEvent] = []
            while let event = try reader.next() { events.append(event) }
            return events
        }
    }

    /// - Parameter areOurs: whether images are decoded, which only ours can be here.
    static func rows(_ path: String, areOurs: Bool = true) throws -> [Row] {
        try read(path).flatMap { event -> [Row] in
            guard case .values(let values) = event.content else {
                if case .graph = event.content { return [Row(plugin: "graph_def", step: event.step)] }
                return []
            }
            return try values.map { value in
                var row = Row(tag: value.tag, plugin: value.plugin, step: event.step)
                switch value.content {
                case .number(let number): row.values = [number]
                case .tensor(let tensor):
                    switch tensor.elements {
                    case .numbers(let numbers): row.values = numbers
                    case .bytes(let bytes):
                        let texts = value.plugin == "images" ? Array(bytes.prefix(2)) : bytes
                        row.texts = texts.map { String(decoding: $0, as: UTF8.self) }
                        if value.plugin == "images", areOurs { row.pixels = try bytes.dropFirst(2).map(pixels) }
                    }
                default: break
                }
                return row
            }
        }
    }

    /// The pixels of a PNG file of 8 bits a channel, without interlacing, as the specification reconstructs them.
    static func pixels(_ png: [UInt8]) throws -> [UInt8] {
        func number(_ place: Int) -> Int { png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (width, height) = (number(16), number(20))
        let channels = [0: 1, 4: 2, 2: 3, 6: 4][Int(png[25])]!
        var (place, data) = (8, [UInt8]())
        while place < png.count {
            if Array(png[place + 4..<place + 8]) == Array("IDAT".utf8) { data += png[place + 8..<place + 8 + number(place)] }
            place += 12 + number(place)
        }
        let size = width * channels
        let rows = try Compression.inflate(data, size: height * (size + 1), name: "PNG")
        var pixels: [UInt8] = []
        for row in 0..<height {
            let filter: UInt8 = rows[row * (size + 1)]
            try #require(filter <= 4)
            for column in 0..<size {
                let left = column < channels ? 0 : Int(pixels[row * size + column - channels])
                let above = row == 0 ? 0 : Int(pixels[(row - 1) * size + column])
                let corner = row == 0 || column < channels ? 0 : Int(pixels[(row - 1) * size + column - channels])
                let guess = left + above - corner
                let nearest = [left, above, corner].min { abs(guess - $0) < abs(guess - $1) }!
                let prediction = [0, left, above, (left + above) / 2, nearest][Int(filter)]
                pixels.append(UInt8(truncatingIfNeeded: Int(rows[row * (size + 1) + 1 + column]) + prediction))
            }
        }
        return pixels
    }

    /// The numbers that the script writes too.
    static func numbers(_ step: Int) -> Tensor {
        Tensor((0..<24).map { Float(sin(Double($0) * Double(step + 1))) })
    }

    /// Writes what the script lets TensorFlow write.
    static func write(to folder: String) throws {
        let writer = try SummaryWriter(logDirectory: folder)
        for step in [0, 1, 300] {
            try writer.scalar("loss", 1 / Double(step + 1), step: step, description: step == 0 ? "The *loss*." : nil)
            try writer.histogram("weights", numbers(step), step: step, buckets: 5)
        }
        try writer.histogram("equal", Tensor([2.0, 2.0, 2.0]), step: 1, buckets: 3)
        try writer.histogram("none", Tensor.zeros([0]), step: 1, buckets: 2)
        try writer.image("grey", numbers(2).reshaped(to: [1, 4, 6, 1]), step: 2)
        try writer.image("colours", numbers(0).reshaped(to: [2, 2, 2, 3]) * 0.5 + 0.5, step: 2)
        let bytes = Tensor((0..<24).map { UInt8($0 * 10) }, shape: [1, 2, 3, 4])
        try writer.image("bytes", bytes, step: 2)
        try writer.text("words", "some **words** – é", step: 3)
        try writer.text("table", Tensor(strings: [["a", "b"], ["c", "d"]]), step: 3)
        try writer.hyperParameters(["rate": 0.5, "units": 16, "optimizer": "adam", "bias": true], group: "trial")
        try writer.prCurve("curve", labels: numbers(0) .> 0, predictions: numbers(4).abs(), step: 4, thresholds: 5)
        try writer.close()
    }
}
