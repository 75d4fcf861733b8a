import Foundation
import TestSupport
import Testing

import MartletTuner

@Suite(.ownSession) struct GaussianProcessTests {
    private static let points: [[Double]] = (0..<9).map { i in
        let x = Double(i)
        let (a, b) = ((x * 0.37).truncatingRemainder(dividingBy: 1), (x * 0.61 + 0.2).truncatingRemainder(dividingBy: 1))
        return [a, b, i % 2 == 0 ? 0.25 : 0.75]
    }
    private static let values = points.map { sin(5 * $0[0]) + $0[1] * $0[1] + $0[2] }
    private static let isChoice = [false, false, true]
    private static let parameters = GaussianProcess.Parameters(inverseSquaredLengths: [3, 1.5, 0.7], scale: 1.3, noise: 1e-6)

    /// Without noise the process goes through the values, and far from all points it has the prior's variance.
    @Test func interpolates() throws {
        let process = try #require(GaussianProcess(Self.points, Self.values, isChoice: Self.isChoice, Self.parameters))
        for (point, value) in zip(Self.points, Self.values) {
            let (mean, variance) = process.posterior(point)
            #expect(abs(mean - value) < 1e-4 && variance < 1e-5)
        }
        let one = try #require(
            GaussianProcess([[0, 0]], [2], isChoice: [false, false], .init(inverseSquaredLengths: [4, 4], scale: 2, noise: 0.5)))
        // Of one point: k / (s + noise) * y, s - k² / (s + noise), with the kernel by hand.
        let root = (5.0 * 4 * 0.25).squareRoot()
        let kernel = 2 * (1 + root + root * root / 3) * exp(-root)
        let (mean, variance) = one.posterior([0.5, 0])
        #expect(abs(mean - kernel / 2.5 * 2) < 1e-12 && abs(variance - (2 - kernel * kernel / 2.5)) < 1e-12)
    }

    /// Gradients are those of small differences.
    @Test func gradients() throws {
        let process = try #require(GaussianProcess(Self.points, Self.values, isChoice: Self.isChoice, Self.parameters))
        let x = [0.4, 0.3, 0.25]
        let slopes = process.posteriorWithGradient(x)
        for axis in 0..<2 {
            var (up, down) = (x, x)
            up[axis] += 1e-6
            down[axis] -= 1e-6
            let (a, b) = (process.posterior(up), process.posterior(down))
            #expect(abs((a.mean - b.mean) / 2e-6 - slopes.meanSlope[axis]) < 1e-6)
            #expect(abs((a.variance - b.variance) / 2e-6 - slopes.varianceSlope[axis]) < 1e-6)
        }
        #expect(slopes.meanSlope[2] == 0)
        var differences = [[Double]](repeating: [], count: 3)
        for axis in 0..<3 {
            for i in Self.points.indices {
                for j in 0..<i {
                    let difference = Self.points[i][axis] - Self.points[j][axis]
                    differences[axis].append(axis == 2 ? (difference == 0 ? 0 : 1) : difference * difference)
                }
            }
        }
        func loss(_ x: [Double]) -> (Double, [Double]) {
            GaussianProcess.loss(
                .init(
                    inverseSquaredLengths: x[..<3].map { exp($0) }, scale: exp(x[3]),
                    noise: exp(x[4]) + GaussianProcess.leastNoise),
                differences, Self.values, Self.points.count)
        }
        let place = [0.3, -0.2, 0.5, 0.1, -3]
        let gradient = loss(place).1
        for axis in place.indices {
            var (up, down) = (place, place)
            up[axis] += 1e-5
            down[axis] -= 1e-5
            #expect(abs((loss(up).0 - loss(down).0) / 2e-5 - gradient[axis]) < 1e-6)
        }
    }

    /// The expected improvement is the integral.
    @Test(arguments: [-30.0, -24.9, -8, -1, 0, 2.5]) func expectation(_ z: Double) {
        // Of max(0, z + n) over the density, relative to the density at z: of t exp(z t - t²/2) over t > 0.
        let step = 1e-4
        let sum = (0..<400_000).reduce(0.0) { sum, index in
            let t = (Double(index) + 0.5) * step
            return sum + t * exp(z * t - t * t / 2) * step
        }
        let (value, slope) = AcquisitionSearch.logExpectation(z)
        #expect(abs(value - Normal.logDensity(z) - log(sum)) < 1e-5)
        let (up, down) = (AcquisitionSearch.logExpectation(z + 1e-5).value, AcquisitionSearch.logExpectation(z - 1e-5).value)
        #expect(abs((up - down) / 2e-5 - slope) < 1e-4 * max(1, abs(slope)))
    }

    /// Minima inside of a box and on its border.
    @Test func boundedSearch() {
        func rosenbrock(_ x: [Double]) -> (Double, [Double]) {
            let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
            return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
        }
        let inside = BoundedSearch.minimize([-1.2, 1], from: [-2, -2], to: [2, 2], iterations: 200, tolerance: 1e-8, rosenbrock)
        #expect(abs(inside.point[0] - 1) < 1e-4 && abs(inside.point[1] - 1) < 1e-4)
        // With x at most 0.5 the minimum is (0.5, 0.25).
        let border = BoundedSearch.minimize([-1.2, 1], from: [-2, -2], to: [0.5, 2], iterations: 200, tolerance: 1e-8, rosenbrock)
        #expect(abs(border.point[0] - 0.5) < 1e-6 && abs(border.point[1] - 0.25) < 1e-4)
    }

    @Test func finds() throws {
        let study = try Study(sampler: GPSampler(), seed: 1)
        try study.optimize(trials: 25) { trial in
            let x = try trial.float("x", -5...5)
            let n = try trial.int("n", 1...100, log: true)
            let kind = try trial.choice("kind", ["a", "b", "c"])
            return (x - 1) * (x - 1) + pow(log(Double(n) / 10), 2) + (kind == "b" ? 0 : 2)
        }
        #expect(try study.bestValue! < 0.05)
        #expect(try study.bestParams["kind"] == "b")
        // Several objectives, with pending trials.
        let two = try Study(directions: [.minimize, .maximize], sampler: GPSampler(), seed: 1, lookahead: 2)
        try two.optimizeAll(trials: 20) { trial in
            let x = try trial.float("x", 0...1)
            return [x * x, -(x - 1) * (x - 1)]
        }
        #expect(try two.bestTrials.count > 12)
    }
}
