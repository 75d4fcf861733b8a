import MartletCore
import MartletFormats

/// The classes and functions of one's own that files can name.
enum CustomObjects {
    /// A class. Its name and initializer belong to no actor.
    private struct Class: @unchecked Sendable {
        let type: any Configurable.Type
    }
    /// Classes and functions, each under `package>name`.
    private struct Entries {
        var classes: [String: Class] = [:]
        var unary: [String: Unary] = [:]
        var binary: [String: Binary] = [:]
        var standardizations: [String: Standardization] = [:]
        var splits: [String: Split] = [:]
    }
    typealias Unary = @Sendable (Tensor) -> Tensor
    typealias Binary = @Sendable (Tensor, Tensor) -> Tensor
    typealias Standardization = @Sendable (String) -> String
    typealias Split = @Sendable (String) -> [String]

    private static let entries = Guarded(Entries())

    static func register(_ type: any Configurable.Type, package: String) {
        let isKnown =
            type is Layer.Type || type is Loss.Type || type is Metric.Type || type is Optimizer.Type
            || type is any LearningRateSchedule.Type || type is any Regularizer.Type || type is any Initializer.Type
            || type is any Constraint.Type
        require(
            isKnown, "register",
            "Expected a Layer, Loss, Metric, Optimizer, LearningRateSchedule, Regularizer, Initializer or Constraint. "
                + "Received: \(type).")
        let (name, entry) = ("\(package)>\(type.className)", Class(type: type))
        entries.withLock { $0.classes[name] = entry }
    }

    static func register(_ name: String, package: String, _ function: @escaping Unary) {
        entries.withLock { $0.unary["\(package)>\(name)"] = function }
    }

    static func register(_ name: String, package: String, _ function: @escaping Binary) {
        entries.withLock { $0.binary["\(package)>\(name)"] = function }
    }

    static func register(_ name: String, package: String, standardization: @escaping Standardization) {
        entries.withLock { $0.standardizations["\(package)>\(name)"] = standardization }
    }

    static func register(_ name: String, package: String, split: @escaping Split) {
        entries.withLock { $0.splits["\(package)>\(name)"] = split }
    }

    /// The name in files of an object's class, nil unless it is registered.
    static func registeredName(of object: Any) -> String? {
        let classes = entries.withLock { $0.classes }
        return classes.filter { $0.value.type == type(of: object) }.keys.min()
    }

    /// The name in files of a registered function; the name itself of others, as in Keras.
    private static func registeredName(ofFunction name: String) -> String {
        entries.withLock {
            find(name, in: $0.unary)?.key ?? find(name, in: $0.binary)?.key ?? find(name, in: $0.standardizations)?.key
                ?? find(name, in: $0.splits)?.key
        } ?? name
    }

    /// How Keras writes a function.
    static func function(_ name: String) -> JSONValue {
        [
            "module": "builtins", "class_name": "function", "config": .string(registeredName(ofFunction: name)),
            "registered_name": "function",
        ]
    }

    /// What a registered class or function makes of a description, nil when none goes by its name.
    static func make(_ described: ObjectDescription) throws -> Any? {
        let classes = entries.withLock { $0.classes }
        if let type = (find(described.name, in: classes) ?? find(described.className, in: classes))?.value.type {
            return try Argument.throwing { () throws -> Any in
                let config = Configuration(className: type.className, described.config)
                let object = try type.init(config: config)
                readCommonArguments(config, of: object)
                return object
            }
        }
        return nil
    }

    static func unary(_ name: String) -> Unary? { entries.withLock { find(name, in: $0.unary)?.value } }
    static func binary(_ name: String) -> Binary? { entries.withLock { find(name, in: $0.binary)?.value } }
    static func standardization(_ name: String) -> Standardization? {
        entries.withLock { find(name, in: $0.standardizations)?.value }
    }
    static func split(_ name: String) -> Split? { entries.withLock { find(name, in: $0.splits)?.value } }

