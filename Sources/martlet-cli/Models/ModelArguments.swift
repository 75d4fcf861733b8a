import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletExport
import MartletFormats

/// The model's file, the first argument of every command on models.
struct ModelFile: ParsableArguments {
    @ArgumentParser.Argument(
        help: ArgumentHelp(
            """
            A model that Keras or Martlet saved: a .keras archive, or an .h5 file in the older format. Or an .onnx or a .tflite \
            file, or the folder of a SavedModel.
            """,
            valueName: "model"))
    var path: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The most memory that tensors may take, in MiB (default: what the machine has free).", valueName: "mib"))
    var memory: Int?

    /// Loads the model, within the limit on memory.
    /// - Parameters:
    ///   - inputShapes: for a .tflite file that leaves several sizes open, and for `asLayers`.
    ///   - asLayers: whether what runs a file's graph becomes a model of layers, which .keras files hold.
    func load(_ choice: CompilationChoice, inputShapes: [PartialShape]? = nil, asLayers: Bool = false) throws -> Model {
        if let memory {
            try expect(memory, atLeast: 1, "--memory")
            Settings.memoryLimit = min(memory, 1 << 40) << 20
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw MartletError("Expected \(Self.kinds). Received: a path where nothing is.", at: path)
        }
        var network: Model
        if path.hasSuffix(".onnx") {
            network = try withErrors { try ONNXModel(onnx: path) }
        } else if path.hasSuffix(".tflite") {
            network = try withErrors { try TFLiteModel(tflite: path, inputShapes: inputShapes) }
        } else if FileManager.default.fileExists(atPath: path + "/saved_model.pb") {
            network = try withErrors { try TensorFlowModel(savedModel: path) }
        } else {
            // What is there and is no model file is named for what a command takes, which is more than Model.load does.
            guard isOfLayers, !isFolder.boolValue else {
                throw MartletError(
                    "Expected \(Self.kinds). Received: another \(isFolder.boolValue ? "folder" : "file").", at: path)
            }
            return try Model.load(from: path, choice)
        }
        if asLayers { network = try layered(network, inputShapes) }
        try network.compile(choice)
        return network
    }

    /// Whether the file is one of Keras's, which are made of layers.
    var isOfLayers: Bool { [".keras", ".h5", ".hdf5"].contains(where: path.hasSuffix) }

    private static let kinds = "a model file, whose name ends in .keras, .h5, .onnx or .tflite, or the folder of a SavedModel, "
        + "with saved_model.pb in it"

    private func layered(_ network: Model, _ inputShapes: [PartialShape]?) throws -> Model {
        do {
            return try network.layered(inputShapes: inputShapes)
        } catch let error as MartletError {
            let other = path.hasSuffix(".onnx") ? "--save as .onnx without --run" : "neither --save nor --run"
            throw MartletError(
                "What is saved as .keras or .h5, or in a run's folder, is made of layers, which this model does not become. "
                    + "\(error.location.map { "\($0): " } ?? "")\(error.message) To train it as it is, give \(other).", at: path)
        }
    }
}

