import ArgumentParser
import Martlet

/// `martlet summary`: prints the layers of a model.
struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Print the layers of a model, their output shapes and numbers of parameters.",
        discussion: """
            Example:
              martlet summary model.keras

            As in Keras, the total includes the optimizer's variables if the file holds them. A loss, a metric or an \
            optimizer that Martlet does not know is ignored; then the optimizer's variables are not counted.
            """)

    @OptionGroup var model: ModelFile
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The number of characters in a line, 40 to 1000 (default: the width of the terminal).", valueName: "n"))
    var width: Int?

    func run() throws {
        if let width, !(40...1000).contains(width) {
            throw MartletError("Expected a number from 40 to 1000. Received: \(width).", at: "--width")
        }
        var choice = CompilationChoice()
        choice.unreadable = .nothing
        try model.load(choice).summary(width: width)
    }
}
