import MartletCore

/// Calls the hooks of several callbacks, in their order: for training loops of one's own. `fit` takes an array.
///
/// ```swift
/// let callbacks = CallbackList([CSVLogger("log.csv"), EarlyStopping(monitor: "loss")], model: model, epochs: 10)
/// try callbacks.onTrainBegin()
/// for epoch in 0..<10 where !model.stopTraining {
///     try callbacks.onEpochBegin(epoch)
///     var logs: Logs = ["loss": 1 / Double(epoch + 1)]                    // what the loop computes
///     try callbacks.onEpochEnd(epoch, logs: &logs)
/// }
/// try callbacks.onTrainEnd()
/// ```
///
/// In an array for `fit`, a list stands for its callbacks. `BackupAndRestore` needs `fit`.
///
/// Source: [`keras.callbacks.CallbackList`](https://keras.io/api/callbacks/).
public final class CallbackList: Callback {
    /// The callbacks.
    public private(set) var callbacks: [Callback]
    /// The logs of every epoch, nil without `addHistory`.
    public let history: History?

    /// Makes a list.
    /// - Parameters:
    ///   - addHistory: whether the logs of all epochs are gathered in `history`.
    ///   - addProgressBar: whether progress is shown.
    ///   - model: the model that the callbacks watch.
    ///   - epochs: the number of epochs, for the callbacks.
    ///   - steps: the number of batches in an epoch, 0 when it is unknown.
    ///   - verbosity: how much the progress bar shows.
    public init(
        _ callbacks: [Callback] = [], addHistory: Bool = false, addProgressBar: Bool = false, model: Model? = nil,
        epochs: Int = 1, steps: Int = 0, verbosity: Verbosity = .progressBar
    ) {
        history = addHistory ? History() : nil
        self.callbacks = callbacks + [history].compactMap { $0 } + (addProgressBar ? [ProgressBar()] : [])
        super.init()
        if let model { setModel(model) }
        setParameters(FitParameters(epochs: epochs, steps: steps, verbosity: verbosity))
    }

    /// Adds a callback at the end.
    public func append(_ callback: Callback) {
        callback.model = model
        callback.parameters = parameters
        callbacks.append(callback)
    }

    /// Sets the model that the callbacks watch.
    public func setModel(_ model: Model) {
        self.model = model
        for callback in callbacks { callback.model = model }
    }

    /// Says how the training runs.
    public func setParameters(_ parameters: FitParameters) {
        self.parameters = parameters
        for callback in callbacks { callback.parameters = parameters }
    }

    public override func onTrainBegin() throws { for callback in callbacks { try callback.onTrainBegin() } }
    public override func onTrainEnd() throws { for callback in callbacks { try callback.onTrainEnd() } }
    public override func onCheckpoint() throws { for callback in callbacks { try callback.onCheckpoint() } }
    public override func onInterrupt(_ interruption: TrainingInterruption) throws {
        for callback in callbacks { try callback.onInterrupt(interruption) }
    }
    public override func onEpochBegin(_ epoch: Int) throws { for callback in callbacks { try callback.onEpochBegin(epoch) } }
    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        for callback in callbacks { try callback.onEpochEnd(epoch, logs: &logs) }
    }
    public override func onTrainBatchBegin(_ batch: Int) throws {
        for callback in callbacks { try callback.onTrainBatchBegin(batch) }
    }
    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        for callback in callbacks { try callback.onTrainBatchEnd(batch, logs: logs) }
    }
    public override func onTestBegin() throws { for callback in callbacks { try callback.onTestBegin() } }
    public override func onTestBatchBegin(_ batch: Int) throws {
        for callback in callbacks { try callback.onTestBatchBegin(batch) }
    }
    public override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        for callback in callbacks { try callback.onTestBatchEnd(batch, logs: logs) }
    }
    public override func onTestEnd(logs: Logs) throws { for callback in callbacks { try callback.onTestEnd(logs: logs) } }
    public override func onPredictBegin() throws { for callback in callbacks { try callback.onPredictBegin() } }
    public override func onPredictBatchBegin(_ batch: Int) throws {
        for callback in callbacks { try callback.onPredictBatchBegin(batch) }
    }
    public override func onPredictBatchEnd(_ batch: Int, outputs: [Tensor]) throws {
        for callback in callbacks { try callback.onPredictBatchEnd(batch, outputs: outputs) }
    }
    public override func onPredictEnd() throws { for callback in callbacks { try callback.onPredictEnd() } }

    public override var description: String { "CallbackList(\(callbacks))" }
}

extension [Callback] {
    /// The callbacks, those of lists in the lists' places.
    var withoutLists: [Callback] { flatMap { ($0 as? CallbackList)?.callbacks.withoutLists ?? [$0] } }
}