/// `--input-shape` of the commands on models.
struct InputShapeOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The shape of an input without the batch axis, sizes separated by commas, for a model that leaves sizes open. \
            Repeat the option for each input.
            """, valueName: "sizes"))
    var inputShape: [String] = []

    /// The shapes, batch axis (nil) included. nil when the option was not given.
    var shapes: [PartialShape]? {
        get throws { inputShape.isEmpty ? nil : try inputShape.map(Self.shape) }
    }

    /// The shapes for commands in which only the graphs of files are made for them.
    func shapes(for model: ModelFile) throws -> [PartialShape]? {
        guard !model.isOfLayers || inputShape.isEmpty else {
            throw MartletError(
                "Expected a .tflite or .onnx file, or a SavedModel. A model of layers takes samples of any shape that fits.",
                at: "--input-shape")
        }
        return try shapes
    }

    private static func shape(_ text: String) throws -> PartialShape {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
        guard text.isEmpty || parts.allSatisfy({ $0.map { $0 >= 0 && $0 < 1 << 31 } ?? false }), parts.count <= 15 else {
            throw wrongOption("Expected sizes separated by commas, as in 28,28,1. Received: \(text).", at: "--input-shape")
        }
        return text.isEmpty ? [nil] : PartialShape(parts).batched()
    }
}

/// The samples and targets of `evaluate` and `fit`.
struct SampleFiles: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The inputs, samples along the first axis: an .npy file. For a model with several inputs, repeat the option \
            in their order.
            """, valueName: "x.npy"))
    var x: [String] = []
    @Option(
        help: ArgumentHelp(
            "The targets. For a model with several outputs, repeat the option in their order.", valueName: "y.npy"))
    var y: [String] = []
    @Option(
        help: ArgumentHelp(
            """
            In place of --x and --y: a folder with a folder of images for each class, or with MNIST's IDX files, a .csv or \
            .tsv file, or TFRecord files, a pattern in quotes.
            """, valueName: "data"))
    var data: String?
    @OptionGroup(title: "With --data") var choices: DataChoices
    @Option(
        help: ArgumentHelp(
            """
            The weight of each sample in the loss and the weighted metrics, for all outputs. Repeat the option in the \
            order of the outputs for separate weights.
            """, valueName: "w.npy"))
    var sampleWeight: [String] = []
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of samples in a step.", valueName: "n"))
    var batchSize = 32

    /// - Throws: `MartletError` when a file cannot be read or the numbers of samples differ.
    func read() throws -> TensorDataset {
        try TensorDataset(
            inputs: x.map { try array($0, of: "--x") }, targets: y.map { try array($0, of: "--y") },
            sampleWeights: sampleWeight.map { try array($0, of: "--sample-weight") })
    }

    func check() throws {
        try expect(batchSize, atLeast: 1, "--batch-size")
        try choices.check()
    }

    /// What must be the same when a training goes on.
    var facts: [(String, String)] {
        guard let data else { return [("source of the data", "--x and --y")] }
        let digest = DataDigest.digest(data).map { [("digest of the data", $0)] } ?? []
        return [("source of the data", "--data")] + choices.facts + digest
    }

    func validate() throws {
        if data == nil { try choices.expectNone() }
        guard data == nil else {
            if let other = [("--x", x), ("--y", y), ("--sample-weight", sampleWeight)].first(where: { !$0.1.isEmpty }) {
                throw ValidationError("Expected --data or \(other.0), not both.")
            }
            return
        }
    }

    /// Whether nothing was given.
    var areNone: Bool { data == nil && x.isEmpty && y.isEmpty && sampleWeight.isEmpty }

    /// For commands that need samples.
    func requireSome() throws {
        if data == nil, x.isEmpty || y.isEmpty {
            throw ValidationError("Missing \(x.isEmpty ? "--x" : "--y"). Expected --x and --y, or --data.")
        }
    }

    /// What `--data` names; nil where it is not given.
    /// - Parameter part: which IDX files of a folder are read.
    func source(for model: Model, quiet: Bool, _ part: IDXFolder.Part = .training) throws -> DataSource? {
        guard let data else { return nil }
        let source = try DataSource(data, choices, for: model, isLabeled: true, part)
        if case .arrays(let files) = source.kind, !quiet { say("Reading \(files.images) and \(files.labels).") }
        if !source.classNames.isEmpty, !quiet {
            let names = source.classNames.prefix(100).enumerated().map { "\($0) \($1)" }.joined(separator: ", ")
            say("Classes: \(names)\(source.classNames.count > 100 ? ", ..." : "")")
        }
        return source
    }

    /// The files, with the options that name them.
    var files: [(option: String, path: String)] {
        x.map { ("--x", $0) } + y.map { ("--y", $0) } + sampleWeight.map { ("--sample-weight", $0) }
            + [data].compactMap { $0 }.map { ("--data", $0) }
    }
}

