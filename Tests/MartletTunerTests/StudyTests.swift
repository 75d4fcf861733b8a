import Foundation
import TestSupport
import Testing

import MartletTuner

@Suite(.ownSession) struct StudyTests {
    /// Any number of workers has the same trials, whatever time each takes.
    @Test(arguments: ["tpe", "random", "quasi-random", "nsga", "gp"]) func workers(_ name: String) throws {
        let samplers: [String: any Sampler] = [
            "tpe": TPESampler(startupTrials: 5), "random": RandomSampler(), "quasi-random": QuasiRandomSampler(),
            "nsga": NSGAIISampler(populationSize: 5), "gp": GPSampler(startupTrials: 5),
        ]
        func run(_ workers: Int) throws -> [Outcome] {
            let study = try Study(
                sampler: samplers[name], pruner: SuccessiveHalvingPruner(minResource: 1, reductionFactor: 2), seed: 3,
                lookahead: 3)
            try study.optimize(trials: 24, workers: workers, dividesThreads: false) { trial in
                usleep(UInt32((trial.number * 7919) % 5) * 400)
                return try mixedObjective(trial)
            }
            return try study.trials.map(Outcome.init)
        }
        let expected = try run(1)
        #expect(Set(expected.map(\.state)) == [.complete, .pruned])
        #expect(try run(2) == expected)
        #expect(try run(4) == expected)
        expectError("lookahead: 4") { try run(5) }
    }

    /// Every value is in its range and on its steps; logarithms are spread evenly.
    @Test(arguments: ["tpe", "random", "quasi-random"]) func ranges(_ name: String) throws {
        let samplers: [String: any Sampler] = [
            "tpe": TPESampler(), "random": RandomSampler(), "quasi-random": QuasiRandomSampler(),
        ]
        let sampler = samplers[name]!
        let study = try Study(sampler: sampler, seed: 5)
        try study.optimize(trials: 60) { trial in
            #expect(try [3, 7, 11].contains(trial.int("step", 3...13, step: 4)))
            #expect(try (1...100).contains(trial.int("log", 1...100, log: true)))
            #expect(try (1e-4...1).contains(trial.float("rate", 1e-4...1, log: true)))
            let tenth = try trial.float("tenth", 0...0.95, step: 0.1)
            #expect(abs(tenth * 10 - (tenth * 10).rounded()) < 1e-9 && tenth >= 0 && tenth <= 0.9)
            #expect(try trial.int("one", 4...4) == 4)
            _ = try trial.bool("flag")
            return try trial.float("x", -1...1)
        }
        guard name == "random" else { return }
        let rates = try study.trials.compactMap { $0.value("rate", as: Double.self) }
        // Half of them below the middle of the logarithm, with four standard deviations.
        #expect(abs(rates.count { $0 < 1e-2 } - 30) < 16)
    }

    /// Halton's sequence: of the first 27 points of the second axis, each third, ninth and 27th holds as many.
    @Test func quasiRandomIsEven() {
        let halton = Halton(3, TrialRandom(seed: 1, trial: 0, purpose: "test"))
        for (axis, base) in [2, 3, 5].enumerated() {
            let count = base * base * base
            let cells = (0..<count).map { Int(halton.point($0)[axis] * Double(count)) }
            #expect(Set(cells).count == count)
        }
    }

    @Test func grid() throws {
        let study = try Study(sampler: GridSampler(["a": [1, 2, 3], "b": ["x", "y"]]), seed: 1)
        try study.optimize(trials: 100) { trial in
            Double(try trial.int("a", 1...5)) + (try trial.choice("b", ["y", "x"]) == "x" ? 0 : 10)
        }
        #expect(try study.trials.compactMap(\.value) == [1, 11, 2, 12, 3, 13])
    }

    @Test func queue() throws {
        let study = try Study(sampler: RandomSampler(), seed: 1)
        try study.enqueue(["x": 0.25], userAttributes: ["by": "hand"])
        try study.enqueue(["x": 0.25], skipsKnown: true)
        try study.enqueue(["x": 7])
        var seen: [Double] = []
        try study.optimize(trials: 3, continuesAfterErrors: true) { trial in
            seen.append(try trial.float("x", 0...1))
            return seen.last! + (try trial.float("y", 0...1))
        }
        let trials = try study.trials
        #expect(seen.first == 0.25)
        #expect(trials.map(\.state) == [.complete, .fail, .complete])
        #expect(trials[0].userAttributes["by"] == "hand")
    }

