import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import TestSupport
import Testing

@Suite(.ownSession) struct TFLiteModelTests {
    static func fixture(_ name: String) -> String { Bundle.module.path(forResource: "Fixtures/tflite/\(name)", ofType: nil)! }

    /// Files that TensorFlow's converter made predict what LiteRT computes: exactly so in `float32`, within a few of the output's
    /// 256 steps in integers, as LiteRT rounds in the middle of products too.
    @Test(arguments: [("float32", 1e-5), ("float16", 1e-5), ("dynamic", 0.02), ("int8", 0.02)])
    func predictsAsLiteRT(_ kind: String, _ tolerance: Double) throws {
        let model = try TFLiteModel(tflite: Self.fixture("\(kind).tflite"))
        let predictions = try model.predict(NPY.read(Self.fixture("x.npy")))
        #expect(largestDifference([predictions], [try NPY.read(Self.fixture("\(kind).npy"))]) < tolerance)
    }

    /// Weights of which a file holds some elements alone, also in blocks, are read whole: Keras's predictions.
    @Test func sparseWeights() throws {
        let model = try TFLiteModel(tflite: Self.fixture("sparse.tflite"))
        let x = try NPY.read(Self.fixture("sparse-x.npy"))
        #expect(largestDifference([try model.predict(x)], [try NPY.read(Self.fixture("sparse.npy"))]) < 1e-5)
        let counts = fuzz(try FileIO.read(Self.fixture("sparse.tflite"))) { bytes in
            try TFLiteReader.graph(bytes).run([x])
        }
        #expect(counts.refused > 300)
    }

    /// What was read can be trained, from the numbers that its integers stand for.
    @Test func trains() throws {
        let model = try TFLiteModel(tflite: Self.fixture("int8.tflite"))
        let x = try NPY.read(Self.fixture("x.npy"))
        let y = Tensor([0, 1, 2, 3])
        model.roundsActivations = false
        try model.compile(optimizer: Adam(learningRate: 0.02), loss: .sparseCategoricalCrossentropy())
        #expect(model.trainableVariables.count > 6)
        let before = try model.evaluate(x, y)["loss"]!
        try model.fit(x, y, epochs: 10, verbosity: .silent)
        #expect(try model.evaluate(x, y)["loss"]! < 0.8 * before)
    }

    /// Damaged files of another writer are refused or read, and never trap.
    @Test(arguments: ["float32", "int8"]) func damagedFiles(_ kind: String) throws {
        let x = try NPY.read(Self.fixture("x.npy"))
        let counts = fuzz(try FileIO.read(Self.fixture("\(kind).tflite"))) { bytes in
            try TFLiteReader.graph(bytes).run([x])
        }
        #expect(counts.refused > 300)
    }

    /// Every number of a file at its extremes, which random damage seldom brings about: sizes, offsets, zero points of 64 bits.
    @Test(arguments: [0, 1, 2, 3]) func everyNumberAtItsExtremes(_ part: Int) throws {
        let (original, x) = (try FileIO.read(Self.fixture("int8.tflite")), try NPY.read(Self.fixture("x.npy")))
        let extremes: [Int64] = [.min, .max, -1, 1 << 31, 1 << 40]
        var refused = 0
        for place in stride(from: 4 * part, through: original.count - 8, by: 16) {
            for extreme in extremes {
                for width in [4, 8] {
                    var bytes = original
                    for byte in 0..<width { bytes[place + byte] = UInt8(truncatingIfNeeded: extreme >> Int64(8 * byte)) }
                    do { _ = try TFLiteReader.graph(bytes).run([x]) } catch {
                        #expect(error is MartletError)
                        refused += 1
                    }
                }
            }
        }
        #expect(refused > 300)
    }

