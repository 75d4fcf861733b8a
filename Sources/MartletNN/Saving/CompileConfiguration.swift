import MartletCore
import MartletFormats

/// What `compile` chose, as Keras writes it: `compile_config`, or `training_config` in legacy files.
enum CompileConfiguration {
    /// Compiles a model as its file says.
    /// - Throws: `MartletError` naming the part that is not known.
    static func apply(_ json: JSONValue, to model: Model) throws {
        guard let optimizer = json["optimizer"] ?? json["optimizer_config"], optimizer != .null else { return }
        let names = model.outputNames
        let loss = json["loss"] ?? .null
        if loss == .null { return }
        func part<R>(_ key: String, _ body: () throws -> R) throws -> R {
            do {
                return try body()
            } catch let error as MartletError {
                let place = error.location.map { "\(key), \($0)" } ?? key
                throw MartletError(error.message + " Load with compile: false to leave the training out.", at: place)
            }
        }
        try model.compile(
            optimizer: part("optimizer") { try Optimizer.make(from: optimizer) },
            losses: part("loss") { try perOutput(loss, names).map { try Loss.make(from: $0) } },
            lossWeights: part("loss_weights") {
                guard let weights = json["loss_weights"], weights != .null else { return nil }
                return try perOutput(weights, names).map { try $0.value(at: []) }
            },
            metrics: part("metrics") { try metrics(json["metrics"], names) },
            weightedMetrics: part("weighted_metrics") { try metrics(json["weighted_metrics"], names) })
        model.compilation?.source = json
    }

    /// The configuration of a compiled model, nil for others.
    static func describe(_ model: Model) -> JSONValue? {
        guard let compilation = model.compilation else { return nil }
        let optimizer = compilation.optimizer
        var json: JSONObject = [:]
        if case .object(let source)? = compilation.source { json = source }
        json["optimizer_config"] = nil
        json["optimizer"] = .keras(
            module: "keras.optimizers", className: "\(type(of: optimizer))", config: optimizer.config)
        if compilation.source == nil {
            let losses = compilation.losses.map { loss in
                JSONValue.keras(module: "keras.losses", className: "\(type(of: loss))", config: loss.config)
            }
            json["loss"] = losses.count == 1 ? losses[0] : .array(losses)
            json["loss_weights"] = compilation.lossWeights.map { .array($0.map { .double($0) }) } ?? .null
            json["metrics"] = describe(compilation.metricChoices)
            json["weighted_metrics"] = describe(compilation.weightedMetricChoices)
            json["run_eagerly"] = false
            json["steps_per_execution"] = 1
            json["jit_compile"] = false
        }
        return .object(json)
    }

    /// One entry for each output: given as one for all, a list, or a dictionary by the outputs' names.
    private static func perOutput(_ json: JSONValue, _ names: [String]) throws -> [JSONValue] {
        switch json {
        case .array(let values): return values
        case .object(let object) where object["class_name"] == nil:
            return try names.map { name in
                guard let value = object[name] else {
                    throw MartletError("Expected an entry for every output. There is none for \"\(name)\".")
                }
                return value
            }
        default: return [json]
        }
    }

    private static func metrics(_ json: JSONValue?, _ names: [String]) throws -> [[any MetricConvertible]] {
        func list(_ json: JSONValue) throws -> [any MetricConvertible] {
            switch json {
            case .null: []
            case .array(let values): try values.flatMap(list)
            case .string(let name): [name]
            default: [try Metric.make(from: json)]
            }
        }
        switch json {
        case nil, .null: return []
        case .object(let object)? where object["class_name"] == nil:
            return try names.map { try list(object[$0] ?? .null) }
        case .array(let values)?:
            // A list of its own for every output, or one list for the only output.
            let isNested = values.contains { if case .array = $0 { true } else { false } }
            return isNested || names.count > 1 ? try values.map(list) : [try values.flatMap(list)]
        case let json?: return [try list(json)]
        }
    }

    private static func describe(_ choices: [[any MetricConvertible]]) -> JSONValue {
        let lists = choices.map { list in
            JSONValue.array(
                list.map { choice in
                    if let name = choice as? String { return .string(name) }
                    guard let metric = choice as? Metric else { return .null }
                    return .keras(module: "keras.metrics", className: "\(type(of: metric))", config: metric.config)
                })
        }
        if lists.allSatisfy({ $0 == [] }) { return .null }
        return lists.count == 1 ? lists[0] : .array(lists)
    }
}

extension Model {
    /// The outputs' names: the keys of a dictionary, or the names of the layers that give them.
    var outputNames: [String] {
        structures?.outputs.keys ?? graph?.outputs.map(\.node.layer.name) ?? [sublayers.last?.name ?? name]
    }
}
