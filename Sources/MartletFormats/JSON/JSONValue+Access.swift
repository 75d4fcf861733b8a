import MartletCore

/// One step into a JSON document: a key of an object or an index of an array.
public enum JSONKey: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case key(String)
    case index(Int)

    public init(stringLiteral value: String) { self = .key(value) }
    public init(integerLiteral value: Int) { self = .index(value) }

    fileprivate static func path(_ keys: [JSONKey]) -> String {
        keys.reduce(into: "") { path, key in
            switch key {
            case .key(let name): path += path.isEmpty ? name : ".\(name)"
            case .index(let index): path += "[\(index)]"
            }
        }
    }
}

/// A Swift type that a JSON value can be read as.
public protocol JSONReadable {
    /// The type's name in errors: "an integer".
    static var jsonName: String { get }
    /// The value, nil when `json` has another type.
    init?(json: JSONValue)
}

extension Int: JSONReadable {
    public static var jsonName: String { "an integer" }
    public init?(json: JSONValue) {
        guard case .int(let value) = json else { return nil }
        self = value
    }
}

extension Double: JSONReadable {
    public static var jsonName: String { "a number" }
    public init?(json: JSONValue) {
        switch json {
        case .int(let value): self = Double(value)
        case .double(let value): self = value
        default: return nil
        }
    }
}

extension Bool: JSONReadable {
    public static var jsonName: String { "true or false" }
    public init?(json: JSONValue) {
        guard case .bool(let value) = json else { return nil }
        self = value
    }
}

extension String: JSONReadable {
    public static var jsonName: String { "a string" }
    public init?(json: JSONValue) {
        guard case .string(let value) = json else { return nil }
        self = value
    }
}

extension JSONObject: JSONReadable {
    public static var jsonName: String { "an object" }
    public init?(json: JSONValue) {
        guard case .object(let value) = json else { return nil }
        self = value
    }
}

extension JSONValue: JSONReadable {
    public static var jsonName: String { "a value" }
    public init(json: JSONValue) { self = json }
}

extension Array: JSONReadable where Element: JSONReadable {
    public static var jsonName: String {
        Element.self == JSONValue.self ? "an array" : "an array, every element \(Element.jsonName)"
    }
    public init?(json: JSONValue) {
        guard case .array(let values) = json else { return nil }
        self = []
        for value in values {
            guard let element = Element(json: value) else { return nil }
            append(element)
        }
    }
}

extension JSONValue {
    /// The value at `path`, read as `type`.
    /// - Throws: `MartletError` with the path when there is no value, or one of another type.
    public func value<T: JSONReadable>(at path: [JSONKey], as type: T.Type = T.self) throws(MartletError) -> T {
        var value = self
        for (depth, key) in path.enumerated() {
            guard let next = value[key] else {
                let place = JSONKey.path(Array(path[...depth]))
                throw MartletError("Expected \(T.jsonName) at \"\(JSONKey.path(path))\". There is no \"\(place)\".")
            }
            value = next
        }
        if let result = T(json: value) { return result }
        let place = path.isEmpty ? "" : " at \"\(JSONKey.path(path))\""
        throw MartletError("Expected \(T.jsonName)\(place). Received: \(value.excerpt).")
    }

    /// The value at `path`, read as `type`; nil when there is none, or null.
    /// - Throws: `MartletError` with the path when the value has another type.
    public func valueIfPresent<T: JSONReadable>(
        at path: [JSONKey], as type: T.Type = T.self
    ) throws(MartletError) -> T? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value == .null ? nil : try self.value(at: path)
    }

    /// The integer at `path`. Throws as `value(at:as:)`.
    public func int(_ path: JSONKey...) throws(MartletError) -> Int { try value(at: path) }
    /// The number at `path`. Throws as `value(at:as:)`.
    public func double(_ path: JSONKey...) throws(MartletError) -> Double { try value(at: path) }
    /// The truth value at `path`. Throws as `value(at:as:)`.
    public func bool(_ path: JSONKey...) throws(MartletError) -> Bool { try value(at: path) }
    /// The string at `path`. Throws as `value(at:as:)`.
    public func string(_ path: JSONKey...) throws(MartletError) -> String { try value(at: path) }
    /// The elements of the array at `path`. Throws as `value(at:as:)`.
    public func array(_ path: JSONKey...) throws(MartletError) -> [JSONValue] { try value(at: path) }
    /// The members of the object at `path`. Throws as `value(at:as:)`.
    public func object(_ path: JSONKey...) throws(MartletError) -> JSONObject { try value(at: path) }

    /// The member or element, nil when there is none.
    public subscript(key: JSONKey) -> JSONValue? {
        switch (self, key) {
        case (.object(let object), .key(let name)): object[name]
        case (.array(let values), .index(let index)): values.indices.contains(index) ? values[index] : nil
        default: nil
        }
    }

    /// The beginning of the text, for errors.
    private var excerpt: String {
        switch self {
        case .array(let values): return "an array of \(values.count)"
        case .object(let object): return "an object of \(object.count) members"
        default:
            let text = serialized()
            return text.count <= 60 ? text : text.prefix(60) + "..."
        }
    }
}
