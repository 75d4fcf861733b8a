import ArgumentParser
import Foundation
import Martlet
import MartletImages

/// What is read of a data set in files, beside its name.
struct DataChoices: ParsableArguments {
    @Option(
        help: ArgumentHelp("The column of a CSV file, or the feature of a TFRecord file, that is the target.", valueName: "name"))
    var label: String?
    @Option(
        help: ArgumentHelp(
            """
            The columns or features that are inputs, separated by commas (default: those that are called like the model's \
            inputs, else all but the label).
            """, valueName: "names"))
    var features: String?
    @Option(
        help: ArgumentHelp(
            "The classes in the order of their numbers, separated by commas: folders, or texts in the label's column.",
            valueName: "names"))
    var classes: String?
    @Option(help: ArgumentHelp("The size that images are brought to (default: that of the model's input).", valueName: "HxW"))
    var imageSize: String?
    @Option(help: "The channels of images (default: those of the model's input).")
    var color: ColorMode?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What pixels, 0 to 255, are multiplied with, such as 0.00392157.", valueName: "factor"))
    var scale = 1.0
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            What happens with rows of a CSV file that lack a value: keep (missing numbers are NaN, missing texts empty), error, \
            skip (rows are left out, and their lines are named on standard error), or a number, which is filled in (default: \
            keep).
            """, valueName: "rule"), transform: CSV.MissingValues.named)
    var missing: CSV.MissingValues = .keep
    @OptionGroup var table: TableChoices
    @Flag(help: "Leave out images, rows and records that cannot be read; the log tells their number and names the first.")
    var skipUnreadable = false

    func check() throws {
        _ = try size()
        try table.check()
        guard scale.isFinite, abs(scale) <= 1e6 else {
            throw wrongOption("Expected a number of at most 1e6. Received: \(scale).", at: "--scale")
        }
        guard let classes else { return }
        let names = Self.names(classes) ?? []
        guard !names.isEmpty, Set(names).count == names.count else {
            throw wrongOption("Expected different names, separated by commas. Received: \"\(classes)\".", at: "--classes")
        }
    }

    /// Refuses what only files of `--data` have, where there are none: it would be ignored.
    func expectNone() throws {
        let given: [(String, Bool)] = [
            ("--label", label != nil), ("--features", features != nil), ("--classes", classes != nil),
            ("--image-size", imageSize != nil), ("--color", color != nil), ("--scale", scale != 1),
            ("--missing", missing != .keep), ("--column-types", !table.columnTypes.isEmpty),
            ("--type-rows", table.typeRows != nil), ("--separator", table.separator != nil),
            ("--skip-unreadable", skipUnreadable),
        ]
        if let option = given.first(where: \.1) { throw ValidationError("Expected --data, which \(option.0) is about.") }
    }

    /// What decides which numbers a model gets of the files.
    var facts: [(String, String)] {
        [
            ("label", label ?? "none"), ("features", features ?? "all"), ("classes", classes ?? "those found"),
            ("size of images", imageSize ?? "the model's"), ("channels of images", color.map { "\($0)" } ?? "the model's"),
            ("types of columns", table.columnTypes.joined(separator: ",")), ("rows for types", table.typeRows ?? "1000"),
            ("separator", table.separator ?? "the file's"),
            ("scale", "\(scale)"), ("missing values", "\(missing)"), ("unreadable data", skipUnreadable ? "left out" : "an error"),
        ]
    }

    /// The names in a list with commas.
    static func names(_ text: String?) -> [String]? { text.map { $0.split(separator: ",").map(String.init) } }

    /// The height and width of `--image-size`.
    func size() throws -> (height: Int, width: Int)? {
        guard let imageSize else { return nil }
        let numbers = imageSize.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ (1...65_536).contains($0) }) else {
            throw wrongOption("Expected a height and a width, such as 96x96. Received: \"\(imageSize)\".", at: "--image-size")
        }
        return (numbers[0], numbers[numbers.count - 1])
    }
}

extension ColorMode: ExpressibleByArgument {}

extension CSV.MissingValues {
    /// The rule that an option names.
    static func named(_ text: String) throws -> CSV.MissingValues {
        switch text {
        case "keep": return .keep
        case "error": return .fail
        case "skip": return .skip
        default:
            guard let number = Double(text), number.isFinite else {
                throw ValidationError("Expected keep, error, skip, or a number that is filled in, such as 0.")
            }
            return .fill(number)
        }
    }
}

/// How a CSV file is read.
struct TableChoices: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The types of columns of a CSV file, separated by commas, as in zip=text,age=number: integer, number, boolean or \
            text, or pandas' names for them (int64, float64, bool, str, ...). Those of other columns follow from the first rows.
            """, valueName: "name=type"))
    var columnTypes: [String] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many rows of a CSV file are read to find out the types of its columns: a number, or all (default: 1000).",
            valueName: "n"))
    var typeRows: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            What is between the values of a CSV file: one character such as ';', or tab (default: a comma; in .tsv files a \
            tab).
            """, valueName: "mark"))
    var separator: String?

    private static let kinds: [String: CSV.Kind] = [
        "integer": .integer, "int": .integer, "int64": .integer, "int32": .integer, "number": .number, "float": .number,
        "float32": .number, "float64": .number, "double": .number, "text": .text, "str": .text, "string": .text,
        "object": .text, "category": .text, "boolean": .boolean, "bool": .boolean,
    ]

    func check() throws {
        _ = try kinds()
        _ = try rows()
        _ = try mark()
    }

    /// What `--separator` names.
    private func mark() throws -> Character? {
        guard let separator else { return nil }
        let names: [String: Character] = ["tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"]
        if let mark = names[separator.lowercased()] { return mark }
        guard separator.count == 1, let mark = separator.first, mark.isASCII, !"\"\r\n".contains(mark) else {
            throw wrongOption(
                "Expected one ASCII character, which is no quotation mark, or tab. Received: \"\(separator)\".",
                at: "--separator")
        }
        return mark
    }

    /// The types that are given.
    func kinds() throws -> [String: CSV.Kind] {
        var found: [String: CSV.Kind] = [:]
        for part in columnTypes.flatMap({ $0.split(separator: ",") }) {
            let mark = part.lastIndex(of: "=") ?? part.endIndex
            let name = String(part[..<mark])
            guard mark < part.endIndex, !name.isEmpty,
                let kind = Self.kinds[part[part.index(after: mark)...].lowercased()], found.updateValue(kind, forKey: name) == nil
            else {
                throw wrongOption(
                    "Expected columns and types, each once, such as zip=text,age=number: the types are integer, number, "
                        + "boolean and text. "
                        + "Received: \"\(part)\".", at: "--column-types")
            }
        }
        return found
    }

    private func rows() throws -> Int {
        guard let typeRows else { return 1000 }
        guard typeRows != "all" else { return .max }
        guard let count = Int(typeRows), count > 0 else {
            throw wrongOption("Expected a number of at least 1, or all. Received: \"\(typeRows)\".", at: "--type-rows")
        }
        return count
    }

    private static let advice = CSV.Advice(
        kind: { "--column-types \($0)=\($1)" }, allRows: "--type-rows all", skip: "--skip-unreadable")

    /// Opens a file.
    /// - Parameter texts: columns that hold text unless they were given another type.
    func open(_ path: String, texts: [String] = []) throws -> CSV {
        let kinds = try kinds()
        do {
            return try CSV(
                path, delimiter: mark() ?? (path.lowercased().contains(".tsv") ? "\t" : ","),
                kinds: kinds.merging(texts.map { ($0, .text) }) { given, _ in given }, rowsToLookAt: rows(), advice: Self.advice)
        } catch let error as MartletError where error.location == "kinds" {
            throw MartletError(error.message, at: "--column-types")
        }
    }
}
