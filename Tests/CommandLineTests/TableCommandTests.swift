import Foundation
import Martlet
import MartletFormats
import MartletImages
import TestSupport
import Testing

/// Tables and records as `--data`: types of columns, texts, and what errors say of lines and records.
@Suite(.ownSession) struct TableCommandTests {
    let shell = CommandLineTests()
    private static let fixtures = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/tables").path

    /// A classifier of three classes of two numbers.
    private func classifier(_ folder: String) throws -> String {
        let model = Sequential([InputLayer([2], name: "x"), Dense(3, activation: .softmax)])
        try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
        try model.save(to: folder + "/model.keras")
        return folder + "/model.keras"
    }

    // MARK: Texts

    /// Columns of text reach a model by Keras, whose inputs are called like them, with Keras's results.
    @Test func textColumns() throws {
        try shell.withFolder { folder in
            let (model, data) = (Self.fixtures + "/mixed.keras", Self.fixtures + "/mixed.csv")
            let figures = try JSONValue(parsing: FileIO.read(Self.fixtures + "/figures.json"))
            let expected = try NPY.read(Self.fixtures + "/predictions.npy")
            let predict = try shell.run(["predict", model, "--data", data, "-o", folder + "/p.npy"])
            #expect(predict.status == 0, "\(predict.error)")
            let difference = (try NPY.read(folder + "/p.npy") - expected).abs().max().item(as: Float.self)
            #expect(difference < 1e-6 && expected.standardDeviation().item(as: Float.self) > 0.1)
            let evaluate = try shell.run([
                "evaluate", model, "--data", data, "--label", "y", "--batch-size", "8", "--json",
            ])
            #expect(evaluate.status == 0, "\(evaluate.error)")
            let loss = try JSONValue(parsing: evaluate.output).double("loss")
            #expect(abs(loss - (try figures.double("loss"))) < 1e-6)
            let fit = try shell.run([
                "fit", model, "--data", data, "--label", "y", "--batch-size", "8", "--epochs", "2", "--no-shuffle", "--quiet",
                "--history", folder + "/h.json",
            ])
            #expect(fit.status == 0, "\(fit.error)")
            let history = try JSONValue(parsing: FileIO.read(folder + "/h.json"))
            for (ours, theirs) in [
                (try history.double("loss", 0), try figures.double("trained", 0)),
                (try history.double("loss", 1), try figures.double("trained", 1)),
            ] {
                #expect(abs(ours - theirs) < 1e-5 * theirs, "\(ours) \(theirs)")
            }
            // The same features in a file of records.
            var examples: [Data] = []
            try CSV(data, kinds: ["zip": .text]).rows.forEach { row in
                var example = Example()
                for name in ["kind", "note", "zip"] {
                    if case .text(let text) = row[name] { example[name] = .bytes([Data(text.utf8)]) }
                }
                if case .integer(let number) = row["id"] { example["id"] = .integers([number]) }
                example["size"] = .floats([Float(row["size"].number!)])
                examples.append(example.serialized())
            }
            try TFRecord.write(examples, to: folder + "/a.tfrecord", compression: .zlib)
            let records = try shell.run(["predict", model, "--data", folder + "/a.tfrecord", "-o", folder + "/r.npy"])
            #expect(records.status == 0, "\(records.error)")
            #expect(try NPY.read(folder + "/r.npy").scalars(as: Float.self) == NPY.read(folder + "/p.npy").scalars())
        }
    }

    @Test func textColumnsThatAreNotThere() throws {
        try shell.withFolder { folder in
            let model = Self.fixtures + "/mixed.keras"
            try FileIO.write("kind,note,size,id\nfig,a,1,2\n", to: folder + "/a.csv")
            shell.expectError(try shell.run(["predict", model, "--data", folder + "/a.csv"]), "\"zip\"", "5 inputs", "--features")
            // A missing text is an empty one, unless it is asked for otherwise.
            try FileIO.write("kind,note,zip,size,id\n,a,1,1,2\nfig,b,2,2,3\n", to: folder + "/b.csv")
            let kept = try shell.run(["predict", model, "--data", folder + "/b.csv", "-o", folder + "/p.npy"])
            #expect(kept.status == 0, "\(kept.error)")
            #expect(try NPY.read(folder + "/p.npy").isFinite().all().item(as: Bool.self))
            shell.expectError(
                try shell.run(["predict", model, "--data", folder + "/b.csv", "--missing", "error"]), "b.csv:2, column \"kind\"")
            // No whole number is left to guess.
            try FileIO.write("kind,note,zip,size,id\nfig,a,1,1,\n", to: folder + "/c.csv")
            shell.expectError(try shell.run(["predict", model, "--data", folder + "/c.csv"]), "c.csv:2, column \"id\"", "\"id\"")
        }
    }

