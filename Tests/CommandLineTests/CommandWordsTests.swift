import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

/// What users of Keras write, and what the command says to them: other names of options, calls as in Python, and codes.
@Suite(.ownSession) struct CommandWordsTests {
    let shell = CommandLineTests()

    private func job(_ folder: String) throws -> [String] {
        let model = Sequential([InputLayer([3]), Dense(2, activation: .softmax)])
        try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
        try model.save(to: folder + "/m.keras")
        try NPY.write(Tensor((0..<24).map { Float($0 % 5) / 5 }, shape: [8, 3]), to: folder + "/x.npy")
        try NPY.write(Tensor((0..<8).map { Int64($0 % 2) }), to: folder + "/y.npy")
        return [folder + "/m.keras", "--x", folder + "/x.npy", "--y", folder + "/y.npy"]
    }

    // MARK: Names of options

    @Test(arguments: [
        ("fit", "--lr", "--learning-rate"), ("fit", "--learning_rate", "--learning-rate"), ("fit", "--batch_size", "--batch-size"),
        ("fit", "--batchSize", "--batch-size"), ("fit", "--bs", "--batch-size"), ("fit", "--epoch", "--epochs"),
        ("fit", "--validation_split", "--validation-split"), ("fit", "--val-split", "--validation-split"),
        ("fit", "--metric", "--metrics"), ("fit", "--opt", "--optimizer"), ("fit", "--class_weight", "--class-weight"),
        ("fit", "--output", "--save"), ("fit", "--sep", "--separator"), ("fit", "--patience", "--early-stopping"),
        ("fit", "--losss", "--loss"), ("evaluate", "--batch_size", "--batch-size"), ("tune", "--n_trials", "--trials"),
        ("tune", "--n-jobs", "--workers"), ("predict", "--out", "--output"), ("predict", "--image_size", "--image-size"),
        ("demo", "--lr", "--learning-rate"), ("data", "--delimiter", "--separator"),
    ])
    func otherNamesOfOptions(_ command: String, _ option: String, _ meant: String) throws {
        let first = command == "demo" ? [] : ["m.keras"]
        shell.expectWrongCall(try shell.run([command] + first + [option, "1"]), "Unknown option '\(option)'. Did you mean \(meant)?")
        shell.expectWrongCall(try shell.run([command] + first + ["\(option)=1"]), "Did you mean \(meant)?")
    }

    /// Nothing is guessed where nothing is near.
    @Test(arguments: ["--frobnicate", "--gpu", "--q"]) func unknownOptions(_ option: String) throws {
        let outcome = try shell.run(["fit", "m.keras", option, "1"])
        shell.expectWrongCall(outcome, "Unknown option '\(option)'.")
        #expect(!outcome.error.contains("Did you mean"), "\(outcome.error)")
    }

    /// What an option can never be is a wrong call, as what cannot be read; what files hold is not.
    @Test func codes() throws {
        try shell.withFolder { folder in
            let job = try job(folder)
            for (arguments, words) in [
                (["--epochs", "abc"], "--epochs"), (["--epochs", "0"], "--epochs"), (["--batch-size", "-1"], "--batch-size"),
                (["--validation-split", "1"], "--validation-split"), (["--learning-rate", "nan"], "--learning-rate"),
                (["--loss", "mess"], "--loss"), (["--metrics", "acuracy"], "--metrics"), (["--optimizer", "SGD(rate=1)"], "--optimizer"),
                (["--early-stopping", "0"], "--early-stopping"),
                (["--scale", "inf", "--data", "x.csv"], "--scale"),
            ] {
                let all = arguments.contains("--data") ? [job[0]] : job
                shell.expectWrongCall(try shell.run(["fit"] + all + arguments), words)
            }
            let table = ["fit", job[0], "--data", folder + "/t.csv", "--label", "y"]
            try FileIO.write("a,b,c,y\n1,2,3,0\n", to: folder + "/t.csv")
            for (option, value) in [
                ("--missing", "mean"), ("--column-types", "a=date"), ("--type-rows", "0"), ("--image-size", "x"), ("--separator", "ab"),
                ("--classes", "a,a"), ("--color", "blue"),
            ] { shell.expectWrongCall(try shell.run(table + [option, value]), option) }
            shell.expectWrongCall(try shell.run(table + ["--missing", "mean"]), "keep, error, skip, or a number", "mean")
            let tune = ["tune"] + job + ["--space", folder + "/s.json"]
            for (option, value) in [
                ("--trials", "0"), ("--sampler", "best"), ("--pruner", "x"), ("--direction", "up"), ("--name", "a/b"),
                ("--timeout", "-1"), ("--workers", "1000"), ("--monitor", "val_loss"),
            ] { shell.expectWrongCall(try shell.run(tune + [option, value]), option) }
            // Found in files: code 1.
            #expect(try shell.run(["fit", job[0], "--data", folder + "/t.csv", "--label", "z"]).status == 1)
            #expect(try shell.run(["fit", folder + "/none.keras"] + job.dropFirst()).status == 1)
            #expect(try shell.run(["--help"]).output.contains("64   a wrong call"))
        }
    }

