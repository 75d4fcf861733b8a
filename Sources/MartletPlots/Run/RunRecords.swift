import Foundation
import MartletCore
import MartletFormats
import MartletNN

/// What `run.json` says.
struct RunDescription {
    let name: String
    let model: String
    let created: String
    let command: [String]
    let facts: [(String, String)]
    let settings: [(String, String)]
    let versions: [(String, String)]
    let firstIteration: Int
    let epochs: Int
    /// The steps of an epoch; 0 where they are not known before its end.
    let steps: Int
    let layers: [String]
    /// Name, type, output shape and number of parameters of each layer.
    let summary: [[String]]
    let sizes: [String: Int]
    let diagram: ModelDiagram

    init(_ folder: RunFolder) throws {
        let json = try RunRecords.json(folder.description)
        func read() throws -> Self { try Self(json) }
        do {
            self = try read()
        } catch let error as MartletError {
            throw MartletError("Expected the description of a run. \(error.message)", at: folder.description)
        }
    }

    private init(_ json: JSONValue) throws {
        func pairs(_ key: JSONKey) throws -> [(String, String)] {
            try json.array(key).prefix(200).map { (try $0.string(0).bounded, try $0.string(1).bounded) }
        }
        let format = try json.int("format")
        guard format == 1 else { throw MartletError("Expected format 1. Received: \(format).") }
        name = try json.string("name").bounded
        model = try json.string("model").bounded
        created = try json.string("created").bounded
        command = try json.array("command").prefix(200).map { try $0.string().bounded }
        (facts, settings, versions) = (try pairs("facts"), try pairs("settings"), try pairs("versions"))
        firstIteration = try json.count("first_iteration")
        (epochs, steps) = (try json.count("epochs"), try json.count("steps"))
        layers = try json.array("layers").prefix(RunRecorder.layerLimit).map { try $0.string().bounded }
        summary = try json.array("summary").prefix(1_000).map { row in
            try row.array().prefix(4).map { try $0.string().bounded }
        }
        sizes = try json.object("sizes").reduce(into: [:]) { $0[$1.key] = try $1.value.count() }
        diagram = try ModelDiagram(json: json.value(at: ["diagram"]))
    }
}

extension JSONValue {
    /// A count from outside: whole, not negative, and so small that sums of some do not overflow.
    func count(_ path: JSONKey...) throws -> Int {
        let value = try value(at: path, as: Int.self)
        guard (0...1 << 48).contains(value) else { throw MartletError("Expected a count up to 2^48. Received: \(value).") }
        return value
    }
}

extension String {
    /// At most 300 characters of a text from outside.
    var bounded: String {
        utf8.count <= 300 ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(300))) + "…"
    }
}

/// What a run's folder says was measured. Files come from anywhere: sizes are bounded, and what does not fit is an error.
struct RunRecords {
    struct Step {
        let step: Int
        let epoch: Int
        let seconds: Double
        let loss: Double
        var rate: Double?
        var gradient: Double?
        var ratio: Double?
    }
    struct Layers {
        let step: Int
        /// NaN for a layer without a number.
        let gradient, weight, ratio: [Double]
    }
    struct Spread {
        let step: Int
        /// The quantiles of each layer; empty for a layer without any.
        let weights, gradients: [[Double]]
    }
    struct Epoch {
        let epoch: Int
        let step: Int
        let seconds: Double
        let memory: Int
        let optimizerBytes: Int
        let steps: Int
        let logs: Logs
        var rate: Double?
    }

    private(set) var steps: [Step] = []
    private(set) var layers: [Layers] = []
    private(set) var spreads: [Spread] = []
    private(set) var epochs: [Epoch] = []
    /// Why and when the run ended; nil for one that is running or was killed.
    private(set) var end: (step: Int, seconds: Double, reason: String)?

    static let fileLimit = 64 << 20
    private static let lineLimit = 1 << 20
    private static let numberLimit = 1_000

    init(_ folder: RunFolder) throws {
        for (index, line) in try Self.lines(of: folder.records).enumerated() {
            do {
                try add(line.record)
            } catch let error as MartletError {
                throw MartletError("Line \(index + 1): \(error)", at: folder.records)
            }
        }
    }

