import Foundation
import TestSupport
import Testing

import MartletTuner

@Suite(.ownSession) struct JournalTests {
    /// The studies of a journal of Optuna's are what Optuna reads in it.
    @Test(arguments: ["digits ü", "two"]) func optunasJournal(_ name: String) throws {
        try withFolder { folder in
            let path = folder + "/optuna.journal"
            try FileManager.default.copyItem(atPath: fixture("optuna.journal"), toPath: path)
            let before = lines(of: path)
            let study = try Study.load(name, from: .journal(path))
            let expected = try fixtureJSON("optuna.json").object(.key(name))
            let trials = try study.trials
            #expect(study.directions.map(\.rawValue) == [Int](json: expected["directions"]!))
            #expect(try JSONValue.object(study.userAttributes) == expected["user"])
            let wanted = try JSONValue.object(expected).array("trials")
            #expect(trials.count == wanted.count)
            for (trial, json) in zip(trials, wanted) {
                #expect(try trial.number == json.int("number"))
                #expect(try trial.state.rawValue == json.int("state"))
                #expect(try trial.values == json.valueIfPresent(at: ["values"]))
                #expect(try JSONValue.object(trial.userAttributes) == .object(json.object("user")))
                let reports = try json.object("intermediate").map { (Int($0.key)!, Double(json: $0.value)!) }
                #expect(reports.count == trial.intermediateValues.count)
                for (step, value) in reports {
                    let read = try #require(trial.intermediateValues[step])
                    #expect(read == value || (read.isNaN && value.isNaN))
                }
                #expect(trial.params.count == trial.parameters.count)
                for (key, value) in try json.object("params") {
                    let parameter = try #require(trial.parameter(key))
                    #expect(parameter.value == value || Double(json: parameter.value) == Double(json: value))
                    #expect(try parameter.distribution == Distribution(text: json.string("distributions", .key(key))))
                }
                for (key, value) in try json.object("constraints") { #expect(trial.constraints[key] == Double(json: value)) }
            }
            let best = name == "two" ? try study.bestTrials : [try study.bestTrial].compactMap { $0 }
            #expect(best.map(\.number) == [Int](json: expected["best"]!))
            // What was there stays, to the byte.
            #expect(Array(lines(of: path).prefix(before.count)) == before)
        }
    }

    /// Distributions are written as Optuna writes them, to the byte.
    @Test func distributionsAsOptunas() throws {
        for line in lines(of: fixture("optuna.journal")) {
            let json = try JSONValue(parsing: line)
            guard case .string(let text)? = json["distribution"] else { continue }
            let made = try Distribution(text: text).text
            #expect(made == text)
        }
    }

    /// Optuna's queue and its unfinished study go on.
    @Test func continuesOptunasStudy() throws {
        try withFolder { folder in
            let path = folder + "/optuna.journal"
            try FileManager.default.copyItem(atPath: fixture("optuna.journal"), toPath: path)
            let study = try Study.load("digits ü", from: .journal(path), seed: 4)
            var first: Int?
            try study.optimize(trials: 14) { trial in
                let units = try trial.int("units", 32...500, step: 32)
                if first == nil { first = units }
                return Double(units) + (try trial.float("drop", 0...0.5, step: 0.1))
            }
            let trials = try study.trials
            #expect(first == 96)
            #expect(trials.count == 14)
            // The trial that Optuna left running may run elsewhere.
            #expect(trials.filter { $0.state == .running }.map(\.number) == [9])
            #expect(trials[10...].allSatisfy { $0.state == .complete })
        }
    }

    /// A study whose process ended anywhere ends with the trials and values of one that went straight on.
    @Test(arguments: [0, 2]) func goesOnAnywhere(_ lookahead: Int) throws {
        try withFolder { folder in
            let whole = folder + "/whole.journal"
            func run(_ path: String) throws -> [Outcome] {
                let study = try Study(
                    "s", sampler: TPESampler(startupTrials: 4), pruner: MedianPruner(startupTrials: 3),
                    storage: .journal(path), existing: .load, seed: 7, lookahead: lookahead)
                try study.optimize(trials: 12, mixedObjective)
                return try study.trials.map(Outcome.init)
            }
            let expected = try run(whole)
            #expect(Set(expected.map(\.state)) == [.complete, .pruned])
            let all = lines(of: whole)
            let number = TrialNumbers(all)
            for count in stride(from: 0, to: all.count, by: 5) {
                let path = folder + "/cut.journal"
                try write(all.prefix(count), to: path)
                if count == 0 { try Data().write(to: URL(fileURLWithPath: path)) }
                // A torn line, too.
                if count % 2 == 0 {
                    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                    try handle.seekToEnd()
                    try handle.write(contentsOf: Data(all[count].utf8.prefix(all[count].utf8.count / 2)))
                    try handle.close()
                }
                #expect(try run(path) == expected, "cut after line \(count), in trial \(number.last(count))")
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    private struct TrialNumbers {
        let lines: [String]
        init(_ lines: [String]) { self.lines = lines }
        func last(_ count: Int) -> Int { lines.prefix(count).count { $0.contains("\"op_code\": 4") } - 1 }
    }

    /// Several studies on one file, as of several processes, write whole lines and run every trial once.
    @Test func sharedFile() throws {
        try withFolder { folder in
            let path = folder + "/shared.journal"
            _ = try Study("s", sampler: RandomSampler(), storage: .journal(path), seed: 1)
            let group = DispatchGroup()
            let errors = Guarded<[String]>([])
            for _ in 0..<3 {
                group.enter()
                Thread.detachNewThread {
                    defer { group.leave() }
                    do {
                        let study = try Study.load("s", from: .journal(path), sampler: RandomSampler(), pruner: NopPruner())
                        try study.optimize(trials: 30, mixedObjective)
                    } catch {
                        errors.withLock { $0.append("\(error)") }
                    }
                }
            }
            group.wait()
            #expect(errors.withLock { $0 } == [])
            let trials = try Study.load("s", from: .journal(path)).trials
            #expect(trials.map(\.number) == Array(0..<30))
            #expect(trials.allSatisfy { $0.state == .complete && $0.intermediateValues.count == 6 })
            #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
        }
    }

    /// A lock that a killed process left is taken away after the grace period.
    @Test(arguments: [StudyStorage.Lock.symbolicLink, .exclusiveFile]) func staleLock(_ kind: StudyStorage.Lock) throws {
        try withFolder { folder in
            let path = folder + "/a.journal"
            symlink("a.journal", path + ".lock")
            let study = try Study(storage: .journal(path, lock: kind, gracePeriod: 0.05), seed: 1)
            try study.optimize(trials: 1) { try $0.float("x", 0...1) }
            #expect(try study.trials.count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.journal"])
        }
    }

    @Test func badFiles() throws {
        try withFolder { folder in
            let path = folder + "/bad.journal"
            for (text, part) in [
                ("{}\n", "worker_id"), ("no\n", "Line 1"), (#"{"op_code": 4, "worker_id": "a"}"# + "\n", "study_id"),
                (#"{"op_code": 0, "worker_id": "a", "study_name": "s", "directions": [7]}"# + "\n", "directions"),
                (#"{"op_code": 0, "worker_id": "a", "study_name": "s", "directions": []}"# + "\n", "direction"),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                expectError(part, "bad.journal") { try StudyStorage.journal(path).studyNames() }
            }
            expectError("nowhere") { try StudyStorage.journal(folder + "/nowhere/a.journal").studyNames() }
            expectError("\"b\"") { try Study.load("b", from: .memory) }
        }
    }

    /// What is no journal stays as it is, to the byte, and nothing waits for a pipe.
    @Test(arguments: ["notes", "no end of a line {", "{\"a\": 1}", "{\"op_code\"=", "\u{93}NUMPY"])
    func otherFiles(_ text: String) throws {
        try withFolder { folder in
            let path = folder + "/notes.txt"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            expectError("journal of Optuna's", "notes.txt") { try Study("s", storage: .journal(path), existing: .load) }
            #expect(FileManager.default.contents(atPath: path) == Data(text.utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["notes.txt"])
            expectError("a folder") { try StudyStorage.journal(folder).studyNames() }
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            expectError("a pipe") { try StudyStorage.journal(folder + "/pipe").studyNames() }
            expectError("a device") { try StudyStorage.journal("/dev/null").studyNames() }
        }
    }

    /// Damaged journals give a study or an error.
    @Test func damagedFiles() throws {
        try withFolder { folder in
            let original = Array(FileManager.default.contents(atPath: fixture("optuna.journal"))!.prefix(1500))
            let counts = fuzz(original) { bytes in
                let path = folder + "/fuzz.journal"
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                let storage = StudyStorage.journal(path)
                for name in try storage.studyNames() { _ = try Study.load(name, from: storage).trials.map(\.params) }
                return 0
            }
            #expect(counts.refused > 0)
        }
    }

    /// Numbers that stand for no value are refused, and those that are only outside of their range, as Optuna's queue allows,
    /// are in the page of the study.
    @Test(arguments: [
        ("FloatDistribution", "NaN", false), ("FloatDistribution", "1e999", false), ("FloatDistribution", "1e300", true),
        ("FloatDistribution", "-7.5", true), ("IntDistribution", "NaN", false), ("IntDistribution", "1e300", false),
        ("IntDistribution", "-9e15", true), ("CategoricalDistribution", "2", false), ("CategoricalDistribution", "-1", false),
        ("CategoricalDistribution", "NaN", false), ("CategoricalDistribution", "1", true),
    ]) func numbersWithoutAMeaning(_ kind: String, _ number: String, _ isRead: Bool) throws {
        try withFolder { folder in
            let path = folder + "/a.journal"
            let attributes = kind == "CategoricalDistribution" ? #"{\"choices\": [1, 2]}"# : #"{\"low\": 1, \"high\": 9}"#
            let distribution = #"{\"name\": \"\#(kind)\", \"attributes\": \#(attributes)}"#
            var lines = [#"{"op_code": 0, "worker_id": "a", "study_name": "s", "directions": [1]}"#]
            for trial in 0..<4 {
                lines += [
                    #"{"op_code": 4, "worker_id": "a", "study_id": 0}"#,
                    #"{"op_code": 5, "worker_id": "a", "trial_id": \#(trial), "param_name": "p", "param_value_internal": "#
                        + #"\#(trial == 2 ? number : "1"), "distribution": "\#(distribution)"}"#,
                    #"{"op_code": 6, "worker_id": "a", "trial_id": \#(trial), "state": 1, "values": [\#(trial)]}"#,
                ]
            }
            try FileIO.write(lines.joined(separator: "\n") + "\n", to: path)
            guard isRead else {
                return expectError("Line 9", "\"p\"", kind) { try Study.load("s", from: .journal(path)).trials }
            }
            let study = try Study.load("s", from: .journal(path))
            #expect(try study.trials[2].parameter("p")?.number == Double(number))
            try study.report(to: folder + "/page.html")
            for sampler in [TPESampler(), GPSampler(), CmaEsSampler()] as [any Sampler] {
                let further = try Study("s", sampler: sampler, storage: .journal(path), existing: .load)
                try further.optimize(trials: 1) { trial in
                    switch kind {
                    case "FloatDistribution": try trial.float("p", 1...9)
                    case "IntDistribution": Double(try trial.int("p", 1...9))
                    default: Double(try trial.choice("p", [1, 2]))
                    }
                }
            }
        }
    }
}
