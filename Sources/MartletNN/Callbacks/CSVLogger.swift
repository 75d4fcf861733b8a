import Foundation
import MartletCore
import MartletData
import MartletFormats

/// Writes the logs of every epoch to a file of comma-separated values: a header, then one row for each epoch, as soon as
/// the epoch ends. Epochs count from 0, names are sorted, and a missing value is `NA`.
///
/// Source: [`keras.callbacks.CSVLogger`](https://keras.io/api/callbacks/csv_logger/). Lines end in a line feed only.
public final class CSVLogger: Callback, ChiefCallback {
    private let path: String
    private let separator: Character
    private let append: Bool
    private var file: FileHandle?
    private var columns: [String]?
    /// Whether the file holds what it is to begin with.
    private var hasBegun = false
    /// The bytes that the file had when a backup was made from which training goes on.
    private var remembered: Int?

    /// Makes the callback.
    /// - Parameters:
    ///   - path: the file.
    ///   - separator: the character between the values of a row.
    ///   - append: whether rows are added to an existing file, under its header, instead of replacing it.
    public init(_ path: String, separator: Character = ",", append: Bool = false) {
        self.path = path
        self.separator = separator
        self.append = append
    }

    deinit { try? file?.close() }

    public override func onTrainBegin() throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0o666)
        guard descriptor >= 0 else {
            throw MartletError("Expected a file to write: \(String(cString: strerror(errno))).", at: path)
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        (columns, hasBegun, remembered) = (nil, false, nil)
    }

    public override func onEpochBegin(_ epoch: Int) throws { try begin() }

    /// Empties the file; or cuts it where the training goes on, and reads the header. By now a backup has been restored.
    private func begin() throws {
        guard !hasBegun else { return }
        hasBegun = true
        if !append || remembered != nil { try FileIO.truncate(path, to: remembered ?? 0) }
        guard remembered.map({ $0 > 0 }) ?? append else { return }
        guard let text = try file?.readToEnd().map({ String(decoding: $0, as: UTF8.self) }), !text.isEmpty else { return }
        // Interrupted training may have left half a row.
        if text.last != "\n" { try file?.write(contentsOf: Data("\n".utf8)) }
        columns = Array(fields(of: text.prefix { $0 != "\n" && $0 != "\r\n" }).dropFirst())
    }

    override var memory: CallbackMemory? {
        // Before the first epoch nothing is known of the file; a pipe has no size.
        let size = hasBegun ? try? file?.offset() : nil
        return CallbackMemory(values: ["bytes": .optional(size.map { Int($0) })])
    }

    override func recall(_ memory: CallbackMemory) throws { remembered = try memory.int("bytes") }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        try begin()
        if let columns {
            let lost = logs.keys.filter { !columns.contains($0) }
            if !lost.isEmpty {
                Settings.logger.warning("\(path) has no column for \(lost.joined(separator: ", "))")
            }
        } else {
            var names = logs.keys.sorted()
            // Validation may start in a later epoch, when the header can no longer change.
            if !names.contains(where: { $0.hasPrefix("val_") }) { names += names.map { "val_" + $0 } }
            columns = names
            try write(["epoch"] + names)
        }
        try write([String(epoch)] + (columns ?? []).map { name in logs[name]?.text ?? "NA" })
    }

    public override func onTrainEnd() throws {
        try file?.close()
        file = nil
    }

    /// Writes each row with one system call, so that an interruption does not leave half a row.
    private func write(_ fields: [String]) throws {
        do {
            let row = fields.map { CSV.quoted($0, separator: separator) }.joined(separator: String(separator)) + "\n"
            try file?.write(contentsOf: Data(row.utf8))
        } catch {
            throw MartletError("The row of an epoch cannot be written: \(error.localizedDescription)", at: path)
        }
    }

    /// The fields of a row, quotes resolved.
    private func fields(of row: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in row {
            if character == "\"" {
                // Inside quotes, two quotes stand for one.
                if !isQuoted, fields[fields.count - 1].isEmpty == false { fields[fields.count - 1].append("\"") }
                isQuoted.toggle()
            } else if character == separator, !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields
    }

    public override var description: String { text(["": path]) }
}
