import Foundation

/// CMA-ES: a normal distribution of the parameters, whose mean and covariance move towards the best trials of each generation.
///
/// For numbers that depend on each other, and hundreds of trials. Choices, and parameters that not all trials have, are random.
/// The first trial is random too.
///
/// Source: N. Hansen, *The CMA evolution strategy: A tutorial*, 2016.
public struct CmaEsSampler: Sampler {
    private let deviation: Double
    private let populationSize: Int?

    /// Makes the sampler. Stops when the deviation is not in 0...1, or the population is below 4.
    /// - Parameters:
    ///   - deviation: the first standard deviation as a part of each range.
    ///   - populationSize: the number of trials in a generation; nil for 4 + 3 log n of n parameters.
    public init(deviation: Double = 1.0 / 6, populationSize: Int? = nil) {
        require(deviation > 0 && deviation <= 1, "CmaEsSampler", "Expected a deviation in 0...1. Received: \(deviation).")
        require(
            populationSize ?? 4 >= 4, "CmaEsSampler",
            "Expected a population of at least 4. Received: \(populationSize ?? 0).")
        self.deviation = deviation > 0 ? min(1, deviation) : 1.0 / 6
        self.populationSize = populationSize.map { max(4, $0) }
    }

    public func check(objectives: Int) throws { try requireOneObjective(objectives) }

    public func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)] {
        let common = history.searchSpace()
        let space = SearchSpace(zip(common.names, common.distributions).filter { !$1.isChoice }.map { ($0, $1) })
        guard !space.isEmpty else { return [:] }
        let strategy = strategy(space, history)
        var random = history.random("cma-es")
        let point = strategy.sample(&random)
        return Dictionary(uniqueKeysWithValues: space.names.indices.map { axis in
            (space.names[axis], (space.distributions[axis], space.distributions[axis].number(at: point[axis])))
        })
    }

    /// The distribution after all generations of which every trial is revealed.
    private func strategy(_ space: SearchSpace, _ history: TrialHistory) -> EvolutionStrategy {
        var strategy = EvolutionStrategy(space.count, deviation: deviation, populationSize: populationSize)
        let size = strategy.populationSize
        let first = history.lookahead + 1
        let generations = max(0, history.number - history.lookahead - first) / size
        let key = "cma-es \(size) \(space.names)"
        var begin = 0
        if let (count, known) = history.cache.value(key, as: (Int, EvolutionStrategy).self), count <= generations {
            (begin, strategy) = (count, known)
        }
        for generation in begin..<generations {
            let range = first + generation * size..<first + (generation + 1) * size
            // Those that kept the constraints come first.
            let members = history.complete.filter { range.contains($0.number) }.sorted {
                ($0.violation, history.losses($0)[0], $0.number) < ($1.violation, history.losses($1)[0], $1.number)
            }
            strategy.update(members.compactMap { trial in
                space.numbers(of: trial).map { zip(space.distributions, $0).map { $0.place(of: $1) } }
            })
        }
        history.cache.store((generations, strategy), key)
        return strategy
    }
}