/// Loss and metrics in place of those of the model's file.
struct TrainingChoices: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Another loss, by Keras's name: mse, binary_crossentropy, sparse_categorical_crossentropy, ... With arguments as \
            in Keras: 'BinaryCrossentropy(from_logits=True)'. For separate losses, repeat the option in the order of the \
            outputs. The name none is for an output without a loss.
            """, valueName: "name"))
    var loss: [String] = []
    @Option(
        help: ArgumentHelp(
            """
            Other metrics, by Keras's names, separated by commas: mae,mse, or 'mae,TopKCategoricalAccuracy(k=3)'. Repeat the \
            option for each output. They replace the file's weighted metrics, too.
            """, valueName: "names"))
    var metrics: [String] = []
    @Flag(
        name: .customLong("no-compile"),
        help: "Read nothing of the file's loss, metrics and optimizer. Then --loss is needed.")
    var ignoresFile = false

    /// Loads the model. What is given here or as `optimizer` is not read from the file. An optimizer that is not replaced
    /// keeps its state.
    func load(
        _ model: ModelFile, optimizer: (any OptimizerConvertible)? = nil, options: String, inputShapes: [PartialShape]? = nil, asLayers: Bool = false
    ) throws -> Model {
        let losses = try readingOption("--loss") { try loss.map { $0 == "none" ? nil : try NamedPart($0, .loss).loss() } }
        let metrics = try readingOption("--metrics") { try self.metrics.map { try NamedPart.list($0, .metric).map { try $0.metric() } } }
        var choice = CompilationChoice(readsFile: !ignoresFile)
        choice.unreadable = .error
        choice.optimizer = optimizer
        if losses.count == 1, let loss = losses[0] {
            choice.losses = .single(loss)
        } else if !losses.isEmpty {
            choice.losses = .list(losses)
        }
        if !metrics.isEmpty { choice.metrics = .list(metrics) }
        choice.advice = "Give \(options) to use others than the file's, or --no-compile to read none of them."
        let network = try model.load(choice, inputShapes: inputShapes, asLayers: asLayers)
        guard network.optimizer != nil else {
            let reason = ignoresFile ? "With --no-compile the file's is not read" : "The file has none"
            throw MartletError("Expected a loss. \(reason): give --loss.", at: model.path)
        }
        return network
    }
}

/// What `--tensorboard` does.
let tensorBoardHelp: String = """
    A folder for event files, which TensorBoard and `martlet logs` show: metrics, learning rate, histograms of the weights, \
    the model's graph.
    """

/// - Throws: `MartletError` when a folder cannot be written into, or made.
func checkFolder(_ path: String, _ option: String) throws { try locating(option) { try FileIO.makeFolder(path) } }

/// - Throws: `CommandEnd` when a number is no fraction of the samples.
func expectSplit(_ value: Double) throws {
    guard (0..<1).contains(value) else {
        throw wrongOption("Expected a fraction from 0 to below 1. Received: \(value).", at: "--validation-split")
    }
}

/// Runs `body`, which reads the value of an option.
/// - Throws: `CommandEnd` that names the option.
func readingOption<R>(_ option: String, _ body: () throws -> R) throws -> R {
    do {
        return try body()
    } catch let error as MartletError {
        throw wrongOption(error.description, at: option)
    }
}

/// Runs `body`; its errors name the option.
@discardableResult func locating<R>(_ option: String, _ body: () throws -> R) throws -> R {
    do {
        return try body()
    } catch let error as MartletError {
        throw MartletError(error.message, at: option)
    }
}

/// - Throws: `CommandEnd` when a learning rate is no positive number that a weight can have.
func expectRate(_ value: Double) throws {
    guard value > 0, Float(value).isFinite else {
        throw wrongOption("Expected a positive number below 3.4e38. Received: \(value).", at: "--learning-rate")
    }
}

/// - Throws: `CommandEnd` when a number is too small.
func expect(_ value: Int, atLeast minimum: Int, _ option: String) throws {
    guard value >= minimum else {
        throw wrongOption("Expected a number of at least \(minimum). Received: \(value).", at: option)
    }
}
