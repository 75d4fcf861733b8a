import Martlet
import MartletCore
import MartletExport
import TestSupport
import Testing

/// What decides which numbers are rounded to integers, and how.
@Suite(.ownSession) struct IntegerTests {
    private static let formats: [ExportFormat] = [.tflite, .onnx]

    /// Samples come from what `fit` takes, in the first batches.
    @Test func calibratesOnDatasets() throws {
        let model = Sequential([InputLayer([3]), Dense(4, activation: .tanh), Dense(2)])
        let random = RandomGenerator(seed: 2)
        let (x, y) = (random.normal([40, 3]), random.normal([40, 2]))
        let options = try ExportOptions(
            quantization: .int8, calibration: Dataset.fromTensorSlices(x, y).batch(8), batches: 3, tolerance: 0.1)
        #expect(options.calibration.count == 3 && same(options.calibration[2][0], x[16..<24]))
        try withFolder { folder in
            let report = try model.export(to: folder + "/m.tflite", options: options)
            #expect(report.layers.allSatisfy { $0.isQuantized })
            // The largest and the smallest number are rounded, not clipped.
            #expect(report.layers.allSatisfy { $0.clippedShare == 0 })
        }
        expectError("calibration", "Expected a data set with batches") {
            try ExportOptions(quantization: .int8, calibration: Dataset.fromTensorSlices(x).take(0).batch(8))
        }
        expectError("calibration", "at least 1 batch", "0") {
            try ExportOptions(quantization: .int8, calibration: Dataset.fromTensorSlices(x).batch(8), batches: 0)
        }
        expectError("calibration", "Expected 1 inputs. Received: 2.") {
            try model.export(to: "/nowhere/m.tflite", options: ExportOptions(quantization: .int8, calibration: [[x, y]]))
        }
    }

    /// Numbers are compared as they are: none changes sides by being rounded.
    @Test(arguments: formats) func comparisonsAreExact(_ format: ExportFormat) throws {
        try withFolder { folder in
            let model = Sequential([
                InputLayer([3]), Discretization(binBoundaries: [-0.5, 0.1, 0.7]), CategoryEncoding(numTokens: 4),
            ])
            let x = RandomGenerator(seed: 5).uniform([200, 3], in: -100..<100)
            let options = ExportOptions(quantization: .int8, calibration: [[x]], checkedInputs: [x], tolerance: 0)
            try model.export(to: folder + "/m", format: format, options: options)
        }
    }

    /// A normalization before its convolution is a product and a sum, and as exact as its rounding.
    @Test(arguments: formats) func chainsAreMerged(_ format: ExportFormat) throws {
        try withFolder { folder in
            let normalization = BatchNormalization()
            let model = Sequential([
                InputLayer([6, 6, 4]), MaxPooling2D(), normalization, ReLU(), Conv2D(3, kernelSize: 2), Flatten(),
            ])
            let random = RandomGenerator(seed: 7)
            for weight in normalization.weights { weight.assign(random.uniform(weight.shape, in: 0.5..<2)) }
            let x = random.normal([32, 6, 6, 4])
            let options = ExportOptions(quantization: .int8, calibration: [[x]], checkedInputs: [x], tolerance: 0.03)
            try model.export(to: folder + "/m", format: format, options: options)
            let names: [String] = switch format {
            case .onnx: try ONNX.File(path: folder + "/m").graph.nodes.map(\.type)
            default: try TFLiteReader.graph(FileIO.read(folder + "/m")).nodes.map(\.operation.name)
            }
            let arithmetic = names.map { $0.lowercased() }.filter { ["sub", "subtract", "add", "mul", "multiply"].contains($0) }
            #expect(arithmetic.sorted() == (format == .onnx ? ["add", "mul"] : ["add", "multiply"]))
        }
    }

    /// Samples of another dtype than the input's are cast, for each format, and by its models.
    @Test(arguments: ExportFormat.allCases, [DType.float64, .int32]) func samplesAreCast(
        _ format: ExportFormat, _ dtype: DType
    ) throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([3]), Dense(2)])
            let x = (RandomGenerator(seed: 2).normal([4, 3], dtype: .float64) * 4).cast(to: dtype)
            try model.export(to: folder + "/m", format: format, options: ExportOptions(checkedInputs: [x]))
            let file: Model = switch format {
            case .tflite: try TFLiteModel(tflite: folder + "/m")
            case .savedModel: try TensorFlowModel(savedModel: folder + "/m")
            case .onnx: try ONNXModel(onnx: folder + "/m")
            }
            #expect(largestDifference([try file.predict(x)], [try model.predict(x)]) < 1e-5)
        }
    }
}
