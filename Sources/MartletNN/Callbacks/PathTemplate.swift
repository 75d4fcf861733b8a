import Foundation
import MartletCore

/// A path with fields in braces that are filled in later, as by Python's `format`: `model_{epoch:02d}_{loss:.4f}`.
///
/// A field is a name and, after a colon, a format: a zero to pad with zeros, the width, a point and the precision, and
/// `d` for whole numbers or `f`, `e`, `g`, `%` for any number. `{{` and `}}` stand for braces.
///
/// Source: the part for numbers of Python's format specification mini-language.
struct PathTemplate {
    private enum Part {
        case text(String)
        case field(name: String, Format)
    }
    private struct Format {
        var fillsWithZeros = false
        var width = 0
        var precision: Int?
        var kind: Character?
    }

    private let template: String
    private var parts: [Part] = []

    /// - Throws: `MartletError` when a brace has no counterpart or a format is invalid.
    init(_ template: String) throws {
        self.template = template
        var rest = Substring(template)
        var text = ""
        while let character = rest.popFirst() {
            if character == "{" || character == "}", rest.first == character {
                text.append(rest.removeFirst())
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw error("A { has no }.") }
                parts.append(.text(text))
                text = ""
                parts.append(try field(rest[..<end]))
                rest = rest[rest.index(after: end)...]
            } else if character == "}" {
                throw error("A } has no {.")
            } else {
                text.append(character)
            }
        }
        parts.append(.text(text))
    }

    private func error(_ problem: String) -> MartletError {
        MartletError("Expected a path with fields like {epoch:02d} or {val_loss:.4f}. \(problem)", at: template)
    }

    private func field(_ text: Substring) throws -> Part {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var spec = halves.count > 1 ? halves[1] : ""
        var format = Format()
        if spec.first == "0" {
            format.fillsWithZeros = true
            spec.removeFirst()
        }
        func number() -> Int? {
            let digits = spec.prefix { $0.isASCII && $0.isNumber }
            spec = spec.dropFirst(digits.count)
            return digits.count < 4 ? Int(digits) : nil
        }
        format.width = number() ?? 0
        if spec.first == "." {
            spec.removeFirst()
            guard let digits = number() else { throw error("The format \"\(halves[1])\" has a point without digits.") }
            format.precision = digits
        }
        format.kind = spec.popFirst()
        guard spec.isEmpty, format.kind.map({ "dfFeEgG%".contains($0) }) ?? true else {
            throw error("\"\(halves[1])\" is not a format of a number.")
        }
        guard !(format.kind == "d" && format.precision != nil) else {
            throw error("Whole numbers, of format \"\(halves[1])\", have no precision.")
        }
        return .field(name: String(halves[0]), format)
    }

    /// The path for these values. Names are looked up in `counts`, which hold whole numbers, then in `figures`.
    /// - Throws: `MartletError` when a field's name has no value, or `d` is used for a number that is not whole.
    func path(counts: [String: Int], figures: Logs) throws -> String {
        try parts.reduce(into: "") { path, part in
            switch part {
            case .text(let text): path += text
            case .field(let name, let format):
                if let count = counts[name] {
                    path += format.kind == nil || format.kind == "d"
                        ? padded(String(count), format) : formatted(Double(count), format)
                } else if let figure = figures[name] {
                    if format.kind == "d" { throw error("\(name) is \(figure): its format must be .4f, not d.") }
                    path += formatted(figure, format)
                } else {
                    let names = (counts.keys.sorted() + figures.keys).joined(separator: ", ")
                    throw error("There is no \"\(name)\" to fill in. There are: \(names).")
                }
            }
        }
    }

    private func formatted(_ value: Double, _ format: Format) -> String {
        guard let kind = format.kind ?? (format.precision == nil ? nil : "g") else { return padded(value.text, format) }
        let precision = format.precision ?? 6
        return padded(
            kind == "%"
                ? (value * 100).text("%.\(precision)f%%") : value.text("%.\(precision)\(kind)"),
            format)
    }

    private func padded(_ digits: String, _ format: Format) -> String {
        let missing = max(0, format.width - digits.count)
        guard format.fillsWithZeros else { return String(repeating: " ", count: missing) + digits }
        let sign = digits.hasPrefix("-") ? "-" : ""
        return sign + String(repeating: "0", count: missing) + digits.dropFirst(sign.count)
    }
}