    // MARK: Types

    @Test func typesOfColumns() throws {
        try shell.withFolder { folder in
            let model = try classifier(folder)
            let rows = (0..<1500).map { "\($0 % 9),\($0 == 1400 ? "1.5" : $0 == 1450 ? "?!" : "1"),\($0 % 3)" }
            try FileIO.write("a,b,y\n" + rows.joined(separator: "\n") + "\n", to: folder + "/t.csv")
            let evaluate = ["evaluate", model, "--data", folder + "/t.csv", "--label", "y", "--json"]
            shell.expectError(
                try shell.run(evaluate), "t.csv:1402, column \"b\"", "a whole number", "first 1000 rows",
                "--column-types b=number", "--type-rows all")
            shell.expectError(
                try shell.run(evaluate + ["--column-types", "b=float64"]), "t.csv:1452, column \"b\"", "\"?!\"",
                "--column-types b=text", "--skip-unreadable")
            shell.expectError(
                try shell.run(evaluate + ["--type-rows", "all"]), "\"b\" holds text", "--column-types b=number")
            let skipped = try shell.run(evaluate + ["--column-types", "b=number", "--skip-unreadable"])
            #expect(skipped.status == 0, "\(skipped.error)")
            for (option, value) in [
                ("--column-types", "b"), ("--column-types", "b=date"), ("--column-types", "b=text,b=number"),
                ("--column-types", "none=text"), ("--type-rows", "0"), ("--type-rows", "some"),
            ] {
                // A column that is not there is found in the file.
                let outcome = try shell.run(evaluate + [option, value])
                #expect(outcome.status == (value == "none=text" ? 1 : 64) && outcome.error.contains("error: \(option)"), "\(outcome.error)")
            }
            // The other commands have both options.
            let report = try shell.run(["data", folder + "/t.csv", "--type-rows", "all", "--json"])
            #expect(report.status == 0 && report.output.contains("text"), "\(report.error)")
            let predict = ["predict", model, "--data", folder + "/t.csv", "--features", "a,b"]
            #expect(try shell.run(predict).status == 1)
            let given = try shell.run(predict + ["--column-types", "b=number", "--skip-unreadable", "-o", folder + "/p.npy"])
            #expect(given.status == 0, "\(given.error)")
            #expect(try NPY.read(folder + "/p.npy").shape == [1499, 3])
            let fit = ["fit", model, "--data", folder + "/t.csv", "--label", "y", "--quiet", "--skip-unreadable"]
            #expect(try shell.run(fit + ["--column-types", "b=number"]).status == 0)
        }
    }

    @Test func blankColumnsAndCarriageReturns() throws {
        try shell.withFolder { folder in
            try FileIO.write("a,blank\r1,\r2,\r", to: folder + "/a.csv")
            let report = try JSONValue(parsing: shell.run(["data", folder + "/a.csv", "--json"]).output)
            #expect(try report.int("count") == 2)
            #expect(try report.string("parts", 1, "type") == "float32" && report.int("parts", 1, "missing") == 2)
        }
    }

    // MARK: Rows that are left out

