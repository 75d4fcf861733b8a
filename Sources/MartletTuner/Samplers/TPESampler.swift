import Foundation

/// The tree-structured Parzen estimator: one density of the parameters of the best trials, one of the rest. Of some points of the
/// first it takes the one where the quotient of the two is largest.
///
/// Defaults are Optuna's: 10 trials before it begins, 24 candidates, the best tenth of the trials (at most 25), all parameters
/// together where there is one objective. Other than there, parameters under different conditions form groups, the first trials
/// are quasi-random, and kernels become narrow faster.
/// Pruned trials rank behind complete ones, those with broken constraints last. Several objectives are ranked by domination, then
/// by hypervolume.
///
/// Source: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, *Algorithms for hyper-parameter optimization*, 2011; S. Watanabe,
/// *Tree-structured Parzen estimator*, 2023.
public struct TPESampler: Sampler {
    private let startupTrials: Int
    private let candidates: Int
    private let isMultivariate: Bool?
    private let isGrouped: Bool
    private let isConstantLiar: Bool
    private let priorWeight: Double
    private let gamma: (@Sendable (Int) -> Int)?

    /// Makes the sampler. Stops when a number is below 1, or the weight negative.
    /// - Parameters:
    ///   - startupTrials: the number of complete and pruned trials before densities are used.
    ///   - candidates: the number of points of which the best is taken.
    ///   - multivariate: whether parameters are drawn together; nil for those of one objective only.
    ///   - group: whether parameters under different conditions are drawn in groups; otherwise only those that all trials have
    ///     are drawn together.
    ///   - constantLiar: whether trials whose results are not revealed count among the bad ones, so that no other comes near.
    ///   - priorWeight: the weight of the kernel over the whole space.
    ///   - gamma: the number of the best trials for a number of trials; nil for a tenth, at most 25 with one objective.
    public init(
        startupTrials: Int = 10, candidates: Int = 24, multivariate: Bool? = nil, group: Bool = true, constantLiar: Bool = true,
        priorWeight: Double = 1, gamma: (@Sendable (Int) -> Int)? = nil
    ) {
        require(startupTrials >= 1, "TPESampler", "Expected at least 1 startup trial. Received: \(startupTrials).")
        require(candidates >= 1, "TPESampler", "Expected at least 1 candidate. Received: \(candidates).")
        require(priorWeight > 0, "TPESampler", "Expected a positive weight. Received: \(priorWeight).")
        self.startupTrials = max(1, startupTrials)
        self.candidates = max(1, candidates)
        isMultivariate = multivariate
        isGrouped = group
        isConstantLiar = constantLiar
        self.priorWeight = priorWeight
        self.gamma = gamma
    }

    public func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)] {
        guard history.evaluated.count >= startupTrials else { return try QuasiRandomSampler().numbers(given: history) }
        guard isMultivariate ?? (history.directions.count == 1) else { return [:] }
        let spaces = isGrouped ? SearchSpace.groups(of: history.evaluated) : [history.searchSpace(withPruned: true)]
        let split = split(history)
        var result: [String: (Distribution, Double)] = [:]
        for space in spaces where !space.isEmpty {
            var random = history.random("tpe \(space.names[0])")
            let point = best(in: space, split, history, &random)
            for (index, name) in space.names.enumerated() { result[name] = (space.distributions[index], point[index]) }
        }
        return result
    }

    public func number(of name: String, in distribution: Distribution, given history: TrialHistory) throws -> Double {
        var random = history.random("parameter \(name)")
        guard history.evaluated.count >= startupTrials else { return distribution.number(at: random.uniform()) }
        return best(in: SearchSpace([(name, distribution)]), split(history), history, &random)[0]
    }

    private func split(_ history: TrialHistory) -> Split {
        if let known = history.split { return known }
        let made = Split(history, gamma: gamma)
        history.split = made
        return made
    }

    /// The trials that count as good, and the others, each in their order.
    struct Split {
        let below: [FrozenTrial]
        let above: [FrozenTrial]

        init(_ history: TrialHistory, gamma: (@Sendable (Int) -> Int)? = nil) {
            let trials = history.evaluated
            let tenth = Int((0.1 * Double(trials.count)).rounded(.up))
            let count = max(0, gamma?(trials.count) ?? (history.directions.count == 1 ? min(25, tenth) : tenth))
            let feasible = trials.map { $0.violation == 0 }
            func places(_ isIn: (Int) -> Bool) -> [Int] { trials.indices.filter(isIn) }
            let complete = places { feasible[$0] && trials[$0].state == .complete }
            let pruned = places { feasible[$0] && trials[$0].state == .pruned }
            var order: [Int]
            if history.directions.count == 1 {
                let losses = Dictionary(uniqueKeysWithValues: complete.map { ($0, history.losses(trials[$0])[0]) })
                order = complete.sorted { (losses[$0]!, $0) < (losses[$1]!, $1) }
            } else {
                order = ParetoFront.order(complete.map { history.losses(trials[$0]) }, first: count).map { complete[$0] }
            }
            // Those that came farther are better.
            let scores = Dictionary(uniqueKeysWithValues: pruned.map { ($0, Self.score(trials[$0], history)) })
            order += pruned.sorted { (scores[$0]!.0, scores[$0]!.1, $0) < (scores[$1]!.0, scores[$1]!.1, $1) }
            let violations = Dictionary(uniqueKeysWithValues: places { !feasible[$0] }.map { ($0, trials[$0].violation) })
            order += violations.keys.sorted { (violations[$0]!, $0) < (violations[$1]!, $1) }
            below = order.prefix(count).sorted().map { trials[$0] }
            above = order.dropFirst(count).sorted().map { trials[$0] }
        }

        private static func score(_ trial: FrozenTrial, _ history: TrialHistory) -> (Int, Double) {
            guard let step = trial.lastStep, let value = trial.intermediateValues[step] else { return (1, 0) }
            return (-step, value.isNaN ? .infinity : history.directions[0] == .minimize ? value : -value)
        }
    }

    private func best(in space: SearchSpace, _ split: Split, _ history: TrialHistory, _ random: inout TrialRandom) -> [Double] {
        let below = ParzenEstimator(
            split.below.compactMap(space.numbers), in: space,
            weights: history.directions.count == 1 ? Self.weights(split.below.count { space.numbers(of: $0) != nil }) : nil,
            priorWeight: priorWeight)
        var others = split.above.compactMap(space.numbers)
        if isConstantLiar { others += history.pending.compactMap { history.numbers(ofPending: $0, in: space) } }
        let above = ParzenEstimator(others, in: space, weights: Self.weights(others.count), priorWeight: priorWeight)
        var best: (score: Double, point: [Double])?
        for _ in 0..<candidates {
            let point = below.sample(&random)
            let score = below.logDensity(point) - above.logDensity(point)
            if best == nil || score > best!.score { best = (score, point) }
        }
        return best!.point
    }

    /// The last 25 observations count fully, the older ones less and less.
    package static func weights(_ count: Int) -> [Double] {
        guard count > 25 else { return [Double](repeating: 1, count: count) }
        let older = count - 25
        let first = 1 / Double(count)
        let ramp = (0..<older).map { older == 1 ? first : first + (1 - first) * Double($0) / Double(older - 1) }
        return ramp + [Double](repeating: 1, count: 25)
    }
}