    /// What goes by `package>name`, by the name alone, or by its snake case.
    private static func find<Entry>(_ name: String, in table: [String: Entry]) -> (key: String, value: Entry)? {
        if let entry = table[name] { return (name, entry) }
        let keys = table.keys.filter { key in
            let own = key.withoutPackage
            return own == name || LayerNames.snakeCase(own) == name
        }
        return keys.min().map { ($0, table[$0]!) }
    }

    /// Gives an object of one's own class the arguments that all of its kind have, so that its initializer need not.
    private static func readCommonArguments(_ config: Configuration, of object: any Configurable) {
        switch object {
        case let layer as Layer:
            if case .bool(let trainable)? = config.arguments["trainable"] { layer.isTrainable = trainable }
        case var loss as Loss: Loss.commonArguments.read(config, into: &loss, onlyGiven: true)
        case var metric as Metric: Metric.commonArguments.read(config, into: &metric, onlyGiven: true)
        case var optimizer as Optimizer: Optimizer.commonArguments.read(config, into: &optimizer, onlyGiven: true)
        default: break
        }
    }
}

/// Registers a class of one's own, so that files can name it: a layer, model, loss, metric, optimizer, learning rate
/// schedule, regularizer, initializer or constraint. Keras calls it `register_keras_serializable`.
///
/// ```swift
/// final class Focal: Loss, Configurable {
///     let gamma: Double
///     init(gamma: Double = 2) {
///         self.gamma = gamma
///         super.init(name: "focal")
///     }
///     convenience init(config: Configuration) throws { try self.init(gamma: config.value("gamma", default: 2)) }
///     override var config: [String: JSONValue] { super.config.merging(["gamma": .double(gamma)]) { $1 } }
/// }
/// register(Focal.self, package: "MyProject")
/// ```
///
/// What all losses, metrics and optimizers have, such as `name`, `reduction`, the learning rate and clipping, is written and
/// read by itself. So is whether a layer is trainable. A model whose loss, metric or optimizer is not registered loads with a
/// warning, and is not compiled.
///
/// - Parameters:
///   - type: the class. Another one under the same name takes its place. Stops when it is none of these kinds.
///   - package: the part before the class's name in files, as in Keras.
public func register<Object: Configurable>(_ type: Object.Type, package: String = "Custom") {
    CustomObjects.register(type, package: package)
}

/// Registers a function of one tensor, so that files can name it: an activation, or a learning rate schedule, which gets the
/// step as a `float32` scalar.
///
/// ```swift
/// register("square") { $0 * $0 }
/// let layer = Dense(8, activation: "square")
/// ```
///
/// - Parameters:
///   - name: the name that `ActivationFunction(name:_:)` or `.custom(name:_:)` was given.
///   - package: the part before the name in files, as in Keras.
public func register(_ name: String, package: String = "Custom", _ function: @escaping @Sendable (Tensor) -> Tensor) {
    CustomObjects.register(name, package: package, function)
}

/// Registers a function of targets and predictions, so that files can name it: a loss, or a metric that is the mean of what
/// it returns. It returns one number for each sample, or several.
///
/// ```swift
/// register("cubed") { yTrue, yPred in pow(abs(yTrue - yPred), 3).mean(axis: -1) }
/// try model.compile(optimizer: "sgd", loss: "cubed")
/// ```
///
/// - Parameters:
///   - name: the name that `.custom(name:_:)` was given.
///   - package: the part before the name in files, as in Keras.
public func register(
    _ name: String, package: String = "Custom",
    _ function: @escaping @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
) {
    CustomObjects.register(name, package: package, function)
}

/// Registers a layer class of one's own: `register(_:package:)`.
public func registerLayer<L: Layer & Configurable>(_ type: L.Type, package: String = "Custom") {
    register(type, package: package)
}

extension String {
    /// The name in files without the part before `>`.
    var withoutPackage: String { split(separator: ">").last.map(String.init) ?? self }
}
