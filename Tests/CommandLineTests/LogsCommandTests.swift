import Foundation
import Martlet
import MartletFormats
import Testing

/// `martlet logs`, and `--tensorboard` of the commands that train.
extension CommandLineTests {
    private func writeRuns(_ folder: String) throws {
        for (name, factor) in [("a", 1.0), ("b, c", 2.0)] {
            let writer = try SummaryWriter(logDirectory: folder + "/logs/" + name)
            try writer.hyperParameters(["rate": .number(factor)])
            for step in 0..<3 { try writer.scalar("loss", factor / Double(1 << step), step: step * 10) }
            try writer.scalar("odd", .nan, step: 5)
            try writer.text("note", "fine", step: 1)
            try writer.close()
        }
    }

    @Test func logsAsTableRowsAndJSON() throws {
        try withFolder { folder in
            try writeRuns(folder)
            let table = try run(["logs", folder + "/logs"])
            #expect(table.status == 0, "\(table.error)")
            #expect(table.output.contains("hyperparameters: rate 2"))
            let line = table.output.split(separator: "\n").first { $0.contains("loss") }
            #expect(line?.split(separator: " ") == ["loss", "3", "0...20", "1", "0.25", "0.25", "1"])
            let tags = try run(["logs", folder + "/logs/a", "--tags"])
            #expect(tags.output.contains("note") && tags.output.contains("text") && tags.output.contains("scalars"))

            let rows = try run(["logs", folder + "/logs", "--csv", "--tag", "lo*"]).output.split(separator: "\n")
            #expect(rows.count == 7 && rows[0] == "run,tag,step,wall_time,value")
            #expect(rows[1].hasPrefix("a,loss,0,") && rows[1].hasSuffix(",1.0"))
            #expect(rows[6].hasPrefix("\"b, c\",loss,20,") && rows[6].hasSuffix(",0.5"))

            let json = try JSONValue(parsing: run(["logs", folder + "/logs", "--json"]).output)
            #expect(try json.array("runs").count == 2)
            #expect(try json.double("runs", 1, "scalars", "loss", 1, "value") == 1)
            #expect(try json.int("runs", 1, "scalars", "loss", 1, "step") == 10)
            #expect(try json.double("runs", 0, "scalars", "odd", 0, "value").isNaN)
            #expect(try json.string("runs", 0, "others", "note", "last") == "fine")
            #expect(try json.int("runs", 1, "hyperparameters", "rate") == 2)
        }
    }

    @Test func logsThatAreDamagedOrMissing() throws {
        try withFolder { folder in
            try writeRuns(folder)
            expectRefusal(try run(["logs", folder + "/none"]), "none")
            expectRefusal(try run(["logs", folder + "/logs", "--tag", "nothing"]), "--tag")
            let both = try run(["logs", folder, "--csv", "--json"])
            #expect(both.status == 64)
            let file = try EventLog.runs(at: folder + "/logs/a")[0].files[0]
            var bytes = try FileIO.read(file)
            try FileIO.write(Array(bytes.dropLast(3)), to: file)
            let cut = try run(["logs", file, "--csv"])
            #expect(cut.status == 0 && cut.error.contains("note: ") && cut.error.contains("cut short"))
            bytes[60] ^= 1
            try FileIO.write(bytes, to: file)
            expectRefusal(try run(["logs", folder + "/logs"]), "byte")
        }
    }

    @Test func trainingWritesEventFiles() throws {
        try withFolder { folder in
            let arguments = ["--data", "digits", "--model", "mlp", "--limit", "100", "--epochs", "2"]
            let outcome = try demo(arguments + ["--tensorboard", folder + "/logs"], to: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            let runs = try EventLog.runs(at: folder + "/logs")
            #expect(runs.map(\.name) == [".", "train", "validation"])
            #expect(runs[0].hyperParameters["model"] == "mlp" && runs[0].hyperParameters["batch_size"] == 32)
            #expect(runs[1]["epoch_loss"].map(\.step) == [0, 1] && runs[1].others["keras"] != nil)

            let model = Sequential([InputLayer([2]), Dense(1)])
            try model.compile(optimizer: "sgd", loss: "mse")
            try model.save(to: folder + "/m.keras")
            try NPY.write(Tensor.ones([4, 2]), to: folder + "/x.npy")
            try NPY.write(Tensor.ones([4, 1]), to: folder + "/y.npy")
            let fit = ["fit", folder + "/m.keras", "--x", folder + "/x.npy", "--y", folder + "/y.npy", "--epochs", "3"]
            let fitted = try run(fit + ["--tensorboard", folder + "/fit", "--history", folder + "/h.json"])
            #expect(fitted.status == 0, "\(fitted.error)")
            let history = try JSONValue(parsing: FileIO.read(folder + "/h.json")).array("loss").map { try $0.double() }
            #expect(try EventLog.runs(at: folder + "/fit")[0]["epoch_loss"].map(\.value) == history)
            expectRefusal(try run(fit + ["--tensorboard", folder + "/x.npy"]), "--tensorboard")
        }
    }
}
