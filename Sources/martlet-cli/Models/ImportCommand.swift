import ArgumentParser
import Martlet
import MartletExport

/// `martlet import`: makes a Keras model of another framework's file.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a Keras model of an ONNX or TFLite file, or of a SavedModel.",
        discussion: """
            Examples:
              martlet import model.onnx --to model.keras
              martlet import model.onnx --input-shape 3,224,224 --to model.keras
              martlet import saved_model --to model.keras

            The result is a functional model of Keras's layers and operations, which Keras opens. It is compared with the \
            file on random numbers. The commands predict, evaluate, fit and summary also take the files themselves.
            """)

    @OptionGroup var model: ModelFile
    @Option(help: ArgumentHelp("The file to write: .keras, or .h5 for the older format.", valueName: "out"))
    var to: String
    @OptionGroup var inputShapes: InputShapeOption
    @Option(
        help: ArgumentHelp(
            "The largest difference to the file that is no error, in units of the largest output.", valueName: "d"))
    var tolerance = 1e-4

    func run() throws {
        guard tolerance >= 0 else {
            throw MartletError("Expected a number of 0 or more. Received: \(tolerance).", at: "--tolerance")
        }
        try locating("--to") { try Model.savesArchive(at: to) }
        try checkOutputs([("--to", to)], keeping: [("the model", model.path)])
        let shapes = try inputShapes.shapes
        let source = try model.load(CompilationChoice(readsFile: false))
        let made = try source.layered(inputShapes: shapes, tolerance: tolerance)
        try made.save(to: to)
        say("\(made.layers.count) layers and operations, \(made.parameterCount) parameters")
    }
}
