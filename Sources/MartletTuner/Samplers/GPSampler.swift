import Foundation

/// A Gaussian process of the objective: takes the point with the largest expected improvement.
///
/// The first trials are quasi-random. Trials whose results are not revealed count with the values that the process expects. Of
/// several objectives every trial weighs them by other random numbers. Trials with broken constraints count as bad as the
/// worst. Of more than `maximumTrials` trials the best and the last are used, so that a choice takes a bounded time.
///
/// Source: D. Jones, M. Schonlau, W. Welch, *Efficient global optimization of expensive black-box functions*, 1998; S. Ament and
/// others, *Unexpected improvements to expected improvement*, 2023; J. Knowles, *ParEGO*, 2006.
public struct GPSampler: Sampler {
    private let startupTrials: Int
    private let maximumTrials: Int

    /// Makes the sampler. Stops when a number is below 2.
    /// - Parameters:
    ///   - startupTrials: the number of complete trials before the process is used.
    ///   - maximumTrials: the number of trials that the process is made of.
    public init(startupTrials: Int = 10, maximumTrials: Int = 250) {
        require(startupTrials >= 2, "GPSampler", "Expected at least 2 startup trials. Received: \(startupTrials).")
        require(maximumTrials >= 2, "GPSampler", "Expected at least 2 trials. Received: \(maximumTrials).")
        self.startupTrials = max(2, startupTrials)
        self.maximumTrials = max(2, maximumTrials)
    }

    public func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)] {
        let space = history.searchSpace()
        guard history.complete.count >= startupTrials, !space.isEmpty else {
            return try QuasiRandomSampler().numbers(given: history)
        }
        let isChoice = space.distributions.map(\.isChoice)
        func point(_ numbers: [Double]) -> [Double] { zip(space.distributions, numbers).map { $0.place(of: $1) } }
        let all = Self.scores(of: history)
        let kept = Self.kept(all, maximumTrials)
        let points = kept.map { point(space.numbers(of: history.complete[$0])!) }
        let scores = Self.standardized(kept.map { all[$0] })
        let parameters = parameters(points, scores, isChoice, history)
        var process = GaussianProcess(points, scores, isChoice: isChoice, parameters)
        let pending = history.pending.compactMap { history.numbers(ofPending: $0, in: space) }.map(point)
        if let known = process, !pending.isEmpty {
            process = GaussianProcess(
                points + pending, scores + pending.map { known.posterior($0).mean }, isChoice: isChoice, parameters)
        }
        guard let process else { return try QuasiRandomSampler().numbers(given: history) }
        let best = scores.indices.max { scores[$0] < scores[$1] }!
        var random = history.random("gp")
        let search = AcquisitionSearch(space: space, process: process, best: scores[best])
        let found = search.run(from: points[best], &random)
        return Dictionary(uniqueKeysWithValues: space.names.indices.map { axis in
            (space.names[axis], (space.distributions[axis], space.distributions[axis].number(at: found[axis])))
        })
    }

    /// The fit of the kernel. After 40 trials it is one of a multiple of 5 trials, after 100 of 10: a function of these trials,
    /// so an interruption changes nothing.
    private func parameters(
        _ points: [[Double]], _ scores: [Double], _ isChoice: [Bool], _ history: TrialHistory
    ) -> GaussianProcess.Parameters {
        let count = points.count
        let every = count <= 40 ? 1 : count <= 100 ? 5 : 10
        // Scores of several objectives differ from trial to trial, and of many trials some are left out.
        guard every > 1, history.directions.count == 1, history.complete.count == count else {
            return GaussianProcess.fit(points, scores, isChoice: isChoice)
        }
        let size = count / every * every
        let key = "gp \(size) \(isChoice.count)"
        if let known = history.cache.value(key, as: GaussianProcess.Parameters.self) { return known }
        let first = Array(Self.scores(of: history).prefix(size))
        let fit = GaussianProcess.fit(Array(points.prefix(size)), Self.standardized(first), isChoice: isChoice)
        history.cache.store(fit, key)
        return fit
    }

    /// A number for each complete trial, large ones better.
    private static func scores(of history: TrialHistory) -> [Double] {
        var losses = history.complete.map(history.losses)
        let objectives = history.directions.count
        for axis in 0..<objectives {
            let finite = losses.map { $0[axis] }.filter(\.isFinite)
            let (low, high) = (finite.min() ?? 0, finite.max() ?? 0)
            for index in losses.indices { losses[index][axis] = max(low, min(high, losses[index][axis])) }
            guard objectives > 1, high > low else { continue }
            for index in losses.indices { losses[index][axis] = (losses[index][axis] - low) / (high - low) }
        }
        var single = losses.map { $0[0] }
        if objectives > 1 {
            var random = history.random("weights of objectives")
            let draws = (0..<objectives).map { _ in -log(max(1e-12, random.uniform())) }
            let weights = draws.map { $0 / draws.reduce(0, +) }
            single = losses.map { row in
                let parts = zip(row, weights).map { $0 * $1 }
                return parts.max()! + 0.05 * parts.reduce(0, +)
            }
        }
        // What is worse than the median matters little, but large losses would make the rest look flat.
        let sorted = single.sorted()
        let (best, median) = (sorted.first ?? 0, sorted.isEmpty ? 0 : sorted[sorted.count / 2])
        if median > best {
            single = single.map { $0 > median ? median + (median - best) * log1p(($0 - median) / (median - best)) : $0 }
        }
        let worst = single.max() ?? 0
        return zip(history.complete, single).map { $0.violation > 0 ? -worst : -$1 }
    }

    /// The indices of the trials that are used, in order.
    private static func kept(_ scores: [Double], _ limit: Int) -> [Int] {
        guard scores.count > limit else { return Array(scores.indices) }
        let best = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(limit / 4)
        let last = scores.indices.reversed().filter { !best.contains($0) }.prefix(limit - best.count)
        return (best + last).sorted()
    }

    /// Scores of mean 0 and variance 1.
    private static func standardized(_ scores: [Double]) -> [Double] {
        let mean = scores.reduce(0, +) / Double(scores.count)
        let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)
        return scores.map { ($0 - mean) / max(1e-10, variance.squareRoot()) }
    }
}

