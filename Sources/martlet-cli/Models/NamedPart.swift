import Martlet
import MartletFormats
import MartletNN

/// A loss, a metric or an optimizer as a program with Keras writes it: its name, `adam`, or a call, `Adam(0.01, beta_1=0.8)`.
/// Values are numbers, texts with or without quotes, True, False, None, lists, tuples, and calls. The module before a name,
/// `keras.optimizers.`, says nothing new.
struct NamedPart {
    /// What was written, without the module.
    let text: String
    /// An object with `class_name` and `config`; nil for a name alone.
    private let call: JSONValue?

    /// - Parameter kind: what it names.
    /// - Throws: `MartletError` with the place, when it is neither a name nor a call.
    init(_ text: String, _ kind: KerasSignatures.Kind) throws {
        var reader = CallReader(text, kind)
        self = try reader.part(isAlone: true)
    }

    fileprivate init(_ text: String, call: JSONValue?) { (self.text, self.call) = (text, call) }

    /// The parts of a list with commas.
    static func list(_ text: String, _ kind: KerasSignatures.Kind) throws -> [NamedPart] {
        var reader = CallReader(text, kind)
        var parts: [NamedPart] = []
        while reader.passCommas() { parts.append(try reader.part(isAlone: false)) }
        return parts
    }

    /// The object of a call; its arguments are all known.
    private func made<Object>(_ make: (JSONValue) throws -> Object, config: (Object) -> [String: JSONValue]) throws -> Object? {
        guard let call else { return nil }
        // What is not known is an error below, not a warning as in files.
        let object = try Settings.$warnings.withValue(Settings.WarningSink { _ in }) { try make(call) }
        // A configuration may leave out what has its default.
        let described = (type(of: object as Any) as? any Described.Type)?.keys ?? []
        let known = Set(config(object).keys).union(described)
        for (key, _) in try call.value(at: ["config"], as: JSONObject.self) where !known.contains(key) {
            let meant = OptionHint.meant(key, Array(known)).map { " Did you mean \($0)?" } ?? ""
            throw MartletError(
                "Expected the arguments \(known.sorted().joined(separator: ", ")). Received: \(key).\(meant)",
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

/// Reads names and calls.
private struct CallReader {
    private let text: String
    private let kind: KerasSignatures.Kind
    private var rest: Substring
    /// Calls within calls end somewhere.
    private var depth = 0

    init(_ text: String, _ kind: KerasSignatures.Kind) {
        (self.text, self.kind) = (text, kind)
        rest = text[...]
    }

    /// Passes over commas and spaces. False at the end.
    mutating func passCommas() -> Bool {
        rest = rest.drop { $0.isWhitespace || $0 == "," }
        return !rest.isEmpty
    }

    /// A name or a call.
    /// - Parameter isAlone: whether nothing may follow; else a comma may.
    mutating func part(isAlone: Bool) throws -> NamedPart {
        skipSpaces()
        let name = rest.prefix { isAlone || $0 != "," }
        guard let mark = name.firstIndex(where: { "([\"'".contains($0) }) else {
            // Names of one's own have any characters.
            rest = rest.dropFirst(name.count)
            return NamedPart(Self.withoutModule(name.trimmingCharacters(in: .whitespaces)), call: nil)
        }
        let start = rest
        let value = try value()
        skipSpaces()
        let isOver = rest.isEmpty || !isAlone && rest.first == ","
        switch value {
        case .object where isOver:
            return NamedPart(String(start[..<rest.startIndex]), call: value)
        // Quotes around a name, as Python has them.
        case .string(let name) where isOver && "\"'".contains(start[mark]):
            return NamedPart(Self.withoutModule(name), call: nil)
        default: throw fault("a name or a call like Adam(learning_rate=0.01)")
        }
    }

    /// A name without Keras's modules before it.
    private static func withoutModule(_ name: String) -> String {
        let modules: Set<Substring> = [
            "tf", "tensorflow", "keras", "losses", "metrics", "optimizers", "schedules", "legacy", "experimental", "regularizers",
            "initializers", "constraints", "activations", "layers",
        ]
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count > 1, words.dropLast().allSatisfy(modules.contains), let last = words.last, !last.isEmpty else { return name }
        return String(last)
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
        if take("(") {
            let (inside, items) = (rest, try items(until: ")") { try $0.value() })
            // One value is a tuple only with a comma behind it.
            let isTuple = items.count != 1 || inside[..<rest.startIndex].dropLast().last { !$0.isWhitespace } == ","
            return isTuple ? .array(items) : items[0]
        }
        let word = Self.withoutModule(try word())
        if take("(") { return ["class_name": .string(word), "config": .object(try arguments(of: word))] }
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

    /// The arguments of a call, behind its parenthesis: those without names first, in Keras's order.
    private mutating func arguments(of name: String) throws -> JSONObject {
        var (config, isNamed, count) = (JSONObject(), false, 0)
        let order = KerasSignatures.arguments(of: name, kind)
        _ = try items(until: ")") { reader in
            let before = reader.rest
            if let key = try? reader.word(), reader.take("=") {
                guard config[key] == nil else { throw reader.fault("the argument \(key) once") }
                config[key] = try reader.value()
                isNamed = true
                return
            }
            reader.rest = before
            guard !reader.rest.isEmpty else { throw reader.fault("a name or a value") }
            guard !isNamed else { throw reader.fault("a name before this argument, too, as in learning_rate=0.1,") }
            guard let order else {
                throw reader.fault("the name of each argument of \(name), as in learning_rate=0.1,")
            }
            guard count < order.count else { throw reader.fault("at most \(order.count) arguments of \(name)") }
            config[order[count]] = try reader.value()
            count += 1
        }
        return config
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
