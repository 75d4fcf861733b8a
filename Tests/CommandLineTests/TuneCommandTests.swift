import Foundation
import Martlet
import MartletFormats
import MartletTuner
import TestSupport
import Testing

/// `martlet tune`: what it writes, how it goes on, and what it refuses.
@Suite(.ownSession) struct TuneCommandTests {
    let shell = CommandLineTests()

    /// A small classifier, its data and a space, in files.
    private struct Job {
        let folder: String

        init(_ folder: String) throws {
            self.folder = folder
            let model = Sequential([
                InputLayer([3]), Dense(4, activation: .relu, name: "hidden"), Dense(3, activation: .softmax, name: "out"),
            ])
            try model.compile(
                optimizer: Adam(learningRate: 0.01), loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
            try model.save(to: file("m.keras"))
            try NPY.write(Tensor((0..<90).map { Float(($0 * 31) % 17) / 17 }, shape: [30, 3]), to: file("x.npy"))
            try NPY.write(Tensor((0..<30).map { Int64($0 % 3) }), to: file("y.npy"))
            try FileIO.write(
                """
                {"optimizer.learning_rate": {"low": 1e-3, "high": 0.1, "log": true}, "batch_size": [4, 8],
                 "layers.hidden.units": {"type": "int", "low": 2, "high": 12, "step": 2},
                 "layers.hidden.activation": ["relu", "tanh"]}
                """, to: file("space.json"))
        }

        func file(_ name: String) -> String { "\(folder)/\(name)" }

        func tune(_ arguments: String..., space: String = "space.json") -> [String] {
            [
                "tune", file("m.keras"), "--space", file(space), "--x", file("x.npy"), "--y", file("y.npy"),
                "--validation-split", "0.2", "--epochs", "3", "--quiet",
            ] + arguments
        }

        /// What the trials of a study have become, without times.
        func outcomes(_ journal: String) throws -> [String] {
            try Study.load("search", from: .journal(file(journal))).trials.map { trial in
                let reports = trial.intermediateValues.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                return "\(trial) \(reports)"
            }
        }
    }

    private func withJob(_ body: (Job) throws -> Void) throws {
        try shell.withFolder { try body(Job($0)) }
    }

    private func expectSuccess(_ outcome: CommandLineTests.Outcome, location: SourceLocation = #_sourceLocation) {
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.output)\(outcome.error)", sourceLocation: location)
    }

    /// The study, the best model with the weights of its best epoch, the page, and one line of JSON.
    @Test func writesWhatWasAskedFor() throws {
        try withJob { job in
            let arguments = job.tune(
                "--trials", "4", "--study", job.file("s.journal"), "--save", job.file("best.keras"), "--report",
                job.file("page.html"), "--pruner", "median", "--sampler", "quasi-random", "--seed", "5")
            let outcome = try shell.run(arguments)
            expectSuccess(outcome)
            #expect(outcome.output.split(separator: "\n").count == 1)
            let study = try Study.load("search", from: .journal(job.file("s.journal")))
            let best = try #require(try study.bestTrial)
            #expect(study.seed == 5 && study.directions == [.minimize])
            #expect(try study.trials.count == 4)
            let line = try JSONValue(parsing: outcome.output).object()
            #expect(line.keys == ["trial", "value", "params"])
            #expect(line["trial"] == .int(best.number) && line["value"] == .double(best.value!))
            #expect(try JSONValue.object(line).object("params").keys == best.parameters.map(\.name))
            let (x, y) = (try NPY.read(job.file("x.npy")), try NPY.read(job.file("y.npy")))
            let loss = try Model.load(from: job.file("best.keras")).evaluate(x[24...], y[24...])["loss"]!
            #expect(abs(loss - best.value!) < 1e-6)
            #expect(String(decoding: try FileIO.read(job.file("page.html")), as: UTF8.self).contains("Study search"))
            // The same command adds nothing, and one with more trials only these.
            let before = try job.outcomes("s.journal")
            let again = try shell.run(arguments)
            expectSuccess(again)
            #expect(again.output == outcome.output)
            #expect(try job.outcomes("s.journal") == before)
            let more = job.tune("--trials", "6", "--study", job.file("s.journal"), "--sampler", "quasi-random", "--pruner", "median")
            expectSuccess(try shell.run(more))
            #expect(try Array(job.outcomes("s.journal").prefix(4)) == before)
            #expect(try job.outcomes("s.journal").count == 6)
        }
    }