    // MARK: Calls

    /// Calls as in Python train as those with all names do: the weights have the same bits.
    @Test(arguments: [
        ("SGD(0.1)", "SGD(learning_rate=0.1)"), ("SGD(0.1, 0.9, True)", "SGD(learning_rate=0.1, momentum=0.9, nesterov=True)"),
        ("keras.optimizers.SGD(0.1, momentum=0.5)", "SGD(momentum=0.5, learning_rate=0.1)"),
        ("tf.keras.optimizers.Adam(0.01, 0.8)", "Adam(learning_rate=0.01, beta_1=0.8)"), ("optimizers.Adam()", "adam"),
        ("tf.keras.optimizers.legacy.RMSprop(1e-2, 0.8)", "RMSprop(learning_rate=0.01, rho=0.8)"), ("keras.optimizers.adam", "adam"),
        ("AdamW(0.01, 0.1)", "AdamW(learning_rate=0.01, weight_decay=0.1)"), ("SGD((0.1))", "SGD(0.1)"),
        (
            "SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))",
            "SGD(learning_rate=ExponentialDecay(initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5))"
        ),
        (
            "SGD(schedules.PiecewiseConstantDecay((1, 2), [0.1, 0.2, 0.3]))",
            "SGD(learning_rate=PiecewiseConstantDecay(boundaries=[1, 2], values=[0.1, 0.2, 0.3]))"
        ),
    ])
    func optimizersAsInPython(_ call: String, _ named: String) throws {
        try shell.withFolder { folder in
            let job = try job(folder)
            let digests = try [call, named].map { text in
                let outcome = try shell.run(
                    ["fit"] + job + ["--optimizer", text, "--epochs", "2", "--batch-size", "3", "--quiet", "--save", folder + "/o.keras"])
                #expect(outcome.status == 0, "\(outcome.error)")
                return try Model.load(from: folder + "/o.keras").getWeights().flatMap { $0.scalars(as: Float.self) }
            }
            #expect(digests[0] == digests[1])
        }
    }

