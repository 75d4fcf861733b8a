import MartletCore
import MartletFormats

/// The settings of `compile`: optimizer, losses, metrics.
final class Compilation {
    /// The loss and the metrics of one output.
    struct Output {
        let loss: Loss?
        /// The factor of the loss in the total.
        let lossWeight: Double?
        /// The mean of this loss, when several outputs have a loss.
        let lossTracker: Mean?
        let metrics: [Metric]
        let weightedMetrics: [Metric]
        /// The place of this output's target; nil when it has none.
        let target: Int?
    }

    let optimizer: Optimizer
    /// Whether `compile` put a `LossScaleOptimizer` around the optimizer that it was given. As in Keras, files have that one.
    let scalesLoss: Bool
    /// The arguments of `compile`. Names that depend on shapes are still names here.
    let losses: PerOutput<any LossConvertible>
    let lossWeights: PerOutput<Double>?
    let metrics: PerOutput<[any MetricConvertible]>?
    let weightedMetrics: PerOutput<[any MetricConvertible]>?
    /// The number of steps between two calls of the callbacks' batch hooks.
    let stepsPerExecution: Int
    /// The warnings of likely mistakes that were given.
    var warned: Set<String> = []
    /// The settings that a file had, which are written back unchanged.
    var source: JSONValue?

    /// The mean loss over the samples of an epoch, including penalties.
    let lossTracker = Mean(name: "loss")
    /// Made when the shapes are first known.
    private(set) var outputs: [Output] = []
    /// The metrics in the logs, with their names.
    private(set) var reported: [(name: String, metric: Metric)]

    init(
        optimizer: Optimizer, scalesLoss: Bool = false, losses: PerOutput<any LossConvertible>, lossWeights: PerOutput<Double>?,
        metrics: PerOutput<[any MetricConvertible]>?, weightedMetrics: PerOutput<[any MetricConvertible]>?,
        stepsPerExecution: Int
    ) throws {
        guard stepsPerExecution >= 1 else {
            throw MartletError("Expected a number of at least 1. Received: \(stepsPerExecution).", at: "stepsPerExecution")
        }
        self.optimizer = scalesLoss ? LossScaleOptimizer(optimizer, name: "loss_scale_optimizer") : optimizer
        self.scalesLoss = scalesLoss
        self.losses = try losses.map { choice in
            if let name = choice as? String, name.isCrossentropy { return name }
            return try choice.makeLoss()
        }
        self.lossWeights = lossWeights
        self.metrics = metrics
        self.weightedMetrics = weightedMetrics
        self.stepsPerExecution = stepsPerExecution
        reported = [("loss", lossTracker)]
    }

    /// Makes losses and metrics for the outputs of these names, and checks that they fit the shapes.
    ///
    /// - Parameter targets: one for each output, or one for each that has a loss.
    func prepare(outputs names: [String], targets: [PartialShape], predictions: [PartialShape]) throws {
        if outputs.count != predictions.count { try makeOutputs(names, targets, predictions) }
        for (place, (output, prediction)) in zip(outputs, predictions).enumerated() {
            guard let index = output.target else { continue }
            guard targets.indices.contains(index) else { throw wrongCount(targets.count, names) }
            do {
                try output.loss?.validate(target: targets[index], prediction: prediction)
                for metric in output.metrics + output.weightedMetrics {
                    try metric.validate(target: targets[index], prediction: prediction)
                }
            } catch let error as MartletError where outputs.count > 1 {
                // Targets in another order than the outputs are the likeliest cause.
                let order = names.map { "\"\($0)\"" }.joined(separator: ", ")
                throw MartletError(
                    "\(error.message) Targets come in the order of the outputs: \(order).",
                    at: error.location ?? "output \"\(names[place])\"")
            }
        }
    }

    private func wrongCount(_ count: Int, _ names: [String]) -> MartletError {
        MartletError("Expected targets for each of the model's \(names.count) outputs. Received: \(count).", at: "y")
    }

