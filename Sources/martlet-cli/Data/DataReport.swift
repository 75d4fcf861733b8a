import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletImages

/// What `martlet data` prints.
struct DataReport {
    var kind: String
    var count = 0
    var parts: [DataPart] = []
    var classes: [(name: String, count: Int)] = []
    var unreadable = 0
    var failures: [String] = []
    /// What else is not as it should be.
    var notes: [String] = []
    var elements: [String] = []
    /// For a contact sheet.
    var images: [Tensor] = []
    static let sheetCount = 100, sheetSize = (height: 96, width: 96)

    init(_ kind: String) { self.kind = kind }

    var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind), "count": .int(count), "unreadable": .int(unreadable)]
        if !failures.isEmpty { object["failures"] = .array(failures.map { .string($0) }) }
        if !notes.isEmpty { object["notes"] = .array(notes.map { .string($0) }) }
        if !classes.isEmpty {
            object["classes"] = .object(classes.reduce(into: JSONObject()) { $0[$1.name] = .int($1.count) })
        }
        object["parts"] = .array(parts.map(\.json))
        object["first"] = .array(elements.map { .string($0) })
        return .object(object)
    }

    var text: String {
        var lines = ["\(kind): \(count) elements\(unreadable == 0 ? "" : ", and \(unreadable) that cannot be read")"]
        lines += failures.map { "  cannot be read: \($0)" } + notes.map { "  note: \($0)" }
        if !classes.isEmpty {
            let named = classes.prefix(100).map { "\($0.name) (\($0.count))" }.joined(separator: ", ")
            lines.append("\(classes.count) classes: \(named)")
        }
        // Columns as wide as the longest name would take the product of both.
        let rows = parts.map { part in part.cells.enumerated().map { $0 < 3 ? $1.shortened(to: 60) : $1 } }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        lines += rows.map { row in
            let cells = zip(row, widths + [0]).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
            return "  " + cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
        if !elements.isEmpty { lines += ["first:"] + elements.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    /// Takes over what a reading left out.
    mutating func note<Element>(_ iterator: DatasetIterator<Element>) {
        (unreadable, failures) = (iterator.skipped, iterator.failures)
    }
}
