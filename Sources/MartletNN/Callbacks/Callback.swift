import MartletCore

/// Observes and controls `fit`, `evaluate` and `predict`: override the hooks that you need.
///
/// A hook may set `model?.stopTraining`, `stopEvaluating` or `stopPredicting`, change the optimizer's learning rate, and add to
/// the logs that later callbacks and the history get. If a hook throws, `fit` ends and throws the same error. Hooks run in the
/// thread that called `fit`; a callback belongs to one run at a time.
///
/// Source: [`keras.callbacks.Callback`](https://keras.io/api/callbacks/base_callback/).
open class Callback: Checkpointable {
    /// The model that is being trained. Set before the first hook.
    public package(set) weak var model: Model?
    /// How the training runs. Set before the first hook.
    public package(set) var parameters = FitParameters()

    /// Makes a callback that does nothing.
    public init() {}

    /// What `print` shows: the type, and of Martlet's callbacks what they were made with.
    open var description: String { text([:]) }
    /// What the debugger shows, and `print` of a list.
    open var debugDescription: String { description }

    /// The epoch and the batch in it, counted from 0, at which training begins instead of `initialEpoch`; nil for no change.
    /// `fit` reads it after `onTrainBegin`.
    var resumption: (epoch: Int, batch: Int)? { nil }

    /// The folder of the backup from which training may go on, nil without one. `fit` sets it.
    var backupFolder: String?
    /// What a backup keeps of this callback, nil for nothing.
    var memory: CallbackMemory? { nil }
    /// Takes what a backup kept. Called after `onTrainBegin` of all callbacks.
    func recall(_ memory: CallbackMemory) throws {}

    /// What checkpoints and backups keep of a callback of your own: the variables that hold its state, always as many and in the
    /// same order. They get their values back after `onTrainBegin`.
    open var checkpointVariables: [Variable] { [] }

    /// What `fit` calls after a training batch, for callbacks of ours that need less than logs.
    func onTrainBatchEnd(_ batch: Int, _ figures: BatchFigures) throws {
        try onTrainBatchEnd(batch, logs: figures.logs)
    }

    /// Before the first epoch.
    open func onTrainBegin() throws {}
    /// After the last epoch, including after an early stop.
    open func onTrainEnd() throws {}
    /// Before a checkpoint or a backup is written. For what waits in memory: files should hold what the checkpoint takes for
    /// done.
    open func onCheckpoint() throws {}
    /// When a signal ends the training, which can go on from a checkpoint that is written by now; `onTrainEnd` is not called
    /// then. For what waits in memory.
    open func onInterrupt(_ interruption: TrainingInterruption) throws {}
    /// Before an epoch, counted from 0.
    open func onEpochBegin(_ epoch: Int) throws {}
    /// After an epoch, counted from 0, and its validation. The default calls the hook that only reads the logs.
    open func onEpochEnd(_ epoch: Int, logs: inout Logs) throws { try onEpochEnd(epoch, logs: logs) }
    /// After an epoch, for callbacks that add nothing to the logs. Override this or the hook with `inout` logs.
    open func onEpochEnd(_ epoch: Int, logs: Logs) throws {}
    /// Before a training batch, counted from 0 in its epoch.
    open func onTrainBatchBegin(_ batch: Int) throws {}
    /// After a training batch. `logs()` computes the metrics of the epoch so far, only when it is called.
    open func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {}
    /// Before an evaluation: `evaluate`, or the validation after an epoch.
    open func onTestBegin() throws {}
    /// Before a batch of an evaluation, counted from 0.
    open func onTestBatchBegin(_ batch: Int) throws {}
    /// After a batch of an evaluation. `logs()` computes the metrics so far, only when it is called.
    open func onTestBatchEnd(_ batch: Int, logs: () -> Logs) throws {}
    /// After an evaluation.
    open func onTestEnd(logs: Logs) throws {}
    /// Before the first batch of `predict`.
    open func onPredictBegin() throws {}
    /// Before a batch of `predict`, counted from 0.
    open func onPredictBatchBegin(_ batch: Int) throws {}
    /// After a batch of `predict`.
    /// - Parameter outputs: the model's outputs for it, as `predictOnBatch` gives them.
    open func onPredictBatchEnd(_ batch: Int, outputs: [Tensor]) throws {}
    /// After the last batch of `predict`, including after an early stop.
    open func onPredictEnd() throws {}
}

/// The parameters of a run of `fit`, for callbacks.
public struct FitParameters: Sendable {
    /// The number after the last epoch.
    public var epochs = 0
    /// The number of batches in an epoch; 0 as long as it is unknown, until the end of the first epoch.
    public var steps = 0
    /// How much is printed.
    public var verbosity = Verbosity.silent

    /// Makes parameters, as `fit` does.
    public init(epochs: Int = 0, steps: Int = 0, verbosity: Verbosity = .silent) {
        self.epochs = epochs
        self.steps = steps
        self.verbosity = verbosity
    }
}

/// How much `fit` and `evaluate` print.
public enum Verbosity: Int, Sendable {
    /// Nothing.
    case silent = 0
    /// A progress bar in a terminal; plain lines elsewhere.
    case progressBar = 1
    /// One line for each epoch.
    case onePerEpoch = 2
}