    private func makeOutputs(_ names: [String], _ targets: [PartialShape], _ predictions: [PartialShape]) throws {
        let losses = try losses.values(for: names, "loss")
        let weights = try lossWeights?.values(for: names, "lossWeights")
        let metrics = try metrics?.metrics(for: names, "metrics")
        let weightedMetrics = try weightedMetrics?.metrics(for: names, "weightedMetrics")
        let withLoss = losses.indices.filter { losses[$0] != nil }
        guard [names.count, withLoss.count].contains(targets.count) else { throw wrongCount(targets.count, names) }
        outputs = try names.indices.map { index in
            let target = targets.count == names.count ? index : withLoss.firstIndex(of: index)
            let loss = try target.flatMap { try losses[index]?.makeLoss(for: targets[$0], predictions[index]) }
            func make(_ choices: [any MetricConvertible]) throws -> [Metric] {
                guard !choices.isEmpty else { return [] }
                guard let target else {
                    throw MartletError("Expected targets for \"\(names[index])\", which has metrics.", at: "y")
                }
                return try choices.map { try $0.makeMetric(for: targets[target], predictions[index], loss: loss) }
            }
            return Output(
                loss: loss, lossWeight: weights?[index],
                lossTracker: withLoss.count > 1 && loss != nil ? Mean(name: names[index] + "_loss") : nil,
                metrics: try make(metrics?[index] ?? []), weightedMetrics: try make(weightedMetrics?[index] ?? []),
                target: target)
        }
        reported = [("loss", lossTracker)] + outputs.compactMap { output in output.lossTracker.map { ($0.name, $0) } }
        for (name, output) in zip(names, outputs) { report(output.metrics, of: name) }
        for (name, output) in zip(names, outputs) { report(output.weightedMetrics, of: name, again: "weighted_") }
    }

    /// Adds metrics to the logs under Keras's names. With several outputs the output's name comes first. A second metric of
    /// the same name gets the prefix `again`, then a number.
    private func report(_ metrics: [Metric], of output: String, again: String = "") {
        let prefix = outputs.count > 1 ? output + "_" : ""
        var taken = Set(reported.map(\.name))
        // So that thousands of one name do not all count from the start.
        var numbers: [String: Int] = [:]
        for metric in metrics {
            var name = prefix + metric.name
            if taken.contains(name) { name = prefix + again + metric.name }
            while taken.contains(name) {
                numbers[metric.name, default: 0] += 1
                name = "\(prefix)\(again)\(metric.name)_\(numbers[metric.name]!)"
            }
            taken.insert(name)
            reported.append((name, metric))
        }
    }

    func resetMetrics() { for (_, metric) in reported { metric.reset() } }

    /// The names in the logs, with zeros, so that no dictionary is made for each batch.
    private var blankLogs = Logs()
    /// The place of each reported number among them. Outputs of one name, those of a layer that is called twice, share one.
    private var places: [Int] = []
    /// The names in the logs, in their order.
    private(set) var names: [String] = []

    private func arrange() {
        guard places.count != reported.count else { return }
        blankLogs = reported.reduce(into: Logs()) { $0[$1.name] = 0 }
        names = blankLogs.keys
        let order = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        places = reported.map { order[$0.name]! }
    }

    /// The values so far, `loss` first.
    func logs() -> Logs {
        arrange()
        var logs = blankLogs
        for (place, (name, metric)) in zip(places, reported) {
            if let number = metric.resultNumber {
                logs.set(number, at: place)
            } else {
                let result = result(of: metric, name)
                if result.rank == 0 { logs.set(result.item(), at: place) } else { logs.set(result.scalars(), for: name) }
            }
        }
        return logs
    }

    /// The numbers of `logs()`, in the order of `names`, without making logs.
    func readNumbers(into numbers: inout [Double]) {
        arrange()
        if numbers.count != names.count { numbers = [Double](repeating: 0, count: names.count) }
        for (place, (name, metric)) in zip(places, reported) {
            numbers[place] = metric.resultNumber ?? Logs.number(of: result(of: metric, name).scalars())
        }
    }

    /// The mean loss so far, without the other metrics.
    var meanLoss: Double { lossTracker.resultNumber ?? result(of: lossTracker, "loss").item() }

    private func result(of metric: Metric, _ name: String) -> Tensor {
        Context.current.inLayer("metric \(name)", metric.result)
    }
}

extension Model {
    /// What training is about, for reports: optimizer with its settings, losses, metrics. Empty before `compile`.
    package var trainingFacts: [(name: String, value: String)] {
        guard let compilation else { return [] }
        func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
        let config = compilation.optimizer.config.filter { $0.value != .null && $0.key != "name" }.sorted { $0.key < $1.key }
        let settings = config.map { name, value in
            // A rate is a float32: 0.001, not 0.0010000000474974513.
            if case .double(let number) = value { return (name: "optimizer: \(name)", value: "\(Float(number))") }
            return (name: "optimizer: \(name)", value: value.serialized())
        }
        return [(name: "optimizer", value: compilation.optimizer.className)] + settings + [
            (name: "loss", value: list(compilation.outputs.compactMap { $0.loss?.name })),
            (name: "metrics", value: list(compilation.reported.dropFirst().map(\.name))),
        ]
    }