    /// Sizes that multiply beyond all integers.
    @Test func sizesBeyondIntegers() throws {
        let model = Sequential([InputLayer([nil, 3]), Dense(2)])
        try withFolder { folder in
            for name in ["m.tflite", "m.onnx", "m"] {
                let options = ExportOptions(inputShapes: [[nil, 1 << 61, 3]])
                expectError("must fit into memory") { try model.export(to: "\(folder)/\(name)", options: options) }
            }
        }
    }

    /// Of samples without a range no integers could be made.
    @Test(arguments: [Float.nan, .infinity], ["m.tflite", "m.onnx"]) func samplesWithoutARange(_ number: Float, _ file: String) {
        let model = Sequential([InputLayer([2]), Dense(2)])
        let options = ExportOptions(quantization: .int8, calibration: [[Tensor([1, number, 0, 1], shape: [2, 2])]])
        try? withFolder { folder in
            expectError("Expected finite samples", "calibration") { try model.export(to: "\(folder)/\(file)", options: options) }
        }
    }

    /// Layers stay in floating point until the accuracy is within the budget.
    @Test func accuracyBudget() throws {
        let (model, x, y) = try TFLiteTests.digitsModel()
        try withFolder { folder in
            let batch = [x[0..<64]]
            // Calibrated with noise far below what the images hold, activations are clipped.
            var options = ExportOptions(quantization: .int8, calibration: [[x[0..<8] * 0.05]], tolerance: 2)
            let poor = try model.export(to: folder + "/poor.tflite", options: options)
            #expect(poor.layers.allSatisfy { $0.isQuantized } && !poor.layers.isEmpty)
            options.accuracyBudget = .init(inputs: batch, targets: y[0..<64], largestDrop: 0)
            let mixed = try model.export(to: folder + "/mixed.tflite", options: options)
            #expect(mixed.layers.contains { !$0.isQuantized })
            let graph = try TFLiteReader.graph(FileIO.read(folder + "/mixed.tflite"))
            let classes = try graph.run(batch)[0].argmax(axis: -1).scalars(as: Int.self)
            #expect(zip(classes, y[0..<64].scalars(as: Int.self)).count { $0 == $1 }
                >= zip(try model.predict(batch[0]).argmax(axis: -1).scalars(as: Int.self), y[0..<64].scalars(as: Int.self))
                    .count { $0 == $1 })
        }
    }

    /// A sum of numbers whose steps are far coarser than its own is computed in floating point: LiteRT has no integers for it.
    @Test(arguments: [(1e3, true), (1e7, false)]) func sumsOfFarScales(_ size: Double, _ isQuantized: Bool) throws {
        try withFolder { folder in
            let x = Input([4])
            let model = Model(inputs: x, outputs: Subtract(name: "difference")([x, x]))
            let samples = RandomGenerator(seed: 1).uniform([8, 4]) * size
            let options = ExportOptions(quantization: .int8, calibration: [[samples]], checkedInputs: [samples])
            let report = try model.export(to: folder + "/m.tflite", options: options)
            #expect(report.layers.map(\.isQuantized) == [isQuantized])
            #expect(report.largestDifference == 0)
        }
    }

    /// A channel of zeros gives its bias, to half a step of the output.
    @Test(arguments: ["m.tflite", "m.onnx"]) func deadChannels(_ name: String) throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([2]), Dense(2)])
            try model.setWeights([Tensor([[0, 0.02], [0, 0.01]] as [[Float]]), Tensor([0.3, 0] as [Float])])
            let x = RandomGenerator(seed: 4).uniform([8, 2]) * 50
            let options = ExportOptions(quantization: .int8, calibration: [[x]], checkedInputs: [x])
            try model.export(to: folder + "/" + name, options: options)
            let read: Model = name == "m.onnx"
                ? try ONNXModel(onnx: folder + "/" + name) : try TFLiteModel(tflite: folder + "/" + name)
            let step = (try model.predict(x).max().item() as Double) / 255
            let far = (try read.predict(x)[0..., 0] - 0.3).abs().max().item() as Double
            #expect(far <= 0.51 * step)
        }
    }
}
