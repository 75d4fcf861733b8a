import MartletCore
import MartletFormats

/// How a model was compiled, as Keras writes it: the `compile_config` of a `.keras` file, the `training_config` of an
/// `.h5` file.
///
/// Source: [`keras.Model.compile`](https://keras.io/api/models/model_training_apis/#compile-method).
package struct CompileConfiguration {
    package let optimizer: Optimizer
    package let loss: PerOutput<any LossConvertible>?
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
        loss = try config.perOutput("loss") { json -> any LossConvertible in
            if case .string(let name) = json, name.isCrossentropy { return name }
            return try Loss.make(from: json)
        }
        lossWeights = try config.perOutput("loss_weights") { try $0.value(at: []) }
        (metrics, weightedMetrics) = try WeightBudget.$current.withValue(.forMetrics) {
            (try config.perOutputMetrics("metrics"), try config.perOutputMetrics("weighted_metrics"))
        }
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
        // A plain list is the metrics of the only output; lists in a list are those of each, and so is one with gaps.
        if case .array(let items) = arguments[.key(key)], !items.contains(where: { $0.isArray || $0 == .null }) {
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