    @Test func rowsThatAreLeftOut() throws {
        try shell.withFolder { folder in
            let model = try classifier(folder)
            // A line of a record need not be its number: quotes hold ends of lines.
            try FileIO.write("a,b,n\n1,2,\"x\ny\"\n,3,z\n5,6,z\n7,,z\n8,9,z\n", to: folder + "/t.csv")
            let predict = [
                "predict", model, "--data", folder + "/t.csv", "--features", "a,b", "--missing", "skip", "-o", folder + "/p.npy",
                "--index", folder + "/i.npy",
            ]
            let outcome = try shell.run(predict)
            #expect(outcome.status == 0 && outcome.error.contains("2 of 5 rows"), "\(outcome.error)")
            #expect(outcome.error.contains("lines 4, 6."), "\(outcome.error)")
            #expect(try NPY.read(folder + "/i.npy").scalars(as: Int.self) == [0, 2, 4])
            let x = Tensor([[Float(1), 2], [5, 6], [8, 9]])
            let expected = try Model.load(from: model).predict(x)
            #expect(try NPY.read(folder + "/p.npy").scalars(as: Float.self) == expected.scalars())
            // Nothing is said where nothing is left out.
            try FileIO.write("a,b\n1,2\n", to: folder + "/whole.csv")
            let whole = try shell.run(["predict", model, "--data", folder + "/whole.csv", "--missing", "skip"])
            #expect(whole.status == 0 && whole.error.isEmpty, "\(whole.error)")
            try FileIO.write("a,b\n,2\n1,\n", to: folder + "/none.csv")
            shell.expectError(
                try shell.run(["predict", model, "--data", folder + "/none.csv", "--missing", "skip"]), "none.csv", "All 2")
            // Several epochs count a row once.
            try FileIO.write("a,b,y\n1,2,0\n,3,1\n5,6,2\n", to: folder + "/y.csv")
            let fit = try shell.run([
                "fit", model, "--data", folder + "/y.csv", "--label", "y", "--missing", "skip", "--epochs", "3", "--quiet",
            ])
            #expect(fit.status == 0 && fit.error.contains("1 of 3 rows") && fit.error.contains("line 3."), "\(fit.error)")
            #expect(try shell.run(["predict", model, "--x", folder + "/p.npy", "--index", folder + "/i.npy"]).status == 64)
        }
    }

    // MARK: Labels

    @Test func labelsOfTables() throws {
        try shell.withFolder { folder in
            let model = try classifier(folder)
            let rows = (0..<100).map { "\($0),1,\($0 == 77 ? "" : "\($0 % 3)"),\($0 == 55 ? 3 : $0 % 3),\($0 % 3 == 0 ? "p" : "q\($0 % 3)")" }
            try FileIO.write("a,b,hole,large,text\n" + rows.joined(separator: "\n") + "\n", to: folder + "/t.csv")
            for command in ["evaluate", "fit"] {
                let arguments = [command, model, "--data", folder + "/t.csv", "--features", "a,b", "--batch-size", "8", "--label"]
                shell.expectError(try shell.run(arguments + ["hole"]), "t.csv:79, column \"hole\"", "Expected a label", "--missing skip")
                shell.expectError(try shell.run(arguments + ["large"]), "t.csv:57, column \"large\"", "Received: 3")
                shell.expectError(
                    try shell.run(arguments + ["text", "--classes", "p,q1"]), "t.csv:4, column \"text\"", "Received: \"q2\"")
            }
            let small = Sequential([InputLayer([2]), Dense(2, activation: .softmax)])
            try small.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
            try small.save(to: folder + "/small.keras")
            shell.expectError(
                try shell.run([
                    "evaluate", folder + "/small.keras", "--data", folder + "/t.csv", "--features", "a,b", "--label", "text",
                ]), "t.csv, column \"text\"", "at most 2 classes", "Received 3")
        }
    }

    @Test func labelsOfRecords() throws {
        try shell.withFolder { folder in
            let model = try classifier(folder)
            for file in 0..<3 {
                let records = (0..<10).map { number -> Data in
                    var example = Example(["x": .floats([Float(number), 1]), "y": .integers([Int64(number % 3)])])
                    if file == 1, number == 4 { example["large"] = .integers([-1]) } else { example["large"] = .integers([1]) }
                    if file != 1 || number != 6 { example["hole"] = .integers([2]) }
                    example["empty"] = .integers(file == 2 && number == 7 ? [] : [0])
                    return file == 2 && number == 9 ? Data([0xFF, 0xFF]) : example.serialized()
                }
                try TFRecord.write(records.prefix(file == 2 ? 9 : 10), to: "\(folder)/\(file).tfrecord")
                try TFRecord.write(records, to: "\(folder)/wrong-\(file).rec")
            }
            for command in ["evaluate", "fit"] {
                let arguments = [command, model, "--data", folder + "/[0-9].tfrecord", "--label"]
                #expect(try shell.run(arguments + ["y"]).status == 0)
                shell.expectError(try shell.run(arguments + ["large"]), "1.tfrecord, record 4, feature \"large\"", "Received: -1")
                shell.expectError(try shell.run(arguments + ["hole"]), "1.tfrecord, record 6", "\"hole\"")
                shell.expectError(try shell.run(arguments + ["empty"]), "2.tfrecord, record 7", "\"empty\"")
                shell.expectError(
                    try shell.run([command, model, "--data", folder + "/wrong-*.rec", "--label", "y"]), "wrong-2.rec, record 9")
            }
        }
    }

