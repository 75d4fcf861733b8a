import Foundation
import Martlet
import MartletData
import MartletFormats
import Testing

/// `martlet summary`, `predict`, `evaluate` and `fit` give what the same calls give in code.
extension CommandLineTests {
    /// A model of two outputs, its data, and their files.
    private struct Job {
        let folder: String
        let model: Model
        let data: TensorDataset

        init(_ folder: String) throws {
            self.folder = folder
            let x = Input([3])
            let hidden = Dense(4, activation: .tanh)(x)
            let label = Dense(2, activation: .softmax, name: "label")(hidden)
            model = Model(inputs: [x], outputs: [label, Dense(1, name: "value")(hidden)])
            try model.compile(
                optimizer: Adam(learningRate: 0.05), losses: ["sparse_categorical_crossentropy", "mse"],
                metrics: ["label": ["accuracy"], "value": ["mae"]])
            let inputs = Tensor((0..<33).map { Float($0 % 7) / 3 - 1 }, shape: [11, 3])
            let labels = Tensor((0..<11).map { $0 % 2 }, dtype: .int64)
            let values = Tensor((0..<11).map { Float($0) / 5 }, shape: [11, 1])
            data = try TensorDataset(inputs: [inputs], targets: [labels, values])
            try model.save(to: file("model.keras"))
            for (name, tensor) in [("x", inputs), ("label", labels), ("value", values)] {
                try NPY.write(tensor, to: file("\(name).npy"))
            }
        }

        func file(_ name: String) -> String { "\(folder)/\(name)" }
        var samples: [String] { ["--x", file("x.npy"), "--y", file("label.npy"), "--y", file("value.npy")] }
    }

