import ArgumentParser
import Foundation
import Martlet

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-bench",
        abstract: "Times a training step, a prediction or an eager gradient by the rules of the peers' runner.")

    @Option(help: "Which workload; --list names them.") var workload: String?
    @Option(help: "Threads; all usable cores when not given.") var threads: Int?
    @Option(help: "Timed steps at most (default: 1000), or profiled steps (default: 20).") var steps: Int?
    @Option(help: "Seconds after which timing ends, from 20 steps on.") var seconds = 3.0
    @Flag(help: "One line of JSON.") var json = false
    @Flag(help: "Names the workloads.") var list = false
    @Flag(help: "Prints the time of each op beside the machine's ceilings, in place of the step times.") var profile = false
    @Option(help: "How --profile puts ops together.") var by = Profile.Grouping.shapes
    @Option(help: "With --profile: writes a Chrome trace to this file.") var trace: String?

    private static let quadratics = ["custom_quadratic", "custom_quadratic_grad"]
    /// What gives a table of many measurements.
    private static let tables = ["ops", "scaling", "overhead"]

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads: expected 1 to 256. Received: \(threads).")
        }
        if let steps, steps < 1 { throw ValidationError("--steps: expected at least 1. Received: \(steps).") }
        if !(seconds > 0) { throw ValidationError("--seconds: expected more than 0. Received: \(seconds).") }
        if trace != nil, !profile { throw ValidationError("--trace: expected --profile with it.") }
        if profile, json { throw ValidationError("--json: --profile prints a table; leave one of the two out.") }
    }

    func run() throws {
        _ = Clock.programStart
        let names = Workload.training.map(\.name) + Workload.prediction.map(\.name) + Self.quadratics + Self.tables
        if list {
            print(names.joined(separator: "\n"))
            return
        }
        guard let workload else { throw ValidationError("Expected --workload NAME or --list.") }
        guard names.contains(workload) else {
            throw ValidationError("Expected a workload among \(names.joined(separator: ", ")). Received: \(workload).")
        }
        if let threads { Settings.threadCount = threads }
        setRandomSeed(0)
        if profile { return try printProfile(of: workload) }
        let report: Report
        switch workload {
        case "ops": report = Operations(seconds: seconds).report()
        case "scaling": report = try Scaling.steps(seconds: seconds)
        case "overhead": report = Scaling.overhead()
        default: report = try Clock(steps: steps ?? 1000, seconds: seconds).report(subject(workload))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = json ? [.sortedKeys] : [.sortedKeys, .prettyPrinted]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    private func subject(_ name: String) throws -> Subject {
        if let found = Workload.training.first(where: { $0.name == name }) { return try .training(found) }
        if let found = Workload.prediction.first(where: { $0.name == name }) { return try .prediction(found) }
        if name == "ops" { return Operations(seconds: seconds).subject() }
        return .quadratic(name, updates: name == "custom_quadratic")
    }

    private func printProfile(of workload: String) throws {
        if ["scaling", "overhead"].contains(workload) {
            throw ValidationError("--profile: expected a workload of steps or ops. Received: \(workload).")
        }
        let subject = try subject(workload)
        let count = steps ?? 20
        let result = try Profiler.profile { for number in 0..<count { try subject.call(number) } }
        let milliseconds = (result.duration * 1e3 / Double(count * subject.stepsPerCall)).rounded(to: 4)
        print("\(workload): \(count * subject.stepsPerCall) steps of \(milliseconds) ms\n")
        print(result.table(by: by))
        if let trace { try result.writeChromeTrace(to: trace) }
    }
}

extension Profile.Grouping: ExpressibleByArgument {}
