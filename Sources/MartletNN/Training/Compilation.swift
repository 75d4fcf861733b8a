import MartletCore
import MartletFormats

/// What `compile` set up: the optimizer, the losses, the metrics.
final class Compilation {
    let optimizer: Optimizer
    let losses: [Loss]
    let lossWeights: [Double]?
    let metricChoices: [[any MetricConvertible]]
    let weightedMetricChoices: [[any MetricConvertible]]
    /// What a file said, which is written again as it was.
    var source: JSONValue?

    /// The mean loss over the samples of an epoch, penalties included.
    let lossTracker = Mean(name: "loss")
    /// For each output its metrics; made when the shapes are first known.
    private(set) var metrics: [[Metric]]?
    private(set) var weightedMetrics: [[Metric]] = []

    init(
        optimizer: Optimizer, losses: [Loss], lossWeights: [Double]?, metrics: [[any MetricConvertible]],
        weightedMetrics: [[any MetricConvertible]]
    ) {
        self.optimizer = optimizer
        self.losses = losses
        self.lossWeights = lossWeights
        metricChoices = metrics
        weightedMetricChoices = weightedMetrics
    }

    func loss(ofOutput index: Int) -> Loss { losses.count == 1 ? losses[0] : losses[index] }

    /// Makes the metrics and checks that losses and metrics fit the shapes.
    func prepare(targets: [PartialShape], predictions: [PartialShape]) throws {
        guard targets.count == predictions.count else {
            throw MartletError(
                "Expected targets for each of the model's \(predictions.count) outputs. Received: \(targets.count).",
                at: "y")
        }
        guard losses.count == 1 || losses.count == predictions.count else {
            throw MartletError(
                "Expected one loss, or one for each of the model's \(predictions.count) outputs. "
                    + "Received: \(losses.count).", at: "compile")
        }
        if let lossWeights, lossWeights.count != predictions.count {
            throw MartletError(
                "Expected a loss weight for each of the model's \(predictions.count) outputs. "
                    + "Received: \(lossWeights.count).", at: "compile")
        }
        for choices in [metricChoices, weightedMetricChoices] where choices.count > predictions.count {
            throw MartletError(
                "Expected metrics for at most \(predictions.count) outputs. Received: \(choices.count) lists.",
                at: "compile")
        }
        for (index, (target, prediction)) in zip(targets, predictions).enumerated() {
            try loss(ofOutput: index).validate(target: target, prediction: prediction)
        }
        if metrics == nil {
            metrics = try resolve(metricChoices, targets, predictions)
            weightedMetrics = try resolve(weightedMetricChoices, targets, predictions)
        }
        for (index, all) in zip((metrics ?? []).indices, zip(metrics ?? [], weightedMetrics)) {
            for metric in all.0 + all.1 {
                try metric.validate(target: targets[index], prediction: predictions[index])
            }
        }
    }

    private func resolve(
        _ choices: [[any MetricConvertible]], _ targets: [PartialShape], _ predictions: [PartialShape]
    ) throws -> [[Metric]] {
        try predictions.indices.map { index in
            let chosen = choices.isEmpty ? [] : choices.count == 1 && predictions.count == 1 ? choices[0]
                : index < choices.count ? choices[index] : []
            return try chosen.map {
                try $0.makeMetric(for: targets[index], predictions[index], loss: loss(ofOutput: index))
            }
        }
    }

    var allMetrics: [Metric] { [lossTracker] + (metrics ?? []).flatMap { $0 } + weightedMetrics.flatMap { $0 } }

    func resetMetrics() { for metric in allMetrics { metric.reset() } }

    /// The figures so far, `loss` first. A metric of several results, such as a recall at several thresholds, counts
    /// with their mean.
    func logs() -> Logs {
        var logs = Logs()
        for metric in allMetrics {
            let result = metric.result()
            logs[metric.name] = (result.elementCount == 1 ? result : result.mean()).item()
        }
        return logs
    }
}

extension Model {
    /// Chooses how the model is trained.
    ///
    /// - Parameters:
    ///   - optimizer: an optimizer, or Keras's name for one with its defaults: `"adam"`.
    ///   - loss: a loss, Keras's name for one, or `.custom { yTrue, yPred in ... }`. Used for every output.
    ///   - metrics: figures to report; `.accuracy` becomes the form that fits the shapes. For the first output.
    ///   - weightedMetrics: figures that sample and class weights apply to.
    ///   - runEagerly: whether steps run op by op, to step through them, instead of compiled.
    /// - Throws: `MartletError` when a name is not known.
    public func compile(
        optimizer: any OptimizerConvertible, loss: any LossConvertible, metrics: [any MetricConvertible] = [],
        weightedMetrics: [any MetricConvertible] = [], runEagerly: Bool = false
    ) throws {
        try compile(
            optimizer: optimizer, losses: [loss], metrics: [metrics], weightedMetrics: [weightedMetrics],
            runEagerly: runEagerly)
    }

    /// Chooses how a model of several outputs is trained.
    ///
    /// - Parameters:
    ///   - losses: one for each output, or one for all.
    ///   - lossWeights: the factor of each output's loss in the total; ones when nil.
    ///   - metrics: for each output its figures.
    ///   - weightedMetrics: for each output the figures that sample and class weights apply to.
    ///   - runEagerly: whether steps run op by op, to step through them, instead of compiled.
    /// - Throws: `MartletError` when a name is not known or the numbers do not match.
    public func compile(
        optimizer: any OptimizerConvertible, losses: [any LossConvertible], lossWeights: [Double]? = nil,
        metrics: [[any MetricConvertible]] = [], weightedMetrics: [[any MetricConvertible]] = [],
        runEagerly: Bool = false
    ) throws {
        if let lossWeights, losses.count > 1, lossWeights.count != losses.count {
            throw MartletError(
                "Expected a weight for each of \(losses.count) losses. Received: \(lossWeights.count).",
                at: "compile")
        }
        compilation = try Compilation(
            optimizer: optimizer.makeOptimizer(), losses: losses.map { try $0.makeLoss() }, lossWeights: lossWeights,
            metrics: metrics, weightedMetrics: weightedMetrics)
        runsEagerly = runEagerly
    }

    /// The optimizer that `compile` chose, nil before.
    public var optimizer: Optimizer? { compilation?.optimizer }

    /// The metrics in the order of the logs, `loss` first; empty before `compile`.
    public var metrics: [Metric] { compilation?.allMetrics ?? [] }

    func requireCompilation(_ function: String) throws -> Compilation {
        guard let compilation else {
            throw MartletError(
                "Expected a compiled model. Call compile(optimizer:loss:metrics:) first.", at: "\(name).\(function)")
        }
        return compilation
    }
}
