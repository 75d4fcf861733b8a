import MartletCore

/// Stops training when a monitored metric has stopped improving.
///
/// ```swift
/// try model.fit(x, y, epochs: 100, validationSplit: 0.2,
///               callbacks: [EarlyStopping(patience: 3, restoreBestWeights: true)])
/// ```
///
/// Source: [`keras.callbacks.EarlyStopping`](https://keras.io/api/callbacks/early_stopping/).
public final class EarlyStopping: Callback {
    /// The epoch, counted from 0, after which training was stopped; nil when it was not.
    public private(set) var stoppedEpoch: Int?
    /// The epoch, counted from 0, of the best value; nil before there is one.
    public private(set) var bestEpoch: Int?
    /// The best value so far; nil before there is one.
    public private(set) var best: Double?

    private let monitor: Monitor
    private let patience: Int
    private let verbose: Bool
    private let baseline: Double?
    private let restoreBestWeights: Bool
    private let startFromEpoch: Int
    private var wait = 0
    private var bestWeights: [Tensor]?

    /// Makes the callback.
    /// - Parameters:
    ///   - monitor: the name of the metric in the logs.
    ///   - minDelta: an improvement is a change by more than this.
    ///   - patience: the number of epochs without improvement after which training stops.
    ///   - verbose: whether its actions are logged as notices.
    ///   - mode: which values are better.
    ///   - baseline: a value that the metric must beat. Until then no epoch counts as an improvement.
    ///   - restoreBestWeights: whether the model ends with the weights of the best epoch instead of the last epoch.
    ///   - startFromEpoch: the first epoch, counted from 0, that is monitored.
    public init(
        monitor: String = "val_loss", minDelta: Double = 0, patience: Int = 0, verbose: Bool = false,
        mode: MonitorMode = .auto, baseline: Double? = nil, restoreBestWeights: Bool = false, startFromEpoch: Int = 0
    ) {
        self.monitor = Monitor(monitor, mode: mode, minDelta: minDelta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restoreBestWeights = restoreBestWeights
        self.startFromEpoch = startFromEpoch
    }

    public override func onTrainBegin() {
        wait = 0
        stoppedEpoch = nil
        bestEpoch = nil
        best = nil
        bestWeights = nil
    }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        guard let current = monitor.value(in: logs, for: "EarlyStopping"), epoch >= startFromEpoch else { return }
        if restoreBestWeights, bestWeights == nil { remember(epoch) }
        wait += 1
        if try monitor.isImprovement(current, over: best, in: model) {
            best = current
            remember(epoch)
            if try monitor.isImprovement(current, over: baseline, in: model) { wait = 0 }
        } else if wait >= patience, epoch > 0 {
            stoppedEpoch = epoch
            model?.stopTraining = true
        }
    }

    public override func onTrainEnd() throws {
        if let stoppedEpoch { report("Epoch \(stoppedEpoch + 1): early stopping", verbose: verbose) }
        guard let bestWeights, let bestEpoch else { return }
        report("Restoring model weights from the end of the best epoch: \(bestEpoch + 1).", verbose: verbose)
        try model?.setWeights(bestWeights)
    }

    override var memory: CallbackMemory? {
        CallbackMemory(
            values: [
                "wait": .int(wait), "best": .optional(best), "best_epoch": .optional(bestEpoch),
                "stopped_epoch": .optional(stoppedEpoch),
            ], tensors: bestWeights ?? [])
    }

    override func recall(_ memory: CallbackMemory) throws {
        wait = try memory.int("wait") ?? 0
        best = try memory.double("best")
        bestEpoch = try memory.int("best_epoch")
        stoppedEpoch = try memory.int("stopped_epoch")
        bestWeights = bestEpoch != nil && restoreBestWeights ? memory.tensors : nil
        if stoppedEpoch != nil { model?.stopTraining = true }
    }

    private func remember(_ epoch: Int) {
        bestEpoch = epoch
        if restoreBestWeights { bestWeights = model?.getWeights() }
    }

    public override var description: String {
        text([
            "monitor": monitor.name, "patience": patience, "best": best,
            "bestEpoch": bestEpoch, "stoppedEpoch": stoppedEpoch,
        ])
    }
}
