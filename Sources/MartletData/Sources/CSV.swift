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
        /// True and False, which are read as the whole numbers 1 and 0: all fields are `True`, `TRUE`, `true`, `False`, `FALSE`
        /// or `false`, as in pandas. A column that is given this kind may also hold yes and no, and 1 and 0.
        case boolean
        /// Text.
        case text

        /// What a field of this kind is called.
        var noun: String {
            switch self {
            case .integer: "a whole number"
            case .number: "a number"
            case .boolean: "True or False"
            case .text: "a text"
            }
        }
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
        /// In the order of the columns.
        package internal(set) var values: [Value]
        let file: File
        /// The line at which it begins, counted from 1.
        public let line: Int
        /// Its number among the rows of the file, counted from 0, as pandas counts them.
        public let number: Int

        /// The field of a column. Stops when there is no such column.
        public subscript(_ column: String) -> Value {
            guard let place = file.places[column] else {
                fail("CSV.Row", "Expected a column among \(file.names). Received: \"\(column)\".")
                return .missing
            }
            return values[place]
        }
    }

    /// What all rows have in common.
    final class File: Sendable {
        let path: String
        let places: [String: Int]
        init(_ path: String, _ places: [String: Int]) { (self.path, self.places) = (path, places) }

        /// The first names, for errors.
        var names: String { CSV.list(places.sorted { $0.value < $1.value }.map(\.key)) }
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
    private let file: File
    /// How many rows decided the kinds of columns that were not given; nil for all.
    private let rowsLookedAt: Int?
    /// The columns whose kinds were given.
    private let given: Set<String>
    /// How a kind is given, for errors.
    private let advice: Advice
    private let delimiter: UInt8
    private let hasHeader: Bool
    private let missing: Set<String>

    /// How who opened the file gives kinds to columns.
    package struct Advice: Sendable {
        /// To one column.
        package let kind: @Sendable (_ column: String, Kind) -> String
        /// By all rows.
        package let allRows: String
        /// Leaving out what does not fit.
        package let skip: String

        package init(kind: @escaping @Sendable (String, Kind) -> String, allRows: String, skip: String) {
            (self.kind, self.allRows, self.skip) = (kind, allRows, skip)
        }

        static let code = Advice(
            kind: { "kinds: [\($0.debugDescription): .\($1)]" }, allRows: "rowsToLookAt: .max", skip: "onError(.skip())")
    }

    /// Looks at a file, plain or gzip-compressed.
    /// - Parameters:
    ///   - path: the file.
    ///   - delimiter: what is between fields.
    ///   - hasHeader: whether the first record has the names of the columns; otherwise they are `"0"`, `"1"`, ...
    ///   - kinds: the types of columns. Those of others follow from the first rows: whole numbers where all values are such,
    ///     else numbers where all are, truth values where all are, else text. A column without any value has numbers, as in pandas.
    ///   - missing: texts that stand for no value.
    ///   - rowsToLookAt: how many rows are read to find out the types, `.max` for all. More are read where a column has no value
    ///     in them.
    /// - Throws: `MartletError` with file and line when it cannot be read, is no CSV, or has no such columns.
    public init(
        _ path: String, delimiter: Character = ",", hasHeader: Bool = true, kinds: [String: Kind] = [:],
        missing: Set<String> = CSV.missingTexts, rowsToLookAt: Int = 1000
    ) throws {
        try self.init(
            path, delimiter: delimiter, hasHeader: hasHeader, kinds: kinds, missing: missing, rowsToLookAt: rowsToLookAt,
            advice: .code)
    }

    /// Texts that stand for no value, unless others are given.
    public static let missingTexts: Set<String> = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"]

    /// - Parameter advice: what errors say of kinds.
    package init(
        _ path: String, delimiter: Character = ",", hasHeader: Bool = true, kinds: [String: Kind] = [:],
        missing: Set<String> = CSV.missingTexts, rowsToLookAt: Int = 1000, advice: Advice
    ) throws {
        guard let mark = delimiter.asciiValue, mark != 0x22, mark != 0x0A, mark != 0x0D else {
            throw MartletError("Expected one ASCII character. Received: \"\(delimiter)\".", at: "delimiter")
        }
        (self.path, self.delimiter, self.hasHeader, self.missing) = (path, mark, hasHeader, missing)
        let reader = CSVReader(try FileStream.openDecompressing(path), delimiter: mark)
        guard let first = try reader.next() else { throw MartletError("Expected at least one row. The file is empty.", at: path) }
        let names = hasHeader ? CSV.withoutMark(first) : first.indices.map(String.init)
        var places: [String: Int] = [:]
        places.reserveCapacity(names.count)
        for (place, name) in names.enumerated() where places.updateValue(place, forKey: name) != nil {
            throw MartletError("Expected columns with different names. Received \"\(name)\" twice.", at: "\(path):1")
        }
        if let stranger = kinds.keys.sorted().first(where: { places[$0] == nil }) {
            throw MartletError("Expected columns among \(CSV.list(names)). Received: \"\(stranger)\".", at: "kinds")
        }
        let (found, count) = try CSV.kinds(
            names.map { kinds[$0] }, of: reader, from: hasHeader ? nil : first, missing, rowsToLookAt)
        // As in pandas, what has no value has numbers, all of them missing, and what has no row has nothing.
        columns = zip(names, found).map { ($0, $1 ?? (count > 0 ? .number : .text)) }
        (self.advice, given, file) = (advice, Set(kinds.keys), File(path, places))
        rowsLookedAt = count < rowsToLookAt ? nil : rowsToLookAt
    }

    /// The kinds that the rows show.
    /// - Parameters:
    ///   - given: the kinds that are known.
    ///   - first: a row that was read before.
    /// - Returns: the kinds, nil where no row has a value, and how many rows were read.
    private static func kinds(
        _ given: [Kind?], of reader: CSVReader, from first: [String]?, _ missing: Set<String>, _ rowsToLookAt: Int
    ) throws -> ([Kind?], count: Int) {
        var (found, count) = (given, 0)
        var open = given.indices.filter { given[$0] == nil }
        var row = try first ?? reader.next()
        while let fields = row {
            count += 1
            for place in open where place < fields.count && !missing.contains(fields[place]) {
                let kind = Kind(of: fields[place])
                switch (found[place], kind) {
                case (nil, _), (.integer, .number): found[place] = kind
                case (let known?, _) where known != kind && (known, kind) != (.number, .integer): found[place] = .text
                default: break
                }
            }
            // Behind the first rows only what has had no value is still open.
            if count >= max(1, rowsToLookAt) {
                open.removeAll { found[$0] != nil }
                if open.isEmpty { break }
            }
            row = try reader.next()
        }
        return (found, count)
    }

    /// Names for an error.
    static func list(_ names: [String]) -> String {
        names.count <= 100 ? "\(names)" : "\(names.prefix(100)) and \(names.count - 100) others"
    }

    /// The place of a column among `columns`, nil when there is none of this name.
    package func place(of column: String) -> Int? { file.places[column] }

    /// The kind of a column, nil when there is none of this name.
    package func kind(of column: String) -> Kind? { file.places[column].map { columns[$0].kind } }

    /// The column of this name.
    /// - Throws: `MartletError` when there is none.
    private func requirePlace(_ column: String) throws -> Int {
        guard let place = file.places[column] else {
            throw MartletError("Expected a column among \(file.names). Received: \"\(column)\".", at: path)
        }
        return place
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
        Dataset(source: "CSV(\(path))", length: .unknown, identity: Dataset<String>.identity(path)) { _, _ in
            let reader = CSVReader(try FileStream.openDecompressing(path), delimiter: delimiter)
            var (isFirst, number) = (hasHeader, 0)
            return ClosureReader { _ in
                if isFirst {
                    isFirst = false
                    _ = try reader.next()
                }
                guard let fields = try reader.next() else { return nil }
                defer { number += 1 }
                guard fields.count == columns.count else {
                    throw MartletError(
                        "Expected \(columns.count) fields. Received \(fields.count).", at: "\(path):\(reader.line)")
                }
                let values = try zip(fields, columns).map { try value($0, $1, reader.line) }
                return Row(values: values, file: file, line: reader.line, number: number)
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
        let chosen = try columns?.map(requirePlace) ?? Array(self.columns.indices)
        switch missing {
        case .keep: return rows
        case .skip: return rows.filter { row in !chosen.contains { row.values[$0].isMissing } }
        case .fail:
            return rows.map { [columns = self.columns] row in
                guard let place = chosen.first(where: { row.values[$0].isMissing }) else { return row }
                throw MartletError(
                    "Expected a value. Received none.", at: "\(row.location), column \"\(columns[place].name)\"")
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
            if let value = Kind.integer(field) { return .integer(value) }
        case .number:
            if isMissing { return .missing }
            if let value = Kind.number(field) { return .number(value) }
        case .boolean:
            if isMissing { return .missing }
            if let value = Kind.truth(field, isGiven: given.contains(column.name)) { return .integer(value ? 1 : 0) }
        }
        let isGiven = given.contains(column.name)
        let origin = isGiven
            ? "the kind that was given" : rowsLookedAt.map { "as the first \($0) rows have" } ?? "as other rows have"
        let others = isGiven || rowsLookedAt == nil ? "" : " look at all rows (\(advice.allRows)),"
        throw MartletError(
            "Expected \(column.kind.noun), \(origin). Received: \(field.prefix(60).debugDescription). Give the column another "
                + "kind (\(advice.kind(column.name, Kind(of: field)))),\(others) or leave such rows out (\(advice.skip)).",
            at: "\(path):\(line), column \"\(column.name)\"")
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
        let places = try (features + [label]).map { name in
            let place = try requirePlace(name)
            guard columns[place].kind != .text else {
                throw MartletError(
                    "Expected columns of numbers. \"\(name)\" holds text: make numbers of it in a map of `rows`.", at: path)
            }
            return place
        }
        return try rows(missing: missing, in: features + [label]).map { row in
            let x = Tensor(places.dropLast().map { Float(row.values[$0].number ?? .nan) })
            let label = row.values[places[places.count - 1]]
            if case .integer(let value) = label { return (x, Tensor([value], shape: [])) }
            return (x, Tensor([Float(label.number ?? .nan)], shape: []))
        }
    }
}

extension CSV.Kind {
    /// The narrowest kind that a field is of.
    init(of field: String) {
        self = Self.integer(field) != nil
            ? .integer : Self.number(field) != nil ? .number : Self.truth(field, isGiven: false) != nil ? .boolean : .text
    }

    /// The truth value of a field; nil when it is none.
    /// - Parameter isGiven: whether the column's kind is known, and not a guess.
    fileprivate static func truth(_ field: String, isGiven: Bool) -> Bool? {
        switch field {
        case "True", "TRUE", "true": return true
        case "False", "FALSE", "false": return false
        default: break
        }
        guard isGiven else { return nil }
        switch trimmed(field).lowercased() {
        case "true", "yes", "y", "t", "1": return true
        case "false", "no", "n", "f", "0": return false
        default: return nil
        }
    }

    /// The whole number of a field, with blanks around it or not; nil when it is none.
    fileprivate static func integer(_ field: String) -> Int64? { Int64(field) ?? Int64(trimmed(field)) }

    /// The number of a field. What Swift reads beyond numbers of digits is text: `0x10`, `nan(12)`, and what has a NUL in it.
    fileprivate static func number(_ field: String) -> Double? {
        guard let value = Double(field) ?? Double(trimmed(field)) else { return nil }
        return field.utf8.contains { [0x00, 0x28, 0x58, 0x78].contains($0) } ? nil : value
    }

    private static func trimmed(_ field: String) -> Substring {
        var rest = field[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}

extension CSV.Row: Located {
    package var location: String { "\(file.path):\(line)" }
}
