/// The figures of an epoch so far, after a batch of `fit` or `evaluate`. They are computed when a callback asks for them: logs
/// once for all that ask, and less than logs for who needs less. Steps of small models take less time than logs with ten metrics.
final class BatchFigures {
    private let compilation: Compilation
    private var made: Logs?

    init(_ compilation: Compilation) { self.compilation = compilation }

    /// Another batch has passed.
    func advance() { made = nil }

    /// The logs, for the hooks of callbacks.
    func logs() -> Logs {
        let logs = made ?? compilation.logs()
        made = logs
        return logs
    }

    /// The mean loss.
    var loss: Double { made?["loss"] ?? compilation.meanLoss }

    /// The names in the logs, known when numbers have been read.
    var names: [String] { compilation.names }

    /// Replaces `numbers` by the numbers in the logs, in the order of `names`.
    func read(into numbers: inout [Double]) { compilation.readNumbers(into: &numbers) }
}
