import Foundation
import Martlet
import MartletCore
import MartletFormats

/// A format that a model's forward pass can be written in.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// A `.tflite` file for LiteRT, on phones and small devices.
    case tflite
    /// A folder with a `saved_model.pb` for TensorFlow, TensorFlow Serving and `keras.layers.TFSMLayer`.
    case savedModel
    /// An `.onnx` file.
    case onnx

    /// The format that a path's ending says: `.tflite`, `.onnx`, or a folder.
    /// - Throws: `MartletError` for another ending.
    public init(path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        switch name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last {
        case "tflite": self = .tflite
        case "onnx": self = .onnx
        case nil where !name.isEmpty: self = .savedModel
        default:
            throw MartletError(
                "Expected a name that ends in .tflite or .onnx, or a folder for a SavedModel, whose name has no ending.",
                at: path)
        }
    }
}

/// How a model is exported.
public struct ExportOptions: Sendable {
    /// What weights and activations become in a `.tflite` file. An `.onnx` file takes `none`, `float16` and `int8`, a SavedModel
    /// `none`.
    public enum Quantization: String, Sendable, CaseIterable {
        /// Nothing: `float32`.
        case none
        /// Weights of 16 bits: half the size.
        case float16
        /// Weights of 8 bits, for each channel of a convolution a scale of its own. A quarter of the size.
        case dynamic
        /// Weights and activations of 8 bits. Needs samples for calibration.
        case int8
        /// Weights of 8 bits and activations of 16. Needs samples for calibration.
        case int16x8
    }

    /// How much accuracy rounding to integers may cost.
    public struct AccuracyBudget: Sendable {
        /// A tensor for each input.
        public var inputs: [Tensor]
        /// The class of each sample, as a number or one-hot.
        public var targets: Tensor
        /// The largest share of the samples by which the accuracy may fall: 0.005 for half a percent.
        public var largestDrop: Double

        /// Makes a budget.
        public init(inputs: [Tensor], targets: Tensor, largestDrop: Double) {
            self.inputs = inputs
            self.targets = targets
            self.largestDrop = largestDrop
        }
    }

    /// The shape of each input, batch axis (nil) included, for a model that does not know them. Other axes that are nil stay open in
    /// the file, as those that the model leaves open do when nothing is given. A size that is given is the file's alone.
    public var inputShapes: [PartialShape]?
    /// How weights and activations are rounded.
    public var quantization: Quantization
    /// Batches of inputs that are like those that the model will see, a tensor for each input. `int8` and `int16x8` take the
    /// ranges of activations from them; a hundred samples are enough.
    public var calibration: [[Tensor]]
    /// For `int8` and `int16x8`: the layers that lose most stay in `float32` until the accuracy of the first output is within
    /// the budget.
    public var accuracyBudget: AccuracyBudget?
    /// Inputs on which the file that was written is compared with the model. Random numbers when nil.
    public var checkedInputs: [Tensor]?
    /// The largest difference between the file's outputs and the model's that is no error, in units of the model's largest
    /// output, or of 1 where that is smaller. When nil: 1e-4, or with `float16` 0.02, `dynamic` 0.2, `int8` and `int16x8` 0.5.
    /// Models that compute in 16 bits are exported in `float32`, and may differ by 0.02.
    public var tolerance: Double?

    /// Makes options.
    public init(
        inputShapes: [PartialShape]? = nil, quantization: Quantization = .none, calibration: [[Tensor]] = [],
        accuracyBudget: AccuracyBudget? = nil, checkedInputs: [Tensor]? = nil, tolerance: Double? = nil
    ) {
        self.inputShapes = inputShapes
        self.quantization = quantization
        self.calibration = calibration
        self.accuracyBudget = accuracyBudget
        self.checkedInputs = checkedInputs
        self.tolerance = tolerance
    }

    func bound(_ graph: ExportGraph) -> Double {
        if let tolerance { return tolerance }
        return switch quantization {
        case .none: graph.tolerance
        case .float16: 0.02
        case .dynamic: 0.2
        case .int8, .int16x8: 0.5
        }
    }
}

