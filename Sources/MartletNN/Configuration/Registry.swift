import MartletCore
import MartletFormats

/// How Keras names an object: a name, a function's name wrapped in an object, or an object with a class name and arguments.
struct ObjectDescription {
    /// The registered name where there is one: `MyProject>Focal`.
    let name: String
    let className: String
    let config: JSONValue
    let isFunction: Bool
    /// Whether the file says that the class or function is none of Keras's.
    let isOwn: Bool
    /// The whole description, nil for a name.
    let json: JSONValue?

    init(className: String, config: JSONValue) {
        name = className
        self.className = className
        self.config = config
        isFunction = false
        json = nil
        isOwn = className.contains(">")
    }

    /// - Parameter config: the arguments, in place of those in `json`.
    init(_ json: JSONValue, config: JSONValue? = nil) throws {
        if case .string(let name) = json {
            self = ObjectDescription(className: name, config: config ?? [:])
            return
        }
        self.json = json
        isFunction = json["class_name"] == "function"
        className = try json.string(isFunction ? "config" : "class_name")
        self.config = try config ?? (isFunction ? [:] : json.valueIfPresent(at: ["config"]) ?? [:])
        // Keras writes "function" for functions.
        if case .string(let registered)? = json["registered_name"], !isFunction { name = registered } else { name = className }
        if case .string(let module)? = json["module"] {
            isOwn = name.contains(">") || !module.contains("keras") && module != "builtins"
        } else {
            isOwn = name.contains(">")
        }
    }
}

/// What configurations can name, by class name, by its snake-case form (`glorot_uniform`), and by alias; and what `register`
/// was given of the same kind.
package struct Registry<Object>: Sendable {
    package typealias Maker = @Sendable (Configuration) throws -> Object

    private let kind: String
    private let module: String
    private let makers: NameTable<(className: String, make: Maker)>
    private let ofFunction: @Sendable (String) -> Object?
    private let functionForm: String
    private let registering: String
    private let standIn: @Sendable (ObjectDescription, MartletError) -> Object?
    /// The class names, in the order of registration.
    package let names: [String]

    /// Makes a registry of classes under their names; `aliases` are other names of them.
    /// - Parameters:
    ///   - kind: what an error calls the objects: `initializer`.
    ///   - module: where Keras has the classes: `keras.initializers`.
    ///   - functionForm: how a function of the kind begins, empty when there are only classes.
    ///   - registering: what registers such a function.
    ///   - ofFunction: what the registered function of a name makes, nil when there is none.
    ///   - standIn: what takes the place of a class or function of one's own that is missing, nil when nothing can.
    init(
        _ kind: String, module: String, _ entries: [(name: String, make: Maker)], aliases: [String: String] = [:],
        functionForm: String = "", registering: String = "register",
        ofFunction: @escaping @Sendable (String) -> Object? = { _ in nil },
        standIn: @escaping @Sendable (ObjectDescription, MartletError) -> Object? = { _, _ in nil }
    ) {
        self.kind = kind
        self.module = module
        self.functionForm = functionForm
        self.registering = registering
        self.ofFunction = ofFunction
        self.standIn = standIn
        names = entries.map(\.name)
        makers = NameTable(
            of: kind,
            entries.map { name, make in
                let others = aliases.filter { $0.value == name }.keys
                return (Array(Set([name, LayerNames.snakeCase(name)] + others)), (name, make))
            })
    }

    /// Whether something goes by `name`.
    package func contains(_ name: String) -> Bool { makers.find(name) != nil || (try? makeOwn(name)) != nil }

    private func makeOwn(_ name: String) throws -> Object? {
        try makeOwn(ObjectDescription(className: name, config: [:]))
    }

    /// The error of a name that nothing goes by.
    package func unknown(_ name: String, others: [String]) -> MartletError { makers.unknown(name, others: others) }

    /// Makes the object of a class, from Keras's arguments.
    /// - Throws: `MartletError` when no class has the name, with the nearest names, or when an argument is wrong.
    package func make(className: String, config: JSONValue) throws -> Object {
        try make(ObjectDescription(className: className, config: config))
    }

    /// Makes an object from what Keras writes: a name, a function's name wrapped in an object, or an object with a class
    /// name and arguments.
    package func make(from json: JSONValue) throws -> Object { try make(ObjectDescription(json)) }

    func make(_ described: ObjectDescription) throws -> Object {
        if !described.isOwn, let entry = makers.find(described.className) {
            return try Argument.throwing { try entry.make(Configuration(className: entry.className, described.config)) }
        }
        if let own = try makeOwn(described) { return own }
        let error = missing(described)
        if described.isOwn || described.isFunction, let standIn = standIn(described, error) { return standIn }
        throw error
    }

    /// The object of a registered class or function, nil when none goes by the name, or Keras has one of that name and is
    /// meant.
    func makeOwn(_ described: ObjectDescription) throws -> Object? {
        guard described.isOwn || makers.find(described.className) == nil else { return nil }
        if let own = ofFunction(described.name) ?? ofFunction(described.className) { return own }
        guard let own = try CustomObjects.make(described) else { return nil }
        guard let object = own as? Object else {
            throw MartletError("Expected a \(kind). \"\(described.name)\" is registered as a \(type(of: own)).")
        }
        return object
    }

    /// The error of a description that nothing goes by, which says what to register when it comes from the file's program.
    private func missing(_ described: ObjectDescription) -> MartletError {
        guard described.isOwn || described.isFunction else {
            let error = makers.unknown(described.className)
            guard described.json != nil else { return error }
            return MartletError(
                error.message + " If it is a class of your own, call register(\(described.className).self) before loading.")
        }
        let parts = described.name.split(separator: ">", maxSplits: 1).map(String.init)
        let package = parts.count == 2 && parts[0] != "Custom" ? ", package: \"\(parts[0])\"" : ""
        let name = parts.last ?? described.name
        let isFunction = described.isFunction && !functionForm.isEmpty
        let call = isFunction ? "\(registering)(\"\(name)\"\(package)) \(functionForm)" : "register(\(name).self\(package))"
        return MartletError(
            "The \(kind) \"\(name)\" is a \(described.isFunction ? "function" : "class") of the program that saved the model. "
                + "Register yours before loading: \(call).")
    }

    /// An object as Keras writes it. A class that is neither Keras's nor registered gets the name that `register` would give
    /// it.
    package func json(_ object: Object, className: String, config: [String: JSONValue]) -> JSONValue {
        if let missing = object as? MissingPart { return missing.json }
        let registered = CustomObjects.registeredName(of: object)
        guard registered != nil || makers.find(className) == nil else {
            return .keras(module: module, className: className, config: config)
        }
        return [
            "module": "builtins", "class_name": .string(className), "config": .object(config),
            "registered_name": .string(registered ?? "Custom>\(className)"),
        ]
    }
}

extension Configuration {
    /// The object of a registry that the argument `key` describes, nil when it is missing or null.
    package func optional<Object>(_ key: String, from registry: Registry<Object>) throws -> Object? {
        guard let json = arguments[.key(key)], json != .null else { return nil }
        return try located(key) { try registry.make(from: json) }
    }
}
