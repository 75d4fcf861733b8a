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
            #expect(unnamed.status == 1 && unnamed.error.contains("--label: Expected the name of the target"), "\(unnamed.error)")
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
            let wrong: [([String], String, Int32)] = [
                (["--into", model, "--mapping", map], "--mapping: Expected a string for \"scores\"", 1),
                (["--into", model], "give --mapping", 64), ([], "give --network, or --into and --mapping", 1),
                (["--network", "resnet50"], "--network: Expected one of resnet18, resnet34", 64),
                (["--network", "resnet18"], "Expected a tensor \"conv1.weight\"", 1),
            ]
            for (arguments, message, code) in wrong {
                let outcome = try run(["import", weights, "--to", folder + "/no.keras"] + arguments)
                #expect(outcome.status == code && outcome.error.contains(message), "\(outcome.error)")
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
            let cases: [([String], String, Int32)] = [
                (["--to", folder + "/m.pb"], ".tflite or .onnx", 1),
                (["--to", folder + "/m.tflite", "--quantize", "int4"], "--quantize: Expected one of none, float16", 64),
                (["--to", folder + "/m.tflite", "--quantize", "int8"], "give --calibration", 64),
                (["--to", folder + "/m.tflite", "--input-shape", "2,x"], "--input-shape: Expected sizes", 64),
                (["--to", folder + "/m.tflite", "--max-accuracy-drop", "1%"], "--max-accuracy-drop: Expected --quantize", 64),
                (["--to", folder + "/m.tflite", "--tolerance=-1"], "--tolerance: Expected a number of 0 or more", 64),
                (["--to", model], ".tflite or .onnx", 1),
            ]
            for (arguments, message, code) in cases {
                let outcome = try run(["export", model] + arguments)
                #expect(outcome.status == code && outcome.error.contains(message), "\(outcome.error)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.keras"])
        }
    }

    /// PyTorch flattens images with their channels first.
    @Test func importsWeightsBehindFlatten() throws {
        try withFolder { folder in
            let (model, weights, map, to) = (
                folder + "/m.keras", folder + "/w.safetensors", folder + "/map.json", folder + "/out.keras"
            )
            try Sequential([InputLayer([2, 3, 4]), Flatten(), Dense(5, name: "scores")]).save(to: model)
            let kernel = Tensor((0..<120).map { Float(($0 * 37) % 101) / 101 }, shape: [5, 24])
            try Safetensors([("fc.weight", kernel), ("fc.bias", Tensor.zeros([5]))]).write(to: weights)
            try FileIO.write(#"{"scores": "fc"}"#, to: map)
            let arguments = ["import", weights, "--into", model, "--mapping", map, "--to", to]
            let outcome = try run(arguments + ["--flattened", "scores=2,3,4"])
            #expect(outcome.status == 0, "\(outcome.error)")
            let x = Tensor((0..<48).map { Float(($0 * 53) % 97) / 97 }, shape: [2, 2, 3, 4])
            let expected = matmul(x.transposed(permutation: [0, 3, 1, 2]).reshaped([2, 24]), kernel, transposeB: true)
            let difference: Double = (try Model.load(from: to).predict(x) - expected).abs().max().item()
            #expect(difference < 1e-5)
            let wrong: [([String], String, Int32)] = [
                (["--flattened", "scores"], "--flattened: Expected the path of a layer and the sizes", 64),
                (["--flattened", "scores=2,3"], "--flattened: Expected the path of a layer and the sizes", 64),
                (["--flattened", "scores=2,3,5"], "Expected height, width and channels of 24 numbers", 1),
                (["--flattened", "other=2,3,4"], "Expected the path of a Dense layer. Received: other", 1),
                (["--flattened", "scores=2,3,4", "--flattened", "scores=4,3,2"], "scores twice", 64),
            ]
            for (more, message, code) in wrong {
                let outcome = try run(arguments + more)
                #expect(outcome.status == code && outcome.error.contains(message), "\(outcome.error)")
            }
        }
    }

    /// The length of sequences stays open; files that leave several sizes open take them in all commands.
    @Test func openLengths() throws {
        try withFolder { folder in
            let (model, file, x, y) = (folder + "/m.keras", folder + "/m.tflite", folder + "/x.npy", folder + "/y.npy")
            let network = Sequential([InputLayer([nil, 3]), LSTM(4), Dense(2)])
            try network.save(to: model)
            let outcome = try run(["export", model, "--to", file])
            #expect(outcome.status == 0, "\(outcome.error)")
            for steps in [4, 11] {
                let samples = Tensor((0..<(6 * steps * 3)).map { Float(($0 * 37) % 101) / 101 }, shape: [6, steps, 3])
                try NPY.write(samples, to: x)
                try NPY.write(network.predict(samples), to: y)
                let given = ["--input-shape", "\(steps),3"]
                let evaluated = try run(["evaluate", file, "--x", x, "--y", y, "--loss", "mse", "--json"] + given)
                #expect(evaluated.status == 0, "\(evaluated.error)")
                #expect(try JSONValue(parsing: evaluated.lastLine).double("loss") < 1e-10)
                let summary = try run(["summary", file] + given)
                #expect(summary.output.contains("float32 (None, \(steps), 3)"), "\(summary.output)\(summary.error)")
            }
            for command in ["evaluate", "summary"] {
                let data = command == "evaluate" ? ["--x", x, "--y", y, "--loss", "mse"] : []
                let open = try run([command, file] + data)
                #expect(open.status == 1 && open.error.contains("--input-shape"), "\(open.error)")
                let layers = try run([command, model, "--input-shape", "4,3"] + data)
                #expect(layers.status == 1 && layers.error.contains("--input-shape: Expected a .tflite"), "\(layers.error)")
            }
        }
    }

    /// What only files of `--data` have is not ignored without it.
    @Test func optionsOfData() throws {
        try withFolder { folder in
            let (model, x) = (folder + "/m.keras", folder + "/x.npy")
            try Sequential([InputLayer([2]), Dense(1)]).save(to: model)
            try NPY.write(Tensor.zeros([4, 2]), to: x)
            let commands = [
                ["export", model, "--to", folder + "/m.onnx"], ["predict", model, "--x", x],
                ["evaluate", model, "--x", x, "--y", x, "--loss", "mse"],
                ["fit", model, "--x", x, "--y", x, "--loss", "mse"],
            ]
            for command in commands {
                for more in [["--label", "kind"], ["--scale", "0.5"], ["--skip-unreadable"]] {
                    let outcome = try run(command + more)
                    #expect(outcome.status == 64 && outcome.error.contains("Expected --data, which \(more[0])"), "\(outcome.error)")
                }
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/m.onnx"))
        }
    }

    /// Too little memory is an error wherever an export runs out of it.
    @Test func littleMemory() throws {
        try withFolder { folder in
            let (model, x) = (folder + "/m.keras", folder + "/x.npy")
            try Sequential([InputLayer([64, 64, 3]), Conv2D(8, kernelSize: 3), Flatten(), Dense(4)]).save(to: model)
            try NPY.write(Tensor.ones([64, 64, 64, 3]), to: x)
            for memory in ["1", "4", "16", "40"] {
                for format in ["m.tflite", "m.onnx"] {
                    let outcome = try run([
                        "export", model, "--to", folder + "/" + format, "--quantize", "int8", "--calibration", x, "--memory", memory,
                    ])
                    #expect(outcome.status == 1 || outcome.status == 0, "\(memory), \(format): \(outcome.error)")
                    #expect(memory != "1" || outcome.status == 1 && outcome.error.contains("memory"), "\(outcome.error)")
                }
            }
        }
    }
}
