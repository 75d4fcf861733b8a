import MartletCore
import MartletFormats

/// What is given for the outputs of a model: one value, a list in the outputs' order, or values by the outputs' names.
/// An output may have none.
package enum PerOutput<Value> {
    case single(Value)
    case list([Value?])
    case named([(output: String, value: Value?)])

    package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> PerOutput<Other> {
        switch self {
        case .single(let value): .single(try transform(value))
        case .list(let values): .list(try values.map { try $0.map(transform) })
        case .named(let values): .named(try values.map { ($0.output, try $0.value.map(transform)) })
        }
    }

    /// The values for outputs of these names, in their order.
    /// - Throws: `MartletError` when a list is of another length, or a name is not an output's.
    package func values(for outputs: [String], _ argument: String) throws -> [Value?] {
        switch self {
        case .single(let value): return outputs.map { _ in value }
        case .list(let values):
            guard values.count == outputs.count else {
                throw MartletError(
                    "Expected one of each for the outputs \(outputs). Received: \(values.count).", at: argument)
            }
            return values
        case .named(let values):
            if let stranger = values.first(where: { !outputs.contains($0.output) }) {
                throw MartletError(
                    "Expected names of outputs, which are \(outputs). Received: \"\(stranger.output)\".", at: argument)
            }
            return outputs.map { name in values.first { $0.output == name }?.value }
        }
    }
}

/// How a model was compiled, as Keras writes it: the `compile_config` of a `.keras` file, the `training_config` of an
/// `.h5` file.
///
/// Source: [`keras.Model.compile`](https://keras.io/api/models/model_training_apis/#compile-method).
package struct CompileConfiguration {
    package let optimizer: Optimizer
    package let loss: PerOutput<Loss>?
    package let lossWeights: PerOutput<Double>?
    /// Each a name, of which `"accuracy"` depends on shapes, or a metric.
    package let metrics: PerOutput<[any MetricConvertible]>?
    package let weightedMetrics: PerOutput<[any MetricConvertible]>?
    package let runEagerly: Bool
    package let stepsPerExecution: Int

    /// Reads a configuration.
    /// - Throws: `MartletError` naming the part that is missing, unknown or out of range.
    package init(_ json: JSONValue) throws {
        // Older files hold the same under other names.
        let optimizer = json["optimizer"] ?? json["optimizer_config"]
        let config = Configuration(className: "compile_config", json)
        self.optimizer = try config.located("optimizer") {
            guard let optimizer, optimizer != .null else { return RMSprop() }
            return try Optimizer.make(from: optimizer)
        }
        loss = try config.perOutput("loss") { try Loss.make(from: $0) }
        lossWeights = try config.perOutput("loss_weights") { try $0.value(at: []) }
        metrics = try config.perOutputMetrics("metrics")
        weightedMetrics = try config.perOutputMetrics("weighted_metrics")
        runEagerly = try config.value("run_eagerly", default: false)
        stepsPerExecution = try config.value("steps_per_execution", default: 1)
    }
}

extension Configuration {
    /// The argument `key`: a value, a list or a dictionary of values; nil when it is missing or null.
    fileprivate func perOutput<Value>(
        _ key: String, _ read: (JSONValue) throws -> Value
    ) throws -> PerOutput<Value>? {
        guard let json = arguments[.key(key)], json != .null else { return nil }
        func optional(_ json: JSONValue) throws -> Value? { json == .null ? nil : try read(json) }
        return try located(key) {
            switch json {
            case .array(let values): return .list(try values.map(optional))
            case .object(let members) where members["class_name"] == nil:
                return .named(try members.map { ($0.key, try optional($0.value)) })
            default: return .single(try read(json))
            }
        }
    }

    /// The argument `key`: a list of metrics, a list of lists, or a dictionary of metrics or lists.
    fileprivate func perOutputMetrics(_ key: String) throws -> PerOutput<[any MetricConvertible]>? {
        func metric(_ json: JSONValue) throws -> any MetricConvertible {
            if case .string(let name) = json { return name }
            return try Metric.make(from: json)
        }
        func metrics(_ json: JSONValue) throws -> [any MetricConvertible] {
            if case .array(let items) = json { return try items.filter { $0 != .null }.map(metric) }
            return [try metric(json)]
        }
        // A plain list is the metrics of the only output; lists in a list are those of each.
        if case .array(let items) = arguments[.key(key)], !items.contains(where: \.isArray) {
            return try located(key) { .single(try metrics(.array(items))) }
        }
        return try perOutput(key, metrics)
    }
}

extension JSONValue {
    fileprivate var isArray: Bool {
        if case .array = self { true } else { false }
    }
}
