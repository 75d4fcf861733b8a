import Foundation
import Martlet
import MartletCore
import MartletExport
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// What graphs of TensorFlow hold beside layers (`scripts/make-export-fixtures.py`).
@Suite(.ownSession) struct SavedModelTests {
    private static func fixture(_ name: String) -> String { TFLiteModelTests.fixture(name) }
    private static func array(_ name: String) throws -> Tensor { try NPY.read(fixture(name + ".npy")) }

    /// Numbers that follow from a seed, bits, and cubic interpolation are TensorFlow's.
    @Test func drawsAsTensorFlow() throws {
        let model = try TensorFlowModel(savedModel: Self.fixture("saved-draws"))
        let outputs = try withErrors { model.apply([try Self.array("draws-x")], training: false) }
        let found = Dictionary(uniqueKeysWithValues: zip(model.graphOutputs, outputs))
        for name in ["uniform", "normal", "older_uniform", "older_normal", "bits", "larger", "smaller"] {
            let output = try #require(found[name], "\(name)")
            #expect(largestDifference([output], [try Self.array("draws-\(name)")]) < 1e-5, "\(name)")
        }
    }

    /// Numbers of no seed have the distribution that the graph says, and follow from Martlet's.
    @Test func drawsFreely() throws {
        func draw() throws -> [String: Tensor] {
            setRandomSeed(5)
            let model = try TensorFlowModel(savedModel: Self.fixture("saved-draws"))
            let x = try Self.array("draws-x")
            return Dictionary(
                uniqueKeysWithValues: zip(model.graphOutputs, try withErrors { model.apply([x], training: false) }))
        }
        let (found, again) = (try draw(), try draw())
        for (name, mean, deviation, range) in [
            ("free_uniform", 0.5, 0.2887, 0.0...1), ("free_normal", 0, 1, -6...6), ("free_truncated", 0, 0.8796, -2...2),
            ("free_integers", 5.5, 1.708, 3...8),
        ] {
            let numbers = try #require(found[name]).cast(to: .float64)
            #expect(numbers.shape == [4, 500])
            // Four standard errors.
            let (center, spread): (Double, Double) = (numbers.mean().item(), numbers.standardDeviation().item())
            #expect(abs(center - mean) < 4 * deviation / 2000.0.squareRoot(), "\(name): \(center)")
            #expect(abs(spread - deviation) < 0.1 * deviation, "\(name): \(spread)")
            #expect(range.contains(numbers.min().item()) && range.contains(numbers.max().item()), "\(name)")
            #expect(largestDifference([numbers], [try #require(again[name]).cast(to: .float64)]) == 0, "\(name)")
        }
    }

    /// A convolution between blocks is a dilated one, whose layer has the bias.
    @Test func dilatedConvolutionsAreLayers() throws {
        let model = try TensorFlowModel(savedModel: Self.fixture("saved-blocks"))
        let layered = try model.layered()
        // Kernels and biases of 3x3x2x3, 3x3x3x3, and 3x15x4.
        #expect(layered.parameterCount == (54 + 3) + (81 + 3) + (180 + 4))
        #expect(layered.trainableWeights.count == 6)
        let x = try Self.array("blocks-x")
        #expect(largestDifference([try layered.predict(x)], [try Self.array("saved-blocks")]) < 1e-5)
    }

    /// Scales and offsets of normalizations are weights of what was exported.
    @Test func normalizationsAreTrained() throws {
        let x = Input([6, 5, 8])
        let y = GroupNormalization(groups: 2)(LayerNormalization()(x))
        let model = Model(inputs: [x], outputs: [RMSNormalization()(LayerNormalization(center: false)(y))])
        for (index, weight) in model.weights.enumerated() {
            weight.assign(RandomGenerator(seed: index).uniform(weight.shape, in: 0.5..<1.5))
        }
        try withFolder { folder in
            try model.export(to: folder + "/saved")
            let file = try TensorFlowModel(savedModel: folder + "/saved")
            func sorted(_ model: Model) -> [[Float]] {
                model.trainableWeights.map { $0.value.flattened().scalars(as: Float.self) }.sorted { $0[0] < $1[0] }
            }
            #expect(file.trainableWeights.count == 6)
            #expect(sorted(file) == sorted(model))
            let samples = RandomGenerator(seed: 4).normal([16, 6, 5, 8])
            try file.compile(optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError())
            let before = sorted(file)
            try file.fit(samples, samples * 2, epochs: 1, verbosity: .silent)
            #expect(zip(before, sorted(file)).allSatisfy { $0 != $1 })
            // As layers, those of the last axis are Keras's normalizations.
            let layered = try file.layered()
            #expect(layered.layers.filter { $0 is LayerNormalization }.count == 3)
            #expect(layered.layers.filter { $0 is RMSNormalization }.count == 1)
            #expect(layered.trainableWeights.count == 4)
        }
    }

    /// A graph that computes in 16 bits becomes layers that compute in `float32`, within the tolerance for that.
    @Test func sixteenBits() throws {
        let model = try TensorFlowModel(savedModel: Self.fixture("saved-half"))
        let x = try Self.array("half-x")
        let expected = try Self.array("saved-half")
        #expect(largestDifference([try model.predict(x)], [expected]) < 5e-3)
        let layered = try model.layered()
        #expect(largestDifference([try layered.predict(x)], [expected]) < 5e-3)
        expectError("differs", "bound") { try model.layered(tolerance: 1e-9) }
    }

    /// Files of all formats, with loops, take a batch without samples.
    @Test(arguments: ExportFormat.allCases) func emptyBatches(_ format: ExportFormat) throws {
        let model = Sequential([InputLayer([5, 3]), LSTM(4, returnSequences: true), GRU(3), Dense(2)])
        try withFolder { folder in
            let path = folder + "/model"
            try model.export(to: path, format: format)
            let file: Model = switch format {
            case .tflite: try TFLiteModel(tflite: path)
            case .savedModel: try TensorFlowModel(savedModel: path)
            case .onnx: try ONNXModel(onnx: path)
            }
            let output = try withErrors { file.apply([Tensor.zeros([0, 5, 3])], training: false) }
            #expect(output[0].shape == [0, 2])
        }
    }

    /// A loop that writes lists trains: the gradients are those of the layers.
    @Test func gradientsThroughLists() throws {
        let model = Sequential([InputLayer([6, 3]), LSTM(4, returnSequences: true)])
        try withFolder { folder in
            try model.export(to: folder + "/saved")
            let file = try TensorFlowModel(savedModel: folder + "/saved")
            let report = try gradientCheck(
                file, RandomGenerator(seed: 8).normal([2, 6, 3]), RandomGenerator(seed: 1).normal([2, 6, 4]),
                loss: .meanSquaredError())
            #expect(report.passed, "\(report)")
        }
    }
}
