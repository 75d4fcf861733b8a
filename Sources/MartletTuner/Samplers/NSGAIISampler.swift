/// A genetic algorithm for several objectives: generations of trials, whose parents are the best fronts of all before, thinned
/// where they are crowded.
///
/// Trials with broken constraints rank behind the others, by how much they break them.
///
/// Source: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, *A fast and elitist multiobjective genetic algorithm: NSGA-II*, 2002.
public struct NSGAIISampler: Sampler {
    private let populationSize: Int
    private let mutationProbability: Double?
    private let crossoverProbability: Double
    private let swappingProbability: Double

    /// Makes the sampler. Stops when the population is below 2 or a probability outside of 0...1.
    /// - Parameters:
    ///   - populationSize: the number of trials in a generation.
    ///   - mutationProbability: how often a parameter of a child is drawn anew; nil for once in a child.
    ///   - crossoverProbability: how often a child has two parents.
    ///   - swappingProbability: how often it has a parameter of the second parent.
    public init(
        populationSize: Int = 50, mutationProbability: Double? = nil, crossoverProbability: Double = 0.9,
        swappingProbability: Double = 0.5
    ) {
        require(populationSize >= 2, "NSGAIISampler", "Expected a population of at least 2. Received: \(populationSize).")
        for probability in [mutationProbability ?? 0, crossoverProbability, swappingProbability] {
            require((0...1).contains(probability), "NSGAIISampler", "Expected a probability in 0...1. Received: \(probability).")
        }
        self.populationSize = max(2, populationSize)
        self.mutationProbability = mutationProbability
        self.crossoverProbability = crossoverProbability
        self.swappingProbability = swappingProbability
    }

    public func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)] {
        // A generation begins when the last one is revealed.
        let generation = (history.number - history.lookahead) / populationSize
        guard generation > 0, history.number >= history.lookahead else { return [:] }
        let parents = parents(of: generation, history)
        let space = SearchSpace(common: parents)
        guard parents.count > 1, !space.isEmpty else { return [:] }
        var random = history.random("nsga")
        func select() -> FrozenTrial {
            let (a, b) = (parents[random.index(below: parents.count)], parents[random.index(below: parents.count)])
            return isBetter(a, b, history) ? a : b
        }
        let first = select()
        let second = random.uniform() < crossoverProbability ? select() : first
        let mutation = mutationProbability ?? 1 / Double(space.count)
        var result: [String: (Distribution, Double)] = [:]
        for (name, distribution) in zip(space.names, space.distributions) {
            let parent = random.uniform() < swappingProbability ? second : first
            if random.uniform() < mutation {
                result[name] = (distribution, distribution.number(at: random.uniform()))
            } else {
                result[name] = (distribution, parent.parameter(name)!.number)
            }
        }
        return result
    }

    private func isBetter(_ a: FrozenTrial, _ b: FrozenTrial, _ history: TrialHistory) -> Bool {
        let (x, y) = (a.violation, b.violation)
        return x == y && x == 0 ? ParetoFront.dominates(history.losses(a), history.losses(b)) : x < y
    }

    /// The best of all trials before a generation.
    private func parents(of generation: Int, _ history: TrialHistory) -> [FrozenTrial] {
        var parents: [FrozenTrial] = []
        for number in 0..<generation {
            let key = "nsga \(populationSize) \(number)"
            if let known = history.cache.value(key, as: [FrozenTrial].self) {
                parents = known
                continue
            }
            let range = number * populationSize..<(number + 1) * populationSize
            let members = history.complete.filter { range.contains($0.number) && $0.values?.count == history.directions.count }
            parents = elite(parents + members, history)
            history.cache.store(parents, key)
        }
        return parents
    }

    /// The best fronts; of the one that does not fit, those whose neighbours are far.
    private func elite(_ trials: [FrozenTrial], _ history: TrialHistory) -> [FrozenTrial] {
        let feasible = trials.filter { $0.violation == 0 }
        let losses = feasible.map(history.losses)
        let ranks = ParetoFront.ranks(losses)
        var result: [FrozenTrial] = []
        for rank in 0..<((ranks.max() ?? -1) + 1) where result.count < populationSize {
            let front = ranks.indices.filter { ranks[$0] == rank }
            let room = populationSize - result.count
            guard front.count > room else {
                result += front.map { feasible[$0] }
                continue
            }
            let distances = Self.crowding(front.map { losses[$0] })
            let order = front.indices.sorted { (-distances[$0], $0) < (-distances[$1], $1) }
            result += order.prefix(room).map { feasible[front[$0]] }
        }
        let broken = trials.filter { $0.violation > 0 }.sorted { ($0.violation, $0.number) < ($1.violation, $1.number) }
        return result + broken.prefix(populationSize - result.count)
    }

    /// How far a point's neighbours are from each other in each loss, as parts of the range, in sum; infinite at the ends.
    static func crowding(_ losses: [[Double]]) -> [Double] {
        var distances = [Double](repeating: 0, count: losses.count)
        for axis in (losses.first ?? []).indices {
            let order = losses.indices.sorted { (losses[$0][axis], $0) < (losses[$1][axis], $1) }
            guard let first = order.first, let last = order.last, losses[first][axis] < losses[last][axis] else { continue }
            let width = losses[last][axis] - losses[first][axis]
            for (place, index) in order.enumerated() {
                guard place > 0, place + 1 < order.count else {
                    distances[index] = .infinity
                    continue
                }
                distances[index] += (losses[order[place + 1]][axis] - losses[order[place - 1]][axis]) / width
            }
        }
        return distances
    }
}