/// The distribution of CMA-ES, in the unit cube.
package struct EvolutionStrategy: Sendable {
    let populationSize: Int
    private(set) var mean: [Double]
    private(set) var deviation: Double
    private var covariance: [[Double]]
    private var (path, scalePath): ([Double], [Double])
    private var axes: [[Double]]
    private var lengths: [Double]
    private var generations = 0
    private let weights: [Double]

    init(_ count: Int, deviation: Double, populationSize: Int? = nil) {
        let size = populationSize ?? 4 + Int(3 * log(Double(count)))
        self.populationSize = size
        mean = [Double](repeating: 0.5, count: count)
        self.deviation = deviation
        covariance = (0..<count).map { i in (0..<count).map { $0 == i ? 1 : 0 } }
        axes = covariance
        lengths = [Double](repeating: 1, count: count)
        path = [Double](repeating: 0, count: count)
        scalePath = path
        let raw = (0..<size / 2).map { log(Double(size + 1) / 2) - log(Double($0 + 1)) }
        let sum = raw.reduce(0, +)
        weights = raw.map { $0 / sum }
    }

    /// A point in the cube: the first of a hundred draws that lies in it, else the last moved to its border.
    func sample(_ random: inout TrialRandom) -> [Double] {
        var point = mean
        for _ in 0..<100 {
            let draws = lengths.map { $0 * random.normal() }
            point = mean.indices.map { i in
                mean[i] + deviation * draws.indices.reduce(0) { $0 + axes[i][$1] * draws[$1] }
            }
            if point.allSatisfy({ (0...1).contains($0) }) { return point }
        }
        return point.map { max(0, min(1, $0)) }
    }

    /// Moves the distribution towards the best points of a generation.
    /// - Parameter points: the best first. Of fewer than two nothing is learnt.
    mutating func update(_ points: [[Double]]) {
        guard points.count > 1 else { return }
        generations += 1
        let n = Double(mean.count)
        let chosen = points.prefix(weights.count)
        let sum = weights.prefix(chosen.count).reduce(0, +)
        let weights = weights.prefix(chosen.count).map { $0 / sum }
        let effective = 1 / weights.reduce(0) { $0 + $1 * $1 }
        let steps = chosen.map { point in zip(point, mean).map { ($0 - $1) / deviation } }
        let step = mean.indices.map { i in zip(weights, steps).reduce(0) { $0 + $1.0 * $1.1[i] } }
        for i in mean.indices { mean[i] += deviation * step[i] }
        // The inverse square root of the covariance, times the step.
        let turned = mean.indices.map { k in mean.indices.reduce(0) { $0 + axes[$1][k] * step[$1] } / lengths[k] }
        let white = mean.indices.map { i in mean.indices.reduce(0) { $0 + axes[i][$1] * turned[$1] } }
        let scaleRate = (effective + 2) / (n + effective + 5)
        let damping = 1 + 2 * max(0, ((effective - 1) / (n + 1)).squareRoot() - 1) + scaleRate
        let growth = (scaleRate * (2 - scaleRate) * effective).squareRoot()
        for i in mean.indices { scalePath[i] = (1 - scaleRate) * scalePath[i] + growth * white[i] }
        let norm = scalePath.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let expected = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        let isShort = norm / (1 - pow(1 - scaleRate, 2 * Double(generations))).squareRoot() < (1.4 + 2 / (n + 1)) * expected
        let pathRate = (4 + effective / n) / (n + 4 + 2 * effective / n)
        let push = isShort ? (pathRate * (2 - pathRate) * effective).squareRoot() : 0
        for i in mean.indices { path[i] = (1 - pathRate) * path[i] + push * step[i] }
        let rankOne = 2 / ((n + 1.3) * (n + 1.3) + effective)
        let rankMany = min(1 - rankOne, 2 * (effective - 2 + 1 / effective) / ((n + 2) * (n + 2) + effective))
        let correction = isShort ? 0 : rankOne * pathRate * (2 - pathRate)
        for i in mean.indices {
            for j in mean.indices {
                let many = zip(weights, steps).reduce(0) { $0 + $1.0 * $1.1[i] * $1.1[j] }
                covariance[i][j] = (1 - rankOne - rankMany + correction) * covariance[i][j] + rankOne * path[i] * path[j]
                    + rankMany * many
            }
        }
        deviation = min(1, deviation * exp(scaleRate / damping * (norm / expected - 1)))
        let (values, vectors) = Self.eigen(covariance)
        axes = vectors
        lengths = values.map { max(1e-20, $0).squareRoot() }
    }

    /// Eigenvalues, and eigenvectors in columns, of a symmetric matrix, by Jacobi's rotations.
    package static func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
        var a = matrix
        let count = a.count
        var v: [[Double]] = (0..<count).map { i in (0..<count).map { $0 == i ? 1 : 0 } }
        for _ in 0..<60 {
            var rest = 0.0
            for i in 0..<count { for j in 0..<i { rest += a[i][j] * a[i][j] } }
            let size = a.indices.reduce(0) { $0 + a[$1][$1] * a[$1][$1] }
            if rest <= 1e-30 * size { break }
            for p in 0..<count {
                for q in (p + 1)..<max(p + 1, count) where a[p][q] != 0 {
                    let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                    let t = (theta >= 0 ? 1.0 : -1) / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<count {
                        let (x, y) = (a[k][p], a[k][q])
                        (a[k][p], a[k][q]) = (c * x - s * y, s * x + c * y)
                    }
                    for k in 0..<count {
                        let (x, y) = (a[p][k], a[q][k])
                        (a[p][k], a[q][k]) = (c * x - s * y, s * x + c * y)
                        let (u, w) = (v[k][p], v[k][q])
                        (v[k][p], v[k][q]) = (c * u - s * w, s * u + c * w)
                    }
                }
            }
        }
        return (a.indices.map { a[$0][$0] }, v)
    }
}
