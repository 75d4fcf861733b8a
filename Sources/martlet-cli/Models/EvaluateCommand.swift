import ArgumentParser
import Martlet
import MartletFormats

/// `martlet evaluate`: computes the loss and the metrics of a model on samples.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Compute the loss and the metrics of a model on samples.",
        discussion: """
            Examples:
              martlet evaluate model.keras --x x_test.npy --y y_test.npy
              martlet evaluate model.keras --x x.npy --y y.npy --metrics mae,mse --json
              martlet evaluate model.keras --data flowers/test

            Loss and metrics are those of the file, unless others are given. The file's optimizer does not matter here, and \
            is not read.
            """)

    @OptionGroup var model: ModelFile
    @OptionGroup var samples: SampleFiles
    @OptionGroup var choices: TrainingChoices
    @OptionGroup var inputShapes: InputShapeOption
    @Flag(help: "Print only loss and metrics, as one line of JSON.")
    var json = false

    func validate() throws { try samples.requireSome() }

    /// Tensors that the command makes outside of the model may not fit the memory, either.
    func run() throws { try withErrors(work) }

    private func work() throws {
        try samples.check()
        let network = try choices.load(
            model, optimizer: "sgd", options: "--loss or --metrics", inputShapes: inputShapes.shapes(for: model))
        let verbosity: Verbosity = json ? .silent : .progressBar
        let figures: Logs
        if let source = try samples.source(for: network, quiet: json, .test) {
            figures = try source.reading { try network.evaluate(source.batches(of: samples.batchSize), verbosity: verbosity) }
        } else {
            figures = try network.evaluate(samples.read(), batchSize: samples.batchSize, verbosity: verbosity)
        }
        if json { say(jsonLine(figures.map { ($0.key, figures.json($0.key)) })) }
    }
}
