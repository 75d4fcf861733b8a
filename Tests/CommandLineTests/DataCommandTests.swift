import Foundation
import Martlet
import MartletFormats
import MartletImages
import Testing

/// `martlet data`, and `--data` of the commands on models.
extension CommandLineTests {
    /// 12 images of 6 x 8 in two classes, bright and dark, of which `damaged` are cut short.
    private func images(_ folder: String, damaged: Int = 0) throws -> String {
        for number in 0..<12 {
            let place = folder + "/images/" + (number % 2 == 0 ? "bright" : "dark")
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let image = Tensor.full([6, 8, 3], number % 2 == 0 ? 200 + number : number, dtype: .uint8)
            let bytes = try encodePNG(image)
            try Data(number < damaged ? bytes.dropLast(20) : bytes).write(to: URL(fileURLWithPath: "\(place)/\(number).png"))
        }
        return folder + "/images"
    }

    private func imageModel(_ folder: String) throws -> String {
        let model = Sequential([InputLayer([6, 8, 3]), Flatten(), Dense(2, activation: .softmax)])
        try model.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
        try model.save(to: folder + "/model.keras")
        return folder + "/model.keras"
    }

    @Test func folderOfImages() throws {
        try withFolder { folder in
            let (data, model) = (try images(folder), try imageModel(folder))
            let fit = try run([
                "fit", model, "--data", data, "--scale", "0.00392157", "--epochs", "20", "--batch-size", "4",
                "--learning-rate", "0.05", "--save", folder + "/out.keras", "--history", folder + "/h.json",
                "--validation-split", "0.25", "--seed", "1",
            ])
            #expect(fit.status == 0, "\(fit.error)")
            #expect(fit.output.contains("Classes: 0 bright, 1 dark"))
            let history = try JSONValue(parsing: FileIO.read(folder + "/h.json")).object()
            #expect(history["val_accuracy"] != nil)
            let evaluate = try run([
                "evaluate", folder + "/out.keras", "--data", data, "--scale", "0.00392157", "--json",
            ])
            let figures = try JSONValue(parsing: evaluate.output).object()
            // The same as in code.
            let samples = try ClassFolder(images: data).images(size: (6, 8)).map { ($0 * 0.00392157, $1) }.batch(32)
            let expected = try Model.load(from: folder + "/out.keras").evaluate(samples)
            #expect(figures["accuracy"] == 1.0 && figures["loss"] == .double(expected["loss"]!))
            let predict = try run([
                "predict", folder + "/out.keras", "--data", data, "--scale", "0.00392157", "-o", folder + "/p.npy",
            ])
            #expect(predict.status == 0, "\(predict.error)")
            let classes = try NPY.read(folder + "/p.npy").argmax(axis: -1).scalars(as: Int.self)
            #expect(classes == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
        }
    }

    @Test func damagedImages() throws {
        try withFolder { folder in
            let (data, model) = (try images(folder, damaged: 3), try imageModel(folder))
            expectRefusal(try run(["evaluate", model, "--data", data]), "0.png")
            let outcome = try run(["evaluate", model, "--data", data, "--skip-unreadable", "--json"])
            #expect(outcome.status == 0 && outcome.error.contains("3 elements") && outcome.error.contains("0.png"))
            let report = try run(["data", data, "--json", "--sheet", folder + "/sheet.png"])
            #expect(report.status == 0, "\(report.error)")
            let object = try JSONValue(parsing: report.output).object()
            #expect(object["count"] == 9 && object["unreadable"] == 3)
            #expect(object["classes"] == ["bright": 4, "dark": 5])
            #expect(try loadImage(folder + "/sheet.png").shape == [3 * 98 - 2, 3 * 98 - 2, 3])
            expectRefusal(try run(["data", data, "--sheet", folder + "/sheet.jpg"]), "PNG")
        }
    }

