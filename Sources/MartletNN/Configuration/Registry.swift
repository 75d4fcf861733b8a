import MartletCore
import MartletFormats

/// What configurations can name, by class name, by its snake-case form (`glorot_uniform`), and by alias.
package struct Registry<Object>: Sendable {
    package typealias Maker = @Sendable (Configuration) throws -> Object

    private let makers: NameTable<(className: String, make: Maker)>
    /// The class names, in the order of registration.
    package let names: [String]

    /// Makes a registry of classes under their names; `aliases` are other names of them.
    /// - Parameter kind: what an error calls the objects: `initializer`.
    package init(_ kind: String, _ entries: [(name: String, make: Maker)], aliases: [String: String] = [:]) {
        names = entries.map(\.name)
        makers = NameTable(
            of: kind,
            entries.map { name, make in
                let others = aliases.filter { $0.value == name }.keys
                return (Array(Set([name, LayerNames.snakeCase(name)] + others)), (name, make))
            })
    }

    /// Whether something goes by `name`.
    package func contains(_ name: String) -> Bool { makers.find(name) != nil }

    /// The error of a name that nothing goes by.
    package func unknown(_ name: String, others: [String]) -> MartletError { makers.unknown(name, others: others) }

    /// Makes the object of a class, from Keras's arguments.
    /// - Throws: `MartletError` when no class has the name, with the nearest names, or when an argument is wrong.
    package func make(className: String, config: JSONValue) throws -> Object {
        let entry = try makers.entry(className)
        return try Argument.throwing { try entry.make(Configuration(className: entry.className, config)) }
    }

    /// Makes an object from what Keras writes: a name, a function's name wrapped in an object, or an object with a class
    /// name and arguments.
    package func make(from json: JSONValue) throws -> Object {
        if case .string(let name) = json { return try make(className: name, config: [:]) }
        if json["class_name"] == "function" { return try make(className: json.string("config"), config: [:]) }
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
