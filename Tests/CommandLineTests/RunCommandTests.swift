import Foundation
import Martlet
import MartletFormats
import Testing

extension CommandLineTests {
    @Test func demoLeavesARunThatGoesOn() throws {
        try withFolder { folder in
            let run = folder + "/run"
            let options = ["--data", "digits", "--limit", "64", "--model", "mlp"]
            let first = try self.run(["demo", "--run", run, "--epochs", "1"] + options)
            #expect(first.status == 0, "\(first.error)")
            let names = ["report.html", "history.json", "history.csv", "history.svg", "records.jsonl", "run.json", "model.keras"]
            for name in names {
                #expect(FileManager.default.fileExists(atPath: "\(run)/\(name)"), "\(name)")
            }
            let again = try self.run(["demo", "--run", run, "--epochs", "2"] + options)
            #expect(again.status == 1 && again.error.contains("--resume"))
            let further = try self.run(["demo", "--run", run, "--resume", "--epochs", "2"] + options)
            #expect(further.status == 0, "\(further.error)")
            let straight = try self.run(["demo", "--run", folder + "/straight", "--epochs", "2"] + options)
            #expect(straight.status == 0, "\(straight.error)")
            func history(_ folder: String) throws -> String {
                try String(contentsOfFile: folder + "/history.csv", encoding: .utf8)
            }
            #expect(try history(run) == history(folder + "/straight"))

            let watched = try self.run(["watch", run, "--once"])
            #expect(watched.status == 0 && watched.output.contains("epoch 2 of 2") && watched.output.contains("val_loss"))
            let followed = try self.run(["watch", run])
            #expect(followed.status == 0 && followed.output.contains("epoch 1 of 2") && followed.lastLine.contains("done"))
            let page = folder + "/both.html"
            let report = try self.run(["report", run, folder + "/straight", "-o", page])
            #expect(report.status == 0 && FileManager.default.fileExists(atPath: page), "\(report.error)")
        }
    }

    /// The short form of `scripts/long-run.sh`: six times as many steps, with records, checkpoints and events, take no more
    /// memory.
    @Test func memoryDoesNotGrowWithTheSteps() throws {
        try withFolder { folder in
            let peaks = try [10, 60].map { epochs in
                let outcome = try run([
                    "demo", "--data", "digits", "--model", "mlp", "--limit", "40", "--batch-size", "1", "--epochs", "\(epochs)",
                    "--run", "\(folder)/\(epochs)", "--checkpoint-steps", "100", "--json",
                ])
                #expect(outcome.status == 0, "\(outcome.error)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(epochs)/checkpoints").count == 2)
                return try JSONValue(parsing: outcome.lastLine).double("peak_rss_mib")
            }
            #expect(peaks[1] < peaks[0] * 1.15, "\(peaks)")
        }
    }

    private static func makeProgram(_ script: String, at path: String) throws {
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// A script stands for `mpirun`, so that the test needs no MPI.
    @Test(arguments: [(code: 0, starts: 1), (code: 3, starts: 3), (code: 64, starts: 1)])
    func aFailedCommandStartsAgain(code: Int, starts: Int) throws {
        try withFolder { folder in
            try Self.makeProgram("printf '%s\\n' \"$*\" >> '\(folder)/starts'\nexit \(code)", at: folder + "/mpirun")
            try Self.makeProgram("exit 0", at: folder + "/martlet")
            let outcome = try run(
                ["run", "-n", "2", "--restarts", "2", "--", "martlet", "doctor"], environment: ["PATH": folder])
            #expect(outcome.status == code, "\(outcome.error)")
            let lines = try String(contentsOfFile: folder + "/starts", encoding: .utf8).split(separator: "\n")
            // No start came to a step, so the next one has a rank less.
            #expect(lines.count == starts)
            for (line, ranks) in zip(lines, [2, 1, 1]) {
                #expect(line.contains(" -n \(ranks) ") && line.hasSuffix(" martlet doctor"), "\(line)")
            }
            #expect(outcome.error.contains("Restart 2 of 2.") == (starts == 3), "\(outcome.error)")
        }
    }

    @Test func withoutMPIRunItSaysWhatToInstall() throws {
        try withFolder { folder in
            try Self.makeProgram("exit 0", at: folder + "/martlet")
            let outcome = try run(
                ["run", "-n", "1", "--restarts", "\(Int.max)", "--", "martlet", "doctor"], environment: ["PATH": folder])
            #expect(outcome.status == 1 && outcome.error.contains("apt-get install openmpi-bin"), "\(outcome.error)")
            let missing = try run(["run", "-n", "1", "--", "martlat"], environment: ["PATH": folder])
            #expect(missing.status == 1 && missing.error.contains("\"martlat\", which is no program here"), "\(missing.error)")
        }
    }

    @Test(arguments: [
        (["report", "none"], 1), (["report", "a", "b"], 64), (["watch", "none", "--once"], 1),
        (["watch", ".", "--interval", "0"], 64), (["demo", "--resume"], 64),
        (["demo", "--checkpoint-steps", "3"], 64), (["demo", "--run", "none", "--checkpoint-steps", "0"], 64),
        (["demo", "--run", "none", "--checkpoint-minutes", "nan"], 64),
    ] as [([String], Int32)])
    func wrongRunsAreErrors(_ arguments: [String], _ status: Int32) throws {
        #expect(try run(arguments).status == status)
    }

    /// Where few files may be open, the ranks start all the same.
    @Test func fewOpenFiles() throws {
        try withFolder { folder in
            try Self.makeProgram("exit 7", at: folder + "/mpirun")
            try Self.makeProgram("exit 0", at: folder + "/program")
            let line = "ulimit -n 16; \"$@\""
            let outcome = try run(
                ["-c", line, "sh", Self.command.path, "run", "-n", "1", "--", "program"], environment: ["PATH": folder],
                of: URL(fileURLWithPath: "/bin/sh"))
            #expect(outcome.status == 7, "\(outcome.error)")
        }
    }
}
