import Foundation
import Martlet
import MartletFormats
import TestSupport
import Testing

/// Runs the built command as a user does.
@Suite(.ownSession) struct CommandLineTests {
    struct Outcome {
        let status: Int32
        let output: String
        let error: String
        var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
    }

    /// The command lies beside the test bundle.
    static let command = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }.map {
        $0.deletingLastPathComponent().appendingPathComponent("martlet")
    } ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("martlet")

    /// - Parameter broken: a pipe that nobody reads, in place of one that is read.
    func run(
        _ arguments: [String], environment: [String: String] = [:], of command: URL = command, output broken: Pipe? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = command
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = broken ?? output
        process.standardError = error
        try process.run()
        if broken != nil { try output.fileHandleForWriting.close() }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let problem = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let isCrash = process.terminationReason == .uncaughtSignal
        return Outcome(status: isCrash ? -1 : process.terminationStatus, output: text, error: problem)
    }

    func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-cli-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    func demo(_ arguments: [String], threads: Int = 2, to folder: String) throws -> Outcome {
        try run(
            ["demo", "--output", folder + "/out"] + arguments, environment: ["MARTLET_NUM_THREADS": "\(threads)"])
    }

    @Test func demoLeavesItsFilesAndALineOfJSON() throws {
        try withFolder { folder in
            let outcome = try demo(["--data", "digits", "--limit", "200", "--epochs", "2", "--json"], to: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            let order = [
                "model", "data", "epochs", "train_samples", "test_loss", "test_accuracy", "seconds", "peak_rss_mib",
                "weights_sha256",
            ]
            let line = try JSONValue(parsing: outcome.lastLine).object()
            #expect(line.keys == order)
            #expect(line["model"] == "cnn" && line["data"] == "digits" && line["epochs"] == 2)
            #expect(line["train_samples"] == 200)
            let history = try String(contentsOfFile: folder + "/out/history.csv", encoding: .utf8)
            #expect(history.hasPrefix("epoch,accuracy,loss,val_accuracy,val_loss\n0,"))
            #expect(history.split(separator: "\n").count == 3)
            let curves = try String(contentsOfFile: folder + "/out/history.svg", encoding: .utf8)
            #expect(curves.hasPrefix("<svg") && curves.hasSuffix("</svg>\n"))
            let weights = try Safetensors.read(folder + "/out/weights.safetensors")
            #expect(weights["conv2d_1/kernel"]?.shape == [3, 3, 32, 64])
            let hash = SHA256()
            for (_, tensor) in weights.tensors { tensor.withUnsafeBytes { hash.write($0) } }
            #expect(line["weights_sha256"] == .string(hash.hexDigest()))
            #expect(outcome.output.contains("Total params: 53,002") && outcome.output.contains("Confusion matrix"))
        }
    }

    @Test func theSameBitsWithAnyNumberOfThreads() throws {
        try withFolder { folder in
            for model in ["cnn", "mlp"] {
                let arguments = ["--data", "digits", "--limit", "150", "--epochs", "1", "--json", "--model", model]
                let digests = try [1, 2, 5, 2].map {
                    try JSONValue(parsing: demo(arguments, threads: $0, to: folder).lastLine).string("weights_sha256")
                }
                #expect(Set(digests).count == 1)
                let other = try demo(arguments + ["--seed", "1"], to: folder)
                #expect(try JSONValue(parsing: other.lastLine).string("weights_sha256") != digests[0])
            }
        }
    }

    @Test func theSameBitsWithAnyNumberOfReplicas() throws {
        try withFolder { folder in
            for model in ["cnn", "mlp"] {
                let arguments = ["--data", "digits", "--limit", "150", "--epochs", "1", "--json", "--model", model]
                let digests = try [1, 2, 3, 4].map { replicas in
                    try JSONValue(parsing: demo(arguments + ["--replicas", "\(replicas)"], to: folder).lastLine)
                        .string("weights_sha256")
                }
                #expect(Set(digests).count == 1)
            }
            expectRefusal(try demo(["--data", "digits", "--replicas", "5"], to: folder), "1 to the number of shards, 4")
        }
    }

    @Test func digitsAreLearnt() throws {
        try withFolder { folder in
            let outcome = try demo(["--data", "digits", "--json"], to: folder)
            #expect(try JSONValue(parsing: outcome.lastLine).object()["test_accuracy"]!.number >= 0.97)
        }
    }

    /// A refusal: one line that says what is wrong, and nothing printed before it. The code is 1, or 64 for what an option can
    /// never be.
    func expectRefusal(
        _ outcome: Outcome, _ words: String, code: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.status == code, "\(outcome.output)\(outcome.error)", sourceLocation: sourceLocation)
        let lines = outcome.error.split(separator: "\n")
        #expect(
            lines.count == 1 && outcome.error.hasPrefix("error: "), "\(outcome.error)", sourceLocation: sourceLocation)
        #expect(outcome.error.contains(words), "\(outcome.error)", sourceLocation: sourceLocation)
        #expect(!outcome.output.contains("step"), sourceLocation: sourceLocation)
    }

    /// An error of the data or the files: code 1, and an `error:` line with some words, behind whatever else was said.
    func expectError(_ outcome: Outcome, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        expectEnd(outcome, code: 1, words, sourceLocation)
    }

    /// A wrong call: code 64, and an `error:` line with some words, behind whatever else was said.
    func expectWrongCall(_ outcome: Outcome, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        expectEnd(outcome, code: 64, words, sourceLocation)
    }

    private func expectEnd(_ outcome: Outcome, code: Int32, _ words: [String], _ location: SourceLocation) {
        #expect(outcome.status == code, "\(outcome.output)\(outcome.error)", sourceLocation: location)
        let last = outcome.error.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("error: "), "\(outcome.error)", sourceLocation: location)
        for word in words { #expect(last.contains(word), "\(word): \(outcome.error)", sourceLocation: location) }
    }

    @Test(arguments: [
        (["--epochs", "0"], "--epochs"), (["--epochs=-3"], "--epochs"), (["--batch-size", "0"], "--batch-size"),
        (["--limit", "0"], "--limit"), (["--learning-rate", "0"], "--learning-rate"),
        (["--learning-rate", "nan"], "--learning-rate"), (["--data", "/nowhere/at/all"], "/nowhere/at/all"),
    ])
    func wrongNumbers(_ arguments: [String], _ words: String) throws {
        try withFolder { expectRefusal(try demo(arguments, to: $0), words, code: arguments[0] == "--data" ? 1 : 64) }
    }

    @Test func outputThatCannotBeWritten() throws {
        try withFolder { folder in
            try Data().write(to: URL(fileURLWithPath: folder + "/out"))
            expectRefusal(try demo(["--data", "digits"], to: folder), "a file is in its place")
            try FileManager.default.createDirectory(
                atPath: folder + "/b/out/weights.safetensors", withIntermediateDirectories: true)
            expectRefusal(try demo(["--data", "digits"], to: folder + "/b"), "Received a folder")
            expectRefusal(try demo(["--data", "digits"], to: "/proc"), "Expected a folder")
        }
    }

    @Test func usageErrorsKeepTheirCode() throws {
        #expect(try run(["demo", "--model", "tree"]).status == 64)
        #expect(try run(["demo", "--epochs", "many"]).status == 64)
        #expect(try run(["--version"]).output == "\(Settings.version)\n")
        #expect(try run([]).output.contains("martlet demo --data digits"))
    }

    @Test func doctorSaysWhatThereIs() throws {
        let outcome = try run(["doctor", "--json"], environment: ["MARTLET_NUM_THREADS": "3"])
        let report = try JSONValue(parsing: outcome.lastLine).object()
        #expect(report["threads"] == 3 && report["openblas_threads"] == 1)
        #expect(report["martlet"] == .string(Settings.version))
        #expect(try run(["doctor"]).output.contains("OpenBLAS core"))
        #expect(report["failures"] == [] && report["products_checked"] == 64)
        for (value, expected) in [("keep", "keep"), ("flush", "flush"), ("some", "flush")] {
            let line = try run(["doctor", "--json"], environment: ["MARTLET_DENORMALS": value]).lastLine
            #expect(try JSONValue(parsing: line).object()["denormals"] == .string(expected))
        }
    }
}

extension JSONValue {
    fileprivate var number: Double {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: .nan
        }
    }
}
