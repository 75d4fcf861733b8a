import MartletCore
import MartletFormats

/// How an argument stands in Keras's configurations.
package struct ArgumentForm<Value>: Sendable {
    /// Reads the argument of a key, which is there unless it is required.
    let read: @Sendable (Configuration, String) throws -> Value
    let write: @Sendable (Value) -> JSONValue
    /// Whether null is a value, and not the default.
    var readsNull = false

    /// The same, or null for nil.
    var optional: ArgumentForm<Value?> {
        ArgumentForm<Value?>(
            read: { $0.arguments[.key($1)] == .null ? nil : try read($0, $1) }, write: { $0.map(write) ?? .null },
            readsNull: true)
    }
}

/// A type of arguments that has one form in all configurations.
package protocol ArgumentValue: Sendable {
    static var argumentForm: ArgumentForm<Self> { get }
}

extension ArgumentValue where Self: JSONReadable {
    fileprivate static func form(_ write: @escaping @Sendable (Self) -> JSONValue) -> ArgumentForm<Self> {
        ArgumentForm(read: { try $0.required($1) }, write: write)
    }
}

extension Int: ArgumentValue { package static var argumentForm: ArgumentForm<Int> { form { .int($0) } } }
extension Double: ArgumentValue { package static var argumentForm: ArgumentForm<Double> { form { .double($0) } } }
extension Bool: ArgumentValue { package static var argumentForm: ArgumentForm<Bool> { form { .bool($0) } } }
extension String: ArgumentValue { package static var argumentForm: ArgumentForm<String> { form { .string($0) } } }
extension Array: ArgumentValue where Element: ArgumentValue & JSONReadable {
    package static var argumentForm: ArgumentForm<[Element]> { form { .array($0.map(Element.argumentForm.write)) } }
}

/// Enums of Keras's words conform without a member of their own.
extension ArgumentValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static var argumentForm: ArgumentForm<Self> {
        ArgumentForm(
            read: { config, key in
                _ = try config.required(key, as: String.self)
                return try config.option(key, default: allCases.first!)
            }, write: { .string($0.rawValue) })
    }
}

extension ActivationFunction: ArgumentValue {
    package static var argumentForm: ArgumentForm<ActivationFunction> {
        // None at all is null.
        ArgumentForm(read: { try $0.activation($1) }, write: { JSONValue($0) }, readsNull: true)
    }
}

extension DType: ArgumentValue {
    package static var argumentForm: ArgumentForm<DType> {
        ArgumentForm(read: { config, _ in try config.metricType ?? Settings.defaultFloatType }, write: { .string($0.name) })
    }
}

extension Padding: ArgumentValue {
    package static var argumentForm: ArgumentForm<Padding> {
        ArgumentForm(read: { config, _ in try config.padding() }, write: { .string("\($0)") })
    }
}

extension ArgumentForm<any Initializer> {
    static let initializer = ArgumentForm(
        read: { try $0.initializer($1, default: .zeros) }, write: { JSONValue($0) })
}

extension ArgumentForm<(any Regularizer)?> {
    static let regularizer = ArgumentForm(read: { try $0.regularizer($1) }, write: { JSONValue($0) }, readsNull: true)
}

extension ArgumentForm<(any Constraint)?> {
    static let constraint = ArgumentForm(read: { try $0.constraint($1) }, write: { JSONValue($0) }, readsNull: true)
}

extension ArgumentForm<[Double]> {
    /// A number or several; written as a list.
    static let numbers = ArgumentForm(read: { try $0.numbers($1) ?? [] }, write: { .numbers($0) })
}

extension ArgumentForm<[Int]> {
    /// One number for all of `count` spatial axes, or one for each; written as a list.
    static func perAxis(_ count: Int) -> ArgumentForm {
        ArgumentForm(read: { try $0.perAxis($1, default: 0).numbers(axes: count) }, write: { .integers($0) })
    }

    /// An axis or several; one is written as a number.
    static let axes = ArgumentForm(
        read: { try $0.perAxis($1, default: 0).numbers(axes: 1) },
        write: { $0.count == 1 ? .int($0[0]) : .integers($0) })
}

extension ArgumentForm<Int?> {
    /// A number of steps, where Keras reads a 0 as none.
    static let count = ArgumentForm(
        read: { try $0.optional($1).flatMap { $0 == 0 ? nil : $0 } }, write: { .optional($0) }, readsNull: true)
}

extension ArgumentForm<any PerAxis> {
    /// One number or several, written as they were given.
    static let asGiven = ArgumentForm(
        read: { try $0.perAxis($1, default: 0) },
        write: { ($0 as? Int).map { .int($0) } ?? .integers($0.numbers(axes: 1)) })
}

extension ArgumentForm<[Double]> {
    /// One number or several; one is written as a number.
    static let oneOrMore = ArgumentForm(
        read: { config, key in
            guard let numbers = try config.numbers(key) else {
                throw MartletError("Expected a number or several.", at: "\(config.className).\(key)")
            }
            return numbers
        }, write: { $0.count == 1 ? .double($0[0]) : .numbers($0) })
}

extension ArgumentForm<[Int?]> {
    /// Sizes, null where any will do; a number is one.
    static let sizes = ArgumentForm(
        read: { config, key in
            guard case .array(let list)? = config.arguments[.key(key)] else {
                return [try config.required(key, as: Int.self)]
            }
            return try config.located(key) { try list.map(PartialShape.size) }
        }, write: { .array($0.map { .optional($0) }) })
}

extension ArgumentForm<PartialShape> {
    /// A shape that tensors can have.
    static let shape = ArgumentForm(
        read: { config, key in
            let sizes = try config.required(key, as: [JSONValue].self)
            return try config.located(key) { try PartialShape(sizes.map(PartialShape.size)).validated() }
        }, write: { .array($0.dimensions.map { .optional($0) }) })
}

extension Interpolation: ArgumentValue {}
