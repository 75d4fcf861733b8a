import ArgumentParser
import Martlet

/// `martlet summary`: prints the layers of a model.
struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Print the layers of a model, their output shapes and numbers of parameters.",
        discussion: """
            Example:
              martlet summary model.keras

            As in Keras, the total includes the optimizer's variables if the file holds them.
            """)

    @OptionGroup var model: ModelFile
    @Option(help: ArgumentHelp("The number of characters in a line (default: the width of the terminal).", valueName: "n"))
    var width: Int?

    func run() throws {
        if let width { try expect(width, atLeast: 40, "--width") }
        try Model.load(from: model.path).summary(width: width)
    }
}
