import MartletCore
import MartletFormats

extension OlderKeras {
    /// How a model was compiled, in Keras 3's words.
    /// - Parameter outputs: the names of the model's outputs.
    static func compilation(_ json: JSONValue, outputs: [String]) -> JSONValue {
        guard case .object(var object) = json else { return json }
        for key in ["optimizer", "optimizer_config"] { object[key] = object[key].map(optimizer) }
        object["loss"] = object["loss"].map(part)
        for key in ["metrics", "weighted_metrics"] {
            object[key] = object[key].map { metrics(part($0), outputs: outputs) }
        }
        for key in ["run_eagerly", "steps_per_execution", "jit_compile"] where object[key] == .null { object[key] = nil }
        return .object(object)
    }

    /// Losses and metrics, in whatever lists and dictionaries they stand.
    private static func part(_ json: JSONValue) -> JSONValue {
        switch json {
        case .string(let name): return .string(functions[name] ?? plainName(name))
        case .array(let values): return .array(values.map(part))
        case .object(var object):
            guard case .string(let className)? = object["class_name"], case .object(var config)? = object["config"] else {
                for (key, value) in object { object[key] = part(value) }
                return .object(object)
            }
            object["class_name"] = .string(plainName(className))
            // Under `fit` it meant the mean over the batch.
            if config["reduction"] == "auto" { config["reduction"] = "sum_over_batch_size" }
            // A wrapper is of the class of its function.
            if ["MeanMetricWrapper", "LossFunctionWrapper"].contains(className), case .string(let name)? = config["fn"] {
                object["class_name"] = .string(functions[name] ?? name)
            }
            if case .string? = config["fn"] { config["fn"] = nil }
            object["config"] = .object(config)
            return .object(object)
        default: return json
        }
    }

    /// Metrics without the names of outputs, which Keras 2 put before those of metrics where there are several outputs.
    private static func metrics(_ json: JSONValue, outputs: [String]) -> JSONValue {
        guard outputs.count > 1 else { return json }
        func strip(_ json: JSONValue, _ output: String) -> JSONValue {
            switch json {
            case .array(let values): return .array(values.map { strip($0, output) })
            case .object(var object):
                guard case .object(var config)? = object["config"], case .string(let name)? = config["name"] else { return json }
                if name.hasPrefix(output + "_") { config["name"] = .string(String(name.dropFirst(output.count + 1))) }
                object["config"] = .object(config)
                return .object(object)
            default: return json
            }
        }
        switch json {
        case .array(let values) where values.count == outputs.count:
            return .array(zip(values, outputs).map(strip))
        case .object(var object) where object["class_name"] == nil:
            for (key, value) in object { object[key] = strip(value, key) }
            return .object(object)
        default: return json
        }
    }

    /// Names of optimizers that Keras 3 no longer has: of the one that `compile` puts around others for `mixed_float16`.
    private static let optimizers = ["LossScaleOptimizerV3": "LossScaleOptimizer"]

    /// Names of functions that Keras 3 no longer has.
    private static let functions = ["cosine_proximity": "cosine_similarity"]

    /// An optimizer. What it divided the learning rate by in every step is a schedule.
    private static func optimizer(_ json: JSONValue) -> JSONValue {
        guard case .object(var object) = json, case .string(let className)? = object["class_name"],
            case .object(var config)? = object["config"]
        else { return json }
        let name = plainName(className)
        object["class_name"] = .string(optimizers[name] ?? name)
        config["inner_optimizer"] = config["inner_optimizer"].map(optimizer)
        config["learning_rate"] = config["learning_rate"] ?? config["lr"]
        let decay = config["decay"].flatMap(Double.init(json:)) ?? 0
        // Nadam's is another.
        if decay > 0, name != "Nadam", let rate = config["learning_rate"].flatMap(Double.init(json:)) {
            config["learning_rate"] = JSONValue(
                InverseTimeDecay(initialLearningRate: rate, decaySteps: 1, decayRate: decay))
        }
        object["config"] = .object(config)
        return .object(object)
    }
}
