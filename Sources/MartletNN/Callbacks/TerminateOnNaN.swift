import MartletCore

/// Ends training when the loss is no longer finite.
///
/// Within `withDebugNumerics`, or with `compile(debugNumerics: true)`, it says in which op and layer NaN or infinity appeared
/// first, and the weights are those before that step.
///
/// Source: [`keras.callbacks.TerminateOnNaN`](https://keras.io/api/callbacks/terminate_on_nan/).
public final class TerminateOnNaN: Callback {
    private let raiseError: Bool

    /// Makes the callback.
    /// - Parameter raiseError: whether `fit` throws a `MartletError`; otherwise it returns as after the last epoch.
    public init(raiseError: Bool = false) { self.raiseError = raiseError }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        if let loss = logs()["loss"] { try check(loss, batch) }
    }

    override func onTrainBatchEnd(_ batch: Int, _ figures: BatchFigures) throws { try check(figures.loss, batch) }

    private func check(_ loss: Double, _ batch: Int) throws {
        guard !loss.isFinite else { return }
        let advice = "Look for NaN in the data, or lower the learning rate. withDebugNumerics (fit --debug-numerics) names the "
            + "op and the layer in which it appears first."
        if raiseError {
            throw MartletError("Expected a finite loss. Received: \(loss) at batch \(batch). \(advice)", at: model?.name)
        }
        end("Batch \(batch): the loss is \(loss), training ends. \(advice)")
    }

    private func end(_ reason: String) {
        Settings.warn(reason)
        model?.stopTraining = true
    }

    /// Ends the training for what was found in a step, unless `fit` is to throw.
    func ends(for finding: MartletError) -> Bool {
        if raiseError { return false }
        end("Training ends: \(finding)")
        return true
    }

    public override var description: String { text(["raiseError": raiseError]) }
}
