import MartletCore

/// During evaluation and prediction, replaces the model's weights by the moving averages of an optimizer with `useEMA`.
///
/// ```swift
/// try model.compile(optimizer: Adam(useEMA: true), loss: .meanSquaredError())
/// try model.fit(x, y, epochs: 10, validationSplit: 0.2, callbacks: [SwapEMAWeights()])
/// ```
///
/// Source: [`keras.callbacks.SwapEMAWeights`](https://keras.io/api/callbacks/swap_ema_weights/).
public final class SwapEMAWeights: Callback {
    private let swapOnEpoch: Bool
    private var isSwapped = false

    /// Makes the callback.
    /// - Parameter swapOnEpoch: whether the model also has the averages from the end of an epoch to the start of the next,
    ///   so that later callbacks, such as `ModelCheckpoint`, see them.
    public init(swapOnEpoch: Bool = false) { self.swapOnEpoch = swapOnEpoch }

    public override func onTrainBegin() throws {
        isSwapped = false
        _ = try averages()
    }

    public override func onEpochBegin(_ epoch: Int) throws { if swapOnEpoch { try put(inModel: false) } }

    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
        guard swapOnEpoch else { return }
        try put(inModel: true)
        // At the end of training the optimizer puts the averages into the model once more.
        if epoch == parameters.epochs - 1 {
            for (variable, average) in try averages() { average.assign(variable.storedValue) }
        }
    }

    public override func onTestBegin() throws { try put(inModel: true) }
    public override func onTestEnd(logs: Logs) throws { try put(inModel: false) }
    public override func onPredictBegin() throws { try put(inModel: true) }
    public override func onPredictEnd() throws { try put(inModel: false) }

    private func put(inModel isToBeSwapped: Bool) throws {
        guard isSwapped != isToBeSwapped else { return }
        for (variable, average) in try averages() {
            let value = variable.storedValue
            variable.assign(average.storedValue)
            average.assign(value)
        }
        isSwapped = isToBeSwapped
    }

    private func averages() throws -> [(variable: Variable, average: Variable)] {
        guard let optimizer = model?.optimizer, optimizer.keepsAverages else {
            throw MartletError(
                "Expected an optimizer with \(Caller.words("useEMA")), whose averages can be swapped. "
                    + "Received: \(model?.optimizer?.name ?? "a model without optimizer").", at: "SwapEMAWeights")
        }
        return optimizer.movingAverages
    }

    public override var description: String { text(["swapOnEpoch": swapOnEpoch]) }
}
