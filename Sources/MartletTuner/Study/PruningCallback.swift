/// Reports a metric of every epoch to a trial, and ends training when its pruner says so.
///
/// ```swift
/// let study = try Study(direction: .maximize, pruner: SuccessiveHalvingPruner(minResource: 1))
/// try study.optimize(trials: 40) { trial in
///     let model = Sequential([Dense(try trial.int("units", 8...64), activation: .relu), Dense(1)])
///     try model.compile(optimizer: "adam", loss: "mse")
///     let history = try model.fit(
///         x, y, epochs: 10, verbosity: .silent, validationSplit: 0.2, callbacks: [PruningCallback(trial, monitor: "val_loss")])
///     return -history["val_loss"].last!
/// }
/// ```
///
/// The hook throws `TrialPruned`, which `fit` passes on to the study. A training that goes on from a backup first reports the
/// epochs that it had before. Steps are epochs, counted from 1, so that a pruner's resources are numbers of epochs.
public final class PruningCallback: Callback {
    private let trial: Trial
    private let monitor: String
    private var isFirst = true

    /// Makes the callback.
    /// - Parameters:
    ///   - trial: the trial that trains.
    ///   - monitor: the name of the metric in the logs. The study's direction says whether small or large values are better.
    public init(_ trial: Trial, monitor: String = "val_loss") {
        self.trial = trial
        self.monitor = monitor
    }

    public override func onTrainBegin() { isFirst = true }

    public override func onEpochEnd(_ epoch: Int, logs: Logs) throws {
        guard let value = logs[monitor] else {
            throw MartletError(
                "Expected a metric of the logs: \(logs.map(\.0).joined(separator: ", ")). Received: \"\(monitor)\".",
                at: "PruningCallback")
        }
        if isFirst {
            for (step, value) in trial.recorded.intermediateValues.sorted(by: { $0.key < $1.key }) where step <= epoch {
                try judge(value, step)
            }
        }
        isFirst = false
        try judge(value, epoch + 1)
    }

    private func judge(_ value: Double, _ step: Int) throws {
        try trial.report(value, step: step)
        if try trial.shouldPrune { throw TrialPruned() }
    }

    public override var description: String { text(["trial": trial.number, "monitor": monitor]) }
}
