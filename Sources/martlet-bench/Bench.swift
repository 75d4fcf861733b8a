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
    @Option(help: "Timed steps at most.") var steps = 1000
    @Option(help: "Seconds after which timing ends, from 20 steps on.") var seconds = 3.0
    @Flag(help: "One line of JSON.") var json = false
    @Flag(help: "Names the workloads.") var list = false

    private static let quadratics = ["custom_quadratic", "custom_quadratic_grad"]
    private static let tables = ["ops", "scaling", "overhead"]

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads: expected 1 to 256. Received: \(threads).")
        }
        if steps < 1 { throw ValidationError("--steps: expected at least 1. Received: \(steps).") }
        if seconds <= 0 { throw ValidationError("--seconds: expected more than 0. Received: \(seconds).") }
    }

    func run() throws {
        _ = Clock.processAge
        let names = Workload.training.map(\.name) + Workload.prediction.map(\.name) + Self.quadratics + Self.tables
        if list {
            print(names.joined(separator: "\n"))
            return
        }
        guard let workload else { throw ValidationError("Expected --workload NAME or --list.") }
        if let threads { Settings.threadCount = threads }
        setRandomSeed(0)
        let clock = Clock(steps: steps, seconds: seconds)
        let report: Report
        if let found = Workload.training.first(where: { $0.name == workload }) {
            report = try clock.train(found)
        } else if let found = Workload.prediction.first(where: { $0.name == workload }) {
            report = try clock.predict(found)
        } else if Self.quadratics.contains(workload) {
            report = clock.quadratic(workload, updates: workload == "custom_quadratic")
        } else if workload == "ops" {
            report = Operations(seconds: seconds).report()
        } else if workload == "scaling" {
            report = try Scaling.steps(seconds: seconds)
        } else if workload == "overhead" {
            report = Scaling.overhead()
        } else {
            throw ValidationError(
                "Expected a workload among \(names.joined(separator: ", ")). Received: \(workload).")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = json ? [.sortedKeys] : [.sortedKeys, .prettyPrinted]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
