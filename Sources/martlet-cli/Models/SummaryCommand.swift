import ArgumentParser
import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletNN

/// `martlet summary`: prints the layers of a model.
struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Print the layers of a model, their output shapes and numbers of parameters.",
        discussion: """
            Example:
              martlet summary model.keras

            As in Keras, the total includes the optimizer's variables if the file holds them. A loss, a metric or an \
            optimizer that Martlet does not know is ignored; then the optimizer's variables are not counted. Of .onnx and \
            .tflite files and SavedModels it prints the inputs and outputs, in the order in which commands take them.
            """)

    @OptionGroup var model: ModelFile
    @OptionGroup var inputShapes: InputShapeOption
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The number of characters in a line, 40 to 1000 (default: the width of the terminal).", valueName: "n"))
    var width: Int?

    /// Tensors that the command makes outside of the model may not fit the memory, either.
    func run() throws { try withErrors(work) }

    private func work() throws {
        if let width, !(40...1000).contains(width) {
            throw wrongOption("Expected a number from 40 to 1000. Received: \(width).", at: "--width")
        }
        var choice = CompilationChoice()
        choice.unreadable = .nothing
        let network = try model.load(choice, inputShapes: inputShapes.shapes(for: model))
        guard let file = network as? any FileModel else { return network.summary(width: width) }
        say(Self.summary(of: file))
    }

    /// The summary of a model that runs a file's graph: what goes in and comes out, in the order of the commands' options.
    private static func summary(of file: any FileModel) -> String {
        func table(_ title: String, _ ends: [(name: String, shape: PartialShape?, dtype: DType)]) -> [String] {
            let width = ends.map(\.name.count).max() ?? 0
            return [title] + ends.map { end in
                let name = end.name.padding(toLength: width, withPad: " ", startingAt: 0)
                return "  \(name)  \(end.dtype.name) \(end.shape.map(\.description) ?? "of an unknown shape")"
            }
        }
        let weights = [
            ("Total params", file.weights), ("Trainable params", file.trainableWeights),
            ("Non-trainable params", file.nonTrainableWeights),
        ]
        let counts = weights.map { title, variables in
            let count = variables.reduce(0) { $0 + $1.shape.elementCount }
            let bytes = variables.reduce(0) { $0 + $1.shape.elementCount * $1.dtype.byteCount }
            return " \(title): \(grouped(count)) (\(readableSize(bytes)))"
        }
        let lines = ["Model: \"\(file.name)\""] + table("Inputs, in the order of --x:", file.fileInputs.map { ($0, $1, $2) })
            + table("Outputs, in the order of -o:", file.fileOutputs)
        return (lines + counts).joined(separator: "\n")
    }
}
