import Foundation
import Martlet
import MartletFormats
import Testing

/// `martlet export`.
extension CommandLineTests {
    @Test func exportsAreWrittenAndRead() throws {
        try withFolder { folder in
            let (model, x) = (folder + "/m.keras", folder + "/x.npy")
            let network = Sequential([InputLayer([6]), Dense(16, activation: .relu), Dense(3, activation: .softmax)])
            try network.save(to: model)
            let samples = Tensor((0..<240).map { Float(($0 * 37) % 101) / 101 }, shape: [40, 6])
            try NPY.write(samples, to: x)
            let outcome = try run(
                ["export", model, "--to", folder + "/m.tflite", "--quantize", "int8", "--calibration", x, "--json"])
            #expect(outcome.status == 0, "\(outcome.error)")
            let line = try JSONValue(parsing: outcome.lastLine)
            #expect(try line.string("format") == "tflite")
            #expect(try line.double("largest_difference") < 0.1)
            let predicted = try run(["predict", folder + "/m.tflite", "--x", x, "-o", folder + "/y.npy"])
            #expect(predicted.status == 0, "\(predicted.error)")
            let difference = (try NPY.read(folder + "/y.npy") - network.predict(samples)).abs().max().item() as Double
            #expect(difference < 0.1)
            let saved = try run(["export", model, "--to", folder + "/saved"])
            #expect(saved.status == 0, "\(saved.error)")
            #expect(FileManager.default.fileExists(atPath: folder + "/saved/saved_model.pb"))
        }
    }

    @Test func wrongExports() throws {
        try withFolder { folder in
            let model = folder + "/m.keras"
            try Sequential([InputLayer([2]), Dense(1)]).save(to: model)
            let cases: [([String], String)] = [
                (["--to", folder + "/m.pb"], ".tflite or .onnx"),
                (["--to", folder + "/m.tflite", "--quantize", "int4"], "--quantize: Expected one of none, float16"),
                (["--to", folder + "/m.tflite", "--quantize", "int8"], "give --calibration"),
                (["--to", folder + "/m.tflite", "--input-shape", "2,x"], "--input-shape: Expected sizes"),
                (["--to", folder + "/m.tflite", "--max-accuracy-drop", "1%"], "--max-accuracy-drop: Expected --quantize"),
                (["--to", folder + "/m.tflite", "--tolerance=-1"], "--tolerance: Expected a number of 0 or more"),
                (["--to", model], ".tflite or .onnx"),
            ]
            for (arguments, message) in cases {
                let outcome = try run(["export", model] + arguments)
                #expect(outcome.status == 1 && outcome.error.contains(message), "\(outcome.error)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.keras"])
        }
    }
}
