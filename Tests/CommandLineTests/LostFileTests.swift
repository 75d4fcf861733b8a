import Foundation
import Martlet
import MartletFormats
import MartletImages
import TestSupport
import Testing

/// No command takes what another file, another process or the user has: outputs over inputs, folders of runs and backups, and
/// data that a command would leave out without a word.
@Suite(.ownSession) struct LostFileTests {
    let shell = CommandLineTests()

    /// A classifier of three classes, and its data.
    private func job(_ folder: String) throws -> (model: String, samples: [String]) {
        let model = Sequential([InputLayer([3]), Dense(3, activation: .softmax)])
        try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
        try model.save(to: folder + "/m.keras")
        try NPY.write(Tensor.ones([12, 3]), to: folder + "/x.npy")
        try NPY.write(Tensor((0..<12).map { Int64($0 % 3) }), to: folder + "/y.npy")
        return (folder + "/m.keras", ["--x", folder + "/x.npy", "--y", folder + "/y.npy", "--quiet"])
    }

    @Test func backupsDeleteTheirOwnFilesOnly() throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            let backup = folder + "/bk"
            try FileIO.makeFolder(backup)
            try FileIO.write("precious", to: backup + "/notes.txt")
            let outcome = try shell.run(["fit", model] + samples + ["--backup", backup, "--save", backup + "/t.keras"])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try FileIO.entries(of: backup) == ["notes.txt", "t.keras"])
            // A folder of the backup alone goes.
            #expect(try shell.run(["fit", model] + samples + ["--backup", folder + "/alone"]).status == 0)
            #expect(!FileManager.default.fileExists(atPath: folder + "/alone"))
        }
    }

    @Test func filesOfRunsAreKept() throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            let run = folder + "/run"
            try FileIO.makeFolder(run)
            let inside = run + "/model.keras"
            try FileManager.default.copyItem(atPath: model, toPath: inside)
            // What is there already is not replaced.
            shell.expectError(try shell.run(["fit", inside] + samples + ["--run", run]), "holds a run")
            shell.expectError(try shell.run(["fit", inside] + samples + ["--run", run, "--resume"]), "the model")
            try FileManager.default.removeItem(atPath: inside)
            for other in ["records.jsonl", "run.json", "model.keras"] {
                shell.expectError(
                    try shell.run(["fit", model] + samples + ["--run", run, "--history", "\(run)/\(other)"]), "also the file of")
            }
            #expect(try shell.run(["fit", model] + samples + ["--run", run, "--epochs", "2"]).status == 0)
            for other in ["records.jsonl", "run.json", "model.keras", "history.json"] {
                let before = try FileIO.read("\(run)/\(other)")
                let outcome = try shell.run(["report", run, "-o", "\(run)/\(other)"])
                shell.expectError(outcome, "Expected")
                #expect(try FileIO.read("\(run)/\(other)") == before)
            }
            shell.expectError(try shell.run(["report", run, "-o", folder + "/page.npy"]), "HTML")
            // Without a checkpoint nothing begins anew in its place.
            let history = try FileIO.read(run + "/history.json")
            try FileManager.default.removeItem(atPath: run + "/checkpoints")
            shell.expectError(try shell.run(["fit", model] + samples + ["--run", run, "--resume", "--epochs", "4"]), "checkpoint")
            #expect(try FileIO.read(run + "/history.json") == history)
        }
    }

    /// Killed between the history of the first epoch and the first checkpoint, a run begins anew, and ends as one that was not.
    @Test func aRunWithoutItsFirstCheckpointBeginsAnew() throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            func fit(_ run: String, _ epochs: Int, _ more: String...) throws -> CommandLineTests.Outcome {
                try shell.run(["fit", model] + samples + ["--run", folder + "/" + run, "--epochs", String(epochs)] + more)
            }
            #expect(try fit("whole", 2).status == 0)
            #expect(try fit("part", 1).status == 0)
            for lost in ["checkpoints", "model.keras", "report.html", "evaluation.json"] {
                try? FileManager.default.removeItem(atPath: "\(folder)/part/\(lost)")
            }
            let records = try String(contentsOfFile: folder + "/part/records.jsonl", encoding: .utf8)
            let unended = records.split(separator: "\n").filter { !$0.contains("\"end\"") }.joined(separator: "\n") + "\n"
            try unended.write(toFile: folder + "/part/records.jsonl", atomically: true, encoding: .utf8)
            #expect(try fit("part", 2, "--resume").status == 0)
            for name in ["history.json", "history.csv"] {
                #expect(try FileIO.read("\(folder)/part/\(name)") == FileIO.read("\(folder)/whole/\(name)"))
            }
            let weights = try ["part", "whole"].map { try Model.load(from: "\(folder)/\($0)/model.keras").weightsSHA256 }
            #expect(weights[0] == weights[1])
        }
    }

    /// Memory that a limit does not leave is an error wherever it is asked for: for the shuffle, batches, metrics, the split.
    @Test(arguments: ["1", "2", "3", "5", "8", "12"]) func littleMemoryIsAnError(_ limit: String) throws {
        try shell.withFolder { folder in
            let model = Sequential([InputLayer([4]), Dense(8, activation: .relu), Dense(3, activation: .softmax)])
            try model.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
            try model.save(to: folder + "/model.keras")
            try NPY.write(Tensor.ones([200_000, 4]), to: folder + "/x.npy")
            try NPY.write(Tensor.zeros([200_000], dtype: .int64), to: folder + "/y.npy")
            let samples = ["--x", folder + "/x.npy", "--y", folder + "/y.npy", "--memory", limit]
            for command in [
                ["evaluate", folder + "/model.keras"] + samples,
                ["evaluate", folder + "/model.keras", "--batch-size", "100000"] + samples,
                ["fit", folder + "/model.keras", "--quiet", "--epochs", "1", "--batch-size", "100000"] + samples,
                ["fit", folder + "/model.keras", "--quiet", "--epochs", "1", "--batch-size", "100000", "--validation-split", "0.5"]
                    + samples,
                ["predict", folder + "/model.keras", "--x", folder + "/x.npy", "--memory", limit, "-o", folder + "/p.npy"],
            ] {
                let outcome = try shell.run(command)
                #expect([0, 1].contains(outcome.status), "\(command): \(outcome.status)")
                if outcome.status == 1 { shell.expectError(outcome, "memory") }
            }
        }
    }

    @Test func oneProcessTrainsInAFolder() throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            let run = folder + "/run"
            try FileIO.makeFolder(run)
            let descriptor = open(run, O_RDONLY | O_DIRECTORY)
            #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            shell.expectError(try shell.run(["fit", model] + samples + ["--run", run]), "Another process")
            close(descriptor)
            #expect(try shell.run(["fit", model] + samples + ["--run", run]).status == 0)
        }
    }

    @Test func outputsOfRunsAreCheckedFirst() throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            for name in ["model.keras", "report.html", "history.json"] {
                let run = "\(folder)/\(name).run"
                try FileIO.makeFolder("\(run)/\(name)")
                shell.expectError(try shell.run(["fit", model] + samples + ["--run", run, "--epochs", "2"]))
                #expect(!FileManager.default.fileExists(atPath: run + "/records.jsonl"))
            }
        }
    }

    @Test func historyHasOneOrder() throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            let options = samples + ["--epochs", "2", "--history", folder + "/h.json"]
            #expect(try shell.run(["fit", model] + options + ["--run", folder + "/a"]).status == 0)
            let straight = try FileIO.read(folder + "/h.json")
            #expect(try shell.run(["fit", model] + samples + ["--epochs", "1", "--run", folder + "/b"]).status == 0)
            #expect(try shell.run(["fit", model] + options + ["--run", folder + "/b", "--resume"]).status == 0)
            #expect(try FileIO.read(folder + "/h.json") == straight)
        }
    }

    @Test func dataThatWouldBeLost() throws {
        try shell.withFolder { folder in
            let (model, _) = try job(folder)
            let images = folder + "/images"
            for name in ["a", "b"] {
                try FileIO.makeFolder("\(images)/\(name)")
                try Data(encodePNG(Tensor.full([2, 2, 3], 7, dtype: .uint8)))
                    .write(to: URL(fileURLWithPath: "\(images)/\(name)/0.png"))
            }
            let first = try FileIO.read(images + "/a/0.png")
            shell.expectError(try shell.run(["data", images, "--sheet", images + "/a/0.png"]), "--sheet")
            #expect(try FileIO.read(images + "/a/0.png") == first)
            // Sizes that no sum holds.
            let network = Sequential([InputLayer([2, 2, 3]), Flatten(), Dense(2, activation: .softmax)])
            try network.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy")
            try network.save(to: folder + "/i.keras")
            let huge = try shell.run(["evaluate", folder + "/i.keras", "--data", images, "--batch-size", "\(Int.max)"])
            #expect(huge.status == 0, "\(huge.error)")
            // A name that is no text.
            var path = Array("\(images)/".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
            #expect(mkdir(&path, 0o755) == 0)
            shell.expectError(try shell.run(["data", images]), "UTF-8")
            rmdir(&path)
            // Texts in arrays.
            try NPY.write(Tensor(strings: ["fig", "plum"]), to: folder + "/s.npy")
            let texts = try shell.run(["data", folder + "/s.npy"])
            #expect(texts.status == 0 && texts.output.contains("plum"), "\(texts.error)")
            // Columns of numbers have no classes to choose, infinity is not missing, and a file may have no rows.
            try FileIO.write("a,b,c,y\n1,2,1e999,0\n1,2,,1\n", to: folder + "/t.csv")
            let named = try shell.run(["data", folder + "/t.csv"])
            #expect(named.output.contains("1 infinite") && named.output.contains("1 missing"), "\(named.output)")
            shell.expectError(
                try shell.run(["fit", model, "--data", folder + "/t.csv", "--label", "y", "--classes", "1,0"]), "--classes")
            try FileIO.write("a,b,c,y\n", to: folder + "/none.csv")
            shell.expectError(try shell.run(["fit", model, "--data", folder + "/none.csv", "--label", "y"]), "rows")
        }
    }

    @Test(arguments: ["", "[1, 2]", "{\"0\": 1", "{\"00\": 2, \"0\": 3}", "{\"0\": NaN}", "{\"a\": 1}", "{\"0\": 1}x"])
    func weightsOfClasses(_ text: String) throws {
        try shell.withFolder { folder in
            let (model, samples) = try job(folder)
            try FileIO.write(text, to: folder + "/cw.json")
            shell.expectError(try shell.run(["fit", model] + samples + ["--class-weight", folder + "/cw.json"]), "cw.json", "class")
        }
    }
}
