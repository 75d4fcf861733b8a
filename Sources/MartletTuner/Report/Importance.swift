import Foundation

extension Study {
    /// How much each parameter decides whether a trial is among the best tenth: PED-ANOVA, the variance that is explained by how
    /// differently the values of the best tenth are spread.
    /// - Parameter isNormalized: whether the numbers are divided by their sum.
    /// - Returns: names and numbers, the largest first; of equals in alphabetical order. Zeros where there are fewer than two
    ///   complete trials with finite values.
    /// - Throws: `MartletError` for a study of several objectives, and when the storage cannot be read.
    ///
    /// Source: S. Watanabe, A. Bansal, F. Hutter, *PED-ANOVA: Efficiently quantifying hyperparameter importance in arbitrary
    /// subspaces*, 2023.
    public func importances(isNormalized: Bool = true) throws -> [(name: String, value: Double)] {
        guard directions.count == 1 else {
            throw MartletError("Expected a study of one objective. It has \(directions.count).")
        }
        return Importance.values(of: try trials, directions[0], isNormalized: isNormalized)
    }
}

/// PED-ANOVA.
package enum Importance {
    package static func values(
        of trials: [FrozenTrial], _ direction: Direction, isNormalized: Bool
    ) -> [(name: String, value: Double)] {
        let complete = trials.filter { $0.state == .complete && $0.value?.isFinite ?? false }
        var names: [String] = []
        for trial in trials where trial.state == .complete {
            for parameter in trial.parameters where !names.contains(parameter.name) { names.append(parameter.name) }
        }
        var values = [Double](repeating: 0, count: names.count)
        if complete.count > 1 {
            let losses = complete.map { direction == .minimize ? $0.value! : -$0.value! }
            let limit = losses.sorted()[Int((0.1 * Double(losses.count)).rounded(.up)) - 1]
            let isTop = losses.map { $0 <= limit }
            let top = isTop.count { $0 }
            values = names.map { share(of: $0, complete, isTop, top) }
        }
        let sum = values.reduce(0, +)
        if isNormalized, sum > 0 { values = values.map { $0 / sum } }
        return zip(names, values).sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map { (name: $0, value: $1) }
    }

    private static func share(of name: String, _ trials: [FrozenTrial], _ isTop: [Bool], _ top: Int) -> Double {
        // Trials with another range, or without the parameter, are looked at apart.
        var regimes: [Distribution: [Int]] = [:]
        var order: [Distribution] = []
        for (index, trial) in trials.enumerated() {
            guard let distribution = trial.parameter(name)?.distribution else { continue }
            if regimes[distribution] == nil { order.append(distribution) }
            regimes[distribution, default: []].append(index)
        }
        let quantile = Double(top) / Double(trials.count)
        return order.reduce(0) { sum, distribution in
            let members = regimes[distribution]!
            let best = members.filter { isTop[$0] }
            guard members.count > 1, !best.isEmpty, !distribution.isSingle else { return sum }
            let (alpha, beta) = (Double(best.count) / Double(top), Double(members.count) / Double(trials.count))
            func density(_ indices: [Int]) -> [Double] {
                gridDensity(indices.map { trials[$0].parameter(name)!.number }, distribution).map { $0 + 1e-12 }
            }
            let divergence = zip(density(best), density(members)).reduce(0) { sum, pair in
                sum + pair.1 * (pair.0 / pair.1 - 1) * (pair.0 / pair.1 - 1)
            }
            return sum + alpha * alpha / beta * divergence * quantile * quantile
        }
    }

    /// The density of values on a grid of at most 50 places: by kernels whose width is Scott's.
    private static func gridDensity(_ numbers: [Double], _ distribution: Distribution) -> [Double] {
        let size: Int
        let places: [Int]
        switch distribution {
        case .choice(let values):
            size = values.count
            places = numbers.map { Int($0) }
        case .int(let low, let high, _, let isLogarithmic):
            let decades = Int(log2(Double(high - low + 1)).rounded(.up)) + 1
            size = isLogarithmic ? min(decades, 50) : min(distribution.count!, 50)
            places = Self.places(numbers, Double(low), Double(high), isLogarithmic, size)
        case .float(let low, let high, let step, let isLogarithmic):
            size = step == nil ? 50 : min(distribution.count ?? 50, 50)
            places = Self.places(numbers, low, high, isLogarithmic, size)
        }
        var counts = [Double](repeating: 0, count: size)
        for place in places { counts[place] += 1 }
        let observed = counts.indices.filter { counts[$0] > 0 }
        let total = counts.reduce(0, +)
        if distribution.isChoice {
            let base = 1 / Double(observed.count + 1)
            return counts.indices.map { place in
                let kernels = observed.reduce(0) { sum, other in
                    sum + counts[other] * (base + (other == place ? 1 : 0)) / (base * Double(size) + 1)
                }
                return (kernels + 1 / Double(size)) / (total + 1)
            }
        }
        let mean = observed.reduce(0) { $0 + Double($1) * counts[$1] } / total
        let variance = observed.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) * counts[$1] } / max(1, total - 1)
        var sums: [Double] = []
        for place in observed { sums.append((sums.last ?? 0) + counts[place]) }
        let first = sums.firstIndex { $0 >= (total / 4).rounded(.down) } ?? 0
        let third = min(observed.count - 1, sums.firstIndex { $0 > (total * 3 / 4).rounded(.down) } ?? observed.count)
        let spread = min(Double(observed[third] - observed[first]) / 1.34, variance.squareRoot())
        let width = max(1.059 * spread * pow(total, -0.2), 0.5 / 1.64)
        let end = Double(size) - 0.5
        func mass(_ mean: Double, _ width: Double, _ place: Int) -> Double {
            exp(
                Normal.logMass((Double(place) - 0.5 - mean) / width, (Double(place) + 0.5 - mean) / width)
                    - Normal.logMass((-0.5 - mean) / width, (end - mean) / width))
        }
        return counts.indices.map { place in
            let kernels = observed.reduce(0) { $0 + counts[$1] * mass(Double($1), width, place) }
            return (kernels + mass(Double(size - 1) / 2, Double(size), place)) / (total + 1)
        }
    }

    private static func places(_ numbers: [Double], _ low: Double, _ high: Double, _ isLog: Bool, _ size: Int) -> [Int] {
        let (a, b) = isLog ? (log(low), log(high)) : (low, high)
        let step = (b - a) / Double(max(1, size - 1))
        // Halfway values go down.
        return numbers.map { number in
            let place = (((isLog ? log(number) : number) - a) / step - 0.5).rounded(.up)
            // Trials of a queue may have values outside of the range.
            return Int(max(0, min(Double(size - 1), place)))
        }
    }
}
