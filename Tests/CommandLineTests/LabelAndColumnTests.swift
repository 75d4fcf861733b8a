import Foundation
import Martlet
import MartletFormats
import MartletImages
import TestSupport
import Testing

/// Labels out of range, missing numbers, truth values, separators and IDX folders as `--data`.
@Suite(.ownSession) struct LabelAndColumnTests {
    let shell = CommandLineTests()

    private func model(_ folder: String, _ loss: String, units: Int = 1) throws -> String {
        let model = Sequential([InputLayer([2], name: "x"), Dense(units, activation: units == 1 ? .sigmoid : .softmax)])
        try model.compile(optimizer: "sgd", loss: loss)
        try model.save(to: folder + "/m.keras")
        return folder + "/m.keras"
    }

    // MARK: Labels

    /// Labels with which Keras computes and which nobody means: the error names the place, in any batch, of a table, of records
    /// and of arrays.
    @Test(arguments: [
        ("binary_crossentropy", "2", "from 0 to 1"), ("binary_crossentropy", "-1", "from 0 to 1"),
        ("binary_crossentropy", "3.0", "from 0 to 1"), ("binary_focal_crossentropy", "7", "from 0 to 1"),
        ("binary_crossentropy", "inf", "finite"), ("mse", "inf", "finite"), ("mae", "-inf", "finite"), ("hinge", "inf", "finite"),
    ])
    func labelsOutOfRange(_ loss: String, _ label: String, _ words: String) throws {
        try shell.withFolder { folder in
            let model = try model(folder, loss)
            let isWhole = Int(label) != nil
            let labels = (0..<60).map { $0 == 41 ? label : isWhole ? "\($0 % 2)" : "\($0 % 2).0" }
            try FileIO.write("a,b,y\n" + labels.map { "1,2,\($0)" }.joined(separator: "\n") + "\n", to: folder + "/t.csv")
            for file in 0..<2 {
                let records = labels[file * 30..<(file + 1) * 30].map { text -> Data in
                    let y: Example.Feature = isWhole ? .integers([Int64(text)!]) : .floats([Float(text)!])
                    return Example(["x": .floats([1, 2]), "y": y]).serialized()
                }
                try TFRecord.write(records, to: "\(folder)/\(file).tfrecord")
            }
            try NPY.write(Tensor.ones([60, 2]), to: folder + "/x.npy")
            let y = isWhole ? Tensor(labels.map { Int64($0)! }) : Tensor(labels.map { Float($0)! })
            try NPY.write(y, to: folder + "/y.npy")
            for command in [["evaluate", model], ["fit", model, "--quiet", "--save", folder + "/o.keras"]] {
                let batch = ["--batch-size", "8"]
                let table = try shell.run(command + batch + ["--data", folder + "/t.csv", "--label", "y"])
                shell.expectError(table, "t.csv:43, column \"y\"", words, "Received: \(label)")
                let records = try shell.run(command + batch + ["--data", folder + "/*.tfrecord", "--label", "y"])
                shell.expectError(records, "1.tfrecord, record 11, feature \"y\"", words, "Received: \(label)")
                let arrays = try shell.run(command + batch + ["--x", folder + "/x.npy", "--y", folder + "/y.npy"])
                shell.expectError(arrays, "--y", words, "Received: \(label)", "sample 41")
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/o.keras"))
        }
    }

    /// What losses for numbers of any size take, and soft labels, is no error.
    @Test(arguments: [("mse", "7"), ("mse", "-3.5"), ("hinge", "-1"), ("binary_crossentropy", "0.25"), ("binary_crossentropy", "0.999")])
    func labelsThatAreMeant(_ loss: String, _ label: String) throws {
        try shell.withFolder { folder in
            let model = try model(folder, loss)
            try FileIO.write("a,b,y\n1,2,\(label)\n3,4,1\n", to: folder + "/t.csv")
            let outcome = try shell.run(["evaluate", model, "--data", folder + "/t.csv", "--label", "y"])
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        }
    }

    // MARK: Numbers that are missing

    @Test func missingNumbersAreNamed() throws {
        try shell.withFolder { folder in
            let model = try model(folder, "mse")
            let rows = (0..<40).map { "\($0 == 11 || $0 == 15 ? "" : "1"),\($0 == 30 ? "NA" : "2"),0" }
            try FileIO.write("a,b,y\n" + rows.joined(separator: "\n") + "\n", to: folder + "/t.csv")
            let arguments = ["evaluate", model, "--data", folder + "/t.csv", "--label", "y", "--batch-size", "4"]
            let kept = try shell.run(arguments)
            #expect(kept.status == 0)
            for words in ["t.csv:13, column \"a\": no number", "t.csv:32, column \"b\": no number"] {
                #expect(kept.error.components(separatedBy: words).count == 2, "\(kept.error)")
            }
            #expect(!kept.error.contains("t.csv:17"), "\(kept.error)")
            #expect(kept.error.contains("--missing skip") && kept.error.contains("first in sample 3"), "\(kept.error)")
            let filled = try shell.run(arguments + ["--missing", "0"])
            #expect(filled.status == 0 && filled.error.isEmpty, "\(filled.error)")
            let records = (0..<4).map { Example(["x": .floats([1, $0 == 2 ? .nan : 2]), "y": .floats([0])]).serialized() }
            try TFRecord.write(records, to: folder + "/a.tfrecord")
            let found = try shell.run(["evaluate", model, "--data", folder + "/a.tfrecord", "--label", "y"])
            #expect(found.status == 0 && found.error.contains("a.tfrecord, record 2, feature \"x\": no number"), "\(found.error)")
        }
    }

    // MARK: Truth values

    /// True and False are 1 and 0: the same file with numbers has the same results.
    @Test func truthValues() throws {
        try shell.withFolder { folder in
            let model = try model(folder, "binary_crossentropy")
            let (words, numbers) = (["True", "False", "true", "FALSE"], ["1", "0", "1", "0"])
            for (name, values) in [("words", words), ("numbers", numbers)] {
                let rows = (0..<40).map { "\($0),\(values[$0 % 4]),\(values[($0 / 3) % 4])" }
                try FileIO.write("a,b,y\n" + rows.joined(separator: "\n") + "\n", to: "\(folder)/\(name).csv")
            }
            func evaluate(_ name: String, _ options: String...) throws -> CommandLineTests.Outcome {
                try shell.run(["evaluate", model, "--data", "\(folder)/\(name).csv", "--label", "y", "--json"] + options)
            }
            let expected = try evaluate("numbers")
            #expect(expected.status == 0 && expected.output.contains("loss"))
            #expect(try evaluate("words").output == expected.output)
            let predictions = try ["words", "numbers"].map { name in
                let outcome = try shell.run(["predict", model, "--data", "\(folder)/\(name).csv", "--label", "y", "-o", folder + "/p.npy"])
                #expect(outcome.status == 0, "\(outcome.error)")
                return try NPY.read(folder + "/p.npy").scalars(as: Float.self)
            }
            #expect(predictions[0] == predictions[1])
            #expect(try shell.run(["data", folder + "/words.csv"]).output.contains("b  bool"))
            // It can be said otherwise.
            shell.expectError(try evaluate("words", "--column-types", "b=text"), "\"b\" holds text")
            try FileIO.write("a,b,y\n1,yes,1\n2,no,0\n", to: folder + "/yes.csv")
            shell.expectError(try evaluate("yes"), "\"b\" holds text")
            try FileIO.write("a,b,y\n1,1,1\n2,0,0\n", to: folder + "/one.csv")
            #expect(try evaluate("yes", "--column-types", "b=bool").output == evaluate("one").output)
            // Classes that are named are texts.
            let pair = Sequential([InputLayer([2], name: "x"), Dense(2, activation: .softmax)])
            try pair.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
            try pair.save(to: folder + "/pair.keras")
            try FileIO.write("a,b,y\n1,1,True\n2,0,False\n", to: folder + "/named.csv")
            let named = try shell.run([
                "evaluate", folder + "/pair.keras", "--data", folder + "/named.csv", "--label", "y", "--classes", "True,False",
            ])
            #expect(named.status == 0 && named.output.contains("Classes: 0 True, 1 False"), "\(named.error)")
        }
    }

    // MARK: Separators

    @Test(arguments: [(";", ";"), ("\t", "tab"), ("|", "pipe"), ("\t", "\\t"), (";", "semicolon"), (" ", "space")])
    func separators(_ mark: Character, _ name: String) throws {
        try shell.withFolder { folder in
            let model = try model(folder, "binary_crossentropy")
            let lines = ["a,b,y"] + (0..<9).map { "\($0),\($0 % 4),\($0 % 2)" }
            try FileIO.write(lines.joined(separator: "\n") + "\n", to: folder + "/comma.csv")
            try FileIO.write(lines.map { $0.replacing(",", with: "\(mark)") }.joined(separator: "\n") + "\n", to: folder + "/t.csv")
            func run(_ command: String, _ file: String, _ options: String...) throws -> CommandLineTests.Outcome {
                try shell.run([command, model, "--data", "\(folder)/\(file).csv", "--label", "y"] + options)
            }
            #expect(try run("evaluate", "t", "--separator", name, "--json").output == run("evaluate", "comma", "--json").output)
            #expect(try run("predict", "t", "--separator", name).output == run("predict", "comma").output)
            #expect(try run("fit", "t", "--separator", name, "--quiet", "--save", folder + "/o.keras").status == 0)
            let report = try JSONValue(parsing: shell.run(["data", folder + "/t.csv", "--json", "--separator", name]).output)
            #expect(try report.array("parts").count == 3 && report["notes"] == nil)
            // Without it, the error says what to do.
            guard mark != " " else { return }
            for command in ["evaluate", "predict", "fit"] {
                shell.expectError(try run(command, "t"), "t.csv: Expected several columns", "--separator \(mark == "\t" ? "tab" : "'\(mark)'")")
            }
            #expect(try shell.run(["data", folder + "/t.csv"]).output.contains("note: The header is one name"))
        }
    }

    // MARK: IDX files

    /// A folder as MNIST's: training trains on one part, and evaluation and prediction take the other.
    @Test(arguments: ["t10k", "test"], [true, false]) func foldersOfIDXFiles(_ test: String, _ isFlat: Bool) throws {
        try shell.withFolder { folder in
            let first: [Layer] = isFlat ? [InputLayer([20])] : [InputLayer([4, 5, 1]), Flatten()]
            let model = Sequential(first + [Dense(3, activation: .softmax)])
            try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
            try model.save(to: folder + "/m.keras")
            let data = folder + "/data"
            try FileIO.makeFolder(data)
            var parts: [String: (x: Tensor, y: Tensor)] = [:]
            for (name, count) in [("train", 30), (test, 12)] {
                let x = Tensor((0..<count * 20).map { UInt8(truncatingIfNeeded: $0 * 37) }, shape: [count, 4, 5])
                let y = Tensor((0..<count).map { UInt8($0 % 3) }, shape: [count])
                let mark = name == "train" ? "-" : "."
                try IDX.write(x, to: "\(data)/\(name)-images\(mark)idx3-ubyte" + (name == "train" ? ".gz" : ""))
                try IDX.write(y, to: "\(data)/\(name)-labels\(mark)idx1-ubyte")
                parts[name] = ((x.cast(to: .float32) * 0.5).reshaped(to: isFlat ? [count, 20] : [count, 4, 5, 1]), y.cast(to: .int64))
            }
            let common = ["--data", data, "--scale", "0.5"]
            let evaluate = try shell.run(["evaluate", folder + "/m.keras", "--json"] + common)
            #expect(evaluate.status == 0, "\(evaluate.error)")
            let figures = try model.evaluate(parts[test]!.x, parts[test]!.y)
            #expect(abs(try JSONValue(parsing: evaluate.output).double("loss") - figures["loss"]!) < 1e-5)
            let predict = try shell.run(
                ["predict", folder + "/m.keras", "-o", folder + "/p.npy", "--index", folder + "/i.npy"] + common)
            #expect(predict.status == 0, "\(predict.error)")
            #expect(try NPY.read(folder + "/p.npy").scalars(as: Float.self) == model.predict(parts[test]!.x).scalars())
            #expect(try NPY.read(folder + "/i.npy").scalars(as: Int.self) == Array(0..<12))
            // As with arrays, the last samples are for validation.
            let fit = try shell.run(
                ["fit", folder + "/m.keras", "--no-shuffle", "--quiet", "--validation-split", "0.2", "--batch-size", "8", "--history",
                 folder + "/h.json", "--save", folder + "/o.keras"] + common)
            #expect(fit.status == 0, "\(fit.error)")
            let history = try model.fit(
                parts["train"]!.x, parts["train"]!.y, batchSize: 8, verbosity: .silent, validationSplit: 0.2, shuffle: false)
            let written = try JSONValue(parsing: FileIO.read(folder + "/h.json"))
            for name in ["loss", "val_loss", "accuracy"] {
                #expect(abs(try written.double(.key(name), 0) - history[name].last!) < 1e-5, "\(name)")
            }
            let shuffled = try shell.run(["fit", folder + "/m.keras", "--save", folder + "/o.keras"] + common)
            #expect(shuffled.status == 0 && shuffled.output.contains("train-images-idx3-ubyte.gz"), "\(shuffled.error)")
            // A label that the model has no class for is named.
            try IDX.write(Tensor((0..<30).map { UInt8($0 == 17 ? 3 : 0) }, shape: [30]), to: data + "/train-labels-idx1-ubyte")
            shell.expectError(try shell.run(["fit", folder + "/m.keras", "--quiet"] + common), "train-images-idx3-ubyte.gz, image 17", "Received: 3")
            shell.expectError(try shell.run(["fit", folder + "/m.keras", "--label", "y"] + common), "--label", "IDX")
            try FileManager.default.removeItem(atPath: data + "/train-labels-idx1-ubyte")
            #expect(try shell.run(["fit", folder + "/m.keras", "--quiet", "--save", folder + "/o.keras"] + common).status == 0)
        }
    }

    // MARK: Files of another kind

    @Test func filesThatAreNoArrays() throws {
        try shell.withFolder { folder in
            let model = try model(folder, "mse")
            try saveImage(Tensor.zeros([4, 4, 3], dtype: .uint8), to: folder + "/a.png")
            try FileIO.write("a,b\n1,2\n", to: folder + "/a.csv")
            try FileIO.write([0x50, 0x4B, 3, 4, 0, 0], to: folder + "/a.npz")
            try IDX.write(Tensor([UInt8](repeating: 1, count: 8), shape: [2, 4]), to: folder + "/a.idx")
            try FileIO.write([0x80, 4, 0x95], to: folder + "/a.pkl")
            try TFRecord.write([Data([1])], to: folder + "/a.tfrecord")
            for (file, words) in [
                ("a.png", ["an image", "--data"]), ("a.csv", ["a table", "--data"]), ("a.npz", ["numpy.save", "several arrays"]),
                ("a.idx", ["IDX", "--data"]), ("a.pkl", ["pickle", "numpy.save"]), ("a.tfrecord", ["TFRecord", "--data"]), ("", ["a folder", "--data"]),
            ] {
                for command in [["predict", model], ["evaluate", model, "--y", folder + "/a.npy"]] {
                    let outcome = try shell.run(command + ["--x", folder + "/" + file])
                    shell.expectError(outcome, "Expected an .npy file for --x")
                    for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
                }
            }
        }
    }

    // MARK: Weights of classes

    @Test func weightsOfUnknownClasses() throws {
        try shell.withFolder { folder in
            let model = try model(folder, "sparse_categorical_crossentropy", units: 3)
            try NPY.write(Tensor.ones([6, 2]), to: folder + "/x.npy")
            try NPY.write(Tensor((0..<6).map { Int64($0 % 3) }), to: folder + "/y.npy")
            let arrays = ["--x", folder + "/x.npy", "--y", folder + "/y.npy"]
            func fit(_ weights: String, _ model: String, _ data: [String]) throws -> CommandLineTests.Outcome {
                try FileIO.write(weights, to: folder + "/cw.json")
                return try shell.run(["fit", model, "--quiet", "--save", folder + "/o.keras", "--class-weight", folder + "/cw.json"] + data)
            }
            #expect(try fit(#"{"0": 1, "2": 3.5}"#, model, arrays).status == 0)
            shell.expectError(try fit(#"{"0": 1, "3": 2}"#, model, arrays), "cw.json", "0, 1, 2", "Received: \"3\"")
            shell.expectError(try fit(#"{"-1": 1}"#, model, arrays), "Received: \"-1\"")
            shell.expectError(try fit(#"{"rose": 1}"#, model, arrays), "0, 1, 2", "Received: \"rose\"")
            // A table's classes have names.
            try FileIO.write("a,b,y\n" + (0..<9).map { "1,\($0),\(["daisy", "rose", "tulip"][$0 % 3])" }.joined(separator: "\n"), to: folder + "/t.csv")
            let table = ["--data", folder + "/t.csv", "--label", "y", "--no-shuffle"]
            func weights(_ text: String) throws -> [Float] {
                #expect(try fit(text, model, table).status == 0)
                return try Model.load(from: folder + "/o.keras").getWeights().flatMap { $0.scalars(as: Float.self) }
            }
            #expect(try weights(#"{"rose": 4}"#) == weights(#"{"1": 4}"#))
            #expect(try weights(#"{"rose": 4}"#) != weights(#"{"tulip": 4}"#))
            shell.expectError(try fit(#"{"rose": 4, "lily": 2}"#, model, table), "0 daisy, 1 rose, 2 tulip", "Received: \"lily\"")
            shell.expectError(try fit(#"{"rose": 4, "1": 2}"#, model, table), "class 1 twice")
            // One unit: two classes, or those of the targets.
            let binary = try self.model(folder, "binary_crossentropy")
            try NPY.write(Tensor((0..<6).map { Int64($0 % 2) }), to: folder + "/y.npy")
            #expect(try fit(#"{"0": 1, "1": 3}"#, binary, arrays).status == 0)
            shell.expectError(try fit(#"{"2": 1}"#, binary, arrays), "0, 1", "Received: \"2\"")
            try FileIO.write("a,b,y\n1,2,0\n1,2,1\n", to: folder + "/t.csv")
            shell.expectError(try fit(#"{"2": 1}"#, binary, table), "0, 1", "Received: \"2\"")
        }
    }
}
