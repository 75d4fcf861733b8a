import MartletCore
import MartletFormats

/// What Keras writes as a class name and a `config`, and makes again from it: a layer, an initializer, a loss.
public protocol Configurable {
    /// Keras's class name: the type's own, unless it differs.
    static var className: String { get }
    /// Makes it from Keras's configuration.
    /// - Throws: `MartletError` naming the argument that is missing, of a wrong type or out of range.
    init(config: Configuration) throws
}

extension Configurable {
    public static var className: String { "\(Self.self)" }
}

/// The arguments in Keras's `config` of an object, read with checks.
///
/// A key that is missing or null has the argument's default; keys that the object does not know are passed over, since
/// Keras's versions differ in them.
public struct Configuration: Sendable {
    /// The class that the configuration is of.
    public let className: String
    /// The arguments under Keras's names.
    public let arguments: JSONValue

    /// Makes a configuration.
    public init(className: String, _ arguments: [String: JSONValue]) {
        self.init(className: className, .object(arguments))
    }

    /// Makes a configuration of a JSON object.
    public init(className: String, _ arguments: JSONValue) {
        self.className = className
        self.arguments = arguments
    }

    /// The argument `key`, nil when it is missing or null.
    public func optional<T: JSONReadable>(_ key: String, as: T.Type = T.self) throws -> T? {
        try located(key) { try arguments.valueIfPresent(at: [.key(key)]) }
    }

    /// The argument `key`, `value` when it is missing or null.
    public func value<T: JSONReadable>(_ key: String, default value: T) throws -> T { try optional(key) ?? value }

    /// The argument `key`, which must be there.
    public func required<T: JSONReadable>(_ key: String, as: T.Type = T.self) throws -> T {
        try located(key) { try arguments.value(at: [.key(key)]) }
    }

    /// The argument `key`, a number or several, as an array; nil when it is missing or null. Keras wraps an array that
    /// it holds as a tensor in an object.
    public func numbers(_ key: String) throws -> [Double]? {
        if let wrapped = arguments[.key(key)]?["config"]?["value"] {
            return try located(key) { try wrapped.value(at: []) }
        }
        if let number = arguments[.key(key)].flatMap(Double.init(json:)) { return [number] }
        return try optional(key)
    }

    /// The argument `key`, an axis or several; nil when it is missing or null.
    func optionalAxes(_ key: String) throws -> [Int]? {
        guard let json = arguments[.key(key)], json != .null else { return nil }
        return try perAxis(key, default: 0).numbers(axes: 1)
    }

    /// The argument `name`; the class's name in snake case when none is given.
    public var objectName: String {
        get throws { try value("name", default: LayerNames.snakeCase(className)) }
    }

    /// The argument `key`, an integer or several.
    public func perAxis(_ key: String, default value: any PerAxis) throws -> any PerAxis {
        switch arguments[.key(key)] {
        case nil, .null: value
        case .int(let number): number
        default: try required(key, as: [Int].self)
        }
    }

    /// The argument `key`, one of the cases of an enum under their raw values.
    public func option<T: RawRepresentable & CaseIterable>(_ key: String, default value: T) throws -> T
    where T.RawValue == String {
        guard let text = try optional(key, as: String.self) else { return value }
        guard let option = T(rawValue: text) else {
            let names = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw MartletError("Expected one of \(names). Received: \"\(text)\".", at: "\(className).\(key)")
        }
        return option
    }

    /// Runs `body`; its error says at which argument it came up.
    func located<R>(_ key: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location ?? "\(className).\(key)")
        }
    }
}

extension JSONValue {
    /// An object of the members of a dictionary, in the order of their names, so that files have the same bytes each
    /// time.
    package static func object(_ members: [String: JSONValue]) -> JSONValue {
        var object = JSONObject()
        for key in members.keys.sorted() { object[key] = members[key] }
        return .object(object)
    }

    /// How Keras writes an object: module, class name and arguments.
    package static func keras(module: String, className: String, config: [String: JSONValue]) -> JSONValue {
        [
            "module": .string(module), "class_name": .string(className), "config": .object(config),
            "registered_name": .null,
        ]
    }

    /// A list of integers.
    package static func integers(_ numbers: [Int]) -> JSONValue { .array(numbers.map { .int($0) }) }

    /// A list of numbers, or null.
    package static func numbers(_ numbers: [Double]?) -> JSONValue {
        numbers.map { .array($0.map { .double($0) }) } ?? .null
    }

    /// A number, or null.
    package static func optional(_ number: Double?) -> JSONValue { number.map { .double($0) } ?? .null }
    package static func optional(_ number: Int?) -> JSONValue { number.map { .int($0) } ?? .null }
}
