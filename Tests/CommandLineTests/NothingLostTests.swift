import Foundation
import Martlet
import MartletData
import MartletFormats
import Synchronization
import TestSupport
import Testing

/// What was asked for is written, or the command ends with an error: full disks, closed pipes, outputs in each other's place,
/// signals, limits.
@Suite(.ownSession) struct NothingLostTests {
    let shell = CommandLineTests()

    /// A model of one output with data for many steps, and their files.
    private struct Job {
        let folder: String
        var model: String { file("model.keras") }
        var x: [String] { ["--x", file("x.npy")] }
        var samples: [String] { x + ["--y", file("y.npy")] }
        func file(_ name: String) -> String { "\(folder)/\(name)" }
        var contents: Set<String> { Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []) }

        init(_ folder: String, samples count: Int = 8, stepsPerExecution: Int = 1) throws {
            self.folder = folder
            let model = Sequential([InputLayer([3]), Dense(2, name: "only")])
            try model.compile(optimizer: "adam", loss: "mse", metrics: ["mae"], stepsPerExecution: stepsPerExecution)
            try model.save(to: self.model)
            try NPY.write(Tensor.ones([count, 3]), to: file("x.npy"))
            try NPY.write(Tensor.zeros([count, 2]), to: file("y.npy"))
        }
    }

    /// Runs a line of the shell, in which `"$@"` is the command with its arguments.
    private func run(_ line: String, _ arguments: [String]) throws -> CommandLineTests.Outcome {
        try shell.run(
            ["-c", line, "sh", CommandLineTests.command.path] + arguments, of: URL(fileURLWithPath: "/bin/sh"))
    }

    static let commands: [[String]] = [
        ["--help"], ["--version"], [], ["fit", "--help"], ["help", "demo"], ["doctor"], ["doctor", "--json"],
        ["summary", "MODEL"], ["predict", "MODEL", "X"], ["evaluate", "MODEL", "SAMPLES"],
        ["evaluate", "MODEL", "SAMPLES", "--json"], ["fit", "MODEL", "SAMPLES", "--save", "OUT"],
        ["demo", "--data", "digits", "--model", "mlp", "--limit", "20", "--epochs", "1", "--output", "FOLDER"],
        ["fit", "MODEL", "SAMPLES", "--run", "FOLDER"], ["watch", "RUN", "--once"], ["watch", "RUN"],
        ["report", "RUN", "-o", "PAGE"], ["logs", "RUN"], ["logs", "RUN", "--csv"],
    ]

    private func filled(_ command: [String], _ job: Job) -> [String] {
        command.flatMap { part in
            switch part {
            case "MODEL": [job.model]
            case "X": job.x
            case "SAMPLES": job.samples
            case "OUT": [job.file("out.keras")]
            case "FOLDER": [job.file("demo")]
            case "RUN": [job.file("run")]
            case "PAGE": [job.file("page.html")]
            default: [part]
            }
        }
    }

    /// Files are written all the same.
    @Test(arguments: commands, ["full", "closed", "pipe"]) func standardOutputThatTakesNothing(
        _ command: [String], _ output: String
    ) throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            let arguments = filled(command, job)
            if command.contains("RUN") {
                let made = try shell.run(filled(["fit", "MODEL", "SAMPLES", "--run", "RUN", "--quiet"], job))
                #expect(made.status == 0, "\(made.error)")
            }
            switch output {
            case "full": shell.expectError(try run("\"$@\" > /dev/full", arguments), "standard output: Cannot write")
            case "closed": shell.expectError(try run("\"$@\" >&-", arguments), "standard output: Cannot write")
            default:
                let pipe = Pipe()
                try pipe.fileHandleForReading.close()
                shell.expectError(try shell.run(arguments, output: pipe), "standard output: Cannot write all of it: broken pipe")
            }
            if command.contains("OUT") { _ = try Model.load(from: job.file("out.keras")) }
            if command.contains("--output") { _ = try Safetensors.read(job.file("demo/weights.safetensors")) }
            if command.contains("--run") { _ = try Model.load(from: job.file("demo/model.keras")) }
            if command.contains("PAGE") {
                #expect(try String(contentsOfFile: job.file("page.html"), encoding: .utf8).hasSuffix("</html>\n"))
            }
        }
    }

    @Test func filesAboveTheLimit() throws {
        try shell.withFolder { folder in
            let job = try Job(folder, samples: 20000)
            try FileIO.write("old", to: job.file("old.keras"))
            let before = job.contents
            for arguments in [
                ["fit", job.model, "--save", job.file("old.keras"), "--batch-size", "5000"] + job.samples,
                ["predict", job.model, "-o", job.file("p.npy")] + job.x,
            ] {
                shell.expectError(try run("ulimit -f 1; \"$@\"", arguments), "file too large")
                #expect(job.contents == before)
            }
            #expect(try FileIO.read(job.file("old.keras")) == Array("old".utf8))
        }
    }

    /// An address space without room for OpenBLAS's buffers, for which it would ask again for ever.
    @Test func noRoomForOpenBLAS() throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            let limit = "ulimit -v 400000; OPENBLAS_NUM_THREADS=1 MARTLET_NUM_THREADS="
            shell.expectError(try run(limit + "64 \"$@\"", ["summary", job.model]), "ulimit -v")
            shell.expectError(try run(limit + "64 \"$@\"", ["--help"]), "MARTLET_NUM_THREADS=1")
        }
    }

    /// Too small a stack is an error, and one of 1 MiB is enough.
    @Test func smallStack() throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            for size in [64, 256, 512] {
                shell.expectError(try run("ulimit -s \(size); \"$@\"", ["summary", job.model]), "ulimit -s")
            }
            let outcome = try run("ulimit -s 1024; \"$@\"", ["fit", job.model, "--quiet"] + job.samples)
            #expect(outcome.status == 0, "\(outcome.error)")
        }
    }

    /// Names in files do not command the terminal.
    @Test func controlCharactersInNames() throws {
        try shell.withFolder { folder in
            let model = Sequential([InputLayer([3]), Dense(1, name: "a\u{1B}[2Jb\u{7F}\u{9B}c\u{202E}")])
            try model.save(to: folder + "/m.keras")
            let outcome = try shell.run(["summary", folder + "/m.keras"])
            #expect(outcome.output.contains("a\\u{1B}[2Jb\\u{7F}\\u{9B}c"), "\(outcome.output)")
            #expect(!outcome.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
            try NPY.write(Tensor.zeros([2, 3]), to: folder + "/x.npy")
            let error = try shell.run(["fit", folder + "/m.keras", "--x", folder + "/x.npy\u{1B}[2J", "--y", folder + "/x.npy"])
            #expect(error.status == 1 && !error.error.contains("\u{1B}"), "\(error.error)")
        }
    }

    /// A file's compilation without any loss.
    @Test(arguments: ["fit", "evaluate"]) func lossOfNothing(_ command: String) throws {
        try shell.withFolder { folder in
            let model = Sequential([InputLayer([3]), Dense(1)])
            try model.compile(optimizer: "sgd", losses: [:])
            try model.save(to: folder + "/m.keras")
            for name in ["x", "y"] { try NPY.write(Tensor.zeros([4, name == "x" ? 3 : 1]), to: "\(folder)/\(name).npy") }
            let arguments = [command, folder + "/m.keras", "--x", folder + "/x.npy", "--y", folder + "/y.npy"]
            shell.expectError(try shell.run(arguments), "Expected a loss")
        }
    }

    /// The limit holds for the tensors of a step. 1 MiB has room for the data, not for 64 times as much.
    @Test func memoryLimit() throws {
        try shell.withFolder { folder in
            let job = try Job(folder, samples: 20000)
            let x = Input([3])
            try Model(inputs: [x], outputs: [RepeatVector(64)(x)]).save(to: job.file("wide.keras"))
            let predict = ["predict", job.file("wide.keras"), "--batch-size", "20000"] + job.x
            shell.expectError(try shell.run(predict + ["--memory", "1"]), "Out of memory")
            #expect(try shell.run(predict + ["--memory", "512"]).status == 0)
        }
    }

    /// Whatever `fit` and `tune` do beside the model's own steps, with too little memory they end with an error, and what they
    /// were to write is there whole or not at all.
    @Test(arguments: [
        [], ["--no-shuffle"], ["--validation-split", "0.3"], ["--class-weight", "CW"], ["--sample-weight", "W"],
        ["--early-stopping", "1", "--epochs", "2"], ["--run", "RUN", "--validation-split", "0.3"], ["--tensorboard", "RUN"],
        ["--backup", "RUN"], ["--metrics", "mae,RootMeanSquaredError()"], ["--replicas", "2"], ["--debug-numerics"],
        ["--optimizer", "SGD(0.1, use_ema=True)"], ["--batch-size", "120000"], ["tune"], ["tune", "--workers", "2"],
        ["tune", "--validation-split", "0.3", "--pruner", "median"],
    ])
    func memoryLimitOfTraining(_ options: [String]) throws {
        try shell.withFolder { folder in
            // 1.4 and 0.9 MiB, 0.9 MiB for an order.
            let job = try Job(folder, samples: 120_000)
            try NPY.write(Tensor.ones([120_000]), to: job.file("w.npy"))
            try FileIO.write(#"{"0": 1.5}"#, to: job.file("cw.json"))
            try FileIO.write(#"{"optimizer.learning_rate": [0.01, 0.1]}"#, to: job.file("s.json"))
            let names = ["CW": "cw.json", "W": "w.npy", "RUN": "run"]
            let isSearch = options.first == "tune"
            let chosen = options.dropFirst(isSearch ? 1 : 0).map { names[$0].map(job.file) ?? $0 }
            let base = isSearch
                ? ["tune", job.model, "--space", job.file("s.json"), "--epochs", "1", "--trials", "2", "--study", job.file("s")]
                : ["fit", job.model]
            var codes: [Int32] = []
            for limit in [1, 3, 4, 5, 6, 8, 12, 64] {
                for name in ["run", "s", "s.search", "out.keras"] { try? FileManager.default.removeItem(atPath: job.file(name)) }
                let outcome = try shell.run(
                    base + job.samples + ["--quiet", "--batch-size", "4096", "--save", job.file("out.keras"), "--memory", "\(limit)"] + chosen)
                codes.append(outcome.status)
                if outcome.status == 0 {
                    #expect(try Model.load(from: job.file("out.keras")).optimizer != nil)
                } else {
                    shell.expectError(outcome, "Out of memory")
                    #expect(!FileManager.default.fileExists(atPath: job.file("out.keras")), "\(limit)")
                }
            }
            #expect(codes.first == 1 && codes.last == 0 && codes == codes.sorted(by: >), "\(codes)")
        }
    }

    @Test func oneFileForTwo() throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            let x = Input([3])
            let pair = Model(inputs: [x], outputs: [Dense(1)(x), Dense(1)(x)])
            try pair.save(to: job.file("pair.keras"))
            try FileManager.default.createSymbolicLink(atPath: job.file("link.npy"), withDestinationPath: "x.npy")
            try FileManager.default.createSymbolicLink(atPath: job.file("folder"), withDestinationPath: ".")
            let fit = ["fit", job.model] + job.samples, predict = ["predict", job.model] + job.x
            for (arguments, words) in [
                (
                    ["predict", job.file("pair.keras"), "-o", job.file("p.npy"), "-o", job.file("folder/p.npy")] + job.x,
                    "another -o"
                ),
                (predict + ["-o", job.file("x.npy")], "--x"), (predict + ["-o", job.file("link.npy")], "--x"),
                (predict + ["-o", job.model], "the model"), (predict + ["-o", job.file("p/")], "p/"),
                (predict + ["-o", ""], "name of a file"),
                (fit + ["--save", job.file("a.keras"), "--history", job.file("./folder/a.keras")], "--save"),
                (fit + ["--history", job.file("y.npy")], "--y"), (fit + ["--history", job.model], "the model"),
                (fit + ["--save", job.file("a.weights.h5")], "ends in .keras or .h5"),
            ] {
                shell.expectRefusal(try shell.run(arguments), words)
            }
            // A model may be trained in its place.
            #expect(try shell.run(fit + ["--save", job.model, "--quiet"]).status == 0)
            #expect(try Model.load(from: job.model).optimizer?.iterations.value.item() == 1)
        }
    }

    /// A command that runs, and the end of what it prints.
    private func start(_ arguments: [String]) throws -> (process: Process, output: Pipe, error: Pipe) {
        let process = Process(), output = Pipe(), error = Pipe()
        process.executableURL = CommandLineTests.command
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = error
        try process.run()
        return (process, output, error)
    }

    private func wait(for words: String, from output: Pipe) {
        var text = ""
        while !text.contains(words), case let data = output.fileHandleForReading.availableData, !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func signalsEndTrainingWithItsResults(_ signal: Int32) throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            let running = try start(
                ["fit", job.model, "--epochs", "1000000", "--save", job.file("out.keras"), "--history", job.file("h.json")]
                    + job.samples)
            wait(for: "Epoch 3/", from: running.output)
            kill(running.process.processIdentifier, signal)
            while !running.output.fileHandleForReading.availableData.isEmpty {}
            let error = String(decoding: running.error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            running.process.waitUntilExit()
            #expect(running.process.terminationReason == .exit && running.process.terminationStatus == 128 + signal)
            #expect(error.split(separator: "\n").last?.hasPrefix("error: SIG") == true && error.contains("out.keras"), "\(error)")
            let history = try JSONValue(parsing: FileIO.read(job.file("h.json"))).object()
            let epochs = try history["loss"]!.array().count
            let steps: Int = try #require(try Model.load(from: job.file("out.keras")).optimizer).iterations.value.item()
            // One step is an epoch here, and the last one may not have ended.
            #expect(epochs >= 2 && (epochs...epochs + 1).contains(steps))
        }
    }

    @Test func signalsEndTheDemoWithItsResults() throws {
        try shell.withFolder { folder in
            let running = try start(
                ["demo", "--data", "digits", "--model", "mlp", "--limit", "40", "--epochs", "1000000", "--output", folder])
            wait(for: "Epoch 2/", from: running.output)
            running.process.interrupt()
            while !running.output.fileHandleForReading.availableData.isEmpty {}
            running.process.waitUntilExit()
            #expect(running.process.terminationStatus == 130)
            #expect(try Safetensors.read(folder + "/weights.safetensors").tensors.count == 4)
            #expect(try String(contentsOfFile: folder + "/history.svg", encoding: .utf8).hasSuffix("</svg>\n"))
        }
    }

    /// The first signal waits for a step that takes long: here a whole execution of many steps.
    @Test func aSecondSignalEndsAtOnce() throws {
        try shell.withFolder { folder in
            let job = try Job(folder, samples: 200_000, stepsPerExecution: 200_000)
            let running = try start(
                ["fit", job.model, "--epochs", "2", "--batch-size", "1", "--save", job.file("out.keras")] + job.samples)
            wait(for: "Epoch 1/", from: running.output)
            while running.process.isRunning {
                running.process.interrupt()
                usleep(150_000)
            }
            #expect(running.process.terminationStatus == 130 && !job.contents.contains("out.keras"))
        }
    }

    /// Parts of a compilation that nobody knows do not matter where options replace them, or nothing needs them.
    @Test(arguments: ["loss", "metrics", "optimizer"]) func unknownPartsOfACompilation(_ part: String) throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            var entries = try ZipArchive(FileIO.read(job.model), name: "model").names.map { name in
                (name: name, bytes: try ZipArchive(FileIO.read(job.model), name: "model").read(name))
            }
            let index = try #require(entries.firstIndex { $0.name == "config.json" })
            var config = try JSONValue(parsing: entries[index].bytes).object()
            var compilation = try #require(config["compile_config"]).object()
            let unknown: JSONValue = ["module": "my", "class_name": "Mine", "config": [:], "registered_name": "my>Mine"]
            compilation[part] = part == "metrics" ? [unknown] : unknown
            config["compile_config"] = .object(compilation)
            entries[index].bytes = Array(JSONValue.object(config).serialized().utf8)
            try ZipWriter.write(entries, to: job.model)

            let summary = try shell.run(["summary", job.model])
            #expect(summary.status == 0 && summary.output.contains("Trainable params: 8 ("), "\(summary.error)")
            #expect(try shell.run(["predict", job.model] + job.x).status == 0)
            let evaluation = ["evaluate", job.model, "--json"] + job.samples, fit = ["fit", job.model, "--quiet"] + job.samples
            shell.expectRefusal(try shell.run(fit), "--no-compile")
            if part != "optimizer" { shell.expectRefusal(try shell.run(evaluation), "--no-compile") }
            let option = ["loss": ["--loss", "mae"], "metrics": ["--metrics", "mse"], "optimizer": ["--optimizer", "sgd"]][part]!
            if part != "optimizer" { #expect(try shell.run(evaluation + option).status == 0) }
            let out = job.file("out.keras")
            let trained = try shell.run(fit + option + ["--save", out])
            #expect(trained.status == 0, "\(trained.error)")
            // The parts that were not replaced are the file's.
            let optimizer = try #require(try Model.load(from: out).optimizer)
            #expect(part == "optimizer" ? optimizer is SGD : optimizer is Adam)
            shell.expectRefusal(try shell.run(fit + ["--no-compile"]), "give --loss")
            let bare = try shell.run(fit + ["--no-compile", "--loss", "mse", "--save", out])
            #expect(bare.status == 0, "\(bare.error)")
            #expect(try Model.load(from: out).optimizer is RMSprop)
        }
    }

    static let values = [
        "-1", "0", "1", "2147483648", "9223372036854775807", "9223372036854775808", "nan", "inf", "1e39", "",
    ]
    static let numbers: [(command: [String], options: [String])] = [
        (["summary", "MODEL"], ["--width", "--memory"]), (["predict", "MODEL", "X"], ["--batch-size", "--memory"]),
        (["evaluate", "MODEL", "SAMPLES"], ["--batch-size"]),
        (
            ["fit", "MODEL", "SAMPLES"],
            ["--batch-size", "--epochs", "--seed", "--validation-split", "--early-stopping", "--learning-rate"]
        ),
        (
            ["demo", "--data", "digits", "--model", "mlp", "--output", "FOLDER", "--limit=9", "--epochs=1"],
            ["--batch-size", "--epochs", "--seed", "--limit", "--learning-rate"]
        ),
    ]

    /// Every numeric option at its extremes: an error, or what the number says.
    @Test(arguments: numbers.indices) func extremeNumbers(_ index: Int) throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            let (command, options) = Self.numbers[index]
            let base = filled(command, job)
            for option in options {
                for value in Self.values {
                    // Epochs without end are no error.
                    if option == "--epochs", let epochs = Int(value), epochs > 1 { continue }
                    let outcome = try shell.run(base.filter { !$0.hasPrefix(option + "=") } + ["\(option)=\(value)"])
                    #expect([0, 1, 64].contains(outcome.status), "\(option)=\(value): \(outcome.status) \(outcome.error)")
                    let last = outcome.error.split(separator: "\n").last ?? ""
                    #expect(outcome.status == 0 || last.hasPrefix("error: "), "\(option)=\(value): \(outcome.error)")
                }
            }
        }
    }
}
