import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import TestSupport
import Testing

/// What goes into models of files, in which order, and what is a weight in them.
@Suite(.ownSession) struct FileInputTests {
    private static func array(_ name: String) throws -> Tensor { try NPY.read(TFLiteModelTests.fixture("\(name).npy")) }

    private static func pair() -> Model {
        let (zz, aa) = (Input([4], name: "zz"), Input([4], name: "aa"))
        let hidden = Dense(3, activation: .tanh)(zz)
        let y2 = Dense(2, name: "y2")(Concatenate()([hidden, aa]))
        return mixed(Model(inputs: [zz, aa], outputs: [y2, Dense(2, name: "y1")(hidden)]))
    }

    /// The model with weights of which none are zeros or ones, which exports leave out.
    private static func mixed(_ model: Model) -> Model {
        for (place, weight) in model.weights.enumerated() {
            weight.assign(RandomGenerator(seed: 20 + place).normal(weight.shape) * 0.5)
        }
        return model
    }

    /// Keras's own export of inputs "zz", "aa" has the model's order in the function that its signature calls: Keras's predictions.
    @Test func orderOfKeras() throws {
        let model = try TensorFlowModel(savedModel: TFLiteModelTests.fixture("saved-pair"))
        #expect(model.graphInputs == ["zz", "aa"] && model.graphOutputs == ["output_0", "output_1"])
        let outputs = try model.predict([Self.array("pair-x0"), Self.array("pair-x1")])
        #expect(largestDifference(outputs, [try Self.array("pair-y0"), try Self.array("pair-y1")]) < 1e-5)
    }

    /// Exports of all kinds take inputs and give outputs in the model's order.
    @Test(arguments: ["m", "m.tflite", "m.onnx"]) func orderOfExports(_ file: String) throws {
        try withFolder { folder in
            let model = Self.pair()
            try model.export(to: "\(folder)/\(file)")
            let read: Model = switch file {
            case "m": try TensorFlowModel(savedModel: "\(folder)/m")
            case "m.onnx": try ONNXModel(onnx: "\(folder)/m.onnx")
            default: try TFLiteModel(tflite: "\(folder)/m.tflite")
            }
            let x = try [Self.array("pair-x0"), Self.array("pair-x1")]
            #expect(largestDifference(try read.predict(x), try model.predict(x)) < 1e-5)
            #expect(read.parameterCount == model.parameterCount)
            let names = try #require(read as? any FileModel).fileInputs.map(\.name)
            #expect(names == ["zz", "aa"])
            expectError("Expected float32", "\"aa\"", "(3, 3)") {
                try withErrors { read.apply([x[0], x[1][0..., 0..<3]], training: false) }
            }
            expectError("2 inputs (zz, aa)") { try withErrors { read.apply([x[0]], training: false) } }
        }
    }

    /// Biases are weights of a SavedModel, the ones of a normalization without a scale none of an ONNX file.
    @Test func whatIsAWeight() throws {
        try withFolder { folder in
            let model = Self.mixed(
                Sequential([
                    InputLayer([6, 6, 2]), Conv2D(4, kernelSize: 3, activation: .relu), GroupNormalization(groups: 2),
                    Conv2DTranspose(3, kernelSize: 2), Flatten(), Dense(5, activation: .tanh), Dense(2),
                ]))
            let x = RandomGenerator(seed: 3).normal([4, 6, 6, 2])
            try model.export(to: folder + "/m.onnx")
            let read = try ONNXModel(onnx: folder + "/m.onnx")
            #expect(read.parameterCount == model.parameterCount)
            #expect(largestDifference([try read.predict(x)], [try model.predict(x)]) < 1e-5)
            let plain = Self.mixed(
                Sequential([
                    InputLayer([6, 6, 2]), Conv2D(4, kernelSize: 3, activation: .relu), Conv2DTranspose(3, kernelSize: 2),
                    Flatten(), Dense(5, activation: .tanh), Dense(2),
                ]))
            try plain.export(to: folder + "/m")
            #expect(try TensorFlowModel(savedModel: folder + "/m").trainableWeights.count == plain.trainableWeights.count)
        }
    }

