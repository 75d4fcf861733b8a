import MartletCore

/// Sets the learning rate before every epoch. Adds `learning_rate` to the logs.
///
/// ```swift
/// LearningRateScheduler { epoch, rate in epoch < 10 ? rate : rate * exp(-0.1) }
/// ```
///
/// Source: [`keras.callbacks.LearningRateScheduler`](https://keras.io/api/callbacks/learning_rate_scheduler/).
public final class LearningRateScheduler: Callback {
    private let verbose: Bool
    private let schedule: (_ epoch: Int, _ rate: Double) throws -> Double

    /// Makes the callback.
    /// - Parameters:
    ///   - verbose: whether every rate is logged as a notice.
    ///   - schedule: takes an epoch, counted from 0, and the current rate, and returns the new rate.
    public init(verbose: Bool = false, _ schedule: @escaping (_ epoch: Int, _ rate: Double) throws -> Double) {
        self.verbose = verbose
        self.schedule = schedule
    }

    public override func onTrainBegin() throws { _ = try settableOptimizer() }

    public override func onEpochBegin(_ epoch: Int) throws {
        let optimizer = try settableOptimizer()
        optimizer.learningRate = try schedule(epoch, optimizer.learningRate)
        report("Epoch \(epoch + 1): LearningRateScheduler setting learning rate to \(optimizer.learningRate).", verbose: verbose)
    }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        logs["learning_rate"] = try settableOptimizer().learningRate
    }

    public override var description: String { text(["verbose": verbose]) }
}
