import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

/// Runs of `fit` and `demo` that are interrupted and go on.
@Suite(.ownSession) struct SurvivingRunTests {
    let shell = CommandLineTests()

    /// A model and its data, with a training of 2 epochs of 3 steps and a validation.
    private struct Job {
        let folder: String
        let options: [String]

        /// - Parameter fromRecords: whether the data is in TFRecord files, in another order in each epoch.
        init(_ folder: String, samples: Int = 16, fromRecords: Bool = false) throws {
            self.folder = folder
            let model = Sequential([
                InputLayer([3]), Dense(4, kernelInitializer: .glorotUniform(seed: 1)), Dropout(0.3, seed: 2),
                Dense(1, kernelInitializer: .glorotUniform(seed: 3)),
            ])
            try model.compile(optimizer: "adam", loss: "mse", metrics: ["mae"])
            try model.save(to: folder + "/model.keras")
            let x = Tensor((0..<samples * 3).map { Float($0 * 37 % 23) / 23 }).reshaped(to: [samples, 3])
            try NPY.write(x, to: folder + "/x.npy")
            let y = x.sum(axis: 1, keepDims: true)
            try NPY.write(y, to: folder + "/y.npy")
            let examples = (0..<samples).map { row in
                Example(["x": .floats(x[row].scalars()), "y": .floats(y[row].scalars())]).serialized()
            }
            try TFRecord.write(examples, to: folder + "/data.tfrecord", shards: 2)
            let data = fromRecords
                ? ["--data", folder + "/data.tfrecord-*", "--label", "y"] : ["--x", folder + "/x.npy", "--y", folder + "/y.npy"]
            options = ["fit", folder + "/model.keras", "--batch-size", "4", "--validation-split", "0.25", "--quiet"] + data
        }

        func run(_ name: String, epochs: Int = 2, _ further: String...) -> [String] {
            options + ["--epochs", "\(epochs)", "--run", "\(folder)/\(name)", "--checkpoint-steps", "2"] + further
        }

        /// What depends on the training alone: neither times nor the names of folders are in it.
        func results(_ name: String) throws -> [[UInt8]] {
            let weights = try ZipArchive(FileIO.read("\(folder)/\(name)/model.keras"), name: name).read("model.weights.h5")
            return [weights] + (try ["history.json", "history.csv"].map { try FileIO.read("\(folder)/\(name)/\($0)") })
        }
    }

