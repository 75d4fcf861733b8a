import MartletCore
import MartletFormats

/// What configurations can name, by class name, by its snake-case form (`glorot_uniform`), and by alias.
package struct Registry<Object>: Sendable {
    package typealias Maker = @Sendable (Configuration) throws -> Object

    /// What errors call the objects: "initializer".
    package let kind: String
    private let makers: [String: Maker]
    /// The class names, in the order of registration.
    package let names: [String]

    package init(_ kind: String, _ entries: [(name: String, make: Maker)], aliases: [String: String] = [:]) {
        self.kind = kind
        names = entries.map(\.name)
        var makers: [String: Maker] = [:]
        for (name, make) in entries {
            makers[name] = make
            makers[LayerNames.snakeCase(name)] = make
        }
        for (alias, name) in aliases { makers[alias] = makers[name] }
        self.makers = makers
    }

    /// Makes the object of a class, from Keras's arguments.
    /// - Throws: `MartletError` when no class has the name, or an argument is wrong.
    package func make(className: String, config: JSONValue) throws -> Object {
        guard let make = makers[className] else {
            throw MartletError("Expected \(kind)s among \(names.joined(separator: ", ")). Received: \"\(className)\".")
        }
        return try Argument.throwing { try make(Configuration(className: className, config)) }
    }

    /// Makes an object from what Keras writes: a name, or an object with a class name and arguments.
    package func make(from json: JSONValue) throws -> Object {
        if case .string(let name) = json { return try make(className: name, config: [:]) }
        return try make(className: json.string("class_name"), config: json.valueIfPresent(at: ["config"]) ?? [:])
    }
}

extension Configuration {
    /// The object of a registry that the argument `key` describes, nil when it is missing or null.
    package func optional<Object>(_ key: String, from registry: Registry<Object>) throws -> Object? {
        guard let json = arguments[.key(key)], json != .null else { return nil }
        return try located(key) { try registry.make(from: json) }
    }
}