    /// Configures the model for training.
    ///
    /// - Parameters:
    ///   - optimizer: an optimizer, or Keras's name for one with its defaults: `"adam"`.
    ///   - loss: a loss, Keras's name for one, or `.custom { yTrue, yPred in ... }`. Used for every output.
    ///   - metrics: metrics to report; `.accuracy` becomes the form that fits the shapes. A model of several outputs takes
    ///     one metric for each.
    ///   - weightedMetrics: metrics that sample and class weights apply to.
    ///   - runEagerly: whether steps run op by op, for debugging, instead of compiled.
    ///   - stepsPerExecution: the number of steps between two calls of the callbacks' batch hooks.
    ///   - autoScaleLoss: whether the optimizer of a model whose policy is `mixed_float16` gets a `LossScaleOptimizer` around it.
    ///   - debugNumerics: whether `fit` and `evaluate` find where NaN or infinity appears first, as within `withDebugNumerics`.
    /// - Throws: `MartletError` when a name is not known.
    public func compile(
        optimizer: any OptimizerConvertible = "rmsprop", loss: any LossConvertible,
        metrics: [any MetricConvertible] = [], weightedMetrics: [any MetricConvertible] = [], runEagerly: Bool = false,
        stepsPerExecution: Int = 1, autoScaleLoss: Bool = true, debugNumerics: Bool = false
    ) throws {
        try compile(
            optimizer: optimizer, losses: .single(loss), metrics: .single(metrics),
            weightedMetrics: .single(weightedMetrics), runEagerly: runEagerly, stepsPerExecution: stepsPerExecution,
            autoScaleLoss: autoScaleLoss, debugNumerics: debugNumerics)
    }

    /// Configures a model of several outputs for training. Each argument is a list in the order of the outputs, or a
    /// dictionary by the names of the outputs. An output has the name of its layer (`output_1`, ... in a subclass of
    /// `Model`).
    ///
    /// The logs report `<output>_loss` for each output that has a loss, and `<output>_<metric>`.
    ///
    /// - Parameters:
    ///   - losses: the loss of each output. An output with `nil` adds nothing to the total and needs no target.
    ///   - lossWeights: the factor of each output's loss in the total; 1 for all when nil.
    ///   - metrics: the metrics of each output.
    ///   - weightedMetrics: the metrics of each output that sample and class weights apply to.
    ///   - runEagerly: whether steps run op by op, for debugging, instead of compiled.
    ///   - stepsPerExecution: the number of steps between two calls of the callbacks' batch hooks.
    ///   - autoScaleLoss: whether the optimizer of a model whose policy is `mixed_float16` gets a `LossScaleOptimizer` around it.
    ///   - debugNumerics: whether `fit` and `evaluate` find where NaN or infinity appears first, as within `withDebugNumerics`.
    /// - Throws: `MartletError` when a name is not known. The number of outputs is checked with the first data.
    public func compile(
        optimizer: any OptimizerConvertible = "rmsprop", losses: PerOutput<any LossConvertible>,
        lossWeights: PerOutput<Double>? = nil, metrics: PerOutput<[any MetricConvertible]>? = nil,
        weightedMetrics: PerOutput<[any MetricConvertible]>? = nil, runEagerly: Bool = false, stepsPerExecution: Int = 1,
        autoScaleLoss: Bool = true, debugNumerics: Bool = false
    ) throws {
        let optimizer = try optimizer.makeOptimizer()
        compilation = try Compilation(
            optimizer: optimizer,
            scalesLoss: autoScaleLoss && dtypePolicy == .mixedFloat16 && !(optimizer is LossScaleOptimizer), losses: losses,
            lossWeights: lossWeights, metrics: metrics, weightedMetrics: weightedMetrics,
            stepsPerExecution: stepsPerExecution)
        runsEagerly = runEagerly
        debugsNumerics = debugNumerics
        notePolicySpeed()
    }

    /// The optimizer of `compile`, nil before it is called.
    public var optimizer: Optimizer? { compilation?.optimizer }

    /// The metrics in the order of the logs, `loss` first. Empty before `compile`. The metrics given to `compile` appear with
    /// the first data.
    public var metrics: [Metric] { compilation?.reported.map(\.metric) ?? [] }

    func requireCompilation(_ function: String) throws -> Compilation {
        guard let compilation else {
            throw MartletError(
                "Expected a compiled model. Call compile(optimizer:loss:metrics:) first."
                    + (compilationProblem.map { " \($0)" } ?? ""), at: "\(name).\(function)")
        }
        if let missingPart { throw MartletError(missingPart, at: "\(name).\(function)") }
        return compilation
    }
}

extension Model {
    /// The names in the logs, `loss` first: those of `metrics`. Empty before `compile`.
    public var metricsNames: [String] { compilation?.reported.map(\.name) ?? [] }

    /// The accumulators of the metrics.
    public var metricsVariables: [Variable] { metrics.flatMap(\.variables) }

    /// Forgets what the metrics took in.
    public func resetMetrics() { compilation?.resetMetrics() }

    /// What the metrics say of everything taken in since they were last reset, `loss` first. Empty before `compile`.
    public func metricsResult() -> Logs { compilation?.logs() ?? Logs() }
}
