/// A callback made of closures.
///
/// ```swift
/// LambdaCallback(onEpochEnd: { epoch, logs in print(epoch, logs["loss"] ?? .nan) })
/// ```
///
/// Source: [`keras.callbacks.LambdaCallback`](https://keras.io/api/callbacks/lambda_callback/).
public final class LambdaCallback: Callback {
    private let epochBegin: ((Int) throws -> Void)?
    private let epochEnd: ((Int, Logs) throws -> Void)?
    private let trainBegin: (() throws -> Void)?
    private let trainEnd: (() throws -> Void)?
    private let trainBatchBegin: ((Int) throws -> Void)?
    private let trainBatchEnd: ((Int, () -> Logs) throws -> Void)?

    /// Makes a callback from the given hooks, which are those of `Callback`.
    public init(
        onEpochBegin: ((_ epoch: Int) throws -> Void)? = nil,
        onEpochEnd: ((_ epoch: Int, _ logs: Logs) throws -> Void)? = nil,
        onTrainBegin: (() throws -> Void)? = nil,
        onTrainEnd: (() throws -> Void)? = nil,
        onTrainBatchBegin: ((_ batch: Int) throws -> Void)? = nil,
        onTrainBatchEnd: ((_ batch: Int, _ logs: () -> Logs) throws -> Void)? = nil
    ) {
        epochBegin = onEpochBegin
        epochEnd = onEpochEnd
        trainBegin = onTrainBegin
        trainEnd = onTrainEnd
        trainBatchBegin = onTrainBatchBegin
        trainBatchEnd = onTrainBatchEnd
    }

    public override func onEpochBegin(_ epoch: Int) throws { try epochBegin?(epoch) }
    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws { try epochEnd?(epoch, logs) }
    public override func onTrainBegin() throws { try trainBegin?() }
    public override func onTrainEnd() throws { try trainEnd?() }
    public override func onTrainBatchBegin(_ batch: Int) throws { try trainBatchBegin?(batch) }
    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws { try trainBatchEnd?(batch, logs) }
}
