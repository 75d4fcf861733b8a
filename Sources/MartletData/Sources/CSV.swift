import Foundation
import MartletCore
import MartletFormats

/// A CSV file: its columns, their types, and its rows as a `Dataset`.
///
/// ```swift
/// let csv = try CSV("passengers.csv")
/// print(csv.columns)                                    // [("age", .number), ("sex", .text), ...]
/// let samples = csv.samples(features: ["age", "fare"], label: "survived")
/// try model.fit(samples.shuffle(bufferSize: 1000).batch(32), epochs: 5)
/// ```
public struct CSV: Sendable {
    /// What the fields of a column are.
    public enum Kind: String, Sendable {
        /// Whole numbers, `int64`.
        case integer
        /// Numbers, `float32`.
        case number
        /// Text.
        case text
    }

    /// A field.
    public enum Value: Sendable, Hashable {
        /// A whole number.
        case integer(Int64)
        /// A number.
        case number(Double)
        /// Text.
        case text(String)
        /// Nothing: one of the texts that stand for no value, in a column of any kind.
        case missing

        /// Whether there is no value: `.missing`, or a number that is NaN.
        public var isMissing: Bool { number?.isNaN ?? false }

        /// The number; NaN for what is missing, nil for text.
        public var number: Double? {
            switch self {
            case .integer(let value): Double(value)
            case .number(let value): value
            case .missing: .nan
            case .text: nil
            }
        }
    }

    /// A row: its fields by the names of the columns.
    public struct Row: Sendable {
        var values: [Value]
        let places: [String: Int]
        let line: Int

        /// The field of a column. Stops when there is no such column.
        public subscript(_ column: String) -> Value {
            guard let place = places[column] else {
                fail("CSV.Row", "Expected a column among \(places.keys.sorted()). Received: \"\(column)\".")
                return .missing
            }
            return values[place]
        }
    }

    /// What happens with rows that lack a value.
    public enum MissingValues: Sendable, Hashable {
        /// They stay as they are: in samples, a missing number is NaN.
        case keep
        /// The reading ends with an error that names file, line and column.
        case fail
        /// They are left out.
        case skip
        /// A number takes the place of each missing one.
        case fill(Double)
    }

    /// The columns in the order of the file.
    public let columns: [(name: String, kind: Kind)]
    package let path: String
    private let delimiter: UInt8
    private let hasHeader: Bool
    private let missing: Set<String>

    /// Looks at a file, plain or gzip-compressed.
    /// - Parameters:
    ///   - path: the file.
    ///   - delimiter: what is between fields.
    ///   - hasHeader: whether the first record has the names of the columns; otherwise they are `"0"`, `"1"`, ...
    ///   - kinds: the types of columns. Those of others follow from the first rows.
    ///   - missing: texts that stand for no value.
    ///   - rowsToLookAt: how many rows are read to find out the types.
    /// - Throws: `MartletError` with file and line when it cannot be read, is no CSV, or has no such columns.
    public init(
        _ path: String, delimiter: Character = ",", hasHeader: Bool = true, kinds: [String: Kind] = [:],
        missing: Set<String> = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"], rowsToLookAt: Int = 1000
    ) throws {
        guard let mark = delimiter.asciiValue, mark != 0x22, mark != 0x0A, mark != 0x0D else {
            throw MartletError("Expected one ASCII character. Received: \"\(delimiter)\".", at: "delimiter")
        }
        (self.path, self.delimiter, self.hasHeader, self.missing) = (path, mark, hasHeader, missing)
        let reader = CSVReader(try FileStream.openDecompressing(path), delimiter: mark)
        guard let first = try reader.next() else { throw MartletError("Expected at least one row. The file is empty.", at: path) }
        let names = hasHeader ? CSV.withoutMark(first) : first.indices.map(String.init)
        if let twice = Dictionary(grouping: names, by: { $0 }).first(where: { $0.value.count > 1 })?.key {
            throw MartletError("Expected columns with different names. Received \"\(twice)\" twice.", at: "\(path):1")
        }
        if let stranger = kinds.keys.sorted().first(where: { !names.contains($0) }) {
            throw MartletError("Expected columns among \(names). Received: \"\(stranger)\".", at: "kinds")
        }
        var found = [Kind?](repeating: nil, count: names.count)
        var row = hasHeader ? try reader.next() : first
        for _ in 0..<max(1, rowsToLookAt) {
            guard let fields = row else { break }
            for (place, field) in fields.prefix(names.count).enumerated() where !missing.contains(field) {
                let kind: Kind = Int64(field) != nil ? .integer : Double(field) != nil ? .number : .text
                switch (found[place], kind) {
                case (nil, _), (.integer, _), (.number, .text): found[place] = kind
                default: break
                }
            }
            row = try reader.next()
        }
        columns = zip(names, found).map { ($0, kinds[$0] ?? $1 ?? .text) }
    }