/// The search for the point with the largest expected improvement.
package struct AcquisitionSearch {
    let space: SearchSpace
    let process: GaussianProcess
    let best: Double
    var candidates = 1000
    var starts = 6

    func run(from incumbent: [Double], _ random: inout TrialRandom) -> [Double] {
        let halton = Halton(space.count, random)
        _ = random.next()
        var points: [[Double]] = []
        for number in 0..<candidates {
            var point = halton.point(number + 1)
            if number % 4 == 3 {
                // Near the best point, in few coordinates or all, nearer and nearer.
                let reach = pow(10, -3 * random.uniform()) * 0.5
                let some = random.uniform() < 0.5
                for axis in point.indices {
                    let isMoved = !some || random.uniform() < 0.3
                    let isKept = space.distributions[axis].isChoice ? random.uniform() < 0.8 : false
                    if isKept || !isMoved {
                        point[axis] = incumbent[axis]
                    } else if !space.distributions[axis].isChoice {
                        point[axis] = max(0, min(1, incumbent[axis] + reach * random.normal()))
                    }
                }
            }
            points.append(rounded(point))
        }
        let values = points.map { logImprovement($0) }
        let order = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
        var origins = [points[order[0]], incumbent]
        // Of the rest more likely the better ones, far ones among them.
        var weights = values.map { exp($0 - values[order[0]]) }
        weights[order[0]] = 0
        while origins.count < starts, weights.contains(where: { $0 > 0 }) {
            let index = random.index(weights: weights)
            weights[index] = 0
            origins.append(points[index])
        }
        var found = (point: origins[0], value: -Double.infinity)
        for origin in origins {
            let end = climb(origin)
            if end.value > found.value { found = end }
        }
        return found.point
    }

    /// The nearest point whose coordinates are values.
    private func rounded(_ point: [Double]) -> [Double] {
        point.indices.map { axis in
            let distribution = space.distributions[axis]
            return distribution.step == 0 ? point[axis] : distribution.place(of: distribution.number(at: point[axis]))
        }
    }

    /// A local maximum: along the gradient in coordinates without steps, then each of the others by itself.
    private func climb(_ start: [Double]) -> (point: [Double], value: Double) {
        var point = start
        var value = logImprovement(point)
        let smooth = space.distributions.indices.filter { space.distributions[$0].step == 0 }
        for _ in 0..<10 {
            let before = value
            if !smooth.isEmpty {
                let end = BoundedSearch.minimize(
                    smooth.map { point[$0] }, from: smooth.map { _ in 0 }, to: smooth.map { _ in 1 }, iterations: 30,
                    tolerance: 1e-2
                ) { coordinates in
                    var moved = point
                    for (axis, coordinate) in zip(smooth, coordinates) { moved[axis] = coordinate }
                    let (value, gradient) = logImprovementWithGradient(moved)
                    return (-value, smooth.map { -gradient[$0] })
                }
                if -end.value > value {
                    value = -end.value
                    for (axis, coordinate) in zip(smooth, end.point) { point[axis] = coordinate }
                }
            }
            for axis in space.distributions.indices where space.distributions[axis].step > 0 {
                for place in places(axis, around: point[axis]) {
                    var moved = point
                    moved[axis] = place
                    let other = logImprovement(moved)
                    if other > value { (point, value) = (moved, other) }
                }
            }
            if smooth.count == point.count || value <= before + 1e-6 { break }
        }
        return (point, value)
    }

    /// Other values of a coordinate: all, or of many those at distances of powers of two.
    private func places(_ axis: Int, around place: Double) -> [Double] {
        let distribution = space.distributions[axis]
        if let count = distribution.count, count <= 16 {
            return (0..<count).map { number in
                switch distribution {
                case .choice: (Double(number) + 0.5) / Double(count)
                case .int(let low, _, let step, _): distribution.place(of: Double(low + number * step))
                case .float(let low, _, let step, _): distribution.place(of: low + Double(number) * (step ?? 0))
                }
            }
        }
        let number = distribution.number(at: place)
        let (low, high) = (distribution.number(at: 0), distribution.number(at: 1))
        return (0..<20).flatMap { power -> [Double] in
            let distance = distribution.step * Double(1 << power)
            return [number - distance, number + distance].filter { $0 >= low && $0 <= high }.map(distribution.place)
        }
    }

    private func logImprovement(_ point: [Double]) -> Double {
        let (mean, variance) = process.posterior(point)
        let deviation = (variance + 1e-12).squareRoot()
        return log(deviation) + Self.logExpectation((mean - best) / deviation).value
    }

    private func logImprovementWithGradient(_ point: [Double]) -> (Double, [Double]) {
        let (mean, variance, meanSlope, varianceSlope) = process.posteriorWithGradient(point)
        let deviation = (variance + 1e-12).squareRoot()
        let z = (mean - best) / deviation
        let (value, slope) = Self.logExpectation(z)
        let gradient = zip(meanSlope, varianceSlope).map { m, v in
            let d = v / (2 * deviation)
            return d / deviation + slope * (m - z * d) / deviation
        }
        return (log(deviation) + value, gradient)
    }

    /// The logarithm of the expectation of max(0, z + n), n of the standard normal distribution, and its derivative.
    package static func logExpectation(_ z: Double) -> (value: Double, slope: Double) {
        if z < -25 {
            let square = 1 / (z * z)
            return (Normal.logDensity(z) - 2 * log(-z) + log1p(-3 * square + 15 * square * square), -z - 2 / z)
        }
        if z < -1 {
            // By the quotient of probability and density, which does not underflow.
            let ratio = exp(Normal.logCumulative(z) - Normal.logDensity(z))
            let rest = 1 + z * ratio
            return (Normal.logDensity(z) + log(rest), ratio / rest)
        }
        let (density, cumulative) = (exp(Normal.logDensity(z)), Normal.cumulative(z))
        let expectation = density + z * cumulative
        return (log(expectation), cumulative / expectation)
    }
}
