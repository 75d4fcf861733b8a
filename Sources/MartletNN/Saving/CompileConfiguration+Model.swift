import MartletCore
import MartletFormats

extension CompileConfiguration {
    /// Compiles a model as its file says, with the parts that the caller gave in place of the file's. A file without a loss,
    /// or whose optimizer is null, leaves the model as it is, unless the caller gave a loss. So does one whose compilation
    /// cannot be read, where the choice allows it; what needs a compiled model then throws for the same reason. A file that does
    /// not name an optimizer has Keras's default: Keras 3 writes such files of models that it saved as `.h5` before.
    /// - Parameter older: the version of Keras that wrote it, nil for Keras 3.
    /// - Throws: `MartletError` with the part that is not known.
    static func apply(_ json: JSONValue?, to model: Model, _ choice: CompilationChoice, older: String?) throws {
        var json = choice.readsFile ? json ?? .null : .null
        let original = json["optimizer"] ?? json["optimizer_config"] ?? .null
        if older != nil, json != .null { json = OlderKeras.compilation(json, outputs: model.outputNames) }
        let optimizer = json["optimizer"] ?? json["optimizer_config"] ?? .null
        guard choice.losses != nil || optimizer != .null || older == nil && lacksOptimizer(json) else { return }
        do {
            let configuration = try CompileConfiguration(choice.withoutReplaced(json))
            guard let losses = choice.losses ?? configuration.loss else { return }
            if let older { OlderKeras.setRule(of: configuration.optimizer, original, version: older) }
            try model.compile(
                optimizer: choice.optimizer ?? configuration.optimizer, losses: losses,
                lossWeights: configuration.lossWeights, metrics: choice.metrics ?? configuration.metrics,
                weightedMetrics: configuration.weightedMetrics, runEagerly: configuration.runEagerly,
                stepsPerExecution: configuration.stepsPerExecution)
            // In `.h5` files objects have no modules, without which Keras does not find them in `.keras` files.
            let hasModules = json["optimizer_config"] == nil
            if !choice.replacesParts && older == nil && hasModules { model.compilation?.source = json }
        } catch let error as MartletError {
            guard choice.unreadable != .error else {
                throw MartletError(error.message + " " + choice.advice, at: error.location ?? "compile_config")
            }
            model.compilationProblem = "The file's compilation cannot be read: \(error)"
            if choice.unreadable == .warning {
                Settings.warn(
                    "The model \"\(model.name)\" is not compiled. The file's compilation cannot be read: \(error) "
                        + choice.advice)
            }
        }
    }

    /// Whether a compilation of Keras 3 has a loss and says nothing of an optimizer, not even that there is none. The state in
    /// the file is another optimizer's then.
    static func lacksOptimizer(_ json: JSONValue?) -> Bool {
        guard let json, json["loss"] ?? .null != .null else { return false }
        return json["optimizer"] == nil && json["optimizer_config"] == nil
    }

    /// The configuration of a compiled model, nil for others.
    /// - Parameter withoutNames: whether losses and metrics are written as objects: Keras cannot read short names (`mse`)
    ///   in `.h5` files.
    static func describe(_ model: Model, withoutNames: Bool = false) -> JSONValue? {
        guard let compilation = model.compilation else { return nil }
        let inner = (compilation.optimizer as? LossScaleOptimizer)?.innerOptimizer
        let optimizer = compilation.scalesLoss ? inner ?? compilation.optimizer : compilation.optimizer
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
    /// Compiles a model of a file that says nothing of it, with the parts that the caller gave.
    package func compile(_ choice: CompilationChoice) throws {
        try CompileConfiguration.apply(nil, to: self, choice, older: nil)
    }

    /// The names of the outputs: the keys of a dictionary, or the names of the output layers.
    package var outputNames: [String] {
        structures?.outputs.keys ?? graph?.outputs.map(\.node.layer.name) ?? [sublayers.last?.name ?? name]
    }

    /// The number of outputs, nil for a subclass, which shows it only when it runs.
    package var outputCount: Int? { graph?.outputs.count ?? (self is Sequential ? 1 : nil) }
}

/// What `load` does with the compilation of a file.
package struct CompilationChoice {
    /// Parts in place of the file's, which are not read. Metrics replace the file's weighted metrics, too.
    package var optimizer: (any OptimizerConvertible)?
    package var losses: PerOutput<any LossConvertible>?
    package var metrics: PerOutput<[any MetricConvertible]>?
    /// Whether the file's compilation is read at all.
    package var readsFile: Bool
    /// What a compilation that cannot be read is. Unless it is an error, it leaves the model without one.
    package enum Unreadable: Sendable {
        case error, warning, nothing
    }
    package var unreadable = Unreadable.warning
    /// What to do about a compilation that cannot be read.
    package var advice = "Load with compile: false to skip it."

    package init(readsFile: Bool = true) { self.readsFile = readsFile }

    fileprivate var replacesParts: Bool { optimizer != nil || losses != nil || metrics != nil }

    fileprivate func withoutReplaced(_ json: JSONValue) -> JSONValue {
        guard case .object(var members) = json else { return .object([:]) }
        if optimizer != nil { (members["optimizer"], members["optimizer_config"]) = (nil, nil) }
        if losses != nil { members["loss"] = nil }
        if metrics != nil { (members["metrics"], members["weighted_metrics"]) = (nil, nil) }
        return .object(members)
    }
}