    @Test(arguments: [
        ("keras.losses.SparseCategoricalCrossentropy(True)", "SparseCategoricalCrossentropy(from_logits=True)"),
        ("losses.sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        ("'sparse_categorical_crossentropy'", "sparse_categorical_crossentropy"),
        ("tf.losses.SparseCategoricalCrossentropy(False, 1)", "SparseCategoricalCrossentropy(ignore_class=1)"),
    ])
    func lossesAsInPython(_ call: String, _ named: String) throws {
        try shell.withFolder { folder in
            let job = try job(folder)
            let lines = try [call, named].map { text in
                let outcome = try shell.run(["evaluate"] + job + ["--json", "--loss", text, "--metrics", "keras.metrics.SparseTopKCategoricalAccuracy(1), accuracy"])
                #expect(outcome.status == 0, "\(outcome.error)")
                return outcome.output
            }
            #expect(lines[0] == lines[1] && lines[0].contains("\"accuracy\""), "\(lines)")
        }
    }

    /// The numbers are Keras 3.15's.
    @Test func weightsOfClassesInALoss() throws {
        try shell.withFolder { folder in
            let x = Input([3])
            let model = Model(inputs: [x], outputs: [Activation(.linear)(x)])
            try model.compile(optimizer: "sgd", loss: "mse")
            try model.save(to: folder + "/m.keras")
            try NPY.write(Tensor([[Float(0.1), 2, -1], [0.3, -0.2, 0.5]]), to: folder + "/x.npy")
            try NPY.write(Tensor([[Float(0), 1, 0], [0, 0, 1]]), to: folder + "/y.npy")
            for loss in [
                "CategoricalFocalCrossentropy(alpha=[0.5, 0.2, 0.9], from_logits=True)",
                "keras.losses.CategoricalFocalCrossentropy((0.5, 0.2, 0.9), 2.0, True)",
            ] {
                let outcome = try shell.run([
                    "evaluate", folder + "/m.keras", "--x", folder + "/x.npy", "--y", folder + "/y.npy", "--loss", loss, "--json",
                ])
                #expect(outcome.status == 0, "\(outcome.error)")
                #expect(abs(try JSONValue(parsing: outcome.output).double("loss") - 0.12242839485406876) < 1e-6)
            }
        }
    }

    @Test(arguments: [
        ("SGD(0.1, learning_rate=0.2)", "the argument learning_rate once"), ("SGD(momentum=0.9, 0.1)", "a name before this argument"),
        ("SGD(lr=0.1)", "Did you mean learning_rate?"), ("SGD(1,2,3,4,5,6,7,8,9,10,11,12,13,14)", "at most"),
        ("SGD(0.1", "a comma or )"), ("SGD(0.1) x", "a name or a call"), ("Adam(clipnorm=1, clipvalue=1)", "clipnorm, clipvalue and global_clipnorm"),
        ("Adam(ema_momentum=2)", "ema_momentum"), ("adamm", "adamm"),
    ])
    func wrongCalls(_ call: String, _ words: String) throws {
        try shell.withFolder { folder in
            let outcome = try shell.run(["fit"] + job(folder) + ["--optimizer", call])
            shell.expectWrongCall(outcome, "--optimizer", words)
            for word in ["clipNorm", "emaMomentum", "learningRate"] { #expect(!outcome.error.contains(word), "\(outcome.error)") }
        }
    }

    // MARK: Words of Keras

    /// Nothing that the command says of a model is in words of Swift.
    @Test func warningsInWordsOfKeras() throws {
        try shell.withFolder { folder in
            let job = try job(folder)
            let logits = try shell.run(["evaluate"] + job + ["--loss", "SparseCategoricalCrossentropy(from_logits=True)"])
            #expect(logits.status == 0 && logits.error.contains("from_logits=True"), "\(logits.error)")
            try NPY.write(Tensor([[Float(1), 0], [0, 1], [1, 0], [1, 0], [1, 0], [1, 0], [1, 0], [1, 0]]), to: folder + "/y.npy")
            let oneHot = try shell.run(["evaluate"] + job)
            #expect(oneHot.status == 1 && oneHot.error.contains("use categorical_crossentropy"), "\(oneHot.error)")
            for outcome in [logits, oneHot] { #expect(!outcome.error.contains("fromLogits") && !outcome.error.contains("categoricalC")) }
            try NPY.write(Tensor.ones([8, 2]), to: folder + "/w.npy")
            let weights = try shell.run(["fit"] + job + ["--sample-weight", folder + "/w.npy", "--sample-weight", folder + "/w.npy"])
            #expect(weights.status == 1 && weights.error.contains("error: --sample-weight"), "\(weights.error)")
        }
    }

    // MARK: The machine

    @Test func doctorSaysWhetherThereIsMPI() throws {
        let report = try JSONValue(parsing: shell.run(["doctor", "--json"]).lastLine)
        // The build decides which.
        let mpi = try report.string("mpi")
        #expect(mpi == "built in" || mpi.hasPrefix("not built in (swift build --traits MPI"), "\(mpi)")
        try shell.withFolder { folder in
            try FileIO.write("#!/bin/sh\n", to: folder + "/mpirun")
            let environment = ["PATH": folder]
            #expect(try JSONValue(parsing: shell.run(["doctor", "--json"], environment: environment).lastLine)["mpirun"] == .null)
            #expect(chmod(folder + "/mpirun", 0o755) == 0)
            let found = try shell.run(["doctor", "--json"], environment: environment).lastLine
            #expect(try JSONValue(parsing: found).string("mpirun") == folder + "/mpirun")
        }
        #expect(try shell.run(["doctor"]).output.contains("MPI"))
    }
}
