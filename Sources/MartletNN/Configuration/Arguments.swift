import MartletCore
import MartletFormats

/// The arguments of a type: for each Keras's key and the property that holds it, said once. Configurations are read,
/// written and checked by it.
///
/// ```swift
/// public static let arguments = Arguments(default: Dense(1)) {
///     $0("units", \.units, required: true, .atLeast(1))
///     $0("activation", \.activation)
///     $0.weight("kernel", \.kernelOptions)
/// }
/// ```
///
/// `Dense.arguments.keys` lists them.
public struct Arguments<Root>: Sendable {
    /// One argument.
    struct Entry: Sendable {
        let key: String
        let name: String
        let isRequired: Bool
        let read: @Sendable (inout Root, Configuration) throws -> Void
        let write: @Sendable (Root) -> JSONValue
        /// Nil where the value is as it should be.
        let problem: @Sendable (Root) -> String?
    }

    private var entries: [Entry] = []
    private var jointChecks: [@Sendable (Root) -> Void] = []
    private var makeDefault: @Sendable () -> Root
    private var omitted: Set<String> = []

    /// Makes a table.
    /// - Parameters:
    ///   - value: the object with every default, and anything good for what is required. Reading begins with it.
    ///   - describe: names the arguments.
    package init(
        default value: @escaping @Sendable @autoclosure () -> Root, _ describe: (inout Arguments) -> Void = { _ in }
    ) {
        self.init(making: value, describe)
    }

    init(making value: @escaping @Sendable () -> Root, _ describe: (inout Arguments) -> Void) {
        makeDefault = value
        describe(&self)
    }

    /// The same arguments with the defaults of another object: for a class below `Root` that adds none.
    func starting(from value: @escaping @Sendable @autoclosure () -> Root) -> Arguments {
        var table = self
        table.makeDefault = value
        return table
    }

    /// The same without some arguments: for a class that has fewer than the one above it.
    func without(_ keys: String...) -> Arguments {
        var table = self
        table.entries.removeAll { keys.contains($0.key) }
        return table
    }

    /// Keras's keys, in the order of the table.
    public var keys: [String] { entries.map(\.key) }

    /// Keras's key of each argument, its name in Swift, and whether a configuration must have it.
    public var list: [(key: String, name: String, isRequired: Bool)] { entries.map { ($0.key, $0.name, $0.isRequired) } }

    // MARK: - Describing

    /// An argument that is read and written in a form of its own. It takes the place of one with the same key.
    /// - Parameters:
    ///   - name: the name in Swift, which errors give; nil makes one of the key: `kernelSize` of `kernel_size`.
    ///   - required: whether it has no default.
    package mutating func callAsFunction<Value>(
        _ key: String, _ path: WritableKeyPath<Root, Value> & Sendable, as form: ArgumentForm<Value>,
        name: String? = nil, required: Bool = false, _ requirement: Requirement<Value>? = nil
    ) {
        add(
            key, as: form, name: name, required: required, requirement, get: { $0[keyPath: path] },
            set: { $0[keyPath: path] = $1 })
    }

    private mutating func add<Value>(
        _ key: String, as form: ArgumentForm<Value>, name: String? = nil, required: Bool = false,
        _ requirement: Requirement<Value>? = nil, get: @escaping @Sendable (Root) -> Value,
        set: @escaping @Sendable (inout Root, Value) -> Void
    ) {
        let name = name ?? Self.swiftName(of: key)
        add(
            Entry(
                key: key, name: name, isRequired: required,
                read: { object, config in
                    let json = config.arguments[.key(key)]
                    guard required || json != nil && (form.readsNull || json != .null) else { return }
                    let value = try form.read(config, key)
                    if let problem = requirement?.problem(value) {
                        throw MartletError(problem, at: "\(config.className).\(key)")
                    }
                    set(&object, value)
                },
                write: { form.write(get($0)) }, problem: { object in requirement.flatMap { $0.problem(get(object)) } }))
    }

    /// An argument. One that is missing or null keeps its default.
    package mutating func callAsFunction<Value: ArgumentValue>(
        _ key: String, _ path: WritableKeyPath<Root, Value> & Sendable, name: String? = nil, required: Bool = false,
        _ requirement: Requirement<Value>? = nil
    ) {
        self(key, path, as: Value.argumentForm, name: name, required: required, requirement)
    }

