import Foundation
import MartletCore
import MartletFormats

/// What the event files of a run hold, whoever wrote them: Martlet, TensorFlow or PyTorch.
///
/// ```swift
/// for run in try EventLog.runs(at: "logs") {
///     print(run.name, run.tags, run["epoch_loss"].map(\.value))
/// }
/// ```
public struct EventLog: Sendable {
    /// A number at a step.
    public struct Point: Sendable, Equatable {
        /// The step.
        public let step: Int
        /// When it was written, in seconds since 1970.
        public let time: Double
        /// The number.
        public let value: Double

        /// Makes a point.
        public init(step: Int, time: Double, value: Double) { (self.step, self.time, self.value) = (step, time, value) }
    }

    /// What is known of a tag that has no numbers: histograms, images, texts.
    public struct Series: Sendable, Equatable {
        /// What it holds: `histograms`, `images`, `text`, or another plugin of TensorBoard.
        public let kind: String
        /// The steps, in the order of the files.
        public internal(set) var steps: [Int]
        /// The last value where that is text; nil otherwise.
        public internal(set) var lastText: String?
    }

    /// The path of the run's folder from the one that was asked for, `.` for that itself.
    public let name: String
    /// The event files, in the order of their names, which begin with their times.
    public internal(set) var files: [String] = []
    /// The numbers under each tag, in the order of the files.
    public internal(set) var scalars: [String: [Point]] = [:]
    /// What else there is, by tag.
    public internal(set) var others: [String: Series] = [:]
    /// The hyperparameters, empty when there are none.
    public internal(set) var hyperParameters: [String: HyperParameter] = [:]
    /// Says of each file that ends within a record where it does: it is still being written, or its writer was killed.
    public internal(set) var notes: [String] = []

    /// The tags of numbers, sorted.
    public var tags: [String] { scalars.keys.sorted() }

    /// The numbers under a tag, none when there is no such tag.
    public subscript(_ tag: String) -> [Point] { scalars[tag] ?? [] }

    /// Reads an event file, or all event files in a folder and the folders in it. Each folder with event files is a run.
    /// - Returns: the runs, sorted by name.
    /// - Throws: `MartletError` with file and place when a file is damaged, and when there is no event file.
    public static func runs(at path: String) throws -> [EventLog] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw MartletError("Expected an event file or a folder with event files. There is nothing of this name.", at: path)
        }
        guard isFolder.boolValue else {
            var log = EventLog(name: ".")
            try log.read(path, mayBeEmpty: false)
            return [log]
        }
        let below = try eventFiles(in: path)
        var logs: [String: EventLog] = [:]
        // Names say the second, and a process may begin several files within one, or be followed by one of a smaller number.
        let begun = below.map { file in
            let first = try? EventReader((path as NSString).appendingPathComponent(file)).next()
            return (file: file, time: first?.time ?? -.infinity)
        }
        let sorted = begun.sorted {
            $0.time == $1.time ? $0.file.compare($1.file, options: .numeric) == .orderedAscending : $0.time < $1.time
        }
        for (file, _) in sorted {
            let folder = FileIO.folder(of: file)
            let name = folder.isEmpty ? "." : folder
            try logs[name, default: EventLog(name: name)].read((path as NSString).appendingPathComponent(file))
        }
        guard !logs.isEmpty else {
            throw MartletError("Expected event files, which have tfevents in their names. There are none.", at: path)
        }
        return logs.values.sorted { $0.name < $1.name }
    }

    /// The event files in a folder and the folders in it, from that folder on. Links to folders are not followed.
    private static func eventFiles(in folder: String) throws -> [String] {
        try FileIO.entries(of: folder).flatMap { name -> [String] in
            let path = (folder as NSString).appendingPathComponent(name)
            let kind = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
            if kind == .typeDirectory { return try eventFiles(in: path).map { (name as NSString).appendingPathComponent($0) } }
            return name.contains("tfevents") ? [name] : []
        }
    }

    private init(name: String) { self.name = name }

    /// - Parameter mayBeEmpty: whether a file that was cut in its first record is noted, and not an error: among others it is what
    ///   a process left that was killed as it began.
    private mutating func read(_ path: String, mayBeEmpty: Bool = true) throws {
        files.append(path)
        let reader = try EventReader(path)
        var count = 0
        do {
            while let event = try reader.next() {
                try reader.locating { try take(event) }
                count += 1
            }
        } catch let error as MartletError where reader.isCutShort && (count > 0 || mayBeEmpty) {
            notes.append("\(error)")
        }
    }

    private mutating func take(_ event: SummaryEvent) throws {
        guard case .values(let values) = event.content else {
            if case .graph = event.content { add("graph", "graph", event.step, nil) }
            return
        }
        for value in values {
            // PyTorch and TensorFlow 1 say what it is by its type alone.
            var (kind, number, text) = (value.plugin, Double?.none, String?.none)
            switch value.content {
            case .number(let simple): number = simple
            case .tensor(let tensor):
                if kind == "scalars" || kind.isEmpty { number = tensor.number }
                if kind == "text", case .bytes(let texts) = tensor.elements {
                    text = texts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
                }
            case .histogram: kind = kind.isEmpty ? "histograms" : kind
            case .image: kind = kind.isEmpty ? "images" : kind
            case .other: break
            }
            if kind == "hparams" {
                if let found = try HyperParameter.values(in: value.pluginContent) { hyperParameters = found }
            } else if let number {
                scalars[value.tag, default: []].append(Point(step: event.step, time: event.time, value: number))
            } else {
                add(value.tag, kind.isEmpty ? "other" : kind, event.step, text)
            }
        }
    }

    private mutating func add(_ tag: String, _ kind: String, _ step: Int, _ text: String?) {
        others[tag, default: Series(kind: kind, steps: [], lastText: nil)].steps.append(step)
        if let text { others[tag]?.lastText = text }
    }
}
