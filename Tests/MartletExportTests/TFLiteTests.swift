import Martlet
import MartletCore
import MartletExport
import MartletFormats
import MartletNN
import TestSupport
import Testing

@Suite(.ownSession) struct TFLiteTests {
    /// Every layer in a file that is read again computes what the layer computes.
    @Test(arguments: LayerModel.all) func layersAreWritten(_ layer: LayerModel) throws {
        try withFolder { folder in
            let model = try layer.model()
            let options = ExportOptions(checkedInputs: layer.inputs(batch: 5), tolerance: 1e-4)
            let report = try model.export(to: folder + "/model.tflite", options: options)
            #expect(report.largestDifference < 1e-4)
        }
    }

    static func digitsModel() throws -> (model: Model, x: Tensor, y: Tensor) {
        let digits = Datasets.digits()
        let x = digits.train.x.cast(to: .float32).expandingDims(at: -1) / Double(digits.maximumPixel)
        let model = try withSession(Session(seed: 7)) {
            let model = Sequential([
                InputLayer([8, 8, 1]), Conv2D(8, kernelSize: 3, padding: .same, useBias: false), BatchNormalization(),
                Activation(.relu), MaxPooling2D(), DepthwiseConv2D(kernelSize: 3, activation: .relu), Flatten(),
                Dense(10, activation: .softmax),
            ])
            try model.compile(optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy())
            try model.fit(x[0..<1024], digits.train.y[0..<1024], epochs: 10, verbosity: .silent)
            return model
        }
        return (model, x[1024...], digits.train.y[1024...])
    }

    /// Rounded weights and activations cost a trained network hardly any accuracy, and the file is as much smaller as the
    /// weights are.
    @Test(arguments: ExportOptions.Quantization.allCases) func quantizedAccuracy(_ kind: ExportOptions.Quantization) throws {
        let (model, x, y) = try Self.digitsModel()
        func accuracy(_ predictions: Tensor) -> Double {
            (predictions.argmax(axis: -1) .== y.cast(to: .int64)).cast(to: .float64).mean().item()
        }
        try withFolder { folder in
            let path = folder + "/digits.tflite"
            let batches = (0..<4).map { [x[(32 * $0)..<(32 * $0 + 32)]] }
            let options = ExportOptions(quantization: kind, calibration: batches, checkedInputs: batches[0], tolerance: 0.1)
            try model.export(to: path, options: options)
            let read = try TFLiteReader.graph(FileIO.read(path))
            let exact = accuracy(try model.predict(x))
            #expect(exact > 0.9)
            #expect(abs(accuracy(try read.run([x])[0]) - exact) < 0.01)
        }
    }

    /// Damaged files are refused or read, and never trap.
    @Test func damagedFiles() throws {
        let (model, x, _) = try Self.digitsModel()
        for kind in [ExportOptions.Quantization.none, .int8] {
            try withFolder { folder in
                let path = folder + "/digits.tflite"
                try model.export(to: path, options: ExportOptions(quantization: kind, calibration: [[x[0..<8]]]))
                let counts = fuzz(try FileIO.read(path)) { bytes in
                    _ = try TFLiteReader.graph(bytes).run([x[0..<1]])
                }
                #expect(counts.refused > 300)
            }
        }
    }
}