    /// Without `--quiet` a line for each trial; without `--study` no file.
    @Test func printsTrials() throws {
        try withJob { job in
            let before = try FileIO.entries(of: job.folder)
            let arguments = job.tune("--trials", "3", "--monitor", "val_accuracy").filter { $0 != "--quiet" }
            let outcome = try shell.run(arguments)
            expectSuccess(outcome)
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 4)
            for (number, line) in lines.prefix(3).enumerated() {
                #expect(line.hasPrefix("trial \(number) complete: val_accuracy ") && line.contains("units"), "\(line)")
            }
            #expect(try FileIO.entries(of: job.folder) == before)
        }
    }

    /// Any number of workers has the same trials, also in a study that goes on with another number.
    @Test func workers() throws {
        try withJob { job in
            func tune(_ journal: String, _ arguments: String...) throws {
                let all = job.tune("--study", job.file(journal), "--sampler", "tpe", "--pruner", "asha") + arguments
                expectSuccess(try shell.run(all, environment: ["MARTLET_NUM_THREADS": "2"]))
            }
            try tune("one", "--trials", "14", "--workers", "1", "--lookahead", "2")
            let expected = try job.outcomes("one")
            #expect(expected.count == 14 && expected.contains { $0.contains("pruned") })
            try tune("three", "--trials", "14", "--workers", "3")
            #expect(try job.outcomes("three") == expected)
            try tune("mixed", "--trials", "5", "--workers", "2", "--lookahead", "2")
            try tune("mixed", "--trials", "9")
            try tune("mixed", "--trials", "14", "--workers", "3")
            #expect(try job.outcomes("mixed") == expected)
            shell.expectRefusal(
                try shell.run(job.tune("--study", job.file("mixed"), "--trials", "15", "--workers", "4")), "--workers")
            shell.expectRefusal(
                try shell.run(job.tune("--study", job.file("mixed"), "--trials", "15", "--lookahead", "5")), "--lookahead")
            #expect(try job.outcomes("mixed") == expected)
        }
    }

    /// Whatever line of the journal was the last, and wherever the backups stand, the study ends as one that went straight on.
    @Test func goesOn() throws {
        try withJob { job in
            let arguments = ["--trials", "5", "--backup-steps", "2", "--pruner", "asha"]
            expectSuccess(try shell.run(job.tune("--study", job.file("whole")) + arguments))
            let expected = try job.outcomes("whole")
            let lines = String(decoding: try FileIO.read(job.file("whole")), as: UTF8.self).split(separator: "\n")
            for count in stride(from: 3, to: lines.count, by: lines.count / 6) {
                try FileIO.write(lines.prefix(count).joined(separator: "\n") + "\n{\"op_co", to: job.file("cut"))
                expectSuccess(try shell.run(job.tune("--study", job.file("cut")) + arguments))
                #expect(try job.outcomes("cut") == expected, "cut after line \(count)")
            }
        }
    }

    /// A study goes on only with the data, options, space and model that it was begun with; the message names what differs, and
    /// the file stays as it is.
    @Test func otherStudiesAreRefused() throws {
        try withJob { job in
            let study = job.file("s")
            func tune(_ arguments: String..., space: String = "space.json") -> [String] {
                job.tune("--study", study, space: space) + arguments
            }
            expectSuccess(try shell.run(tune("--trials", "2", "--workers", "1", "--lookahead", "1")))
            let before = try FileIO.read(study)
            for (arguments, words) in [
                (["--epochs", "4"], "Its epochs: 3. Received: 4."), (["--batch-size", "16"], "Its batch size: 32. Received: 16."),
                (["--validation-split", "0.3"], "Its validation split: 0.2. Received: 0.3."),
                (["--pruner", "median"], "Its pruner: none. Received: median."),
                (["--sampler", "random"], "Its sampler: tpe. Received: random."),
                (["--monitor", "val_accuracy", "--direction", "minimize"], "Its metric: val_loss. Received: val_accuracy."),
            ] {
                let outcome = try shell.run(tune("--trials", "4") + arguments)
                shell.expectRefusal(outcome, words)
                shell.expectRefusal(outcome, "another --name or --study to begin anew")
            }
            try FileIO.write(#"{"batch_size": [4, 8]}"#, to: job.file("other.json"))
            shell.expectRefusal(try shell.run(tune("--trials", "4", space: "other.json")), "Received other space")
            let (x, model) = (try FileIO.read(job.file("x.npy")), try FileIO.read(job.file("m.keras")))
            try NPY.write(Tensor.ones([30, 3]), to: job.file("x.npy"))
            shell.expectRefusal(try shell.run(tune("--trials", "4")), "Received other data")
            try FileIO.write(x, to: job.file("x.npy"))
            let wider = Sequential([
                InputLayer([3]), Dense(9, activation: .relu, name: "hidden"), Dense(3, activation: .softmax, name: "out"),
            ])
            try wider.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
            try wider.save(to: job.file("m.keras"))
            shell.expectRefusal(try shell.run(tune("--trials", "4")), "configuration of the model")
            try FileIO.write(model, to: job.file("m.keras"))
            #expect(try FileIO.read(study) == before)
            // A new name begins anew; more trials, other workers and what is written beside are no differences.
            expectSuccess(try shell.run(tune("--trials", "2", "--epochs", "4", "--name", "second")))
            expectSuccess(try shell.run(tune("--trials", "4", "--workers", "2", "--report", job.file("r.html"))))
            #expect(try job.outcomes("s").count == 4)
        }
    }

    /// A trial of another program is left as it is, until `--take-over`.
    @Test func takesOver() throws {
        try withJob { job in
            try FileIO.write(
                """
                {"op_code":0,"worker_id":"a","study_name":"search","directions":[1]}
                {"op_code":4,"worker_id":"a","study_id":0,"datetime_start":"2026-01-01T00:00:00"}

                """, to: job.file("s"))
            let arguments = job.tune("--study", job.file("s"), "--trials", "2")
            let outcome = try shell.run(arguments)
            #expect(outcome.status == 0 && outcome.error.contains("left them: 0"), "\(outcome.error)")
            #expect(try job.outcomes("s").map { $0.contains("complete") } == [false, true])
            expectSuccess(try shell.run(arguments + ["--take-over"]))
            #expect(try job.outcomes("s").map { $0.contains("complete") } == [true, true])
        }
    }

    @Test(arguments: [
        (["--workers", "0"], "--workers"), (["--workers=-1"], "--workers"), (["--workers", "257"], "--workers"),
        (["--workers", "\(Int.max)"], "--workers"), (["--trials", "0"], "--trials"), (["--epochs", "0"], "--epochs"),
        (["--lookahead=-1"], "--lookahead"), (["--workers", "3", "--lookahead", "1"], "--lookahead"),
        (["--validation-split", "1"], "--validation-split"), (["--validation-split=-0.1"], "--validation-split"),
        (["--validation-split", "nan"], "--validation-split"), (["--timeout", "nan"], "--timeout"),
        (["--timeout=-1"], "--timeout"), (["--batch-size", "0"], "--batch-size"), (["--sampler", "best"], "--sampler"),
        (["--pruner", "all"], "--pruner"), (["--direction", "up"], "--direction"), (["--monitor", "speed"], "--direction"),
        (["--validation-split", "0", "--monitor", "val_loss"], "--monitor"), (["--name", ""], "--name"),
        (["--name", "../a"], "--name"), (["--study", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--report", "/proc/a.html"], "/proc/a.html"),
        (["--study", "/dev/null"], "/dev/null"), (["--x", "/nowhere/x.npy"], "/nowhere/x.npy"),
        (["--space", "/nowhere/space.json"], "/nowhere/space.json"), (["--monitor", "recall"], "recall"),
    ])
    func wrongOptions(_ arguments: [String], _ words: String) throws {
        try withJob { job in
            let before = try FileIO.entries(of: job.folder)
            let all = job.tune("--trials", "2")
            // A second value of an option replaces the first; of --x it would be another input.
            let kept = arguments[0] == "--x" ? all.filter { $0 != "--x" && $0 != job.file("x.npy") } : all
            // Words that are no option are of a file.
            shell.expectRefusal(try shell.run(kept + arguments), words, code: words.hasPrefix("--") ? 64 : 1)
            #expect(try FileIO.entries(of: job.folder) == before)
        }
    }

    /// Numbers beyond every use are taken as they are, or refused.
    @Test func largeNumbers() throws {
        try withJob { job in
            let huge = "\(Int.max)"
            let arguments = job.tune("--trials", "2", "--lookahead", huge, "--timeout", "inf", "--batch-size", huge)
            expectSuccess(try shell.run(arguments + ["--seed=\(Int.min)"]))
            for pruner in ["hyperband", "asha"] {
                // No trial begins.
                let none = try shell.run(job.tune("--epochs", huge, "--pruner", pruner, "--timeout", "0"))
                shell.expectRefusal(none, "none began")
            }
        }
    }

    @Test func wrongCalls() throws {
        try withJob { job in
            for (arguments, words) in [
                (["--save", job.file("b.keras")], "--study"), (["--backup-steps", "3"], "--study"),
                (["--workers", "two"], "two"),
            ] {
                let outcome = try shell.run(job.tune() + arguments)
                #expect(outcome.status == 64 && outcome.error.contains(words), "\(outcome.error)")
            }
            let study = job.file("s")
            for (arguments, words) in [
                (["--study", study, "--report", study], "--report"), (["--study", study, "--save", study + ".npy"], "--save"),
                (["--study", job.file("x.npy")], "--study"), (["--study", job.file("space.json")], "--study"),
                (["--report", job.file("m.keras")], "--report"), (["--study", job.folder], "a folder"),
                (["--study", study, "--backup-steps", "0"], "--backup-steps"),
            ] {
                shell.expectRefusal(try shell.run(job.tune() + arguments), words, code: words == "--backup-steps" ? 64 : 1)
            }
            #expect(try FileIO.entries(of: job.folder).sorted() == ["m.keras", "space.json", "x.npy", "y.npy"])
        }
    }

    /// Every space that is none is refused before a trial begins, and the message says where.
    @Test(arguments: [
        ("", "JSON"), ("{", "JSON"), ("[1]", "object"), ("{}", "at least one parameter"),
        (#"{"batch_size": []}"#, "batch_size"), (#"{"batch_size": 4}"#, "batch_size"), (#"{"batch_size": null}"#, "batch_size"),
        (#"{"batch_size": [0]}"#, "at least 1"), (#"{"batch_size": [4, 2.5]}"#, "2.5"), (#"{"batch_size": [4, 4]}"#, "once"),
        (#"{"batch_size": [[4]]}"#, "batch_size"), (#"{"batch_size": {"low": 0, "high": 4, "type": "int"}}"#, "at least 1"),
        (#"{"optimizer": ["adam"]}"#, "optimizer."), (#"{"optimizer.rate": [1]}"#, "learning_rate"),
        (#"{"layers.hidden": [1]}"#, "layers."), (#"{"layers.nothing.units": [1]}"#, "hidden, out"),
        (#"{"layers.hidden.size": [1]}"#, "units"), (#"{"layers.hidden.activation": ["relu", "rellu"]}"#, "rellu"),
        (#"{"layers.hidden.units": ["many"]}"#, "units"), (#"{"layers.hidden.units": [4, 0]}"#, "units"),
        (#"{"layers.hidden.units": {"type": "int", "low": 4}}"#, "high"),
        (#"{"layers.hidden.units": {"type": "int", "low": 4.5, "high": 9}}"#, "low"),
        (#"{"layers.hidden.units": {"type": "int", "low": 9, "high": 4}}"#, "9...4"),
        (#"{"layers.hidden.units": {"type": "int", "low": 4, "high": 9, "step": 0}}"#, "step"),
        (#"{"layers.hidden.units": {"type": "int", "low": 0, "high": 9, "log": true}}"#, "logarithmic"),
        (#"{"layers.hidden.units": {"type": "int", "low": 1, "high": 1e300}}"#, "units"),
        (#"{"layers.hidden.units": {"type": "whole", "low": 1, "high": 9}}"#, "whole"),
        (#"{"layers.hidden.units": {"min": 1, "max": 9}}"#, "min"),
        (#"{"optimizer.learning_rate": {"low": 0, "high": 0.1, "log": true}}"#, "above 0"),
        (#"{"optimizer.learning_rate": {"low": "a", "high": 0.1}}"#, "low"),
        (#"{"optimizer.learning_rate": {"low": 1e-4, "high": 0.1, "log": "yes"}}"#, "log"),
        (#"{"optimizer.learning_rate": {"low": 1e-4, "high": Infinity}}"#, "learning_rate"),
        (#"{"optimizer.learning_rate": {"low": NaN, "high": 1}}"#, "learning_rate"),
        (#"{"optimizer.learning_rate": {"low": 1e-4, "high": 0.1, "step": -1}}"#, "step"),
        (#"{"optimizer.learning_rate": ["fast"]}"#, "learning_rate"), (#"{"": [1]}"#, "batch_size"), (#"{"..": [1]}"#, ".."),
    ])
    func wrongSpaces(_ text: String, _ words: String) throws {
        try withJob { job in
            try FileIO.write(text, to: job.file("bad.json"))
            let outcome = try shell.run(job.tune("--study", job.file("s"), space: "bad.json"))
            shell.expectRefusal(outcome, words)
            shell.expectRefusal(outcome, "bad.json")
            #expect(!FileManager.default.fileExists(atPath: job.file("s")))
        }
    }

    /// A file that is no journal, or holds another study, stays as it is.
    @Test(arguments: [
        ("notes", "journal of Optuna's"), ("notes\n", "Line 1"), ("{}\n", "Line 1"), ("\u{0}\u{1}\n\n", "Line 1"),
        (#"{"op_code":0,"worker_id":"a","study_name":"search","directions":[2]}"# + "\n", "directions"),
        (#"{"op_code":0,"worker_id":"a","study_name":"search","directions":[1,2]}"# + "\n", "directions"),
        (#"{"op_code":0,"worker_id":"a","study_name":"search","directions":[9]}"# + "\n", "Line 1"),
        (
            #"{"op_code":0,"worker_id":"a","study_name":"search","directions":[1]}"# + "\n"
                + #"{"op_code":3,"worker_id":"a","study_id":0,"system_attr":{"martlet:seed":7}}"# + "\n", "--seed"
        ),
    ])
    func wrongJournals(_ text: String, _ words: String) throws {
        try withJob { job in
            try FileIO.write(text, to: job.file("s"))
            shell.expectRefusal(try shell.run(job.tune("--study", job.file("s"), "--seed", "3")), words)
            #expect(try String(decoding: FileIO.read(job.file("s")), as: UTF8.self) == text)
            #expect(try FileIO.entries(of: job.folder).sorted() == ["m.keras", "s", "space.json", "x.npy", "y.npy"])
        }
    }

    /// A model that is not compiled, data that does not fit, and a study without a good trial.
    @Test func wrongModelsAndData() throws {
        try withJob { job in
            try Sequential([InputLayer([3]), Dense(1)]).save(to: job.file("plain.keras"))
            var arguments = job.tune("--trials", "2")
            arguments[1] = job.file("plain.keras")
            shell.expectRefusal(try shell.run(arguments), "compiled")
            try NPY.write(Tensor.ones([30, 5]), to: job.file("wide.npy"))
            let wide = job.tune("--trials", "2").map { $0 == job.file("x.npy") ? job.file("wide.npy") : $0 }
            shell.expectRefusal(try shell.run(wide), "trial 0")
            try NPY.write(Tensor.full([30, 3], Double.nan), to: job.file("nan.npy"))
            let nan = job.tune("--trials", "2").map { $0 == job.file("x.npy") ? job.file("nan.npy") : $0 }
            let outcome = try shell.run(nan)
            #expect(outcome.status == 1 && outcome.error.hasSuffix("all were pruned, or failed.\n"), "\(outcome.error)")
            #expect(outcome.error.contains("x holds NaN"))
        }
    }
}