    /// A JSON file of a run.
    static func json(_ path: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: FileIO.read(path, limit: fileLimit))
        } catch let error as MartletError {
            throw error.location == nil ? MartletError(error.message, at: path) : error
        }
    }

    /// The lines of a file with the objects that they hold. A last line that a killed process left unfinished is left out.
    static func lines(of path: String) throws -> [(line: String, record: JSONObject)] {
        let bytes = try FileIO.read(path, limit: fileLimit)
        var lines: [(String, JSONObject)] = []
        for part in bytes.split(separator: 10) {
            let isWhole = part.endIndex < bytes.endIndex
            guard part.count <= lineLimit else {
                throw MartletError("Expected lines of at most \(lineLimit) bytes. Received \(part.count).", at: path)
            }
            do {
                lines.append((String(decoding: part, as: UTF8.self), try JSONValue(parsing: Array(part)).object()))
            } catch {
                guard isWhole else { break }
                throw MartletError("Line \(lines.count + 1): \(error)", at: path)
            }
        }
        return lines
    }

    private mutating func add(_ record: JSONObject) throws {
        let json = JSONValue.object(record)
        func numbers(_ json: JSONValue) throws -> [Double] {
            try json.array().prefix(Self.numberLimit).map { $0 == .null ? .nan : try $0.double() }
        }
        func optional(_ key: String) throws -> Double? { try record[key].map { try $0.double() } }
        switch try json.string("kind") {
        case "step":
            steps.append(
                Step(
                    step: try json.count("step"), epoch: try json.count("epoch"), seconds: try json.double("seconds"),
                    loss: try json.double("loss"), rate: try optional("rate"), gradient: try optional("gradient"),
                    ratio: try optional("ratio")))
        case "layers":
            layers.append(
                Layers(
                    step: try json.count("step"), gradient: try numbers(json.value(at: ["gradient"])),
                    weight: try numbers(json.value(at: ["weight"])), ratio: try numbers(json.value(at: ["ratio"]))))
        case "spread":
            func lists(_ key: JSONKey) throws -> [[Double]] {
                try json.array(key).prefix(Self.numberLimit).map { $0 == .null ? [] : try numbers($0) }
            }
            spreads.append(Spread(step: try json.count("step"), weights: try lists("weights"), gradients: try lists("gradients")))
        case "epoch":
            epochs.append(
                Epoch(
                    epoch: try json.count("epoch"), step: try json.count("step"), seconds: try json.double("seconds"),
                    memory: try json.count("memory"), optimizerBytes: try json.count("optimizer"), steps: try json.count("steps"),
                    logs: try Logs(json: json.value(at: ["logs"])), rate: try optional("rate")))
        case "end": end = (try json.count("step"), try json.double("seconds"), try json.string("reason"))
        // Later versions may write more.
        default: break
        }
    }

    /// The names of the logs without `val_`, the loss first.
    var metricNames: [String] {
        var names: [String] = []
        var seen: Set<String> = []
        for name in epochs.flatMap(\.logs.keys) {
            let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
            if base != "learning_rate", seen.insert(base).inserted { names.append(base) }
        }
        if let loss = names.firstIndex(of: "loss") { names.insert(names.remove(at: loss), at: 0) }
        return names
    }

    /// The values of a name, epoch by epoch.
    func values(_ name: String) -> (epochs: [Double], values: [Double]) {
        let present = epochs.filter { $0.logs[name] != nil }
        return (present.map { Double($0.epoch) + 1 }, present.map { $0.logs[name]! })
    }
}

/// Where the time of a step goes, as `profile.json` says.
struct RunProfile {
    struct Op {
        let name: String
        let calls: Int
        let seconds: Double
        let flops, bytes: Int
    }

    let steps: Int
    let seconds: Double
    let ops: [Op]
    let layers: [(name: String, seconds: Double)]

    /// Nil where the run has no profile.
    init?(_ folder: RunFolder) throws {
        guard FileManager.default.fileExists(atPath: folder.profile) else { return nil }
        let json = try RunRecords.json(folder.profile)
        do {
            steps = max(1, try json.count("steps"))
            seconds = try json.double("seconds")
            ops = try json.array("ops").prefix(200).map {
                Op(
                    name: try $0.string(0).bounded, calls: try $0.count(1), seconds: try $0.double(2), flops: try $0.count(3),
                    bytes: try $0.count(4))
            }
            layers = try json.array("layers").prefix(RunRecorder.layerLimit).map { (try $0.string(0).bounded, try $0.double(1)) }
        } catch let error as MartletError {
            throw MartletError("Expected the profile of a run. \(error.message)", at: folder.profile)
        }
    }
}