    @Test func noRecords() throws {
        try shell.withFolder { folder in
            let model = try classifier(folder)
            for name in ["a", "b"] { try FileIO.write([], to: "\(folder)/\(name).tfrecord") }
            let label = ["--label", "y"]
            shell.expectError(try shell.run(["evaluate", model, "--data", folder + "/a.tfrecord"] + label), "a.tfrecord", "There is none")
            shell.expectError(
                try shell.run(["fit", model, "--data", folder + "/*.tfrecord"] + label), "\(folder)/a.tfrecord, \(folder)/b.tfrecord")
            shell.expectError(try shell.run(["predict", model, "--data", folder + "/a.tfrecord"]), "a.tfrecord")
            let example = Example(["x": .floats([1, 2])]).serialized()
            try TFRecord.write([example], to: folder + "/a.tfrecord")
            let report = try shell.run(["data", folder + "/*.tfrecord"])
            #expect(report.status == 0 && report.output.contains("note: \(folder)/b.tfrecord has no record"), "\(report.output)")
            try FileIO.write("a,b,y\n", to: folder + "/t.csv")
            shell.expectError(try shell.run(["evaluate", model, "--data", folder + "/t.csv", "--label", "y"]), "t.csv", "below its header")
        }
    }

    @Test func foldersWithoutClasses() throws {
        try shell.withFolder { folder in
            let model = Sequential([InputLayer([6, 8, 3]), Flatten(), Dense(2, activation: .softmax)])
            try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
            try model.save(to: folder + "/model.keras")
            let data = folder + "/images"
            try FileIO.makeFolder(data)
            try saveImage(Tensor.zeros([6, 8, 3], dtype: .uint8), to: data + "/a.png")
            try FileIO.write("x", to: data + "/notes.txt")
            let evaluate = ["evaluate", folder + "/model.keras", "--data", data]
            shell.expectError(
                try shell.run(evaluate), "Expected a folder for each class", ".png", "no folder and 2 files (a.png, notes.txt)")
            for name in ["b", "c", "d"] { try FileIO.makeFolder(data + "/" + name) }
            try FileIO.write("x", to: data + "/b/x.txt")
            shell.expectError(try shell.run(evaluate), "[\"b\", \"c\", \"d\"]", "1 file (x.txt) in the first")
            for name in ["b", "c", "d"] { try saveImage(Tensor.zeros([6, 8, 3], dtype: .uint8), to: "\(data)/\(name)/1.png") }
            shell.expectError(try shell.run(evaluate), data, "at most 2 classes", "Received 3")
        }
    }

    // MARK: Memory

    /// What a pipeline holds is asked for before it is made: a batch, the buffer of a shuffle, and a column of texts.
    @Test func memory() throws {
        try shell.withFolder { folder in
            let model = Sequential([InputLayer([300]), Dense(1)])
            try model.compile(optimizer: "sgd", loss: "mse")
            try model.save(to: folder + "/model.keras")
            let names = (0..<300).map { "c\($0)" } + ["y"]
            let row = names.map { _ in "1" }.joined(separator: ",")
            try FileIO.write(
                names.joined(separator: ",") + "\n" + String(repeating: row + "\n", count: 4000), to: folder + "/t.csv")
            let data = ["--data", folder + "/t.csv", "--label", "y"]
            // A batch of all takes 4.6 MiB, as does the buffer of the shuffle.
            let large = ["evaluate", folder + "/model.keras", "--batch-size", "4000"] + data
            shell.expectError(try shell.run(large + ["--memory", "7"]), "Out of memory", "batch(4000)")
            #expect(try shell.run(large + ["--memory", "64"]).status == 0)
            let shuffled = ["fit", folder + "/model.keras", "--quiet", "--batch-size", "8"] + data
            shell.expectError(try shell.run(shuffled + ["--memory", "3"]), "Out of memory", "shuffle")
            #expect(try shell.run(shuffled + ["--memory", "3", "--no-shuffle"]).status == 0)
            #expect(try shell.run(shuffled + ["--memory", "64"]).status == 0)
        }
    }
}
