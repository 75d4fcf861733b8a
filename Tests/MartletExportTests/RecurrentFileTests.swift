import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Recurrent layers are loops in files, or operators of their own.
@Suite(.ownSession) struct RecurrentFileTests {
    /// Files that TensorFlow's converter made predict what Keras does.
    @Test(arguments: ["lstm", "gru", "simple", "masked"]) func predictsAsKeras(_ kind: String) throws {
        let model = try TFLiteModel(tflite: TFLiteModelTests.fixture("recurrent-\(kind).tflite"))
        let x = try NPY.read(TFLiteModelTests.fixture("recurrent-x.npy"))
        let expected = try NPY.read(TFLiteModelTests.fixture("recurrent-\(kind).npy"))
        #expect(largestDifference([try model.predict(x, batchSize: 2)], [expected]) < 1e-6)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let layers: @Sendable () -> [Layer]

        init(_ name: String, _ layers: @escaping @Sendable () -> [Layer]) { (testDescription, self.layers) = (name, layers) }

        static let all = [
            Case("simple, sequences, backwards") { [SimpleRNN(4, returnSequences: true, goBackwards: true)] },
            Case("lstm") { [LSTM(5, returnSequences: true), LSTM(4, useBias: false)] },
            Case("gru") { [GRU(5, returnSequences: true), GRU(4, resetAfter: false)] },
            Case("masked") { [Masking(), LSTM(4, returnSequences: true), GRU(3)] },
            Case("both ways, masked with zeros") { [Masking(), Bidirectional(LSTM(3, returnSequences: true))] },
        ]

        func model(steps: Int) throws -> Model {
            let model = Sequential([InputLayer([steps, 3])] + layers())
            // Keras's biases are 0 at first.
            for weight in model.weights where weight.name.contains("bias") {
                weight.assign(RandomGenerator(seed: 4).normal(weight.shape) * 0.3)
            }
            return model
        }

        /// Sequences of which some end early, or begin late.
        static func inputs(_ batch: Int, steps: Int) -> Tensor {
            let x = RandomGenerator(seed: 9).normal([batch, steps, 3])
            let place = Tensor.range(0..<steps).reshaped(1, steps, 1)
            let sample = Tensor.range(0..<batch).reshaped(batch, 1, 1)
            return x * (place .>= sample).logicalAnd(place .< steps + 1 - 2 * sample).cast(to: .float32)
        }
    }

    /// A file computes what the model does for any batch, and is no larger for longer sequences.
    @Test(arguments: Case.all, ExportFormat.allCases) func filesAreLoops(_ test: Case, _ format: ExportFormat) throws {
        try withFolder { folder in
            var sizes: [Int] = []
            for steps in [1, 20, 200] {
                let model = try test.model(steps: steps)
                let path = "\(folder)/model\(steps)"
                sizes.append(try model.export(to: path, format: format).operationCount)
                let file: Model = switch format {
                case .tflite: try TFLiteModel(tflite: path)
                case .savedModel: try TensorFlowModel(savedModel: path)
                case .onnx: try ONNXModel(onnx: path)
                }
                for batch in [1, 4] {
                    let x = Case.inputs(batch, steps: steps)
                    let difference = largestDifference(
                        file.apply([x], training: false), [model.apply([x], training: false)[0]])
                    #expect(difference < 1e-5, "\(steps) steps, batch \(batch)")
                }
            }
            // Constants and functions are nodes of a SavedModel.
            #expect(sizes[1] == sizes[2] && sizes[2] < (format == .savedModel ? 240 : 60))
        }
    }

