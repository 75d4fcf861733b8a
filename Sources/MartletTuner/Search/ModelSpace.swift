/// Parameters of a model's configuration, by their places in it.
///
/// ```json
/// {
///   "optimizer.learning_rate": {"low": 1e-4, "high": 1e-1, "log": true},
///   "layers.dense.units": {"type": "int", "low": 32, "high": 256, "step": 32},
///   "layers.dropout.rate": {"low": 0, "high": 0.5, "step": 0.1},
///   "layers.dense.activation": ["relu", "tanh"],
///   "batch_size": [32, 64, 128]
/// }
/// ```
///
/// `optimizer` stands for the optimizer's configuration, `layers` and a name for a layer's, with Keras's keys. A list has
/// choices; an object a range, of whole numbers where `type` is `int`. `batch_size` is no part of a model: `Sample` gives it
/// back.
public struct ModelSpace: Sendable {
    /// The places and what stands there.
    public let parameters: [(path: String, distribution: Distribution)]

    /// A model with values in place, and what is not of the model.
    public struct Sample {
        /// The model, with new weights, compiled as its configuration says.
        public let model: Model
        /// The number of samples in a step; nil where the space does not say.
        public let batchSize: Int?
    }

    /// Reads a space.
    /// - Throws: `MartletError` naming the parameter.
    public init(json: JSONValue) throws {
        var parameters: [(String, Distribution)] = []
        for (path, entry) in try json.object() {
            do {
                parameters.append((path, try Self.distribution(entry).checked(path)))
            } catch let error as MartletError {
                throw MartletError(error.message, at: "parameter \"\(path)\"")
            }
        }
        guard !parameters.isEmpty else { throw MartletError("Expected at least one parameter. Received none.") }
        self.parameters = parameters.map { (path: $0, distribution: $1) }
    }

    private static func distribution(_ entry: JSONValue) throws -> Distribution {
        if case .array(let choices) = entry { return .choice(choices) }
        for (key, _) in try entry.object() where !["type", "low", "high", "step", "log", "choices"].contains(key) {
            throw MartletError("Expected low, high, step, log, type or choices. Received: \"\(key)\".")
        }
        if let choices: [JSONValue] = try entry.valueIfPresent(at: ["choices"]) { return .choice(choices) }
        let isLogarithmic = try entry.valueIfPresent(at: ["log"]) ?? false
        switch try entry.valueIfPresent(at: ["type"]) ?? "float" {
        case "int":
            return try .int(
                low: entry.int("low"), high: entry.int("high"), step: entry.valueIfPresent(at: ["step"]) ?? 1,
                isLogarithmic: isLogarithmic)
        case "float":
            return try .float(
                low: entry.double("low"), high: entry.double("high"), step: entry.valueIfPresent(at: ["step"]),
                isLogarithmic: isLogarithmic)
        case let other: throw MartletError("Expected the type int or float. Received: \"\(other)\".")
        }
    }

    /// A model of a configuration in which a trial chooses the parameters.
    /// - Parameter configuration: a model's, of `toJSON`.
    /// - Throws: `MartletError` when a place does not exist, or when the model cannot have a value.
    public func sample(_ configuration: JSONValue, _ trial: Trial) throws -> Sample {
        try sample(configuration) { path, distribution in
            distribution.value(try trial.number(path, distribution))
        }
    }

    /// A model of a configuration with given values.
    public func sample(_ configuration: JSONValue, values: [String: JSONValue]) throws -> Sample {
        try sample(configuration) { path, _ in
            guard let value = values[path] else { throw MartletError("Expected a value.", at: "parameter \"\(path)\"") }
            return value
        }
    }

    /// The values that a trial chooses, for what is no model.
    package func values(_ trial: Trial) throws -> [(name: String, value: JSONValue)] {
        try parameters.map { ($0.path, $0.distribution.value(try trial.number($0.path, $0.distribution))) }
    }

