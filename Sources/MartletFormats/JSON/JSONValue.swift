/// A JSON document, or a part of one.
///
/// Unlike Foundation's coders, it keeps what model configurations need: the order of keys, the difference between whole
/// numbers and numbers with a fraction (`1` and `1.0`), and `NaN`, `Infinity` and `-Infinity`, which Keras writes as
/// Python does.
///
/// ```swift
/// let config = try JSONValue(parsing: text)
/// let units = try config.int("layers", 0, "config", "units")
/// ```
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object, in the order of their first assignment. Two are equal when they hold the same members,
/// in any order.
public struct JSONObject: Hashable, Sendable, Sequence, ExpressibleByDictionaryLiteral {
    /// The keys, in order.
    public private(set) var keys: [String] = []
    private var values: [String: JSONValue] = [:]

    /// An object without members.
    public init() {}

    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }

    /// The number of members.
    public var count: Int { keys.count }

    /// The value of `key`, nil when there is none. Assigning nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get { values[key] }
        set {
            let old = values.updateOrRemove(newValue, forKey: key)
            if old == nil, newValue != nil { keys.append(key) }
            if old != nil, newValue == nil { keys.removeAll { $0 == key } }
        }
    }

    public func makeIterator() -> AnyIterator<(key: String, value: JSONValue)> {
        var rest = keys.makeIterator()
        return AnyIterator { rest.next().map { ($0, values[$0]!) } }
    }

    public static func == (a: JSONObject, b: JSONObject) -> Bool { a.values == b.values }
    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension [String: JSONValue] {
    /// Sets or removes a value and returns the previous one.
    fileprivate mutating func updateOrRemove(_ value: JSONValue?, forKey key: String) -> JSONValue? {
        if let value { updateValue(value, forKey: key) } else { removeValue(forKey: key) }
    }
}

// No nil literal: it would silently turn the nil of an optional into `.null`.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}