    /// An argument that may be nil: null.
    package mutating func callAsFunction<Value: ArgumentValue>(
        _ key: String, _ path: WritableKeyPath<Root, Value?> & Sendable, name: String? = nil,
        _ requirement: Requirement<Value>? = nil
    ) {
        self(key, path, as: Value.argumentForm, name: name, requirement)
    }

    /// An argument that may be nil, null, and has a form of its own.
    package mutating func callAsFunction<Value>(
        _ key: String, _ path: WritableKeyPath<Root, Value?> & Sendable, as form: ArgumentForm<Value>,
        name: String? = nil, _ requirement: Requirement<Value>? = nil
    ) {
        self(key, path, as: form.optional, name: name, requirement?.whereGiven)
    }

    /// An argument that is an initializer.
    package mutating func callAsFunction(_ key: String, _ path: WritableKeyPath<Root, any Initializer> & Sendable) {
        self(key, path, as: .initializer)
    }

    /// An argument that is a regularizer.
    package mutating func callAsFunction(_ key: String, _ path: WritableKeyPath<Root, (any Regularizer)?> & Sendable) {
        self(key, path, as: .regularizer)
    }

    /// An argument that is a constraint.
    package mutating func callAsFunction(_ key: String, _ path: WritableKeyPath<Root, (any Constraint)?> & Sendable) {
        self(key, path, as: .constraint)
    }

    /// The settings of a weight: `<role>_initializer`, `<role>_regularizer` and `<role>_constraint`.
    mutating func weight(_ role: String, _ path: WritableKeyPath<Root, WeightOptions> & Sendable) {
        add("\(role)_initializer", as: .initializer, get: { $0[keyPath: path].initializer }) {
            $0[keyPath: path].initializer = $1
        }
        add("\(role)_regularizer", as: .regularizer, get: { $0[keyPath: path].regularizer }) {
            $0[keyPath: path].regularizer = $1
        }
        add("\(role)_constraint", as: .constraint, get: { $0[keyPath: path].constraint }) {
            $0[keyPath: path].constraint = $1
        }
    }

    /// The arguments that a property's own table names, as the object's.
    mutating func include<Value>(_ path: WritableKeyPath<Root, Value> & Sendable, _ table: Arguments<Value>) {
        omitted.formUnion(table.omitted)
        for entry in table.entries {
            add(
                Entry(
                    key: entry.key, name: entry.name, isRequired: entry.isRequired,
                    read: { try entry.read(&$0[keyPath: path], $1) }, write: { entry.write($0[keyPath: path]) },
                    problem: { entry.problem($0[keyPath: path]) }))
        }
    }

    /// Leaves arguments out of configurations where they are null, for versions of Keras that do not know them.
    mutating func omitNull(_ keys: String...) { omitted.formUnion(keys) }

    /// An argument that no property alone holds.
    package mutating func custom(
        _ key: String, read: @escaping @Sendable (inout Root, Configuration) throws -> Void = { _, _ in },
        write: @escaping @Sendable (Root) -> JSONValue
    ) {
        add(
            Entry(
                key: key, name: Self.swiftName(of: key), isRequired: false, read: read, write: write,
                problem: { _ in nil }))
    }

    /// A check that joins arguments, made with `Argument.check` when each is good by itself.
    package mutating func check(_ check: @escaping @Sendable (Root) -> Void) { jointChecks.append(check) }

    private mutating func add(_ entry: Entry) {
        entries.removeAll { $0.key == entry.key }
        entries.append(entry)
    }

    /// `kernelSize` of `kernel_size`, `beta1` of `beta_1`.
    private static func swiftName(of key: String) -> String {
        let words = key.split(separator: "_")
        return (words.prefix(1) + words.dropFirst().map { "\($0.prefix(1).uppercased())\($0.dropFirst())" }).joined()
    }

    // MARK: - Using

