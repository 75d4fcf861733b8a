import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import TestSupport
import Testing

/// A model that Keras wrote, with inputs and Keras's predictions.
struct KerasCase: Sendable, CustomTestStringConvertible {
    let name: String
    var testDescription: String { name }

    static let all = [
        "attention/mha_self", "conv/cnn_classifier", "conv/conv2d_transpose_same", "functional/multi_output_list",
        "normalization/groupnorm", "recurrent/bidirectional_concat",
    ].map(KerasCase.init)

    var folder: String { Bundle.module.path(forResource: "Fixtures/models/\(name)", ofType: nil)! }
    func model() throws -> Model { try Model.load(from: folder + "/model.keras", compile: false) }

    private func arrays(_ prefix: String) throws -> [Tensor] {
        let parent = (folder + "/" + prefix as NSString).deletingLastPathComponent
        let stem = (prefix as NSString).lastPathComponent
        let files = try FileManager.default.contentsOfDirectory(atPath: parent).sorted()
        return try files.filter { $0.hasPrefix(stem) && $0.hasSuffix(".npy") }.map { try NPY.read(parent + "/" + $0) }
    }

    func inputs() throws -> [Tensor] { try arrays("x") }
    func predictions() throws -> [Tensor] { try arrays("expected/pred") }
}

@Suite(.ownSession) struct ExportTests {
    /// What Keras predicts, a file gives when it is read again.
    @Test(arguments: KerasCase.all) func agreesWithKeras(_ kerasCase: KerasCase) throws {
        try withFolder { folder in
            let path = folder + "/model.tflite"
            let report = try kerasCase.model().export(to: path)
            let graph = try TFLiteReader.graph(FileIO.read(path))
            let predictions = try graph.run(kerasCase.inputs())
            #expect(largestDifference(predictions, try kerasCase.predictions()) < 1e-4)
            #expect(graph.outputNames == report.outputNames && graph.inputNames == report.inputNames)
        }
    }

    /// The graph of TensorFlow's operations computes the same, and every node reads nodes that come before it.
    @Test(arguments: KerasCase.all) func savedModel(_ kerasCase: KerasCase) throws {
        try withFolder { folder in
            let report = try kerasCase.model().export(to: folder + "/saved")
            let bytes = try FileIO.read(folder + "/saved/saved_model.pb")
            #expect(bytes.count == report.byteCount)
            let graph = try ExportGraph(of: kerasCase.model()).preparedForTensorFlow()
            #expect(largestDifference(try graph.run(kerasCase.inputs()), try kerasCase.predictions()) < 1e-4)
            var (names, called) = (Set<String>(), 0)
            try bytes.withUnsafeBytes { bytes in
                let graphs = try Self.parts(2, of: ProtobufReader(bytes, of: "SavedModel")).flatMap { try Self.parts(2, of: $0) }
                called = try graphs.flatMap { try Self.parts(2, of: $0) }.flatMap { try Self.parts(1, of: $0) }
                    .flatMap { try Self.parts(3, of: $0) }.count
                for node in try graphs.flatMap({ try Self.parts(1, of: $0) }) {
                    var (message, name) = (node, "")
                    while let field = try message.next() {
                        if field.number == 1 { name = try field.string() }
                        guard field.number == 3 else { continue }
                        let input = try field.string().split(separator: ":").first.map(String.init) ?? ""
                        #expect(names.contains(input), "\(name) reads \(input)")
                    }
                    #expect(names.insert(name).inserted)
                }
            }
            #expect(names.count + called == report.operationCount)
        }
    }

    /// The messages of a field.
    private static func parts(_ number: Int, of message: ProtobufReader) throws -> [ProtobufReader] {
        var (message, found) = (message, [ProtobufReader]())
        while let field = try message.next() { if field.number == number { found.append(try field.message()) } }
        return found
    }

    /// Functions that a format lacks are written with those that it has, to the precision of `float32`.
    @Test(arguments: MartletExport.Operation.Unary.allCases)
    func functions(_ unary: MartletExport.Operation.Unary) throws {
        let range: ClosedRange<Double> = switch unary {
        case .acosh: 1.1...4
        case .log, .log2, .squareRoot, .reciprocalSquareRoot, .reciprocal, .lgamma, .digamma: 0.2...4
        case .acos, .asin, .atanh, .erfinv: -0.9...0.9
        default: -4...4
        }
        let isLogical = unary == .logicalNot
        let x = SampleInput.uniform([3, 17], in: range).cast(to: isLogical ? .bool : .float32)
        var graph = ExportGraph()
        let input = graph.addValue("x", x.dtype, [.batch, .init(17)])
        graph.inputs = [input]
        graph.inputNames = ["x"]
        let isTest = [.isFinite, .isInfinite, .isNaN, .logicalNot].contains(unary)
        graph.outputs = [graph.add(.unary(unary), [input], isTest ? .bool : .float32, [.batch, .init(17)], layer: "")]
        graph.outputNames = ["y"]
        let expected = try graph.run([x])
        #expect(largestDifference(try graph.preparedForTensorFlow().run([x]), expected) < 2e-6)
        guard ![.digamma, .erfinv, .lgamma].contains(unary) else {
            return expectError("TFLite has no operation for \(unary.rawValue)") { try graph.preparedForTFLite() }
        }
        let prepared = try graph.preparedForTFLite()
        #expect(largestDifference(try prepared.run([x]), expected) < 2e-6)
    }

    @Test func formats() throws {
        #expect(try ExportFormat(path: "a.b/model.tflite") == .tflite)
        #expect(try ExportFormat(path: "model.onnx") == .onnx)
        #expect(try ExportFormat(path: "models.d/digits/1/") == .savedModel)
        expectError(".tflite", ".onnx", "x.pb") { try ExportFormat(path: "x.pb") }
        let model = Sequential([InputLayer([2]), Dense(1)])
        try withFolder { folder in
            let options = ExportOptions(quantization: .int8)
            expectError("calibrat") { try model.export(to: folder + "/a.tflite", options: options) }
            expectError("Expected one of none as the quantization of savedModel", "int8") {
                try model.export(to: folder + "/a", options: options)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }

    /// A file that differs is not written.
    @Test func boundIsKept() throws {
        let model = Sequential([InputLayer([64]), Dense(64, activation: .tanh), Dense(8)])
        try withFolder { folder in
            let options = ExportOptions(quantization: .dynamic, tolerance: 1e-9)
            expectError("differs from the model", "1e-09") { try model.export(to: folder + "/a.tflite", options: options) }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }
}
