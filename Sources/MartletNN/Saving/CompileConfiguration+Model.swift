import MartletCore
import MartletFormats

extension CompileConfiguration {
    /// Compiles a model as its file says; a file without an optimizer leaves the model as it is.
    /// - Throws: `MartletError` naming the part that is not known.
    static func apply(_ json: JSONValue, to model: Model) throws {
        guard let optimizer = json["optimizer"] ?? json["optimizer_config"], optimizer != .null else { return }
        do {
            let configuration = try CompileConfiguration(json)
            guard let loss = configuration.loss else { return }
            let names = model.outputNames
            let losses = try loss.values(for: names, "loss").map { loss in
                guard let loss else { throw MartletError("Expected a loss for every output.", at: "loss") }
                return loss
            }
            try model.compile(
                optimizer: configuration.optimizer, losses: losses,
                lossWeights: try configuration.lossWeights?.values(for: names, "loss_weights").map { $0 ?? 1 },
                metrics: try configuration.metrics?.values(for: names, "metrics").map { $0 ?? [] } ?? [],
                weightedMetrics: try configuration.weightedMetrics?.values(for: names, "weighted_metrics")
                    .map { $0 ?? [] } ?? [],
                runEagerly: configuration.runEagerly)
            model.compilation?.source = json
        } catch let error as MartletError {
            throw MartletError(
                error.message + " Load with compile: false to leave the training out.", at: error.location ?? "compile_config")
        }
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
