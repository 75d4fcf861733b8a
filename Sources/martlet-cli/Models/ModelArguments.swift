import ArgumentParser
import Martlet
import MartletData
import MartletFormats

/// The model's file, the first argument of every command on models.
struct ModelFile: ParsableArguments {
    @ArgumentParser.Argument(
        help: ArgumentHelp(
            "A model that Keras or Martlet saved: a .keras archive, or an .h5 file in the older format.",
            valueName: "model"))
    var path: String
}

/// The samples and targets of `evaluate` and `fit`.
struct SampleFiles: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The inputs, samples along the first axis: an .npy file. For a model with several inputs, repeat the option \
            in their order.
            """, valueName: "x.npy"))
    var x: [String]
    @Option(
        help: ArgumentHelp(
            "The targets. For a model with several outputs, repeat the option in their order.", valueName: "y.npy"))
    var y: [String]
    @Option(
        help: ArgumentHelp(
            """
            The weight of each sample in the loss and the weighted metrics, for all outputs. Repeat the option in the \
            order of the outputs for separate weights.
            """, valueName: "w.npy"))
    var sampleWeight: [String] = []
    @Option(help: ArgumentHelp("The number of samples in a step.", valueName: "n"))
    var batchSize = 32

    /// - Throws: `MartletError` when a file cannot be read or the numbers of samples differ.
    func read() throws -> TensorDataset {
        try TensorDataset(
            inputs: x.map(NPY.read), targets: y.map(NPY.read), sampleWeights: sampleWeight.map(NPY.read))
    }

    func check() throws { try expect(batchSize, atLeast: 1, "--batch-size") }
}

/// Loss and metrics that override those of the model's file.
struct TrainingChoices: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Another loss, by Keras's name: mse, binary_crossentropy, sparse_categorical_crossentropy, ... For separate \
            losses, repeat the option in the order of the outputs. The name none is for an output without a loss.
            """, valueName: "name"))
    var loss: [String] = []
    @Option(
        help: ArgumentHelp(
            "Other metrics, by Keras's names, separated by commas: accuracy,auc. Repeat the option for each output.",
            valueName: "names"))
    var metrics: [String] = []

    /// Compiles the model again if options were given. Everything else stays as the file says. An optimizer that is not
    /// replaced keeps its state.
    func apply(to model: Model, optimizer: String? = nil, learningRate: Double? = nil) throws {
        if !(loss.isEmpty && metrics.isEmpty && optimizer == nil) {
            try model.recompile(
                optimizer: optimizer,
                losses: loss.isEmpty
                    ? nil : loss.count == 1 ? .single(loss[0]) : .list(loss.map { $0 == "none" ? nil : $0 }),
                metrics: metrics.isEmpty ? nil : .list(metrics.map { $0.split(separator: ",").map(String.init) }))
        }
        guard let learningRate else { return }
        guard learningRate > 0, learningRate.isFinite else {
            throw MartletError("Expected a positive number. Received: \(learningRate).", at: "--learning-rate")
        }
        guard let optimizer = model.optimizer else { return }
        guard optimizer.schedule == nil else {
            throw MartletError(
                "A schedule sets the learning rate of the file's optimizer. Give --optimizer too, to replace both.",
                at: "--learning-rate")
        }
        optimizer.learningRate = learningRate
    }
}

/// - Throws: `MartletError` when a number is too small.
func expect(_ value: Int, atLeast minimum: Int, _ option: String) throws {
    guard value >= minimum else {
        throw MartletError("Expected a number of at least \(minimum). Received: \(value).", at: option)
    }
}

/// `loss: 0.3456 - accuracy: 0.8754`
func line(_ logs: Logs) -> String {
    logs.map { name, value in "\(name): \(value.formatted(.number.precision(.significantDigits(1...5)).grouping(.never)))" }
        .joined(separator: " - ")
}
