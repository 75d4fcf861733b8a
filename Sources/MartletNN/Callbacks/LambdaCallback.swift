import MartletCore

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
    private let testBegin: (() throws -> Void)?
    private let testEnd: ((Logs) throws -> Void)?
    private let testBatchBegin: ((Int) throws -> Void)?
    private let testBatchEnd: ((Int, () -> Logs) throws -> Void)?
    private let predictBegin: (() throws -> Void)?
    private let predictEnd: (() throws -> Void)?
    private let predictBatchBegin: ((Int) throws -> Void)?
    private let predictBatchEnd: ((Int, [Tensor]) throws -> Void)?

    /// Makes a callback from the given hooks, which are those of `Callback`.
    public init(
        onEpochBegin: ((_ epoch: Int) throws -> Void)? = nil,
        onEpochEnd: ((_ epoch: Int, _ logs: Logs) throws -> Void)? = nil,
        onTrainBegin: (() throws -> Void)? = nil,
        onTrainEnd: (() throws -> Void)? = nil,
        onTrainBatchBegin: ((_ batch: Int) throws -> Void)? = nil,
        onTrainBatchEnd: ((_ batch: Int, _ logs: () -> Logs) throws -> Void)? = nil,
        onTestBegin: (() throws -> Void)? = nil,
        onTestEnd: ((_ logs: Logs) throws -> Void)? = nil,
        onTestBatchBegin: ((_ batch: Int) throws -> Void)? = nil,
        onTestBatchEnd: ((_ batch: Int, _ logs: () -> Logs) throws -> Void)? = nil,
        onPredictBegin: (() throws -> Void)? = nil,
        onPredictEnd: (() throws -> Void)? = nil,
        onPredictBatchBegin: ((_ batch: Int) throws -> Void)? = nil,
        onPredictBatchEnd: ((_ batch: Int, _ outputs: [Tensor]) throws -> Void)? = nil
    ) {
        epochBegin = onEpochBegin
        epochEnd = onEpochEnd
        trainBegin = onTrainBegin
        trainEnd = onTrainEnd
        trainBatchBegin = onTrainBatchBegin
        trainBatchEnd = onTrainBatchEnd
        testBegin = onTestBegin
        testEnd = onTestEnd
        testBatchBegin = onTestBatchBegin
        testBatchEnd = onTestBatchEnd
        predictBegin = onPredictBegin
        predictEnd = onPredictEnd
        predictBatchBegin = onPredictBatchBegin
        predictBatchEnd = onPredictBatchEnd
    }

    public override func onEpochBegin(_ epoch: Int) throws { try epochBegin?(epoch) }
    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws { try epochEnd?(epoch, logs) }
    public override func onTrainBegin() throws { try trainBegin?() }
    public override func onTrainEnd() throws { try trainEnd?() }
    public override func onTrainBatchBegin(_ batch: Int) throws { try trainBatchBegin?(batch) }
    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws { try trainBatchEnd?(batch, logs) }
    public override func onTestBegin() throws { try testBegin?() }
    public override func onTestEnd(logs: Logs) throws { try testEnd?(logs) }
    public override func onTestBatchBegin(_ batch: Int) throws { try testBatchBegin?(batch) }
    public override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) throws { try testBatchEnd?(batch, logs) }
    public override func onPredictBegin() throws { try predictBegin?() }
    public override func onPredictEnd() throws { try predictEnd?() }
    public override func onPredictBatchBegin(_ batch: Int) throws { try predictBatchBegin?(batch) }
    public override func onPredictBatchEnd(_ batch: Int, outputs: [Tensor]) throws { try predictBatchEnd?(batch, outputs) }

    /// The names of the hooks that it has.
    public override var description: String {
        let hooks: KeyValuePairs<String, Any?> = [
            "onEpochBegin": epochBegin, "onEpochEnd": epochEnd, "onTrainBegin": trainBegin,
            "onTrainEnd": trainEnd, "onTrainBatchBegin": trainBatchBegin, "onTrainBatchEnd": trainBatchEnd,
            "onTestBegin": testBegin, "onTestEnd": testEnd, "onTestBatchBegin": testBatchBegin,
            "onTestBatchEnd": testBatchEnd, "onPredictBegin": predictBegin, "onPredictEnd": predictEnd,
            "onPredictBatchBegin": predictBatchBegin, "onPredictBatchEnd": predictBatchEnd,
        ]
        return "LambdaCallback(\(hooks.filter { $0.value != nil }.map(\.key).joined(separator: ", ")))"
    }
}
