import Foundation
import TestSupport
import Testing

import MartletTuner

/// Trials that killed processes left, of this host and of others.
@Suite(.ownSession) struct AbandonedTrialTests {
    private func study(_ path: String, trials: Int) throws -> [Outcome] {
        let study = try Study(
            "s", sampler: TPESampler(startupTrials: 2), pruner: NopPruner(), storage: .journal(path), existing: .load, seed: 7)
        try study.optimize(trials: trials, mixedObjective)
        return try study.trials.map(Outcome.init)
    }

    /// A study of four trials whose last one was left in its middle.
    private func left(_ folder: String) throws -> (path: String, whole: [Outcome]) {
        let path = folder + "/a.journal"
        let whole = try study(path, trials: 4)
        let all = lines(of: path)
        let begins = all.indices.filter { all[$0].contains("\"op_code\": 4") }
        let reports = all.indices.filter { all[$0].contains("\"op_code\": 7") && $0 > begins[3] }
        let report = try #require(reports.dropFirst(2).first)
        try write(all[...report], to: path)
        return (path, whole)
    }

    /// Makes the process of a journal one of another host, which noted last that it runs `seconds` ago; never, when nil.
    private func move(_ path: String, seconds: Double?) throws {
        let time = ISO8601DateFormatter().string(from: Date().addingTimeInterval(-(seconds ?? 0)))
        let moved = lines(of: path).compactMap { line -> String? in
            if seconds == nil, line.contains("martlet:heartbeat") { return nil }
            return line.replacing(/martlet\/[^\/]*\//, with: "martlet/elsewhere/")
                .replacing(/"martlet:heartbeat": "[^"]*"/, with: "\"martlet:heartbeat\": \"\(time)\"")
        }
        try write(moved, to: path)
    }

    /// A trial of another host is run again some time after its process last noted that it runs.
    @Test(arguments: [(10.0, false), (290, false), (310, true), (100_000, true)])
    func otherHost(_ seconds: Double, _ isRun: Bool) throws {
        try withFolder { folder in
            let (path, whole) = try left(folder)
            try move(path, seconds: seconds)
            let found = try study(path, trials: 4)
            #expect(found.map(\.state) == [.complete, .complete, .complete, isRun ? .complete : .running])
            if isRun { #expect(found == whole) }
        }
    }

    /// A trial whose process never noted that it runs is left as it is, until somebody says that it was left.
    @Test func onDemand() throws {
        try withFolder { folder in
            let (path, whole) = try left(folder)
            try move(path, seconds: nil)
            #expect(try study(path, trials: 4)[3].state == .running)
            #expect(try Study.load("s", from: .journal(path)).abandonRunningTrials([0, 1]) == [])
            #expect(try Study.load("s", from: .journal(path)).abandonRunningTrials([3]) == [3])
            #expect(try study(path, trials: 4) == whole)
        }
    }

    /// A trial that Optuna left running, with its parameters.
    @Test func optunasTrial() throws {
        try withFolder { folder in
            let path = folder + "/optuna.journal"
            try FileManager.default.copyItem(atPath: fixture("optuna.journal"), toPath: path)
            let id = try Study.load("digits ü", from: .journal(path), seed: 4).trials[9].id
            let range = Distribution.int(low: 32, high: 480, step: 32).text
            let line: JSONValue = [
                "op_code": 5, "worker_id": "optuna", "trial_id": .int(id), "param_name": "units", "param_value_internal": 96.0,
                "distribution": .string(range),
            ]
            try write(lines(of: path) + [line.serialized()], to: path)
            let study = try Study.load("digits ü", from: .journal(path), sampler: RandomSampler(), seed: 4)
            #expect(try study.trials[9].state == .running)
            #expect(try study.abandonRunningTrials() == [9])
            try study.optimize(trials: 11) { Double(try $0.int("units", 32...500, step: 32)) }
            #expect(try study.trials[9].state == .complete)
            #expect(try study.trials[9].value == 96)
        }
    }

    /// What a process of this host runs stays with it, whatever is said of it.
    @Test func runningHere() throws {
        try withFolder { folder in
            let path = folder + "/a.journal"
            let first = try Study("s", sampler: RandomSampler(), storage: .journal(path), seed: 1)
            let trial = try first.ask()
            let second = try Study.load("s", from: .journal(path), sampler: RandomSampler())
            #expect(try second.abandonRunningTrials() == [])
            try second.optimize(trials: 3) { try $0.float("x", 0...1) }
            #expect(try second.trials.map(\.state) == [.running, .complete, .complete])
            try first.tell(trial, 1)
            #expect(try second.trials[0].value == 1)
        }
    }

    /// `optimize` notes again and again that a trial runs. Optuna's readers pass over it.
    @Test func heartbeats() throws {
        try withFolder { folder in
            let path = folder + "/a.journal"
            let study = try Study(
                "s", sampler: RandomSampler(), storage: .journal(path, heartbeat: 0.01, abandonedAfter: 1), seed: 1)
            func count() -> Int { lines(of: path).count { $0.contains("martlet:heartbeat") } }
            try study.optimize(trials: 1) { trial in
                let limit = Date().addingTimeInterval(60)
                while count() < 4, Date() < limit { usleep(2000) }
                return 0
            }
            let counted = count()
            #expect(counted >= 4)
            #expect(try study.trials.map(\.state) == [.complete])
            expectError("heartbeat") { try Study(storage: .journal(path, heartbeat: 2, abandonedAfter: 1)) }
        }
    }

    /// A trial during which process after process ends fails at last. New reports are a reason to try again.
    @Test(arguments: [(19, 3, TrialState.complete), (20, 3, .fail), (20, 2, .complete), (Int.max, 3, .fail)])
    func endsProcesses(_ attempts: Int, _ reports: Int, _ state: TrialState) throws {
        try withFolder { folder in
            let (path, _) = try left(folder)
            let id = lines(of: path).count { $0.contains("\"op_code\": 4") } - 1
            // No process has such a number.
            let ended = lines(of: path).map { $0.replacing(/martlet\/([^\/]*)\/\d+\//) { "martlet/\($0.1)/1999999999/" } }
            let note = #"{"op_code": 9, "worker_id": "a", "trial_id": \#(id), "system_attr": {"martlet:attempts": "#
            try write(ended + [note + "[\(attempts), \(reports)]}}"], to: path)
            let found = try study(path, trials: 5)
            #expect(found.map(\.state) == [.complete, .complete, .complete, state, .complete])
        }
    }

    /// A trial that another process ended does not end the search of the one that ran it, too.
    @Test func endedElsewhere() throws {
        try withFolder { folder in
            let path = folder + "/a.journal"
            let study = try Study("s", sampler: RandomSampler(), storage: .journal(path), seed: 1)
            var ends: [Double?] = []
            try study.optimize(trials: 2, onTrialEnd: { ends.append($0.value) }) { trial in
                if trial.number == 0 {
                    let line = #"{"op_code": 6, "worker_id": "b", "trial_id": 0, "state": 1, "values": [7.0]}"#
                    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                    try handle.seekToEnd()
                    try handle.write(contentsOf: Data((line + "\n").utf8))
                    try handle.close()
                }
                return 1
            }
            #expect(try study.trials.map(\.value) == [7, 1])
            #expect(ends == [7, 1])
        }
    }
}