    /// Also where the loop is within a layer that makes more samples of each.
    @Test(arguments: ExportFormat.allCases) func manySequencesPerSample(_ format: ExportFormat) throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([3, 20, 2]), TimeDistributed(Bidirectional(GRU(4, returnSequences: true)))])
            let x = RandomGenerator(seed: 3).normal([2, 3, 20, 2])
            let options = ExportOptions(checkedInputs: [x], tolerance: 1e-5)
            let report = try model.export(to: folder + "/model", format: format, options: options)
            #expect(report.operationCount < 240)
        }
    }

    /// Loops of a SavedModel that Keras wrote, over any number of steps, predict as Keras does, train, and are exported again.
    @Test func savedModelOfKeras() throws {
        let model = try TensorFlowModel(savedModel: TFLiteModelTests.fixture("saved-recurrent"))
        let x = try NPY.read(TFLiteModelTests.fixture("recurrent-x.npy"))
        let expected = try NPY.read(TFLiteModelTests.fixture("saved-recurrent.npy"))
        #expect(largestDifference([try model.predict(x)], [expected]) < 1e-6)
        // Near 0 a step is masked or not.
        let inputs = RandomGenerator(seed: 8).normal([2, 4, 3])
        let other = try TensorFlowModel(savedModel: TFLiteModelTests.fixture("saved-recurrent"))
        let report = try gradientCheck(other, inputs, RandomGenerator(seed: 1).normal([2, 3]), loss: .meanSquaredError())
        #expect(report.passed, "\(report)")
        try withFolder { folder in
            let options = ExportOptions(inputShapes: [[nil, 7, 3]], checkedInputs: [x], tolerance: 1e-5)
            try model.export(to: folder + "/again.tflite", options: options)
        }
    }

    /// Each file is read or refused, and ends.
    @Test func damagedSavedModels() throws {
        let x = try NPY.read(TFLiteModelTests.fixture("recurrent-x.npy"))
        try withFolder { folder in
            let copy = folder + "/saved"
            try FileManager.default.copyItem(atPath: TFLiteModelTests.fixture("saved-recurrent"), toPath: copy)
            let counts = fuzz(try FileIO.read(copy + "/saved_model.pb")) { bytes in
                try FileIO.write(bytes, to: copy + "/saved_model.pb")
                let model = try withErrors { try TensorFlowModel(savedModel: copy) }
                _ = try withErrors { model.apply([x], training: false) }
            }
            #expect(counts.refused > 100)
        }
    }

    /// With rounded weights the loop stays, but for a few steps in integers.
    @Test(arguments: [ExportOptions.Quantization.float16, .dynamic, .int8, .int16x8])
    func roundedWeights(_ kind: ExportOptions.Quantization) throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([40, 3]), LSTM(64, returnSequences: true), GRU(48)])
            let x = Case.inputs(8, steps: 40)
            let whole = try model.export(to: folder + "/whole.tflite")
            let options = ExportOptions(quantization: kind, calibration: [[x]], checkedInputs: [x], tolerance: 0.02)
            let report = try model.export(to: folder + "/model.tflite", options: options)
            #expect(Double(report.byteCount) < (kind == .float16 ? 0.6 : 0.45) * Double(whole.byteCount))
            let read = try TFLiteModel(tflite: folder + "/model.tflite")
            #expect(largestDifference([try read.predict(x)], [try model.predict(x)]) < 0.02)
        }
    }

    /// A step of gradient descent has the same result in the model and in its file: also where so many steps are one op.
    @Test(arguments: [5, 300]) func trains(_ steps: Int) throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([steps, 3]), GRU(6, returnSequences: true), LSTM(4), Dense(1)])
            try model.export(to: folder + "/model.tflite")
            let file = try TFLiteModel(tflite: folder + "/model.tflite")
            let x = RandomGenerator(seed: 2).normal([4, steps, 3])
            let y = x.mean(axes: [1, 2]).expandingDims(at: 1)
            for model in [model, file] {
                try model.compile(optimizer: .sgd(learningRate: 0.1), loss: .meanSquaredError())
                try model.fit(x, y, batchSize: 4, epochs: 3, verbosity: .silent)
            }
            #expect(largestDifference([try file.predict(x)], [try model.predict(x)]) < 1e-5)
            // The rows of the GRU's bias are two.
            #expect(file.trainableWeights.count == model.trainableWeights.count + 1)
        }
    }

    /// Damaged loops are refused or read, and end.
    @Test(arguments: ["lstm", "gru", "masked"]) func damagedFiles(_ kind: String) throws {
        let x = try NPY.read(TFLiteModelTests.fixture("recurrent-x.npy"))
        let counts = fuzz(try FileIO.read(TFLiteModelTests.fixture("recurrent-\(kind).tflite"))) { bytes in
            try TFLiteReader.graph(bytes).run([x])
        }
        #expect(counts.refused > 300)
    }
}
