import MartletCore

/// Lowers the learning rate when a metric has stopped improving. Adds `learning_rate` to the logs.
///
/// Source: [`keras.callbacks.ReduceLROnPlateau`](https://keras.io/api/callbacks/reduce_lr_on_plateau/).
public final class ReduceLROnPlateau: Callback {
    private let monitor: Monitor
    private let factor: Double
    private let patience: Int
    private let verbose: Bool
    private let cooldown: Int
    private let minLR: Double
    private var best: Double?
    private var wait = 0
    private var cooldownLeft = 0

    /// Makes the callback. Stops unless `factor` is below 1.
    /// - Parameters:
    ///   - monitor: the name of the metric in the logs.
    ///   - factor: the new rate is the old one times this.
    ///   - patience: the number of epochs without improvement after which the rate is lowered.
    ///   - verbose: whether its actions are logged as notices.
    ///   - mode: which values are better.
    ///   - minDelta: an improvement is a change by more than this.
    ///   - cooldown: the number of epochs after a reduction that do not count.
    ///   - minLR: the lowest rate.
    public init(
        monitor: String = "val_loss", factor: Double = 0.1, patience: Int = 10, verbose: Bool = false,
        mode: MonitorMode = .auto, minDelta: Double = 1e-4, cooldown: Int = 0, minLR: Double = 0
    ) {
        require(factor < 1, "ReduceLROnPlateau", "Expected a factor below 1. Received: \(factor).")
        self.monitor = Monitor(monitor, mode: mode, minDelta: minDelta)
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.minLR = minLR
    }

    public override func onTrainBegin() throws {
        best = nil
        wait = 0
        cooldownLeft = 0
        _ = try settableOptimizer()
    }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        let optimizer = try settableOptimizer()
        logs["learning_rate"] = optimizer.learningRate
        guard let current = monitor.value(in: logs, for: "ReduceLROnPlateau") else { return }
        if cooldownLeft > 0 {
            cooldownLeft -= 1
            wait = 0
        }
        if try monitor.isImprovement(current, over: best, in: model) {
            best = current
            wait = 0
        } else if cooldownLeft == 0 {
            wait += 1
            if wait >= patience { reduce(optimizer, epoch) }
        }
    }

    override var memory: CallbackMemory? {
        CallbackMemory(values: ["best": .optional(best), "wait": .int(wait), "cooldown_left": .int(cooldownLeft)])
    }

    override func recall(_ memory: CallbackMemory) throws {
        best = try memory.double("best")
        wait = try memory.int("wait") ?? 0
        cooldownLeft = try memory.int("cooldown_left") ?? 0
    }

    private func reduce(_ optimizer: Optimizer, _ epoch: Int) {
        let old = optimizer.learningRate
        // The optimizer keeps its rate in float32, so the bound is rounded the same way before they are compared.
        guard old > Double(Float(minLR)) else { return }
        optimizer.learningRate = max(old * factor, minLR)
        report("Epoch \(epoch + 1): ReduceLROnPlateau reducing learning rate to \(optimizer.learningRate).", verbose: verbose)
        cooldownLeft = cooldown
        wait = 0
    }

    public override var description: String {
        text(["monitor": monitor.name, "factor": factor, "patience": patience, "minLR": minLR, "best": best])
    }
}