    @Test func aRunGoesOnForMoreEpochs() throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            for (arguments, status) in [
                (job.run("parts"), 0), (job.run("parts"), 1), (job.run("parts", epochs: 4, "--resume"), 0),
                (job.run("whole", epochs: 4), 0),
            ] as [([String], Int32)] {
                let outcome = try shell.run(arguments)
                #expect(outcome.status == status, "\(outcome.error)")
            }
            #expect(try job.results("parts") == job.results("whole"))
            let events = try EventLog.runs(at: "\(folder)/parts/events").first { $0.name == "train" }
            #expect(try #require(events)["epoch_loss"].map(\.step) == [0, 1, 2, 3])
            // So do other data and settings.
            for (option, value, words) in [
                ("--seed", "7", "seed: 42. Received: 7"), ("--batch-size", "2", "batch size: 4. Received: 2"),
                ("--validation-split", "0.5", "validation split: 0.25. Received: 0.5"), ("--no-shuffle", nil, "shuffle: true"),
                ("--learning-rate", "0.5", "learning rate: the optimizer's. Received: 0.5"),
                ("--optimizer", "adamw", "optimizer: the model's. Received: adamw"),
                ("--loss", "mae", "loss: the model's. Received: mae"), ("--metrics", "mse", "metrics: the model's"),
                ("--replicas", "2", "shards: none. Received: 4"),
            ] as [(String, String?, String)] {
                let others = job.run("parts", epochs: 6, "--resume") + [option] + [value].compactMap { $0 }
                shell.expectRefusal(try shell.run(others), words)
            }
            // A checkpoint of another model ends the command, and stays.
            let other = Sequential([InputLayer([3]), Dense(9), Dense(1)])
            try other.compile(optimizer: "adam", loss: "mse", metrics: ["mae"])
            try other.save(to: folder + "/model.keras")
            let refused = try shell.run(job.run("parts", epochs: 9, "--resume"))
            shell.expectRefusal(refused, "configuration of the model")
        }
    }

    @Test func otherDataOfTheSameSizeIsNoticed() throws {
        try shell.withFolder { folder in
            let job = try Job(folder, fromRecords: true)
            let first = try shell.run(job.run("parts"))
            #expect(first.status == 0, "\(first.error)")
            // A folder of its own for the events would split the curves.
            let elsewhere = try shell.run(job.run("parts", epochs: 3, "--resume", "--tensorboard", "\(folder)/other"))
            shell.expectRefusal(elsewhere, "folder of --tensorboard: none. Received:")
            // The same records in two files that have changed their names.
            let names = (0..<2).map { "\(folder)/data.tfrecord-0000\($0)-of-00002" }
            let contents = try names.map { try FileIO.read($0) }
            #expect(contents[0].count == contents[1].count && contents[0] != contents[1])
            for (name, content) in zip(names, contents.reversed()) { try FileIO.write(content, to: name) }
            let refused = try shell.run(job.run("parts", epochs: 3, "--resume"))
            shell.expectRefusal(refused, "digest of the data")
            for (name, content) in zip(names, contents) { try FileIO.write(content, to: name) }
            let gone = try shell.run(job.run("parts", epochs: 3, "--resume"))
            #expect(gone.status == 0, "\(gone.error)")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalLeavesACheckpointAndAReport(_ signal: Int32) throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            let process = Process(), error = Pipe()
            process.executableURL = CommandLineTests.command
            process.arguments = job.run("parts", epochs: 1_000_000)
            process.standardOutput = Pipe()
            process.standardError = error
            try process.run()
            // Epochs are recorded as soon as they end.
            while (try? FileIO.read("\(folder)/parts/history.csv").count) ?? 0 < 40, process.isRunning { usleep(10_000) }
            kill(process.processIdentifier, signal)
            let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 128 + signal, "\(text)")
            let last = String(text.split(separator: "\n").last ?? "")
            #expect(last.hasPrefix("error: SIG") && last.contains("--resume goes on from there"), "\(text)")
            #expect(last.contains("parts/report.html"))
            #expect(try String(contentsOfFile: "\(folder)/parts/report.html", encoding: .utf8).hasSuffix("</html>\n"))

            // It goes on with the step after, for some more epochs, and has the bits of a run that went straight on.
            let plan = Checkpoints.every(in: "\(folder)/parts/checkpoints")
            let steps = plan.files.compactMap { path in Int(path.split(separator: "-").last!.prefix { $0.isNumber }) }
            let epochs = try #require(steps.max()) / 3 + 2
            let further = try shell.run(job.run("parts", epochs: epochs, "--resume"))
            #expect(further.status == 0, "\(further.error)")
            let straight = try shell.run(job.run("whole", epochs: epochs))
            #expect(straight.status == 0, "\(straight.error)")
            #expect(try job.results("parts") == job.results("whole"))
        }
    }

    /// Killed at a write, a rename, a sync, or in the middle of a write: each file is the old or the new one, and the run goes on
    /// to the same end.
    @Test func killedAtAnyWrite() throws {
        try shell.withFolder { folder in
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("scripts/kill-at-write.c").path
            let library = folder + "/kill.so"
            let made = try shell.run(
                ["-c", "$(command -v clang || command -v cc) -shared -fPIC -O1 \"$1\" -o \"$2\" -ldl", "sh", source, library],
                of: URL(fileURLWithPath: "/bin/sh"))
            try #require(made.status == 0, "\(made.error)")
            func killing(_ values: [String: String]) -> [String: String] {
                values.merging(["LD_PRELOAD": library, "SWIFT_BACKTRACE": "enable=no"]) { $1 }
            }
            let job = try Job(folder)
            let straight = try shell.run(job.run("whole"), environment: killing(["KILL_COUNT": folder + "/count"]))
            #expect(straight.status == 0, "\(straight.error)")
            let text = try String(contentsOfFile: folder + "/count", encoding: .utf8)
            let count = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(count > 60)
            let results = try job.results("whole")
            let places = 24
            var kills = 0
            for place in 0..<places {
                let name = "run-\(place)"
                var values = ["KILL_AT": String(1 + (count - 1) * place / (places - 1))]
                if place % 2 == 1 { values["KILL_HALF"] = "1" }
                let killed = try shell.run(job.run(name), environment: killing(values))
                // How often records are flushed depends on the time, so a run may have fewer calls.
                #expect([-1, 0].contains(killed.status), "\(place): \(killed.error)")
                if killed.status == -1 { kills += 1 }
                try expectWhole("\(folder)/\(name)")
                let further = try shell.run(job.run(name, "--resume"))
                #expect(further.status == 0, "\(place): \(further.error)")
                #expect(try job.results(name) == results, "\(place)")
            }
            #expect(kills >= places - 4)
        }
    }

    /// Killed at moments all over its length, again and again, until it comes to its end. MARTLET_KILLS sets the number of kills.
    @Test(arguments: [false, true]) func killedAtAnyMoment(fromRecords: Bool) throws {
        try shell.withFolder { folder in
            let job = try Job(folder, fromRecords: fromRecords)
            let epochs = 40
            let begun = ContinuousClock.now
            let straight = try shell.run(job.run("whole", epochs: epochs))
            #expect(straight.status == 0, "\(straight.error)")
            let length = (ContinuousClock.now - begun) / .seconds(1)
            let kills = ProcessInfo.processInfo.environment["MARTLET_KILLS"].flatMap { Int($0) } ?? 4
            for number in 0..<kills {
                let process = Process()
                process.executableURL = CommandLineTests.command
                process.arguments = job.run("parts", epochs: epochs, "--resume")
                process.standardError = FileHandle.nullDevice
                try process.run()
                usleep(UInt32(length * 1e6 * Double(number * 619 % 1000) / 1000))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let last = try shell.run(job.run("parts", epochs: epochs, "--resume"))
            #expect(last.status == 0, "\(last.error)")
            #expect(try job.results("parts") == job.results("whole"))
            let events = try #require(try EventLog.runs(at: "\(folder)/parts/events").first { $0.name == "train" })
            #expect(events["epoch_loss"].map(\.step) == Array(0..<epochs))
        }
    }

    /// Each file that is there can be read as a whole. Those that grow may end in half a record.
    private func expectWhole(_ folder: String) throws {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for name in names where !(name as NSString).lastPathComponent.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            switch (name as NSString).pathExtension {
            case "json": _ = try JSONValue(parsing: FileIO.read(path))
            case "keras": _ = try Model.load(from: path)
            case "h5": _ = try HDF5File(path)
            case "html": #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("</html>\n"), "\(name)")
            case "csv": #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("\n"), "\(name)")
            case "jsonl":
                let text = try String(contentsOfFile: path, encoding: .utf8)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                for line in lines.dropLast() { _ = try JSONValue(parsing: String(line)) }
            default: break
            }
        }
        if names.contains(where: { $0.contains("tfevents") }) { _ = try EventLog.runs(at: folder + "/events") }
    }

    @Test func numbersThatBreakAreFound() throws {
        try shell.withFolder { folder in
            let job = try Job(folder)
            var x = (0..<48).map { Float($0) }
            x[20] = .nan
            try NPY.write(Tensor(x).reshaped(to: [16, 3]), to: folder + "/x.npy")
            let outcome = try shell.run(job.options + ["--debug-numerics", "--no-shuffle", "--save", folder + "/out.keras"])
            #expect(outcome.status == 1)
            let last = String(outcome.error.split(separator: "\n").last ?? "")
            for words in ["error: ", "epoch 1, batch 2", "argument 0"] { #expect(last.contains(words), "\(outcome.error)") }
        }
    }
}