    /// A field as a file holds it: in quotation marks where it has the separator, a quotation mark or the end of a line in it.
    package static func quoted(_ field: String, separator: Character = ",") -> String {
        guard field.contains(where: { $0 == separator || $0 == "\"" || $0.isNewline }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// Names without the mark that some programs put before UTF-8.
    private static func withoutMark(_ names: [String]) -> [String] {
        var names = names
        if let first = names.first, first.unicodeScalars.first == "\u{FEFF}" {
            names[0] = String(first.unicodeScalars.dropFirst())
        }
        return names
    }

    /// The rows. A reading throws a `MartletError` with file, line and column for a row with another number of fields, or a
    /// field that is not of its column's type; with `onError` they can be left out.
    public var rows: Dataset<Row> {
        let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.name, $0) })
        return Dataset(source: "CSV(\(path))", length: .unknown, identity: Dataset<String>.identity(path)) { _, _ in
            let reader = CSVReader(try FileStream.openDecompressing(path), delimiter: delimiter)
            var isFirst = hasHeader
            return ClosureReader { _ in
                if isFirst {
                    isFirst = false
                    _ = try reader.next()
                }
                guard let fields = try reader.next() else { return nil }
                guard fields.count == columns.count else {
                    throw MartletError(
                        "Expected \(columns.count) fields. Received \(fields.count).", at: "\(path):\(reader.line)")
                }
                let values = try zip(fields, columns).map { try value($0, $1, reader.line) }
                return Row(values: values, places: places, line: reader.line)
            }
        }
    }

    /// The rows, with a rule for those that lack a value in some columns.
    ///
    /// ```swift
    /// let complete = try csv.rows(missing: .skip, in: ["age", "fare"])
    /// ```
    /// - Parameters:
    ///   - missing: what happens with such rows.
    ///   - columns: the columns that count; nil takes all. Numbers are filled in in columns of numbers only.
    /// - Throws: `MartletError` when there is no such column, or a column of whole numbers cannot take the number to fill in. A
    ///   reading throws one with file, line and column for a missing value that is an error.
    public func rows(missing: MissingValues, in columns: [String]? = nil) throws -> Dataset<Row> {
        let chosen = try (columns ?? self.columns.map(\.name)).map { name in
            guard let place = self.columns.firstIndex(where: { $0.name == name }) else {
                throw MartletError("Expected a column among \(self.columns.map(\.name)). Received: \"\(name)\".", at: path)
            }
            return place
        }
        switch missing {
        case .keep: return rows
        case .skip: return rows.filter { row in !chosen.contains { row.values[$0].isMissing } }
        case .fail:
            return rows.map { [path, names = self.columns.map(\.name)] row in
                guard let place = chosen.first(where: { row.values[$0].isMissing }) else { return row }
                throw MartletError("Expected a value. Received none.", at: "\(path):\(row.line), column \"\(names[place])\"")
            }
        case .fill(let number):
            let filled = try chosen.filter { self.columns[$0].kind != .text }.map { place in
                guard self.columns[place].kind == .integer else { return (place, Value.number(number)) }
                guard let whole = Int64(exactly: number) else {
                    throw MartletError(
                        "Expected a whole number to fill in, as the column \"\(self.columns[place].name)\" has. "
                            + "Received: \(number).", at: path)
                }
                return (place, .integer(whole))
            }
            return rows.map { row in
                var row = row
                for (place, value) in filled where row.values[place].isMissing { row.values[place] = value }
                return row
            }
        }
    }

    private func value(_ field: String, _ column: (name: String, kind: Kind), _ line: Int) throws -> Value {
        let isMissing = missing.contains(field)
        switch column.kind {
        case .text: return isMissing ? .missing : .text(field)
        case .integer:
            if isMissing { return .missing }
            if let value = Int64(field) { return .integer(value) }
        case .number:
            if isMissing { return .missing }
            if let value = Double(field) { return .number(value) }
        }
        let kind = column.kind == .integer ? "a whole number" : "a number"
        throw MartletError(
            "Expected \(kind). Received: \(field.prefix(60).debugDescription). Give the column the kind .text, or leave such "
                + "rows out with onError(.skip()).", at: "\(path):\(line), column \"\(column.name)\"")
    }

    /// The rows as samples: a vector of features, `float32`, and a label, `int64` for whole numbers, else `float32`.
    /// - Parameters:
    ///   - features: columns of numbers; nil takes all but the label.
    ///   - label: the column of the label.
    ///   - missing: what happens with rows that lack a feature or the label.
    /// - Throws: `MartletError` when there is no such column, or it holds text.
    public func samples(
        features: [String]? = nil, label: String, missing: MissingValues = .keep
    ) throws -> Dataset<(Tensor, Tensor)> {
        let features = features ?? columns.map(\.name).filter { $0 != label }
        for name in features + [label] {
            guard let column = columns.first(where: { $0.name == name }) else {
                throw MartletError("Expected a column among \(columns.map(\.name)). Received: \"\(name)\".", at: path)
            }
            guard column.kind != .text else {
                throw MartletError(
                    "Expected columns of numbers. \"\(name)\" holds text: make numbers of it in a map of `rows`.", at: path)
            }
        }
        return try rows(missing: missing, in: features + [label]).map { row in
            let x = Tensor(features.map { Float(row[$0].number ?? .nan) })
            if case .integer(let value) = row[label] { return (x, Tensor([value], shape: [])) }
            return (x, Tensor([Float(row[label].number ?? .nan)], shape: []))
        }
    }
}
