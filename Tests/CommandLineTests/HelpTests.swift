import Foundation
import MartletFormats
import TestSupport
import Testing

/// Help and wrong options, as a person reads them.
extension CommandLineTests {
    static let commands = [
        "summary", "predict", "evaluate", "fit", "tune", "export", "import", "data", "watch", "report", "logs", "run", "demo",
        "doctor",
    ]

    /// An example that were wrapped at 80 characters could not be copied.
    @Test(arguments: CommandLineTests.commands) func examplesAreWhole(command: String) throws {
        let outcome = try run(["help", command])
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0 == "Examples:" || $0 == "Example:" }) else { return }
        let examples = lines[(start + 1)...].prefix { !$0.isEmpty }
        #expect(!examples.isEmpty)
        for line in examples { #expect(line.hasPrefix("  ") && line.count <= 80, "\(line)") }
    }

    @Test(arguments: CommandLineTests.commands) func defaultsAreSaidOnce(command: String) throws {
        let text = try run(["help", command]).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for option in text.components(separatedBy: " --") {
            #expect(option.components(separatedBy: "(default:").count <= 2, "\(option)")
        }
    }

    static let negative = [
        ["fit", "m.keras", "--x", "x.npy", "--y", "y.npy", "--learning-rate", "-1"],
        ["fit", "m.keras", "--x", "x.npy", "--y", "y.npy", "--epochs", "-1"],
        ["fit", "m.keras", "--x", "x.npy", "--y", "y.npy", "--validation-split", "-0.5"],
        ["predict", "m.keras", "--x", "x.npy", "--batch-size", "-2"],
    ]

    /// A negative number is a value that is out of range, not another option.
    @Test(arguments: CommandLineTests.negative) func negativeNumbersAreValues(arguments: [String]) throws {
        let outcome = try run(arguments)
        #expect(outcome.status != 0 && !outcome.error.contains("Missing value"), "\(outcome.error)")
    }

    @Test func whatIsNoModelIsNamed() throws {
        try withFolder { folder in
            try FileIO.write(Array("text".utf8), to: "\(folder)/a.txt")
            for (path, word) in [
                ("\(folder)/a.txt", "another file"), (folder, "another folder"), ("\(folder)/no", "nothing is"),
                ("\(folder)/no.tflite", "nothing is"),
            ] {
                let outcome = try run(["summary", path])
                #expect(outcome.status == 1 && outcome.error.contains(".onnx") && outcome.error.contains(word), "\(outcome.error)")
            }
        }
    }
}
