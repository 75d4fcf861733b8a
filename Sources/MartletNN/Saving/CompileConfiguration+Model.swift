import MartletCore
import MartletFormats

extension CompileConfiguration {
    /// Compiles a model as its file says. A file without an optimizer leaves the model as it is. So does one whose
    /// compilation cannot be read, with a warning; what needs a compiled model then throws for the same reason.
    static func apply(_ json: JSONValue, to model: Model) {
        guard let optimizer = json["optimizer"] ?? json["optimizer_config"], optimizer != .null else { return }
        do {
            let configuration = try CompileConfiguration(json)
            guard let loss = configuration.loss else { return }
            try model.compile(
                optimizer: configuration.optimizer, losses: loss, lossWeights: configuration.lossWeights,
                metrics: configuration.metrics, weightedMetrics: configuration.weightedMetrics,
                runEagerly: configuration.runEagerly, stepsPerExecution: configuration.stepsPerExecution)
            model.compilation?.source = json
        } catch {
            model.compilationProblem = "The file's compilation cannot be read: \(error)"
            Settings.warn(
                "The model \"\(model.name)\" is not compiled. The file's compilation cannot be read: \(error) Load with "
                    + "compile: false to skip it.")
        }
    }

    /// The configuration of a compiled model, nil for others.
    /// - Parameter withoutNames: whether losses and metrics are written as objects: Keras cannot read short names (`mse`)
    ///   in `.h5` files.
    static func describe(_ model: Model, withoutNames: Bool = false) -> JSONValue? {
        guard let compilation = model.compilation else { return nil }
        let optimizer = compilation.optimizer
        var json: JSONObject = [:]
        if case .object(let source)? = compilation.source { json = source }
        json["optimizer_config"] = nil
        json["optimizer"] = JSONValue(optimizer)
        if compilation.source == nil || withoutNames {
            json["loss"] = JSONValue(compilation.losses) { loss in
                (loss as? Loss).map { JSONValue($0) } ?? (loss as? String).map { .string($0) } ?? .null
            }
            json["loss_weights"] = compilation.lossWeights.map { JSONValue($0) { .double($0) } } ?? .null
            json["metrics"] = describe(compilation.metrics, withoutNames)
            json["weighted_metrics"] = describe(compilation.weightedMetrics, withoutNames)
            json["run_eagerly"] = .bool(model.runsEagerly)
            json["steps_per_execution"] = .int(compilation.stepsPerExecution)
            json["jit_compile"] = false
        }
        return .object(json)
    }

    private static func describe(_ metrics: PerOutput<[any MetricConvertible]>?, _ withoutNames: Bool) -> JSONValue {
        guard let metrics else { return .null }
        if case .single(let list) = metrics, list.isEmpty { return .null }
        return JSONValue(metrics) { list in
            .array(
                list.map { choice in
                    if let name = choice as? String, !(withoutNames && !name.dependsOnShapes) { return .string(name) }
                    // The shapes do not matter: only names of another kind depend on them.
                    return (try? choice.makeMetric(for: [nil, 1], [nil, 1], loss: nil)).map { JSONValue($0) } ?? .null
                })
        }
    }
}

extension JSONValue {
    /// Values for outputs, as Keras writes them.
    fileprivate init<Value>(_ values: PerOutput<Value>, _ describe: (Value) -> JSONValue) {
        func optional(_ value: Value?) -> JSONValue { value.map(describe) ?? .null }
        switch values {
        case .single(let value): self = describe(value)
        case .list(let list): self = .array(list.map(optional))
        case .named(let members): self = .object(members.reduce(into: JSONObject()) { $0[$1.output] = optional($1.value) })
        }
    }
}

extension Model {
    /// The names of the outputs: the keys of a dictionary, or the names of the output layers.
    var outputNames: [String] {
        structures?.outputs.keys ?? graph?.outputs.map(\.node.layer.name) ?? [sublayers.last?.name ?? name]
    }
}