    @Test func csvFile() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([2]), Dense(3, activation: .softmax)])
            try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
            try model.save(to: folder + "/model.keras")
            let rows = (0..<20).map { "\($0),\(Double($0) / 2),\(["a", "b", "c"][$0 % 3])" }
            try FileIO.write("u,v,kind\n" + rows.joined(separator: "\n") + "\n", to: folder + "/t.csv")
            let outcome = try run([
                "evaluate", folder + "/model.keras", "--data", folder + "/t.csv", "--label", "kind", "--json",
            ])
            #expect(outcome.status == 0, "\(outcome.error)")
            let x = Tensor((0..<20).flatMap { [Float($0), Float($0) / 2] }, shape: [20, 2])
            let expected = try model.evaluate(TensorDataset(x, Tensor((0..<20).map { Int32($0 % 3) })))
            #expect(try JSONValue(parsing: outcome.output).object()["loss"] == .double(expected["loss"]!))
            let other = ["evaluate", folder + "/model.keras", "--data", folder + "/t.csv"]
            expectRefusal(try run(other), "--label")
            expectRefusal(try run(other + ["--label", "none"]), "[\"u\", \"v\", \"kind\"]")
            expectRefusal(try run(other + ["--label", "kind", "--features", "u"]), "\"input_layer")
            expectRefusal(try run(other + ["--label", "kind", "--classes", "a,b"]), "Received: \"c\"")
            let report = try JSONValue(parsing: run(["data", folder + "/t.csv", "--json"]).output).object()
            #expect(report["count"] == 20)
            let text = try run(["data", folder + "/t.csv"]).output
            #expect(text.contains("0 ... 19, mean 9.5") && text.contains("3 different: a (7)"), "\(text)")
            // Rows that lack a value.
            try FileIO.write("u,v,kind\n1,2,a\n,3,b\n5,6,c\n", to: folder + "/holes.csv")
            let holes = ["evaluate", folder + "/model.keras", "--data", folder + "/holes.csv", "--label", "kind", "--json"]
            func loss(_ rule: String, _ x: [[Float]], _ y: [Int32]) throws {
                let outcome = try run(holes + ["--missing", rule])
                let expected = try model.evaluate(TensorDataset(Tensor(x), Tensor(y)))
                #expect(outcome.status == 0, "\(outcome.error)")
                #expect(try JSONValue(parsing: outcome.output).object()["loss"] == .double(expected["loss"]!))
            }
            try loss("skip", [[1, 2], [5, 6]], [0, 2])
            try loss("-1", [[1, 2], [-1, 3], [5, 6]], [0, 1, 2])
            expectRefusal(try run(holes + ["--missing", "error"]), "holes.csv:3, column \"u\"")
            #expect(try run(holes + ["--missing", "none"]).error.contains("--missing"))
            try FileIO.write("u,v,kind\n1,2,a\nx,3,b\n", to: folder + "/bad.csv")
            let bad = try run(["predict", folder + "/model.keras", "--data", folder + "/bad.csv", "--features", "u,v"])
            #expect(bad.status == 1 && bad.error.contains("holds text"), "\(bad.error)")
        }
    }

    @Test func records() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([2]), Dense(1)])
            try model.compile(optimizer: "sgd", loss: "mse")
            try model.save(to: folder + "/model.keras")
            let examples = (0..<10).map { Example(["x": .floats([Float($0), 1]), "y": .floats([Float($0)])]).serialized() }
            try TFRecord.write(examples, to: folder + "/a.tfrecord", shards: 2)
            let outcome = try run([
                "fit", folder + "/model.keras", "--data", folder + "/a.tfrecord-*", "--label", "y", "--epochs", "2", "--save",
                folder + "/out.keras", "--validation-split", "0.2", "--quiet",
            ])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try Model.load(from: folder + "/out.keras").optimizer?.iterations.value.item() == 2)
            expectRefusal(
                try run(["evaluate", folder + "/model.keras", "--data", folder + "/a.tfrecord-*", "--label", "z"]), "\"z\"")
            let report = try JSONValue(parsing: run(["data", folder + "/a.tfrecord-*", "--json"]).output).object()
            #expect(report["count"] == 10)
            var bytes = try FileIO.read(folder + "/a.tfrecord-00000-of-00002")
            bytes[40] ^= 1
            try FileIO.write(bytes, to: folder + "/a.tfrecord-00000-of-00002")
            let damaged = try JSONValue(parsing: run(["data", folder + "/a.tfrecord-*", "--json"]).output).object()
            #expect(damaged["unreadable"] == 1 && damaged["count"] == 9)
            try FileIO.write([1, 2, 3], to: folder + "/short.tfrecord")
            let short = try run(["data", folder + "/short.tfrecord"])
            #expect(short.status == 1 && short.error.contains("None of the 1 elements"), "\(short.error)")
            expectRefusal(
                try run(["evaluate", folder + "/model.keras", "--data", folder + "/a.tfrecord-*", "--label", "y"]), "checksum")
        }
    }

    /// The files of MNIST, plain or compressed, in a folder or by themselves.
    @Test func indexedFiles() throws {
        try withFolder { folder in
            let data = folder + "/mnist"
            try FileIO.makeFolder(data)
            for (part, count) in [("train", 30), ("t10k", 12)] {
                let pixels = (0..<count * 35).map { UInt8($0 % 200 + 3) }
                try IDX.write(Tensor(pixels, shape: [count, 7, 5]), to: "\(data)/\(part)-images-idx3-ubyte.gz")
                try IDX.write(Tensor((0..<count).map { UInt8($0 % 4) }, shape: [count]), to: "\(data)/\(part)-labels-idx1-ubyte")
            }
            let outcome = try run(["data", data, "--json", "--sheet", folder + "/sheet.png"])
            #expect(outcome.status == 0, "\(outcome.error)")
            let report = try JSONValue(parsing: outcome.output)
            #expect(try report.string("kind") == "IDX" && report.int("count") == 42)
            #expect(try report.object()["classes"] == ["0": 11, "1": 11, "2": 10, "3": 10])
            #expect(try report.string("parts", 2, "name") == "train-images-idx3-ubyte")
            #expect(try report.string("parts", 2, "shape") == "(30, 7, 5)" && report.string("parts", 2, "type") == "uint8")
            #expect(try report.double("parts", 2, "min") == 3 && report.double("parts", 2, "max") == 202)
            #expect(try loadImage(folder + "/sheet.png").shape.rank == 3)
            // A single file, whatever its name.
            try FileManager.default.moveItem(atPath: data + "/train-labels-idx1-ubyte", toPath: folder + "/other")
            let single = try run(["data", folder + "/other"])
            #expect(single.status == 0 && single.output.contains("4 classes: 0 (8), 1 (8), 2 (7), 3 (7)"), "\(single.output)")
            // Files that do not fit each other, and one that is damaged.
            try IDX.write(Tensor([UInt8](repeating: 1, count: 11), shape: [11]), to: data + "/t10k-labels-idx1-ubyte")
            let uneven = try run(["data", data])
            #expect(uneven.output.contains("t10k-images-idx3-ubyte has 12 elements, and t10k-labels-idx1-ubyte 11"), "\(uneven)")
            var bytes = try FileIO.read(data + "/t10k-images-idx3-ubyte.gz")
            bytes.removeLast(20)
            try FileIO.write(bytes, to: data + "/t10k-images-idx3-ubyte.gz")
            let damaged = try run(["data", data])
            #expect(damaged.status == 0 && damaged.output.contains("cut short"), "\(damaged)")
            expectRefusal(try run(["data", data + "/t10k-images-idx3-ubyte.gz"]), "t10k-images-idx3-ubyte.gz")
        }
    }

    /// Arrays in any order of axes, and texts; a report reads part by part what takes 200 times the file's size.
    @Test func arrays() throws {
        try withFolder { folder in
            let x = Tensor((0..<24).map { Float($0) / 2 }, shape: [4, 6])
            try NPZ([("x", x), ("t", Tensor(strings: ["a", "bb", "a"])), ("zeros", .zeros([4_000_000]))])
                .write(to: folder + "/a.npz", compressed: true)
            let outcome = try run(["data", folder + "/a.npz", "--first", "2"])
            #expect(outcome.status == 0, "\(outcome.error)")
            for words in [
                "arrays: 4 elements", "float32  (4, 6)", "0 ... 11.5, mean 5.75", "x[1]: [3, 3.5, 4, 4.5, 5, 5.5]", "t[1]: [\"bb\"]",
                "2 different: a (2), bb (1)", "zeros[0]: [0]", "(4000000,)",
            ] { #expect(outcome.output.contains(words), "\(words): \(outcome.output)") }
            var bytes = try FileIO.read(folder + "/a.npz")
            bytes[bytes.count / 2] ^= 0x55
            try FileIO.write(bytes, to: folder + "/b.npz")
            #expect(try run(["data", folder + "/b.npz"]).status == 1)
        }
    }

    @Test func wrongCallsWithData() throws {
        try withFolder { folder in
            let (data, model) = (try images(folder), try imageModel(folder))
            #expect(try run(["evaluate", model, "--x", "a.npy", "--y", "b.npy", "--data", data]).status == 64)
            #expect(try run(["evaluate", model]).status == 64 && run(["predict", model]).status == 64)
            for (arguments, words) in [
                (["--image-size", "0x3"], "--image-size"), (["--image-size", "9"], "9, 9, 3"), (["--color", "rgba"], "4)"),
                (["--label", "y"], "--label"),
            ] {
                let code: Int32 = arguments[1] == "0x3" ? 64 : 1
                expectRefusal(try run(["evaluate", model, "--data", data] + arguments), words, code: code)
            }
            expectRefusal(try run(["evaluate", model, "--data", folder + "/none"]), "There is none")
            expectRefusal(try run(["evaluate", model, "--data", model]), "Received a file with another name")
            expectRefusal(try run(["data", folder + "/*.tfrecord"]), "There is none")
            expectRefusal(try run(["data", data, "--sheet", "/nowhere/a.png"]), "/nowhere")
        }
    }
}
