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

    /// Samples for calibration from a table, whose labels say how much accuracy is lost.
    @Test func calibratesOnFiles() throws {
        try withFolder { folder in
            let (model, csv) = (folder + "/m.keras", folder + "/x.csv")
            let network = Sequential([InputLayer([2]), Dense(8, activation: .relu), Dense(2, activation: .softmax)])
            try network.save(to: model)
            let rows = (0..<60).map { "\(Double($0 * 37 % 101) / 101),\(Double($0 * 53 % 97) / 97),\($0 % 2)" }
            try (["a,b,kind"] + rows).joined(separator: "\n").write(toFile: csv, atomically: true, encoding: .utf8)
            let arguments = [
                "export", model, "--to", folder + "/m.tflite", "--quantize", "int8", "--data", csv, "--label", "kind",
            ]
            for more in [[], ["--max-accuracy-drop", "5%"]] {
                let outcome = try run(arguments + more)
                #expect(outcome.status == 0 && outcome.output.contains("integers"), "\(outcome.error)")
            }
            let wrong = try run(arguments + ["--calibration", csv])
            #expect(wrong.status != 0 && wrong.error.contains("--calibration or --data, not both"), "\(wrong.error)")
            let unnamed = try run(Array(arguments.dropLast(2)) + ["--max-accuracy-drop", "5%"])
            #expect(unnamed.status == 1 && unnamed.error.contains("--label: Expected a column"), "\(unnamed.error)")
        }
    }

    /// Rounded ONNX files, and what is said of kinds that they do not have.
    @Test func exportsRoundedONNX() throws {
        try withFolder { folder in
            let (model, x, to) = (folder + "/m.keras", folder + "/x.npy", folder + "/m.onnx")
            let network = Sequential([InputLayer([6]), Dense(16, activation: .relu), Dense(3, activation: .softmax)])
            try network.save(to: model)
            let samples = Tensor((0..<240).map { Float(($0 * 37) % 101) / 101 }, shape: [40, 6])
            try NPY.write(samples, to: x)
            let outcome = try run(["export", model, "--to", to, "--quantize", "int8", "--calibration", x])
            #expect(outcome.status == 0 && outcome.output.contains("integers"), "\(outcome.error)")
            #expect(try run(["predict", to, "--x", x, "-o", folder + "/y.npy"]).status == 0)
            let difference = (try NPY.read(folder + "/y.npy") - network.predict(samples)).abs().max().item() as Double
            #expect(difference < 0.1)
            let other = try run(["export", model, "--to", folder + "/n.onnx", "--quantize", "int16x8", "--calibration", x])
            #expect(other.status == 1 && other.error.contains("Expected one of none, float16, int8"), "\(other.error)")
        }
    }

    /// Weights of a state_dict go into a model by a map.
    @Test func importsWeights() throws {
        try withFolder { folder in
            let (model, weights, map, to) = (
                folder + "/m.keras", folder + "/w.safetensors", folder + "/map.json", folder + "/out.keras"
            )
            try Sequential([InputLayer([2]), Dense(3, name: "scores")]).save(to: model)
            let kernel = Tensor((0..<6).map { Float($0) }, shape: [3, 2])
            try Safetensors([("fc.weight", kernel), ("fc.bias", Tensor([1, 2, 3] as [Float]))]).write(to: weights)
            try FileIO.write(#"{"scores": "fc"}"#, to: map)
            let outcome = try run(["import", weights, "--into", model, "--mapping", map, "--to", to])
            #expect(outcome.status == 0, "\(outcome.error)")
            // x W' + b by hand.
            let y = try Model.load(from: to).predict(Tensor([[1, 10]] as [[Float]]))
            #expect(y.scalars(as: Float.self) == [11, 34, 57])
            try FileIO.write(#"{"scores": 1}"#, to: map)
            let wrong: [([String], String)] = [
                (["--into", model, "--mapping", map], "--mapping: Expected a string for \"scores\""),
                (["--into", model], "give --mapping"), ([], "give --network, or --into and --mapping"),
                (["--network", "resnet50"], "--network: Expected one of resnet18, resnet34"),
                (["--network", "resnet18"], "Expected a tensor \"conv1.weight\""),
            ]
            for (arguments, message) in wrong {
                let outcome = try run(["import", weights, "--to", folder + "/no.keras"] + arguments)
                #expect(outcome.status == 1 && outcome.error.contains(message), "\(outcome.error)")
            }
            let other = try run(["import", model, "--network", "resnet18", "--to", folder + "/no.keras"])
            #expect(other.error.contains("--network: Expected a .safetensors file"), "\(other.error)")
            #expect(!FileManager.default.fileExists(atPath: folder + "/no.keras"))
        }
    }

    /// A file of another framework becomes layers before it is trained, where it is saved as such; the summary shows its ends.
    @Test(arguments: ["m.tflite", "m.onnx", "saved"]) func filesAreTrainedAndSaved(_ name: String) throws {
        try withFolder { folder in
            let (file, x, y) = (folder + "/" + name, folder + "/x.npy", folder + "/y.npy")
            try Sequential([InputLayer([4], name: "pixels"), Dense(3, activation: .tanh), Dense(1, name: "score")])
                .save(to: folder + "/m.keras")
            #expect(try run(["export", folder + "/m.keras", "--to", file]).status == 0)
            let samples = Tensor((0..<80).map { Float(($0 * 37) % 101) / 101 }, shape: [20, 4])
            try NPY.write(samples, to: x)
            try NPY.write(samples.sum(axis: 1, keepDims: true), to: y)
            let summary = try run(["summary", file])
            #expect(summary.output.contains("Total params: 19 "), "\(summary.output)\(summary.error)")
            #expect(summary.output.contains("in the order of --x:\n  pixels  float32 (None, 4)"), "\(summary.output)")
            let to = folder + "/t.keras"
            let outcome = try run([
                "fit", file, "--x", x, "--y", y, "--loss", "mse", "--optimizer", "adam", "--learning-rate", "0.05", "--epochs",
                "20", "--quiet", "--save", to,
            ])
            #expect(outcome.status == 0, "\(outcome.error)")
            let trained = try Model.load(from: to)
            #expect(trained.parameterCount == 19 && trained.optimizer?.iterations.value.item() == 20)
            let before = try Model.load(from: folder + "/m.keras", compile: false)
            func loss(_ model: Model) throws -> Double {
                (try model.predict(samples) - samples.sum(axis: 1, keepDims: true)).square().mean().item()
            }
            #expect(try loss(trained) < 0.5 * loss(before))
            let kept = try run(["fit", file, "--x", x, "--y", y, "--loss", "mse", "--quiet", "--run", folder + "/run"])
            #expect(kept.status == 0, "\(kept.error)")
            guard name == "m.onnx" else { return }
            let both = try run(
                ["fit", file, "--x", x, "--y", y, "--loss", "mse", "--save", folder + "/t.onnx", "--run", folder + "/other"])
            #expect(both.status == 1 && both.error.contains("--save: Expected a .keras or .h5 file with --run"), "\(both.error)")
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
