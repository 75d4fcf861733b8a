import Foundation
import MartletFormats

/// The folder of a run: what `RunRecorder` and the commands leave there.
public struct RunFolder: Sendable {
    /// The folder.
    public let path: String

    /// Names a folder, which need not exist.
    public init(_ path: String) { self.path = path }

    private func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

    /// What does not change during the run: settings, data, versions, summary and diagram of the model.
    public var description: String { file("run.json") }
    /// What was measured during the run, one JSON object a line.
    public var records: String { file("records.jsonl") }
    /// Where the time of a step goes.
    public var profile: String { file("profile.json") }
    /// What the trained model says of samples.
    public var evaluation: String { file("evaluation.json") }
    /// The logs of the epochs, `{name: [value of each epoch]}`.
    public var historyJSON: String { file("history.json") }
    /// The logs of the epochs as a table.
    public var historyCSV: String { file("history.csv") }
    /// The trained model.
    public var model: String { file("model.keras") }
    /// The folder of the checkpoints from which `--resume` goes on.
    public var checkpoints: String { file("checkpoints") }
    /// The folder for event files, which TensorBoard reads.
    public var events: String { file("events") }
    /// The report.
    public var report: String { file("report.html") }

    /// The files that a run writes, but for checkpoints and events.
    package var files: [String] {
        [description, records, profile, evaluation, historyJSON, historyCSV, model, report]
    }

    /// Whether a run was recorded here.
    public var exists: Bool { FileManager.default.fileExists(atPath: description) }

    /// The folder's own name.
    var name: String { (URL(fileURLWithPath: path).standardizedFileURL.path as NSString).lastPathComponent }
}

extension Double {
    /// With five significant digits, so that records are short.
    var recorded: JSONValue { .double(isFinite && self != 0 ? rounded(digits: 5) : self) }

    /// The number nearest to a decimal number of so many digits.
    private func rounded(digits: Int) -> Double {
        // Up to 10^22 powers of ten are exact, and the quotient or product of two exact numbers is the nearest one.
        let exponent = digits - 1 - Int(log10(magnitude).rounded(.down))
        guard abs(exponent) <= 22 else { return Double(String(format: "%.\(digits)g", self)) ?? self }
        let power = pow(10, Double(abs(exponent)))
        return exponent < 0 ? (self / power).rounded() * power : (self * power).rounded() / power
    }
}
