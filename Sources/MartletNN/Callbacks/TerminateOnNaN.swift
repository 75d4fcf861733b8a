import MartletCore

/// Ends training when the loss is no longer finite.
///
/// Source: [`keras.callbacks.TerminateOnNaN`](https://keras.io/api/callbacks/terminate_on_nan/).
public final class TerminateOnNaN: Callback {
    private let raiseError: Bool

    /// Makes the callback.
    /// - Parameter raiseError: whether `fit` throws a `MartletError`; otherwise it returns as after the last epoch.
    public init(raiseError: Bool = false) { self.raiseError = raiseError }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        guard let loss = logs()["loss"], !loss.isFinite else { return }
        if raiseError {
            throw MartletError(
                "Expected a finite loss. Received: \(loss) at batch \(batch). Look for NaN in the data, or lower the "
                    + "learning rate.", at: model?.name)
        }
        Settings.logger.warning("Batch \(batch): the loss is \(loss), training ends")
        model?.stopTraining = true
    }
}
