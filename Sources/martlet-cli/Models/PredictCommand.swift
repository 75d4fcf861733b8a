import ArgumentParser
import Foundation
import Martlet
import MartletFormats

/// `martlet predict`: computes a model's outputs for samples.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Compute a model's outputs for samples and write them as .npy files.",
        discussion: """
            Examples:
              martlet predict model.keras --x x.npy -o y.npy
              martlet predict pair.keras --x left.npy --x right.npy -o score.npy
              martlet predict model.keras --data photos -o y.npy
              martlet predict model.keras --data people.csv --missing skip \\
                -o y.npy --index rows.npy

            Without -o the first values of each output are printed. NumPy has no bfloat16, so such an output \
            is written as float32, which can represent the same numbers. `martlet summary` shows the order of inputs and \
            outputs of .onnx and .tflite files and of SavedModels.
            """)

    @OptionGroup var model: ModelFile
    @Option(
        help: ArgumentHelp(
            """
            The inputs, samples along the first axis: an .npy file. For a model with several inputs, repeat the option \
            in their order.
            """, valueName: "x.npy"))
    var x: [String] = []
    @Option(
        help: ArgumentHelp(
            """
            In place of --x: a folder of images, in the order of their paths, or of MNIST's IDX files, a .csv or .tsv file, or TFRecord files, a pattern \
            in quotes. With --label, that column or feature is no input.
            """, valueName: "data"))
    var data: String?
    @OptionGroup(title: "With --data") var choices: DataChoices
    @OptionGroup var inputShapes: InputShapeOption
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The file for an output. For a model with several outputs, repeat the option in their order.",
            valueName: "out.npy"))
    var output: [String] = []
    @Option(
        help: ArgumentHelp(
            """
            With --data: an .npy file for the numbers of the rows, records or files that the outputs are for, counted from 0 as \
            pandas does. With it, outputs stay with their rows where --missing skip or --skip-unreadable leaves out some.
            """, valueName: "index.npy"))
    var index: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of samples in a step.", valueName: "n"))
    var batchSize = 32

    func validate() throws {
        if data == nil, x.isEmpty { throw ValidationError("Missing --x. Expected --x or --data.") }
        if index != nil, data == nil { throw ValidationError("Expected --data with --index.") }
        if data == nil { try choices.expectNone() }
        if data != nil, !x.isEmpty { throw ValidationError("Expected --x or --data, not both.") }
    }

    /// Tensors that the command makes outside of the model may not fit the memory, either.
    func run() throws { try withErrors(work) }

    private func work() throws {
        try expect(batchSize, atLeast: 1, "--batch-size")
        let inputs = x.map { ("--x", $0) } + [data].compactMap { $0 }.map { ("--data", $0) }
        try choices.check()
        let files = output.map { ("-o", $0) } + [index].compactMap { $0 }.map { ("--index", $0) }
        try checkOutputs(files, keeping: [("the model", model.path)] + inputs)
        for (option, path) in files {
            let ending = (path as NSString).pathExtension.lowercased()
            guard ending.isEmpty || ending == "npy" else {
                throw MartletError("Expected a name that ends in .npy, NumPy's format. Received: \(path).", at: option)
            }
        }
        // A graph is made for sizes, which the headers of the samples say.
        let isOfSizes = model.path.hasSuffix(".tflite") && !x.isEmpty
        let shapes = try inputShapes.shapes(for: model) ?? (isOfSizes ? x.map(Self.shape) : nil)
        let network = try model.load(CompilationChoice(readsFile: false), inputShapes: shapes)
        try checkCount(network.outputCount)
        let outputs: [Tensor]
        if let data {
            let source = try DataSource(data, choices, for: network, isLabeled: false, .test, keepsOrigins: index != nil)
            outputs = try source.reading { try network.predict(source.batches(of: batchSize)) }
            if let index { try NPY.write(Tensor(source.numbers), to: index) }
        } else {
            outputs = try network.predict(x.map { try array($0, of: "--x") }, batchSize: batchSize)
        }
        guard !output.isEmpty else {
            for values in outputs { say("\(values)") }
            return
        }
        try checkCount(outputs.count)
        for (values, path) in zip(outputs, output) {
            try NPY.write(values.dtype == .bfloat16 ? values.cast(to: .float32) : values, to: path)
        }
    }

    /// The shape of samples in a file, of which only the header is read.
    private static func shape(_ path: String) throws -> PartialShape {
        let shape = try ArrayReader(npy: FileStream(path)).shape
        return PartialShape(Array(shape.dimensions.dropFirst())).batched()
    }

    /// A subclass of `Model` shows its outputs only when it runs, others before.
    private func checkCount(_ count: Int?) throws {
        guard let count, !output.isEmpty, output.count != count else { return }
        throw MartletError(
            "Expected a file for each of the model's \(count) outputs. Received: \(output.count).", at: "-o")
    }
}
