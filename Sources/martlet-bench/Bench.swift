import ArgumentParser
import Foundation
import Martlet
import MartletDistributed

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-bench",
        abstract: "Times a training step, a prediction or an eager gradient, by the same rules as the peers' runner.")

    @Option(help: "The workload; --list prints their names.") var workload: String?
    @Option(help: "The number of threads (default: all usable cores).") var threads: Int?
    @Option(help: "The most timed steps (default: 1000), or the profiled steps (default: 20).") var steps: Int?
    @Option(help: "Seconds after which timing ends; at least 20 steps are timed.") var seconds = 3.0
    @Option(help: "For pipe_...: the folder with the files that pipelines.py --make writes.") var data: String?
    @Option(help: "For pipe_...: the threads that make elements.") var workers = 1
    @Option(help: "For pipe_...: the timed epochs.") var epochs = 3
    @Flag(help: "Prints one line of JSON.") var json = false
    @Flag(help: "Prints the names of the workloads.") var list = false
    @Flag(help: "Prints the time of each op and the machine's ceilings instead of step times.") var profile = false
    @Option(help: "How --profile groups ops.") var by = Profile.Grouping.shapes
    @Option(help: "With --profile: writes a Chrome trace to this file.") var trace: String?

    /// In the ranks of a job (`mpirun -n 2 martlet-bench ...`) these train a workload together, each on its part of the batch.
    private func strategy() throws -> MultiWorkerMirroredStrategy? {
        guard let ranks = MultiWorkerMirroredStrategy.ranksOfJob else { return nil }
        guard let workload, Workload.training.contains(where: { $0.name == workload }), !profile else {
            throw ValidationError("Expected a training workload, without --profile, in a job of ranks.")
        }
        return try MultiWorkerMirroredStrategy(shards: ranks)
    }

    private static let quadratics = ["custom_quadratic", "custom_quadratic_grad"]
    /// Workloads that give a table of many measurements.
    private static let tables = ["ops", "scaling", "overhead", "callbacks", "callbacks_long", "pipeline_step"]

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads: expected 1 to 256. Received: \(threads).")
        }
        if let steps, steps < 1 { throw ValidationError("--steps: expected at least 1. Received: \(steps).") }
        for (name, value) in [("workers", workers), ("epochs", epochs)] where value < 1 {
            throw ValidationError("--\(name): expected at least 1. Received: \(value).")
        }
        if !(seconds > 0) { throw ValidationError("--seconds: expected more than 0. Received: \(seconds).") }
        if trace != nil, !profile { throw ValidationError("--trace: expected --profile with it.") }
        if profile, json { throw ValidationError("--json: --profile prints a table. Use only one of the two.") }
    }

    func run() throws {
        _ = Clock.programStart
        let names = Workload.training.map(\.name) + Workload.prediction.map(\.name) + Self.quadratics + Self.tables
            + Pipe.allCases.map(\.rawValue)
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
        if let strategy = try strategy() {
            // All ranks take the same number of steps.
            let clock = Clock(steps: steps ?? 200, seconds: .infinity)
            let report = try strategy.scope { try clock.report(subject(workload)) }
            if strategy.isChief { try output(report) }
            return
        }
        if let pipe = Pipe(rawValue: workload) {
            guard let data else { throw ValidationError("Expected --data FOLDER for a pipe.") }
            if profile { return try print(pipe.profile(folder: data, workers: workers, epochs: epochs).pipelineTable()) }
            return try output(pipe.report(folder: data, workers: workers, epochs: epochs))
        }
        if profile { return try printProfile(of: workload) }
        let report: Report
        switch workload {
        case "ops": report = Operations(seconds: seconds).report()
        case "scaling": report = try Scaling.steps(seconds: seconds)
        case "overhead": report = Scaling.overhead()
        case "callbacks": report = try CallbackCosts.report(steps: steps ?? 20_000)
        case "callbacks_long": report = try CallbackCosts.longReport(steps: steps ?? 100_000)
        case "pipeline_step": report = try PipelineCost.report(steps: steps ?? 6_000)
        default: report = try Clock(steps: steps ?? 1000, seconds: seconds).report(subject(workload))
        }
        try output(report)
    }

    private func output(_ report: some Encodable) throws {
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
        if Self.tables.contains(workload), workload != "ops" {
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