/// What an export wrote, and how it compares with the model.
public struct ExportReport: Sendable, CustomStringConvertible {
    /// The format that was written.
    public let format: ExportFormat
    /// The size of the file, or of the folder's file.
    public let byteCount: Int
    /// How many operations the file has.
    public let operationCount: Int
    /// The names of inputs and outputs in the file, in the model's order.
    public let inputNames: [String]
    public let outputNames: [String]
    /// The largest difference between an output of the file, as Martlet reads it, and of the model, in units of the model's
    /// largest output, or of 1 where that is smaller.
    public let largestDifference: Double
    /// With `int8` and `int16x8`, what rounding does to each layer on the first batch of the calibration.
    public let layers: [QuantizedLayer]
    /// With an accuracy budget, how the share of right samples has changed.
    public let accuracy: Accuracy?

    /// Shares of the labelled samples, 0 to 1, whose class is right.
    public struct Accuracy: Sendable, Equatable {
        /// Of the model in floating point.
        public let model: Double
        /// Of what was written.
        public let file: Double
    }

    public var description: String {
        let difference = String(format: "%.2g", largestDifference)
        let text = "\(format.rawValue): \(operationCount) operations, \(byteCount) bytes, largest difference \(difference)"
        return text + (accuracy.map { String(format: ", accuracy %.4f of the model's %.4f", $0.file, $0.model) } ?? "")
    }
}

extension Model {
    /// Writes the forward pass of the model in another framework's format, reads the file again, and compares it with the model.
    ///
    /// The batch axis stays open, and so do the other axes that the model leaves open, such as the length of sequences or the
    /// size of images: the file runs for all sizes that the model takes. Batch normalization is folded into convolutions and
    /// dense layers, and what only training needs is left out. The file appears whole or not at all.
    ///
    /// ```swift
    /// let report = try model.export(to: "digits.tflite")
    /// print(report.largestDifference)
    /// ```
    ///
    /// - Parameters:
    ///   - path: where to. Its ending says the format, as ``ExportFormat/init(path:)`` describes.
    ///   - format: the format in place of what the ending says.
    ///   - options: input shapes, quantization, and how the file is checked.
    /// - Returns: what was written.
    /// - Throws: `MartletError` when the model computes what the format has no operation for, which names the layer; when the
    ///   file differs from the model by more than the tolerance; or when it cannot be written.
    ///
    /// Source: [`keras.Model.export`](https://keras.io/api/models/model_saving_apis/export/).
    @discardableResult
    public func export(
        to path: String, format: ExportFormat? = nil, options: ExportOptions = ExportOptions()
    ) throws -> ExportReport {
        let format = try format ?? ExportFormat(path: path)
        guard format.quantizations.contains(options.quantization) else {
            let names = format.quantizations.map(\.rawValue).joined(separator: ", ")
            throw MartletError(
                "Expected one of \(names) as the quantization of \(format.rawValue); .tflite files take all kinds. "
                    + "Received: \(options.quantization.rawValue).", at: path)
        }
        return try withErrors { try exported(to: path, format, options) }
    }

    private func exported(to path: String, _ format: ExportFormat, _ options: ExportOptions) throws -> ExportReport {
        let graph = try ExportGraph(of: self, inputShapes: options.inputShapes, keeping: format.composites(options.quantization))
        let file = try format.file(graph, options)
        let samples = try options.checkedInputs.map { [$0] } ?? SizePlan.checks(of: graph, self).map { try graph.sampleInputs($0) }
        let difference = try samples.reduce(0) { largest, inputs in
            let expected = try withErrors { apply(inputs, training: false) }
            // Of what a file declares, as runtimes ask for it.
            let read = try file.read(zip(inputs, graph.inputs).map { $0.cast(to: graph.values[$1].dtype) })
            return max(largest, Self.difference(read, expected))
        }
        let bound = options.bound(graph)
        guard difference <= bound else {
            throw MartletError(
                "The exported file differs from the model: by \(difference) of the largest output, where \(bound) is "
                    + "the bound" + (options.quantization == .none ? "." : ". Calibrate with other samples, or round less."),
                at: path)
        }
        try file.write(path)
        return ExportReport(
            format: format, byteCount: file.byteCount, operationCount: file.operationCount, inputNames: graph.inputNames,
            outputNames: graph.outputNames, largestDifference: difference, layers: file.layers,
            accuracy: file.accuracy)
    }

