import ArgumentParser
import Foundation
import Martlet
import MartletExport
import MartletFormats

/// `martlet export`: writes a model for another framework.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a model's forward pass for LiteRT, TensorFlow or ONNX runtimes.",
        discussion: """
            Examples:
              martlet export model.keras --to model.tflite
              martlet export model.keras --to model.tflite --quantize int8 \\
                --calibration x.npy
              martlet export model.keras --to saved_model
              martlet export model.keras --to model.onnx
              martlet export model.keras --to model.onnx --quantize int8 \\
                --calibration x.npy
              martlet export model.keras --to model.tflite --quantize int8 \\
                --data photos --scale 0.00392157

            The ending of --to says the format: .tflite, .onnx, or none for the folder of a SavedModel. The file is read \
            again and compared with the model, on the samples of --calibration or --data, or on random numbers; a file that \
            differs by more than --tolerance is not written. Axes that the model leaves open, as the length of sequences, stay \
            open in the file; --input-shape fixes them.
            """)

    @OptionGroup var model: ModelFile
    @Option(help: ArgumentHelp("The file or the folder to write.", valueName: "out"))
    var to: String
    @Option(
        help: ArgumentHelp(
            """
            For .tflite: float16 or dynamic (weights of 16 or 8 bits), int8 (weights and activations), int16x8 (activations \
            of 16 bits). For .onnx: float16 or int8. int8 and int16x8 need --calibration or --data.
            """, valueName: "kind"))
    var quantize = "none"
    @Option(
        help: ArgumentHelp(
            """
            Samples that are like those that the model will see: an .npy file. For a model with several inputs, repeat the \
            option in their order.
            """, valueName: "x.npy"))
    var calibration: [String] = []
    @Option(
        help: ArgumentHelp(
            """
            In place of --calibration: a folder of images, a .csv or .tsv file, or TFRecord files, a pattern in quotes. 512 \
            samples of them are taken at random, the same each time. With --max-accuracy-drop their labels are the classes.
            """, valueName: "data"))
    var data: String?
    @OptionGroup(title: "With --data") var choices: DataChoices
    @Option(
        help: ArgumentHelp(
            """
            With int8 or int16x8: how much accuracy may be lost, 0.005 or 0.5%. The layers that lose most stay in float32 until \
            it is. Needs --y.
            """, valueName: "share"))
    var maxAccuracyDrop: String?
    @Option(help: ArgumentHelp("The classes of the samples of --calibration.", valueName: "y.npy"))
    var y: String?
    @OptionGroup var inputShapes: InputShapeOption
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The largest difference between file and model, in units of the largest output (default: by --quantize).",
            valueName: "d"))
    var tolerance: Double?
    @Flag(help: "Print one JSON object in place of the sentence.")
    var json = false

    func validate() throws {
        if data != nil, !calibration.isEmpty { throw ValidationError("Expected --calibration or --data, not both.") }
        if data == nil { try choices.expectNone() }
        if data != nil, y != nil { throw ValidationError("Expected --y with --calibration: --data has labels of its own.") }
    }

    func run() throws {
        let files = calibration.map { ("--calibration", $0) } + [data].compactMap { $0 }.map { ("--data", $0) }
        let format = try ExportFormat(path: to)
        if format != .savedModel { try checkOutputs([("--to", to)], keeping: [("the model", model.path)] + files) }
        guard let quantization = ExportOptions.Quantization(rawValue: quantize) else {
            let names = ExportOptions.Quantization.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrongOption("Expected one of \(names). Received: \(quantize).", at: "--quantize")
        }
        if let tolerance, !(tolerance >= 0) {
            throw wrongOption("Expected a number of 0 or more. Received: \(tolerance).", at: "--tolerance")
        }
        var options = ExportOptions(quantization: quantization, tolerance: tolerance)
        options.inputShapes = try inputShapes.shapes
        let roundsActivations = quantization == .int8 || quantization == .int16x8
        if calibration.isEmpty, data == nil, roundsActivations {
            throw wrongOption("Expected samples for \(quantize): give --calibration or --data.", at: "--quantize")
        }
        if maxAccuracyDrop != nil, !roundsActivations || y == nil && data == nil {
            throw wrongOption(
                "Expected --quantize int8 or int16x8, and the classes: give --y, or --data with labels.",
                at: "--max-accuracy-drop")
        }
        if maxAccuracyDrop == nil, y != nil {
            throw wrongOption("Expected --max-accuracy-drop, which compares with the classes.", at: "--y")
        }
        let largestDrop = try maxAccuracyDrop.map(Self.share)
        let report = try withErrors { try export(format, options, largestDrop) }
        guard json else {
            for layer in report.layers { say("\(layer)") }
            return say("\(report)")
        }
        say(
            jsonLine([
                ("format", .string(report.format.rawValue)), ("operations", .int(report.operationCount)),
                ("bytes", .int(report.byteCount)), ("inputs", .array(report.inputNames.map { .string($0) })),
                ("outputs", .array(report.outputNames.map { .string($0) })),
                ("largest_difference", .double(report.largestDifference)),
            ] + (report.accuracy.map { [("model_accuracy", .double($0.model)), ("accuracy", .double($0.file))] } ?? [])))
    }

    private func export(_ format: ExportFormat, _ given: ExportOptions, _ largestDrop: Double?) throws -> ExportReport {
        var options = given
        let network = try model.load(CompilationChoice(readsFile: false), inputShapes: options.inputShapes)
        let (samples, targets) = try self.samples(for: network)
        if let count = samples.first?.shape[0] {
            options.calibration = stride(from: 0, to: count, by: 32).map { start in
                samples.map { $0[start..<min(start + 32, count)] }
            }
            options.checkedInputs = options.calibration[0]
        }
        if let largestDrop, let targets {
            options.accuracyBudget = .init(inputs: samples, targets: targets, largestDrop: largestDrop)
        }
        return try network.export(to: to, format: format, options: options)
    }

    private static let mostSamples = 512

    /// The samples for calibration, a tensor for each input, and their classes where these are needed.
    private func samples(for network: Model) throws -> (inputs: [Tensor], targets: Tensor?) {
        if let data {
            let source = try DataSource(data, choices, for: network, isLabeled: maxAccuracyDrop != nil)
            var batches: [Batch] = []
            try source.reading {
                try source.batches(of: 32, shuffledBy: 1).dataset.take(Self.mostSamples / 32).forEach { batches.append($0.batch) }
            }
            guard let first = batches.first else { throw MartletError("Expected samples. There are none.", at: "--data") }
            let inputs = first.inputs.indices.map { place in Tensor.concatenate(batches.map { $0.inputs[place] }) }
            return (inputs, first.targets.isEmpty ? nil : Tensor.concatenate(batches.map { $0.targets[0] }))
        }
        let samples = try calibration.map(NPY.read)
        guard let first = samples.first else { return ([], nil) }
        let count = first.rank > 0 ? first.shape[0] : 0
        guard count > 0, samples.allSatisfy({ $0.rank > 0 && $0.shape[0] == count }) else {
            throw MartletError(
                "Expected samples along the first axis, as many for each input. "
                    + "Received: \(samples.map(\.spec.description).joined(separator: ", ")).", at: "--calibration")
        }
        return (samples, try y.map(NPY.read))
    }

    private static func share(_ text: String) throws -> Double {
        let number = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
        guard let number, number >= 0, number <= 1 else {
            throw wrongOption("Expected a share from 0 to 1, or from 0% to 100%. Received: \(text).", at: "--max-accuracy-drop")
        }
        return number
    }
}
