import Martlet
import MartletFormats
import MartletNN

/// A loss, a metric or an optimizer as a program with Keras writes it: its name, `adam`, or a call with named arguments,
/// `Adam(learning_rate=0.01)`. Values are numbers, texts with or without quotes, True, False, None, lists, and calls.
struct NamedPart {
    /// What was written.
    let text: String
    /// An object with `class_name` and `config`; nil for a name alone.
    private let call: JSONValue?

    /// - Throws: `MartletError` with the place, when it is neither a name nor a call.
    init(_ text: String) throws {
        self.text = text
        guard text.contains("(") else {
            call = nil
            return
        }
        var reader = CallReader(text)
        call = try reader.whole()
    }

    /// The parts of a list that commas separate outside of parentheses and quotes.
    static func list(_ text: String) throws -> [NamedPart] {
        var (parts, depth, quote) = ([""], 0, Character?.none)
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if "([".contains(character) {
                depth += 1
            } else if ")]".contains(character) {
                depth -= 1
            } else if character == ",", depth == 0 {
                parts.append("")
                continue
            }
            parts[parts.count - 1].append(character)
        }
        return try parts.filter { !$0.isEmpty }.map(NamedPart.init)
    }

    /// The object of a call; its arguments are all known.
    private func made<Object>(_ make: (JSONValue) throws -> Object, config: (Object) -> [String: JSONValue]) throws -> Object? {
        guard let call else { return nil }
        let object = try make(call)
        // A configuration may leave out what has its default.
        let described = (type(of: object as Any) as? any Described.Type)?.keys ?? []
        let known = Set(config(object).keys).union(described)
        for (key, _) in try call.value(at: ["config"], as: JSONObject.self) where !known.contains(key) {
            throw MartletError(
                "Expected the arguments \(known.sorted().joined(separator: ", ")). Received: \(key).",
                at: try call.string("class_name"))
        }
        return object
    }
}

extension NamedPart {
    // A name stays one: what it stands for may depend on shapes, and files keep it.

    func loss() throws -> any LossConvertible {
        if let loss = try made(Loss.make, config: \.config) { return loss }
        _ = try text.makeLoss()
        return text
    }

    func optimizer() throws -> any OptimizerConvertible { try made(Optimizer.make, config: \.config) ?? text.makeOptimizer() }

    func metric() throws -> any MetricConvertible {
        guard let name = try call?.string("class_name") else {
            _ = try text.makeMetric(for: [nil, 1], [nil, 1], loss: nil)
            return text
        }
        // A metric of a loss's name comes first, as among names alone.
        guard !MetricRegistry.shared.contains(name), LossRegistry.shared.contains(name),
            let loss = try made(Loss.make, config: \.config)
        else { return try made(Metric.make, config: \.config) ?? text }
        return MeanMetricWrapper(loss, name: name)
    }
}

extension Described {
    /// Keras's names of the arguments.
    fileprivate static var keys: [String] { arguments.keys }
}

/// Reads a call with named arguments.
private struct CallReader {
    private let text: String
    private var rest: Substring
    /// Calls within calls end somewhere.
    private var depth = 0

    init(_ text: String) {
        self.text = text
        rest = text[...]
    }

    mutating func whole() throws -> JSONValue {
        let value = try self.value()
        skipSpaces()
        guard rest.isEmpty, case .object = value else { throw fault("a call like Adam(learning_rate=0.01)") }
        return value
    }

    private mutating func skipSpaces() { rest = rest.drop { $0.isWhitespace } }

    private mutating func take(_ character: Character) -> Bool {
        skipSpaces()
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private func fault(_ expected: String) -> MartletError {
        let place = text.distance(from: text.startIndex, to: rest.startIndex) + 1
        let found = rest.isEmpty ? "the end" : "\"\(rest.prefix(20))\""
        return MartletError("Expected \(expected) at character \(place) of \(text.prefix(100)). Received: \(found).")
    }

    private mutating func word() throws -> String {
        skipSpaces()
        let word = rest.prefix { $0.isLetter || $0.isNumber || "_>.+-".contains($0) }
        guard !word.isEmpty else { throw fault("a name or a value") }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    private mutating func value() throws -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        guard depth < 16 else { throw fault("at most 15 levels of parentheses") }
        skipSpaces()
        if let quote = rest.first, quote == "\"" || quote == "'" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: quote) else { throw fault("the end of a text in quotes") }
            defer { rest = rest[end...].dropFirst() }
            return .string(String(rest[..<end]))
        }
        if take("[") { return .array(try items(until: "]") { try $0.value() }) }
        let word = try word()
        if take("(") {
            var config = JSONObject()
            let arguments = try items(until: ")") { reader in
                let name = try reader.word()
                guard reader.take("=") else {
                    throw reader.fault("= after the name of an argument, as in learning_rate=0.1,")
                }
                return (name, try reader.value())
            }
            for (name, value) in arguments {
                guard config[name] == nil else { throw fault("the argument \(name) once") }
                config[name] = value
            }
            return ["class_name": .string(word), "config": .object(config)]
        }
        switch word {
        case "True", "true": return true
        case "False", "false": return false
        case "None", "null": return .null
        default: break
        }
        if let number = Int(word) { return .int(number) }
        if let number = Double(word), number.isFinite { return .double(number) }
        return .string(word)
    }

    private mutating func items<T>(until end: Character, _ item: (inout CallReader) throws -> T) throws -> [T] {
        var items: [T] = []
        while !take(end) {
            if !items.isEmpty, !take(",") { throw fault("a comma or \(end)") }
            if take(end) { break }
            items.append(try item(&self))
        }
        return items
    }
}
