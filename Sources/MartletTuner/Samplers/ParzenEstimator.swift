import Foundation

/// A density over a space: a mixture of one kernel around each observation, and one over the whole space.
///
/// A kernel is a product over the parameters: normal distributions, cut at the ends of the range, for numbers, and for choices a
/// part of 1 for the one observed. The width of a normal distribution is the distance to the farther of its two neighbours.
package struct ParzenEstimator {
    /// The kernels' share in one parameter.
    private enum Axis {
        case numbers(means: [Double], widths: [Double])
        /// The probabilities of choices, kernel by kernel.
        case choices([Double], count: Int)
    }

    private let space: SearchSpace
    private let weights: [Double]
    private var axes: [Axis] = []
    /// What does not depend on the place: the logarithms of a kernel's weight and of its norms.
    private var offsets: [Double]

    /// - Parameters:
    ///   - observations: the numbers of trials in the order of the space.
    ///   - weights: how much each counts; all the same when nil.
    ///   - priorWeight: how much the kernel over the whole space counts.
    ///   - widthFloor: the least width as a part of the range, for the number of kernels.
    package init(
        _ observations: [[Double]], in space: SearchSpace, weights: [Double]? = nil, priorWeight: Double = 1,
        widthFloor: (Int) -> Double = ParzenEstimator.widthFloor
    ) {
        self.space = space
        var weights = weights ?? [Double](repeating: 1, count: observations.count)
        weights.append(observations.isEmpty ? 1 : priorWeight)
        let sum = weights.reduce(0, +)
        self.weights = weights.map { $0 / sum }
        offsets = self.weights.map { log($0) }
        let kernels = weights.count
        for (place, distribution) in space.distributions.enumerated() {
            if case .choice(let values) = distribution {
                let count = values.count
                let base = observations.isEmpty ? 1 : priorWeight / Double(kernels)
                let total = base * Double(count)
                var table = [Double](repeating: 1 / Double(count), count: kernels * count)
                for (kernel, observation) in observations.enumerated() {
                    for choice in 0..<count {
                        table[kernel * count + choice] = (base + (Int(observation[place]) == choice ? 1 : 0)) / (total + 1)
                    }
                }
                axes.append(.choices(table, count: count))
                continue
            }
            let (low, high) = distribution.bounds
            var means = observations.map { distribution.isLogarithmic ? log($0[place]) : $0[place] }
            var widths = Self.widths(of: means, from: low, to: high, floor: widthFloor(kernels))
            means.append((low + high) / 2)
            widths.append(high - low)
            for kernel in 0..<kernels {
                let (a, b) = ((low - means[kernel]) / widths[kernel], (high - means[kernel]) / widths[kernel])
                offsets[kernel] -= Normal.logMass(a, b)
                if distribution.step == 0 { offsets[kernel] -= log(widths[kernel]) + Normal.logRootTwoPi }
            }
            axes.append(.numbers(means: means, widths: widths))
        }
    }

    /// Optuna's floor: narrower with more observations, down to a hundredth.
    package static func magicClip(_ kernels: Int) -> Double { 1 / min(100, 1 + Double(kernels)) }

    /// Ours falls faster. Of a hundred trials ten are good: with Optuna's floor their kernels stay as wide as a twelfth of the
    /// range, and the search does not come to a point.
    package static func widthFloor(_ kernels: Int) -> Double { 1 / min(100, pow(1 + Double(kernels), 1.5)) }

    private static func widths(of means: [Double], from low: Double, to high: Double, floor: Double) -> [Double] {
        let order = means.indices.sorted { means[$0] < means[$1] }
        var widths = means
        for (place, index) in order.enumerated() {
            let left = place > 0 ? means[order[place - 1]] : low
            let right = place + 1 < order.count ? means[order[place + 1]] : high
            var width = max(means[index] - left, right - means[index])
            // At the ends the distance to the border does not count.
            if order.count > 1 {
                if place == 0 { width = right - means[index] }
                if place == order.count - 1 { width = means[index] - left }
            }
            widths[index] = max(floor * (high - low), min(high - low, width))
        }
        return widths
    }

    /// A point of the density, as numbers in the order of the space.
    package func sample(_ random: inout TrialRandom) -> [Double] {
        let kernel = random.index(weights: weights)
        return space.distributions.indices.map { place in
            switch axes[place] {
            case .choices(let table, let count):
                return Double(random.index(weights: Array(table[kernel * count..<(kernel + 1) * count])))
            case .numbers(let means, let widths):
                let (low, high) = space.distributions[place].bounds
                let (mean, width) = (means[kernel], widths[kernel])
                let z = Normal.quantile(random.uniform(), from: (low - mean) / width, to: (high - mean) / width)
                return space.distributions[place].nearest(mean + z * width)
            }
        }
    }

    /// The logarithm of the density at a point: of the probability where there are steps. On a logarithmic scale it is the
    /// density of the logarithm.
    package func logDensity(_ point: [Double]) -> Double {
        var sums = offsets
        for (place, distribution) in space.distributions.enumerated() {
            switch axes[place] {
            case .choices(let table, let count):
                for kernel in sums.indices { sums[kernel] += log(table[kernel * count + Int(point[place])]) }
            case .numbers(let means, let widths):
                let step = distribution.step
                if step == 0 {
                    let x = distribution.isLogarithmic ? log(point[place]) : point[place]
                    for kernel in sums.indices {
                        let z = (x - means[kernel]) / widths[kernel]
                        sums[kernel] -= 0.5 * z * z
                    }
                } else {
                    var (left, right) = (point[place] - step / 2, point[place] + step / 2)
                    if distribution.isLogarithmic { (left, right) = (log(left), log(right)) }
                    for kernel in sums.indices {
                        sums[kernel] += Normal.logMass(
                            (left - means[kernel]) / widths[kernel], (right - means[kernel]) / widths[kernel])
                    }
                }
            }
        }
        let largest = sums.max()!
        guard largest > -.infinity else { return largest }
        return largest + log(sums.reduce(0) { $0 + exp($1 - largest) })
    }
}