    /// The arguments of `object` under Keras's keys.
    func config(of object: Root) -> [String: JSONValue] {
        Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.write(object)) })
            .filter { !omitted.contains($0.key) || $0.value != .null }
    }

    /// Complains about the first bad argument of `object`.
    /// - Parameter owner: the type's name.
    func check(_ object: Root, _ owner: @autoclosure () -> String) {
        for entry in entries {
            if let problem = entry.problem(object) { return Argument.complain(problem, owner(), entry.name) }
        }
        for check in jointChecks { check(object) }
    }

    /// Changes the arguments that `config` has. What is wrong is noted, and thrown when the reading is over.
    /// - Parameter onlyGiven: whether arguments that are missing stay as they are, required ones too.
    func read(_ config: Configuration, into object: inout Root, onlyGiven: Bool = false) {
        do {
            for entry in entries where !onlyGiven || config.arguments[.key(entry.key)] != nil {
                try entry.read(&object, config)
            }
            for check in jointChecks { check(object) }
        } catch {
            Argument.note(error)
        }
    }

    /// Makes the object of a configuration.
    /// - Parameter type: the object's, `Root` or a class below it.
    func make(_ type: any Described.Type, _ config: Configuration) throws -> Root {
        try Caller.$isConfiguration.withValue(true) {
            try Argument.throwing { try made(type, config) }
        }
    }

    private func made(_ type: any Described.Type, _ config: Configuration) throws -> Root {
        if Root.self is AnyObject.Type { return PendingConfiguration.with(config, for: type, makeDefault) }
        var object = makeDefault()
        read(config, into: &object)
        warnOfOthers(in: config)
        return object
    }

    /// Warns of arguments that say something and that nothing here reads: the result may be another than Keras's.
    fileprivate func warnOfOthers(in config: Configuration) {
        guard case .object(let members) = config.arguments else { return }
        for (key, value) in members where !entries.contains(where: { $0.key == key }) {
            if !OtherArguments.areSilent(key, value, in: config.className) { OtherArguments.warn(of: key, in: config.className) }
        }
    }
}

/// What is `Configurable` by a table of its arguments.
///
/// Of a class, the base class's initializer reads, or else checks, the arguments (`settle`). What follows it in
/// initializers sees those of the configuration, and what depends on them belongs there.
public protocol Described: Configurable {
    /// The type that the table is of: the conforming one, or a class above it.
    associatedtype Root
    /// The arguments, inherited ones included.
    static var arguments: Arguments<Root> { get }
}

extension Described {
    public init(config: Configuration) throws {
        guard let made = try Self.arguments.make(Self.self, config) as? Self else {
            stop("\(Self.self)", "The class has arguments of a superclass only: implement init(config:).")
        }
        self = made
    }

    /// Keras's arguments of an object of this type.
    static func config(of object: Any) -> [String: JSONValue] { arguments.config(of: object as! Root) }

    /// Reads the configuration that the object is being made from, or else checks what Swift code passed.
    fileprivate static func settle(_ object: Any) {
        var root = object as! Root
        if let config = PendingConfiguration.find(for: type(of: object)) {
            PendingConfiguration.reading {
                arguments.read(config, into: &root)
                arguments.warnOfOthers(in: config)
            }
        } else {
            arguments.check(root, className)
        }
    }
}

/// Reads the configuration that an object of a described class is being made from, or else checks what Swift code passed. For
/// the initializers of base classes, as their last step.
func settleArguments(of object: AnyObject) { (type(of: object) as? any Described.Type)?.settle(object) }

extension Described where Root == Self {
    /// Checks the arguments: for the initializers of values, as their last step.
    func checkArguments() { Self.arguments.check(self, Self.className) }
}

/// The configuration from which an object of a class is being made. Its initializer has run with defaults up to the
/// base class's, which takes the arguments from here; so numbers of automatic names and random streams are used once.
enum PendingConfiguration {
    private struct Pending: Sendable {
        let type: ObjectIdentifier
        let config: Configuration
    }
    @TaskLocal private static var current: Pending?

    /// Runs `make`, which makes the object.
    static func with<R>(_ config: Configuration, for type: Any.Type, _ make: () -> R) -> R {
        $current.withValue(Pending(type: ObjectIdentifier(type), config: config), operation: make)
    }

    /// The configuration of the object of exactly this type, nil when Swift code makes it.
    static func find(for type: Any.Type) -> Configuration? {
        current.flatMap { $0.type == ObjectIdentifier(type) ? $0.config : nil }
    }

    /// Runs `read`, within which objects of the same type are others.
    static func reading(_ read: () -> Void) { $current.withValue(nil, operation: read) }
}
