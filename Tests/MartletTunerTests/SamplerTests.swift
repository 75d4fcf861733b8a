import Foundation
import TestSupport
import Testing

import MartletTuner

@Suite(.ownSession) struct SamplerTests {
    /// The densities are Optuna's.
    @Test func densities() throws {
        for json in [JSONValue](json: fixtureJSON("densities.json"))! {
            let space = SearchSpace(try json.object("space").map { ($0.key, try Distribution(text: String(json: $0.value)!)) })
            let observations: [[Double]] = try json.value(at: ["observations"])
            let points: [[Double]] = try json.value(at: ["points"])
            let values: [Double] = try json.value(at: ["values"])
            let estimator = ParzenEstimator(
                observations, in: space, weights: TPESampler.weights(observations.count), widthFloor: ParzenEstimator.magicClip)
            for (point, value) in zip(points, values) {
                let density = estimator.logDensity(point)
                #expect(abs(density - value) < 1e-9 * max(1, abs(value)), "\(json["name"]!) \(point) \(density) \(value)")
            }
        }
    }

    /// A density has the integral 1, and its samples have its mean.
    @Test func densityIsOne() {
        let space = SearchSpace([("x", .float(low: -1, high: 3))])
        let estimator = ParzenEstimator([[0], [0.5], [2.5]], in: space)
        let places = (0..<4000).map { -1 + (Double($0) + 0.5) / 1000 }
        let weights = places.map { exp(estimator.logDensity([$0])) / 1000 }
        #expect(abs(weights.reduce(0, +) - 1) < 1e-6)
        let mean = zip(places, weights).reduce(0) { $0 + $1.0 * $1.1 }
        var random = TrialRandom(seed: 1, trial: 0, purpose: "test")
        let samples = (0..<4000).map { _ in estimator.sample(&random)[0] }
        #expect(samples.allSatisfy { (-1...3).contains($0) })
        #expect(abs(samples.reduce(0, +) / 4000 - mean) < 0.08)
    }

    /// Quantiles are where the cumulative distribution has their probability.
    @Test func normal() {
        for p in [1e-12, 1e-6, 0.01, 0.3, 0.5, 0.9, 0.999999] {
            #expect(abs(Normal.cumulative(Normal.quantile(p)) / p - 1) < 1e-12)
        }
        #expect(abs(Normal.quantile(0.975) - 1.959963984540054) < 1e-14)
        // From tables of log Φ, by mpmath.
        for (z, value) in [(-5.0, -15.064998393988725), (-20, -203.91715537109727), (-40, -804.6084420137538)] {
            #expect(abs(Normal.logCumulative(z) / value - 1) < 1e-12)
        }
        #expect(abs(Normal.logMass(-1, 1) - log(erf(0.5.squareRoot()))) < 1e-14)
        #expect(abs(Normal.logMass(30, 31) - Normal.logMass(-31, -30)) < 1e-12)
    }

    /// Fronts and hypervolumes are Optuna's.
    @Test func fronts() throws {
        for json in [JSONValue](json: fixtureJSON("fronts.json"))! {
            let losses: [[Double]] = try json.value(at: ["losses"])
            #expect(try ParetoFront.ranks(losses) == json.value(at: ["ranks"]))
            let volume = ParetoFront.hypervolume(losses, from: losses[0].map { _ in 1.1 })
            #expect(try abs(volume - json.double("hypervolume")) < 1e-12)
        }
    }

    /// TPE comes nearer than random search, with conditions too, and with several objectives.
    @Test func finds() throws {
        func best(_ sampler: any Sampler) throws -> Double {
            var losses: [Double] = []
            for seed in 0..<5 {
                let study = try Study(sampler: sampler, pruner: NopPruner(), seed: seed)
                try study.optimize(trials: 60, mixedObjective)
                losses.append(try study.bestValue!)
            }
            return losses.sorted()[2]
        }
        let random = try best(RandomSampler())
        #expect(try best(TPESampler()) < 0.6 * random)
        func volume(_ sampler: any Sampler) throws -> Double {
            let study = try Study(directions: [.minimize, .minimize], sampler: sampler, pruner: NopPruner(), seed: 1)
            try study.optimizeAll(trials: 100) { trial in
                let x = try (0..<4).map { try trial.float("x\($0)", 0...1) }
                let g = 1 + 3 * x[1...].reduce(0, +)
                return [x[0], g * (1 - (x[0] / g).squareRoot())]
            }
            return ParetoFront.hypervolume(try study.trials.compactMap(\.values), from: [1.2, 6])
        }
        let base = try volume(RandomSampler())
        #expect(try volume(NSGAIISampler(populationSize: 20)) > base)
        #expect(try volume(TPESampler()) > base)
    }

    /// Eigenvectors turn a symmetric matrix into its eigenvalues, and CMA-ES follows a narrow valley.
    @Test func evolution() throws {
        let matrix = [[4.0, 1, -2], [1, 3, 0.5], [-2, 0.5, 5]]
        let (values, vectors) = EvolutionStrategy.eigen(matrix)
        for k in 0..<3 {
            for i in 0..<3 {
                let product = (0..<3).reduce(0) { $0 + matrix[i][$1] * vectors[$1][k] }
                #expect(abs(product - values[k] * vectors[i][k]) < 1e-12)
            }
        }
        #expect(abs(values.reduce(0, +) - 12) < 1e-12)
        let study = try Study(sampler: CmaEsSampler(), pruner: NopPruner(), seed: 2)
        try study.optimize(trials: 300) { trial in
            let (x, y) = (try trial.float("x", -5...5), try trial.float("y", -5...5))
            return 100 * (x - y) * (x - y) + (x + y - 2) * (x + y - 2)
        }
        #expect(try study.bestValue! < 1e-3)
    }

    /// Importances are Optuna's.
    @Test func importances() throws {
        for json in [JSONValue](json: fixtureJSON("importances.json"))! {
            let space = try json.object("space").map { ($0.key, try Distribution(text: String(json: $0.value)!)) }
            let trials = try json.array("trials").enumerated().map { number, trial in
                var made = FrozenTrial(id: number, number: number, state: .complete)
                made.values = [try trial.double("value")]
                made.parameters = try zip(space, trial.value(at: ["params"], as: [Double].self)).map {
                    TrialParameter(name: $0.0, distribution: $0.1, number: $1)
                }
                return made
            }
            let direction: Direction = try json.string("direction") == "minimize" ? .minimize : .maximize
            let values = Importance.values(of: trials, direction, isNormalized: false)
            for (name, value) in values {
                let wanted = try json.double("importances", .key(name))
                #expect(abs(value - wanted) < 1e-9 * max(1, wanted), "\(name): \(value), Optuna has \(wanted)")
            }
            #expect(try values.map(\.name) == json.object("importances").keys)
        }
    }
}