    /// Checks the space with a model's configuration, before trials are spent on it: every place is there, the model can have
    /// the first values of all parameters, and of each every choice.
    /// - Throws: `MartletError` naming the parameter.
    public func check(_ configuration: JSONValue) throws {
        _ = try sample(configuration) { _, distribution in distribution.value(distribution.first) }
        for (path, distribution) in parameters {
            guard case .choice(let choices) = distribution else { continue }
            for choice in choices.dropFirst() {
                do {
                    _ = try sample(configuration) { other, distribution in
                        other == path ? choice : distribution.value(distribution.first)
                    }
                } catch let error as MartletError {
                    let place = error.location.map { "\(path) \(choice.serialized()), \($0)" }
                    throw MartletError(error.message, at: place ?? "\(path) \(choice.serialized())")
                }
            }
        }
    }

    private func sample(_ configuration: JSONValue, _ value: (String, Distribution) throws -> JSONValue) throws -> Sample {
        var configuration = configuration
        var batchSize: Int?
        for (path, distribution) in parameters {
            let value = try value(path, distribution)
            if path == "batch_size" {
                guard let size = Int(json: value), size >= 1 else {
                    throw MartletError(
                        "Expected whole numbers of at least 1. Received: \(value.serialized()).", at: "parameter \"batch_size\"")
                }
                batchSize = size
                continue
            }
            let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            do {
                try Self.set(value, at: Self.place(parts, in: configuration), in: &configuration)
            } catch let error as MartletError {
                throw MartletError(error.message, at: "parameter \"\(path)\"")
            }
        }
        return Sample(model: try Self.model(configuration), batchSize: batchSize)
    }

    /// What was warned of.
    private final class Warnings: Sendable {
        let texts = Guarded<[String]>([])
    }

    /// The model of a configuration. A compilation that cannot be read is an error here, and no warning.
    private static func model(_ configuration: JSONValue) throws -> Model {
        let warnings = Warnings()
        let sink = Settings.WarningSink { text in warnings.texts.withLock { $0.append(text) } }
        let model = try Settings.$warnings.withValue(sink) { try Model.fromJSON(configuration.serialized()) }
        let texts = warnings.texts.withLock { $0 }
        if model.optimizer == nil, configuration["compile_config"]?["optimizer"] ?? .null != .null, let problem = texts.last {
            let advice = " " + CompilationChoice().advice
            throw MartletError(problem.hasSuffix(advice) ? String(problem.dropLast(advice.count)) : problem)
        }
        for text in texts { Settings.warn(text) }
        return model
    }

    /// The place of a short path in the configuration.
    private static func place(_ parts: [String], in json: JSONValue) throws -> [JSONKey] {
        switch parts.first {
        case "optimizer" where parts.count > 1:
            return ["compile_config", "optimizer", "config"] + parts.dropFirst().map { .key($0) }
        case "layers" where parts.count > 2:
            let layers = try json.array("config", "layers")
            let names = layers.map { layer in layer["config"]?["name"].flatMap { String(json: $0) } ?? "" }
            // Names may hold dots.
            for end in stride(from: parts.count - 2, through: 1, by: -1) {
                if let index = names.firstIndex(of: parts[1...end].joined(separator: ".")) {
                    return ["config", "layers", .index(index), "config"] + parts[(end + 1)...].map { .key($0) }
                }
            }
            throw MartletError("Expected a layer of the model: \(names.joined(separator: ", ")). Received: \"\(parts[1])\".")
        default:
            throw MartletError(
                "Expected batch_size, or a path that begins with \"optimizer.\" or \"layers.\" and a layer's name.")
        }
    }

    private static func set(_ value: JSONValue, at place: [JSONKey], in json: inout JSONValue) throws {
        guard let key = place.first else {
            json = value
            return
        }
        guard var inner = json[key] else {
            let keys = JSONObject(json: json)?.keys.joined(separator: ", ") ?? "none"
            throw MartletError("Expected a key that the configuration has there: \(keys).")
        }
        try set(value, at: Array(place.dropFirst()), in: &inner)
        switch (json, key) {
        case (.object(var object), .key(let name)):
            object[name] = inner
            json = .object(object)
        case (.array(var array), .index(let index)):
            array[index] = inner
            json = .array(array)
        default: break
        }
    }
}