    @Test func summaryCountsParameters() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let outcome = try run(["summary", job.file("model.keras")])
            #expect(outcome.status == 0 && outcome.output.contains("Trainable params: 31 ("), "\(outcome.output)")
        }
    }

    @Test func predictWritesEveryOutput() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let outcome = try run([
                "predict", job.file("model.keras"), "--x", job.file("x.npy"), "-o", job.file("a.npy"), "-o",
                job.file("b.npy"), "--batch-size", "4",
            ])
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
            for (name, expected) in zip(["a.npy", "b.npy"], try job.model.predict(job.data.inputs, batchSize: 4)) {
                #expect(try NPY.read(job.file(name)).scalars(as: Float.self) == expected.scalars(as: Float.self))
            }
        }
    }

    @Test func evaluatePrintsOneObject() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let arguments = ["evaluate", job.file("model.keras"), "--batch-size", "4", "--json"] + job.samples
            let line = try JSONValue(parsing: run(arguments).output).object()
            let expected = try job.model.evaluate(job.data, batchSize: 4)
            #expect(line.keys == ["loss", "label_loss", "value_loss", "label_accuracy", "value_mae"])
            #expect(line.keys == expected.keys && line.allSatisfy { $0.value == .double(expected[$0.key]!) })
            let other = try JSONValue(parsing: run(arguments + ["--metrics", "accuracy", "--metrics", "mse,mae"]).output)
            #expect(try other.object().keys.suffix(3) == ["label_accuracy", "value_mse", "value_mae"])
        }
    }

    @Test func fitSavesModelAndHistory() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let outcome = try run(
                ["fit", job.file("model.keras"), "--epochs", "3", "--batch-size", "4", "--no-shuffle", "--save"]
                    + [job.file("out.keras"), "--history", job.file("history.json")] + job.samples)
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output.contains("Epoch 3/3") && !outcome.output.contains("\r"))
            let history = try job.model.fit(job.data, batchSize: 4, epochs: 3, verbosity: .silent, shuffle: false)
            #expect(try JSONValue(parsing: FileIO.read(job.file("history.json"))) == .object(history.json))
            let trained = try Model.load(from: job.file("out.keras"))
            #expect(trained.weightsSHA256 == job.model.weightsSHA256)
            #expect(trained.optimizer?.iterations.value.item() == 9)
        }
    }

    @Test func fitTakesOtherChoices() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let outcome = try run(
                ["fit", job.file("model.keras"), "--epochs", "50", "--optimizer", "sgd", "--learning-rate", "1e-12"]
                    + ["--loss", "none", "--loss", "mae", "--validation-split", "0.3", "--early-stopping", "2", "--quiet"]
                    + ["--save", job.file("out.keras"), "--history", job.file("history.json"), "--metrics", ","]
                    + ["--metrics", "mse"] + job.samples)
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
            let history = try JSONValue(parsing: FileIO.read(job.file("history.json"))).object()
            #expect(history.keys == ["loss", "value_mse", "val_loss", "val_value_mse"])
            #expect(try history["loss"]!.array().count < 50)
            let trained = try Model.load(from: job.file("out.keras"))
            #expect(trained.optimizer is SGD && abs(trained.optimizer!.learningRate - 1e-12) < 1e-18)
        }
    }

    @Test func partsComeWithArguments() throws {
        try withFolder { folder in
            func file(_ name: String) -> String { "\(folder)/\(name)" }
            // Its outputs are its inputs.
            let model = Sequential([InputLayer([1]), Dense(1, kernelInitializer: .ones, name: "out")])
            try model.compile(optimizer: "adam", loss: "mse")
            try model.save(to: file("model.keras"))
            let (logits, labels) = ([-2.0, -0.25, 0.5, 3], [0.0, 1, 1, 1])
            try NPY.write(Tensor(logits, shape: [4, 1]).cast(to: .float32), to: file("x.npy"))
            try NPY.write(Tensor(labels, shape: [4, 1]).cast(to: .float32), to: file("y.npy"))
            let samples = [file("model.keras"), "--x", file("x.npy"), "--y", file("y.npy")]
            let entropies = zip(logits, labels).map { log1p(exp($1 == 1 ? -$0 : $0)) }
            let outcome = try run(
                ["evaluate", "--loss", "BinaryCrossentropy(from_logits=True)", "--json", "--metrics"]
                    + ["BinaryAccuracy(threshold=0.0, name='sign'),mae,binary_crossentropy(from_logits=true)"] + samples)
            #expect(outcome.status == 0, "\(outcome.error)")
            let figures = try JSONValue(parsing: outcome.output).object()
            #expect(figures.keys == ["loss", "sign", "mae", "binary_crossentropy"])
            for name in ["loss", "binary_crossentropy"] {
                #expect(abs((Double(json: figures[name] ?? .null) ?? .nan) - entropies.reduce(0, +) / 4) < 1e-6)
            }
            #expect(figures["sign"] == 0.75)
            let trained = try run(
                ["fit", "--quiet", "--save", file("out.keras"), "--loss", "Huber(delta=2.0)", "--optimizer"]
                    + ["SGD(learning_rate=ExponentialDecay(0.5), momentum=0.5)"] + samples)
            expectRefusal(trained, "decay_steps", code: 64)
            let schedule = "ExponentialDecay(initial_learning_rate=0.5, decay_steps=1, decay_rate=0.5)"
            let fitted = try run(
                ["fit", "--quiet", "--save", file("out.keras"), "--loss", "Huber(delta=2.0)", "--optimizer"]
                    + ["SGD(learning_rate=\(schedule), momentum=0.5)"] + samples)
            #expect(fitted.status == 0, "\(fitted.error)")
            let optimizer = try #require(try Model.load(from: file("out.keras")).optimizer as? SGD)
            #expect(optimizer.momentum == 0.5 && optimizer.learningRate == 0.25)
            for (option, value, words) in [
                ("--loss", "BinaryCrossentropy(from_logit=True)", "error: --loss: BinaryCrossentropy: Expected the arguments"),
                ("--loss", "mse(", "a name or a value at character 5"), ("--loss", "Huber(delta='x')", "--loss"),
                ("--loss", "Huber(delta=1.0) + 1", "--loss: Expected a name or a call"), ("--metrics", "mae,AUC(curve='PR'", "--metrics"),
                ("--loss", String(repeating: "a(b=", count: 1000), "15 levels"),
            ] {
                expectRefusal(try run(["evaluate", option, value] + samples), words, code: 64)
            }
        }
    }

    @Test func classWeightsComeFromAFile() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let model = Sequential([InputLayer([3]), Dense(2, activation: .softmax)])
            try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
            try model.save(to: job.file("one.h5"))
            try FileIO.write(#"{"0": 0.5, "1": 3}"#, to: job.file("weights.json"))
            let samples = Array(job.samples.prefix(4)) + ["--class-weight", job.file("weights.json"), "--no-shuffle"]
            let outcome = try run(["fit", job.file("one.h5"), "--history", job.file("h.json")] + samples)
            #expect(outcome.status == 0, "\(outcome.error)")
            let history = try model.fit(
                job.data.inputs[0], job.data.targets[0], verbosity: .silent, shuffle: false, classWeight: [0: 0.5, 1: 3])
            #expect(try JSONValue(parsing: FileIO.read(job.file("h.json"))) == .object(history.json))
        }
    }

    @Test func refusalsOfModelCommands() throws {
        try withFolder { folder in
            let job = try Job(folder)
            let (model, x) = (job.file("model.keras"), job.file("x.npy"))
            try FileIO.write("{\"zero\": 1}", to: job.file("bad.json"))
            for (arguments, words) in [
                (["summary", job.file("none.keras")], "none.keras"), (["summary", x], "ends in .keras, .h5, .onnx"),
                (["predict", model, "--x", job.file("none.npy")], "none.npy"),
                (["predict", model, "--x", x, "-o", job.file("o.npy")], "2 outputs"),
                (["predict", model, "--x", x, "--x", x], "inputs"),
                (["evaluate", model, "--x", x, "--y", x], "outputs"),
                (["evaluate", model, "--batch-size", "0"] + job.samples, "--batch-size"),
                (["fit", model, "--loss", "nonsense"] + job.samples, "error: --loss: Expected the name"),
                (["fit", model, "--optimizer", "nonsense"] + job.samples, "error: --optimizer: Expected the name"),
                (["evaluate", model, "--metrics", "mae,nonsense"] + job.samples, "error: --metrics: Expected the name"),
                (["fit", model, "--save", "a.txt"] + job.samples, "error: --save: Expected a name"),
                (["fit", model, "--epochs", "0"] + job.samples, "--epochs"),
                (["fit", model, "--save", "/proc/none/a.keras"] + job.samples, "/proc/none"),
                (["fit", model, "--class-weight", job.file("bad.json")] + job.samples, "bad.json"),
                (["fit", model, "--learning-rate", "0"] + job.samples, "--learning-rate"),
                (["fit", model, "--validation-split", "1"] + job.samples, "--validation-split"),
            ] {
                let options: Set = ["--batch-size", "--epochs", "--learning-rate", "--validation-split"]
                let isWrongCall = options.contains(words) || words.hasSuffix("Expected the name")
                expectRefusal(try run(arguments), words, code: isWrongCall ? 64 : 1)
            }
            // A wrong call: the usage, and last what is wrong.
            let usage = try run(["fit", model, "--x", x])
            #expect(usage.status == 64 && usage.error.split(separator: "\n").last?.hasPrefix("error: Missing") == true)
        }
    }
}