    @Test func askAndTell() throws {
        let study = try Study(directions: [.minimize, .maximize], seed: 2)
        for value in [1.0, 2, 3] {
            let trial = try study.ask()
            _ = try trial.float("x", 0...10)
            try study.tell(trial, [value, value == 2 ? 0 : value])
        }
        #expect(try study.bestTrials.map(\.number) == [0, 2])
        let trial = try study.ask()
        expectError("one objective") { try trial.report(1, step: 0) }
        expectError("2 objectives") { try study.tell(trial, 1) }
        try study.tell(trial, [.nan, 1])
        expectError("has not ended") { try study.tell(trial, [1, 1]) }
        #expect(try study.trials.last!.state == .fail)
        expectError("bestTrials") { try study.bestTrial }
    }

    /// The best trial keeps all constraints.
    @Test func constraints() throws {
        let study = try Study(direction: .maximize, seed: 3)
        try study.optimize(trials: 40) { trial in
            let x = try trial.float("x", 0...10)
            try trial.setConstraint("at most 6", x - 6)
            return x
        }
        let best = try #require(try study.bestTrial)
        #expect(best.value! <= 6 && best.value! > 5)
        #expect(best.constraints["at most 6"]! <= 0)
        // TPE looks near the border of what keeps them. Of random ones four in ten would be there.
        #expect(try study.trials.suffix(20).count { (4...8).contains($0.value!) } > 12)
    }

    @Test func errors() throws {
        let study = try Study(seed: 1)
        let trial = try study.ask()
        _ = try trial.int("n", 1...4)
        expectError("\"n\"", "one distribution") { try trial.float("n", 0...1) }
        expectError("step of at least 1") { try trial.int("m", 1...4, step: 0) }
        expectError("above 0") { try trial.float("r", 0...1, log: true) }
        expectError("no step") { try trial.float("r", 1...2, log: true, step: 0.5) }
        expectError("finite") { try trial.float("r", 0...Double.infinity) }
        expectError("at least one choice") { try trial.choice("c", [String]()) }
        expectError("once") { try trial.choice("c", ["a", "a"]) }
        expectError("at least 0") { try trial.report(1, step: -1) }
        try study.tell(trial, 1)
        let next = try study.ask()
        expectError("trial 0", "\"n\"") { try next.choice("n", ["a"]) }
        _ = try next.int("n", 2...9)
        struct Broken: Error {}
        #expect(throws: Broken.self) { try study.optimize(trials: 4) { _ in throw Broken() } }
        #expect(try study.trials.map(\.state) == [.complete, .running, .fail])
        expectError("direction") { try Study(directions: []) }
        expectError("lookahead") { try Study(lookahead: -1) }
    }

    @Test func reopening() throws {
        try withFolder { folder in
            let storage = StudyStorage.journal(folder + "/a.journal")
            _ = try Study("a", storage: storage, seed: 8, lookahead: 1)
            expectError("no study has") { try Study("a", storage: storage) }
            #expect(try Study("a", storage: storage, existing: .load).seed == 8)
            expectError("8", "seed") { try Study("a", storage: storage, existing: .load, seed: 9) }
            expectError("1", "lookahead") { try Study.load("a", from: storage, lookahead: 0) }
            expectError("directions") { try Study("a", direction: .maximize, storage: storage, existing: .load) }
            expectError("\"a\"") { try Study.load("b", from: storage) }
            try Study("b", storage: storage).delete()
            #expect(try storage.studyNames() == ["a"])
        }
    }

    /// Trials that `fit` runs draw from streams of their own, and pruned ones end.
    @Test func prunedTraining() throws {
        let x = Tensor((0..<64).map { Double($0) / 64 }, shape: [64, 1])
        let y = x * 3 - 1
        func run() throws -> [Outcome] {
            let study = try Study(
                sampler: RandomSampler(), pruner: SuccessiveHalvingPruner(minResource: 1, reductionFactor: 2), seed: 4)
            try study.optimize(trials: 6) { trial in
                let model = Sequential([InputLayer([1]), Dense(1)])
                try model.compile(optimizer: SGD(learningRate: trial.float("rate", 1e-4...1, log: true)), loss: "mse")
                let history = try model.fit(
                    x, y, epochs: 4, verbosity: .silent, callbacks: [PruningCallback(trial, monitor: "loss")])
                return history["loss"].last!
            }
            return try study.trials.map(Outcome.init)
        }
        let outcomes = try run()
        #expect(outcomes == (try run()))
        for outcome in outcomes {
            let steps = outcome.reports.keys.sorted()
            #expect(steps == Array(1...steps.count))
            #expect((outcome.state == .pruned) == (steps.count < 4))
        }
        #expect(outcomes.contains { $0.state == .pruned } && outcomes.contains { $0.state == .complete })
    }
}