    static func difference(_ a: [Tensor], _ b: [Tensor]) -> Double {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).reduce(0) { largest, pair in
            let (x, y) = (pair.0.cast(to: .float64), pair.1.cast(to: .float64))
            guard x.shape == y.shape else { return .infinity }
            if x.elementCount == 0 { return largest }
            // Infinities and NaN are the same, not near each other.
            let isSame = (x .== y).logicalOr(x.isNaN().logicalAnd(y.isNaN()))
            let distance = `where`(isSame, Tensor.zeros(like: x), (x - y).abs())
            let finite = `where`(y.isFinite(), y.abs(), 0)
            let difference: Double = (distance.max() / maximum(finite.max(), 1)).item()
            return max(largest, difference.isNaN ? .infinity : difference)
        }
    }
}

/// A file of another framework, not written yet.
struct ExportedFile {
    let byteCount: Int
    let operationCount: Int
    /// Computes the outputs as the file says.
    let read: ([Tensor]) throws -> [Tensor]
    let write: (String) throws -> Void
    var layers: [QuantizedLayer] = []
    var accuracy: ExportReport.Accuracy?
}

extension ExportFormat {
    /// What the format has as one operation, or a loop.
    func composites(_ quantization: ExportOptions.Quantization) -> Set<ExportGraph.Composite> {
        switch self {
        case .tflite where quantization != .int8 && quantization != .int16x8: [.recurrentSequence, .maskedSequence]
        case .tflite: [.longSequence]
        case .savedModel: [.recurrentSequence, .maskedSequence]
        case .onnx: [.layerNorm, .recurrentSequence, quantization == .int8 ? .longSequence : .maskedSequence]
        }
    }

    /// How weights and activations may be rounded.
    var quantizations: [ExportOptions.Quantization] {
        switch self {
        case .tflite: ExportOptions.Quantization.allCases
        case .onnx: [.none, .float16, .int8]
        case .savedModel: [.none]
        }
    }

    /// The file of a graph.
    func file(_ graph: ExportGraph, _ options: ExportOptions) throws -> ExportedFile {
        switch self {
        case .tflite: try TFLite.file(graph, options)
        case .savedModel: try SavedModel.file(graph)
        case .onnx: try ONNXExporter.exported(graph, options)
        }
    }
}

extension TFLite {
    fileprivate static func file(_ source: ExportGraph, _ options: ExportOptions) throws -> ExportedFile {
        let (graph, layers, accuracy) = try Quantizer.quantized(source.preparedForTFLite(), options, for: .tflite)
        let bytes = try TFLiteWriter.file(graph)
        // The reader leaves one size open.
        func read(_ shapes: [PartialShape]) throws -> ExportGraph {
            try TFLiteReader.graph(bytes, name: source.name, inputShapes: shapes)
        }
        func shape(_ input: Int, _ sizes: [Int]) -> PartialShape {
            PartialShape(zip(graph.values[input].shape, sizes).map { $0.size ?? ($0 == .batch ? nil : $1) })
        }
        let first = try read(graph.inputs.map { input in
            shape(input, graph.values[input].shape.map { $0.size(of: graph.openSizes.map { $0[0] }) ?? 1 })
        })
        let hasOpenAxes = graph.openSizes.count > 1
        return ExportedFile(
            byteCount: bytes.count, operationCount: first.nodes.count,
            read: { inputs in
                guard hasOpenAxes else { return try first.run(inputs) }
                return try read(zip(graph.inputs, inputs).map { shape($0, $1.shape.dimensions) }).run(inputs)
            },
            write: { try FileIO.write(bytes, to: $0) }, layers: layers, accuracy: accuracy)
    }
}

extension ExportGraph {
    /// The largest difference to the model that is no error, where nothing is rounded: the graph computes in `float32`, also in the
    /// place of 16 bits.
    var tolerance: Double { roundsToHalf ? 0.02 : 1e-4 }

    /// Inputs to check an export on: numbers from 0 to 1, and 0 and 1 for integers, which every vocabulary has.
    /// - Parameter sizes: those that are open, the batch's first.
    func sampleInputs(_ sizes: [Int]) throws -> [Tensor] {
        try inputs.enumerated().map { index, input in
            let value = values[input]
            let shape = try Shape(validating: value.shape.map { $0.size(of: sizes) ?? .max })
            let random = RandomGenerator(seed: 1 + index).uniform(shape, dtype: .float64)
            return value.dtype.isFloatingPoint ? random.cast(to: value.dtype) : (random .> 0.5).cast(to: value.dtype)
        }
    }
}