    /// Dilated convolutions of Keras, which TensorFlow writes with blocks: Keras's predictions, and gradients by differences.
    @Test func dilatedConvolutions() throws {
        let model = try TensorFlowModel(savedModel: TFLiteModelTests.fixture("saved-blocks"))
        let x = try Self.array("blocks-x")
        #expect(largestDifference([try model.predict(x)], [try Self.array("saved-blocks")]) < 1e-5)
        let y = RandomGenerator(seed: 2).normal([2, 6, 4])
        let report = try gradientCheck(model, x[0..<2], y, loss: .meanSquaredError())
        #expect(report.passed, "\(report)")
        #expect(report.entries.count == 7)
    }

    /// Blocks, repetitions and classes of a TFLite file: what LiteRT computes. Damaged files are read or refused.
    @Test func blocksOfTFLite() throws {
        let (file, x) = (TFLiteModelTests.fixture("moves.tflite"), try Self.array("moves-x"))
        let model = try TFLiteModel(tflite: file)
        for (name, y) in zip(model.graphOutputs, try model.predict([x])) {
            #expect(largestDifference([y], [try Self.array("moves-\(name)")]) < 1e-5)
        }
        let counts = fuzz(try FileIO.read(file)) { bytes in try TFLiteReader.graph(bytes).run([x]) }
        #expect(counts.refused > 50)
    }

    @Test func masksOfTensorFlow() throws {
        let model = try TensorFlowModel(savedModel: TFLiteModelTests.fixture("saved-masks"))
        for (name, y) in zip(model.graphOutputs, try model.predict([Self.array("masks-x")])) {
            #expect(largestDifference([y], [try Self.array("masks-\(name)")]) == 0)
        }
    }

    /// A file that leaves height and width open is read for one size, and refused without.
    @Test func openSizes() throws {
        let file = TFLiteModelTests.fixture("image.tflite")
        let model = try TFLiteModel(tflite: file, inputShapes: [[nil, 5, 7, 2]])
        #expect(largestDifference([try model.predict(Self.array("image-x"))], [try Self.array("image")]) < 1e-5)
        expectError("image.tflite", "--input-shape") { try TFLiteModel(tflite: file) }
        expectError("Expected an input shape") { try TFLiteModel(tflite: file, inputShapes: [[nil, 5, 7, 3]]) }
        expectError("Expected 1 input shapes") { try TFLiteModel(tflite: file, inputShapes: []) }
    }

    /// Integers are what the file's integers stand for, as in LiteRT; others are refused.
    @Test(arguments: ["int8", "uint8"]) func integersAsInputs(_ kind: String) throws {
        let model = try TFLiteModel(tflite: TFLiteModelTests.fixture("whole-\(kind).tflite"))
        let x = try Self.array("whole-\(kind)-x")
        let expected = try Self.array("whole-\(kind)")
        let range: Double = (expected.max() - expected.min()).item()
        // LiteRT rounds in the middle of products, too: one of the output's 256 steps, or two.
        #expect(largestDifference([try model.predict(x)], [expected]) <= range / 128)
        expectError("\(kind) as the file keeps them") { _ = try model.predict(x.cast(to: .int64)) }
    }

    /// The schema's name and the file's of an operator that is not read.
    @Test func operatorsAreNamed() throws {
        var bytes = try FileIO.read(TFLiteModelTests.fixture("float32.tflite"))
        // The code of CONV_2D, 3, is one byte of a table; any other operator is in its place.
        var names: Set<String> = []
        for place in bytes.indices where bytes[place] == 3 {
            bytes[place] = 11
            do { _ = try TFLiteReader.graph(bytes, name: "a.tflite") } catch let error as MartletError {
                if error.message.contains("L2_NORMALIZATION") { names.insert(error.location ?? "") }
            }
            bytes[place] = 3
        }
        #expect(names.contains { $0.hasPrefix("a.tflite, operator ") })
    }
}
