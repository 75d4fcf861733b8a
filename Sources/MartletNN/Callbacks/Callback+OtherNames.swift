import MartletCore

// Methods of these forms would never be called. As they are final, one in a subclass does not compile.

func isNoHook(_ function: String = #function) -> Never {
    stop(function, "A method of this form does nothing. The warning at the call says which one does.")
}

extension Callback {
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(_ epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(_ epoch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(_ epoch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(_ epoch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(_ epoch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(_ epoch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func onEpochBegin(epoch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func on_epoch_begin(_ epoch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func on_epoch_begin(_ epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func on_epoch_begin(_ epoch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochBegin(_ epoch: Int)")
    public final func on_epoch_begin(epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(_ epoch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(_ epoch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(_ epoch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(_ epoch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func onEpochEnd(epoch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func on_epoch_end(_ epoch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func on_epoch_end(_ epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func on_epoch_end(_ epoch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onEpochEnd(_ epoch: Int, logs: Logs)")
    public final func on_epoch_end(epoch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(_ batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onTrainBatchBegin(batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func on_train_batch_begin(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func on_train_batch_begin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func on_train_batch_begin(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func on_train_batch_begin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(_ batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTrainBatchEnd(batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_train_batch_end(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_train_batch_end(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_train_batch_end(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_train_batch_end(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(_ batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func onTestBatchBegin(batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func on_test_batch_begin(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func on_test_batch_begin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func on_test_batch_begin(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchBegin(_ batch: Int)")
    public final func on_test_batch_begin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(_ batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onTestBatchEnd(batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_test_batch_end(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_test_batch_end(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_test_batch_end(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_test_batch_end(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onBatchBegin(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onBatchBegin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onBatchBegin(_ batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func onBatchBegin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchBegin(_ batch: Int)")
    public final func on_batch_begin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onBatchEnd(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onBatchEnd(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onBatchEnd(_ batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func onBatchEnd(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBatchEnd(_ batch: Int, logs: () -> Logs)")
    public final func on_batch_end(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBegin()")
    public final func onTrainBegin(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBegin()")
    public final func onTrainBegin(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBegin()")
    public final func onTrainBegin(logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBegin()")
    public final func on_train_begin() { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBegin()")
    public final func on_train_begin(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainBegin()")
    public final func on_train_begin(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainEnd()")
    public final func onTrainEnd(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainEnd()")
    public final func onTrainEnd(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainEnd()")
    public final func onTrainEnd(logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainEnd()")
    public final func on_train_end() { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainEnd()")
    public final func on_train_end(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTrainEnd()")
    public final func on_train_end(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBegin()")
    public final func onTestBegin(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBegin()")
    public final func onTestBegin(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBegin()")
    public final func onTestBegin(logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBegin()")
    public final func on_test_begin() { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBegin()")
    public final func on_test_begin(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestBegin()")
    public final func on_test_begin(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestEnd(logs: Logs)")
    public final func onTestEnd() { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestEnd(logs: Logs)")
    public final func onTestEnd(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestEnd(logs: Logs)")
    public final func on_test_end() { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestEnd(logs: Logs)")
    public final func on_test_end(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onTestEnd(logs: Logs)")
    public final func on_test_end(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(_ batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func onPredictBatchBegin(batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func on_predict_batch_begin(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func on_predict_batch_begin(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func on_predict_batch_begin(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchBegin(_ batch: Int)")
    public final func on_predict_batch_begin(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBegin()")
    public final func onPredictBegin(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBegin()")
    public final func onPredictBegin(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBegin()")
    public final func onPredictBegin(logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBegin()")
    public final func on_predict_begin() { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBegin()")
    public final func on_predict_begin(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBegin()")
    public final func on_predict_begin(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, _ logs: inout Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, logs: [String: [Tensor]]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, _ logs: [String: [Tensor]]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, logs: [String: [Tensor]]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, _ logs: [String: [Tensor]]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, _ logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, logs: () -> Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(batch: Int, outputs: [Tensor]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, _ outputs: [Tensor]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func onPredictBatchEnd(_ batch: Int, outputs: Tensor) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func on_predict_batch_end(_ batch: Int) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func on_predict_batch_end(_ batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func on_predict_batch_end(_ batch: Int, _ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictBatchEnd(_ batch: Int, outputs: [Tensor])")
    public final func on_predict_batch_end(batch: Int, logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictEnd()")
    public final func onPredictEnd(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictEnd()")
    public final func onPredictEnd(_ logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictEnd()")
    public final func onPredictEnd(logs: [String: Double]) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictEnd()")
    public final func on_predict_end() { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictEnd()")
    public final func on_predict_end(logs: Logs) { isNoHook() }
    @available(*, deprecated, message: "the hook is onPredictEnd()")
    public final func on_predict_end(_ logs: Logs) { isNoHook() }
}
