import ArgumentParser
import Martlet

/// `martlet summary`: the layers of a model.
struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Print the layers of a model, their output shapes and numbers of parameters.",
        discussion: """
            Example:
              martlet summary model.keras

            The total includes what the optimizer remembers, as in Keras, when the file holds it.
            """)

    @OptionGroup var model: ModelFile
    @Option(help: ArgumentHelp("The number of characters in a line (default: what the terminal has).", valueName: "n"))
    var width: Int?

    func run() throws {
        if let width { try expect(width, atLeast: 40, "--width") }
        try Model.load(from: model.path).summary(width: width)
    }
}
