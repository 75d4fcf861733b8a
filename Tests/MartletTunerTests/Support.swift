import Foundation
import MartletTuner

/// A fixture that Optuna made: scripts/make-tuner-fixtures.py.
func fixture(_ name: String) -> String { Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)").path }

func fixtureJSON(_ name: String) -> JSONValue {
    try! JSONValue(parsing: Array(FileManager.default.contents(atPath: fixture(name))!))
}

/// What a trial has become, without times.
struct Outcome: Equatable, CustomStringConvertible {
    let state: TrialState
    let values: [Double]?
    let parameters: [String: Double]
    let reports: [Int: Double]

    init(_ trial: FrozenTrial) {
        state = trial.state
        values = trial.values
        parameters = Dictionary(uniqueKeysWithValues: trial.parameters.map { ($0.name, $0.number) })
        reports = trial.intermediateValues
    }

    var description: String { "\(state) \(values ?? []) \(parameters.sorted { $0.key < $1.key }) \(reports.count)" }
}

/// An objective with every kind of parameter, a condition and reports.
func mixedObjective(_ trial: Trial) throws -> Double {
    let x = try trial.float("x", -5...5)
    let units = try trial.int("units", 8...64, step: 8)
    let rate = try trial.float("rate", 1e-4...1, log: true)
    var loss = x * x + abs(Double(units) - 32) / 32 + abs(log10(rate) + 2)
    if try trial.choice("kind", ["a", "b"]) == "b" { loss += try trial.float("only b", 0...1, step: 0.25) }
    for step in 1...6 {
        try trial.report(loss + 3 / Double(step), step: step)
        if try trial.shouldPrune { throw TrialPruned() }
    }
    return loss
}

/// Writes lines to a file.
func write(_ lines: some Sequence<String>, to path: String) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
}

func lines(of path: String) -> [String] {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init)
}
