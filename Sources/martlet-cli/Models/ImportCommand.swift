import ArgumentParser
import Martlet
import MartletApplications
import MartletExport
import MartletFormats

/// `martlet import`: makes a Keras model of another framework's file.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a Keras model of an ONNX or TFLite file, a SavedModel, weights of PyTorch, or an older Keras file.",
        discussion: """
            Examples:
              martlet import model.onnx --to model.keras
              martlet import model.onnx --input-shape 3,224,224 --to model.keras
              martlet import saved_model --to model.keras
              martlet import keras2.h5 --to keras3.keras
              martlet import resnet18.safetensors --network resnet18 --to resnet18.keras
              martlet import weights.safetensors --into model.keras \\
                --mapping map.json --flattened dense=7,7,64 --to trained.keras

            A .keras or .h5 file is written in the form of Keras 3 with its compilation and its optimizer's state: so files of \
            Keras 1 and 2 open in Keras 3.

            Of other files, the result is a functional model of Keras's layers and operations, which Keras opens. It is compared with the \
            file on random numbers. The commands predict, evaluate, fit and summary also take the files themselves. A \
            .safetensors file is a state_dict of PyTorch, whose weights go into a network that is known, or into a model: \
            the map is a JSON object with the module's name for the path of each layer. PyTorch flattens images with their \
            channels first: --flattened says what a dense layer behind that sees.
            """)

    @OptionGroup var model: ModelFile
    @Option(help: ArgumentHelp("The file to write: .keras, or .h5 for the older format.", valueName: "out"))
    var to: String
    @OptionGroup var inputShapes: InputShapeOption
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            The largest difference to the file that is no error, in units of the largest output (default: 1e-4, or 0.02 for a \
            file that computes in 16 bits, where the result's layers compute in float32).
            """, valueName: "d"))
    var tolerance: Double?
    @Option(
        help: ArgumentHelp(
            "For .safetensors: the network of torchvision whose weights these are, resnet18 or resnet34.", valueName: "name"))
    var network: String?
    @Option(help: ArgumentHelp("For .safetensors: the model that gets the weights.", valueName: "model"))
    var into: String?
    @Option(help: ArgumentHelp("With --into: the module of each layer.", valueName: "map.json"))
    var mapping: String?
    @Option(
        help: ArgumentHelp(
            """
            With --into: the path of a dense layer behind a Flatten of images, and their height, width and channels, as in \
            dense=7,7,64. PyTorch flattens the channels first. Repeat the option for each such layer.
            """, valueName: "layer=sizes"))
    var flattened: [String] = []

    /// Tensors that the command makes outside of the model may not fit the memory, either.
    func run() throws { try withErrors(work) }

    private func work() throws {
        if let tolerance, !(tolerance >= 0) {
            throw wrongOption("Expected a number of 0 or more. Received: \(tolerance).", at: "--tolerance")
        }
        if [".tflite", ".onnx"].contains(where: to.hasSuffix) {
            throw MartletError(
                "Expected a name that ends in .keras or .h5; martlet export writes other files. Received: \(to).", at: "--to")
        }
        try locating("--to") { try Model.savesArchive(at: to) }
        try checkOutputs(
            [("--to", to)], keeping: [("the model", model.path)] + [into, mapping].compactMap { $0 }.map { ("a file", $0) })
        let shapes = try inputShapes.shapes
        guard !model.path.hasSuffix(".safetensors") else { return try importWeights(shapes) }
        let options = [("--network", network), ("--into", into), ("--mapping", mapping), ("--flattened", flattened.first)]
        for (option, value) in options where value != nil {
            throw MartletError("Expected a .safetensors file of weights. Received: \(model.path).", at: option)
        }
        if model.isOfLayers {
            let given = [("--input-shape", shapes != nil), ("--tolerance", tolerance != nil)]
            if let (option, _) = given.first(where: \.1) {
                throw MartletError("Expected a file of another framework with it. Received a Keras file.", at: option)
            }
            return try write(model.load(CompilationChoice()))
        }
        let source = try model.load(CompilationChoice(readsFile: false), inputShapes: shapes)
        try write(source.layered(inputShapes: shapes, tolerance: tolerance))
    }

    private func write(_ made: Model) throws {
        try made.save(to: to)
        say("\(made.layers.count) layers and operations, \(made.parameterCount) parameters")
    }

    /// What `--flattened` says, by the paths of layers.
    private func flattenedSizes() throws -> [String: [Int]] {
        var sizes: [String: [Int]] = [:]
        for text in flattened {
            // Paths have no equals sign that Keras writes; the sizes come last.
            let parts = text.split(separator: "=", omittingEmptySubsequences: false)
            let numbers = parts.last?.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 } ?? []
            let path = parts.dropLast().joined(separator: "=")
            guard !path.isEmpty, numbers.count == 3, numbers.allSatisfy({ (1...1 << 31).contains($0) }) else {
                throw wrongOption(
                    "Expected the path of a layer and the sizes of what is flattened, as in dense=7,7,64. Received: \(text).",
                    at: "--flattened")
            }
            guard sizes.updateValue(numbers, forKey: path) == nil else {
                throw wrongOption("Expected each layer once. Received: \(path) twice.", at: "--flattened")
            }
        }
        return sizes
    }

    /// The networks of torchvision that have the layers of one here.
    private static let networks = ["resnet18": Applications.resNet18, "resnet34": Applications.resNet34]

    private func importWeights(_ shapes: [PartialShape]?) throws {
        let made: Model
        switch (network, into) {
        case (let network?, nil):
            guard let application = Self.networks[network] else {
                throw wrongOption(
                    "Expected one of \(Self.networks.keys.sorted().joined(separator: ", ")). Received: \(network).",
                    at: "--network")
            }
            for (option, isGiven) in [("--mapping", mapping != nil), ("--flattened", !flattened.isEmpty)] where isGiven {
                throw wrongOption("Expected --into with it: the layers of --network are known.", at: option)
            }
            // One class for each row of the classifier, behind 512 channels.
            let classifier = try Safetensors.read(model.path)["fc.weight"]
            let classes = classifier.flatMap { $0.rank == 2 && $0.shape[1] == 512 ? $0.shape[0] : nil }
            let shape = shapes?.first.map { PartialShape(Array($0.dimensions.dropFirst())) }
            made = try application(inputShape: shape, classes: max(1, classes ?? 1000), classifierActivation: nil)
            try made.loadWeights(from: model.path, mapping: Applications.torchvisionModule)
        case (nil, let into?):
            guard let mapping else { throw wrongOption("Expected the module of each layer: give --mapping.", at: "--into") }
            var names: [String: String] = [:]
            try locating("--mapping") { names = try JSONValue(parsing: FileIO.read(mapping)).stringTable() }
            made = try Model.load(from: into, CompilationChoice(readsFile: true))
            try made.loadWeights(from: model.path, mapping: names, flattened: flattenedSizes())
        default:
            throw MartletError("Expected what the weights are for: give --network, or --into and --mapping.", at: model.path)
        }
        try write(made)
    }
}

extension JSONValue {
    /// The entries of an object all of whose values are strings.
    fileprivate func stringTable() throws -> [String: String] {
        guard case .object(let object) = self else { throw MartletError("Expected a JSON object of names.") }
        var table: [String: String] = [:]
        for (key, value) in object {
            guard case .string(let text) = value else { throw MartletError("Expected a string for \"\(key)\".") }
            table[key] = text
        }
        return table
    }
}
