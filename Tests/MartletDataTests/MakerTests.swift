import Foundation
import MartletCore
import MartletData
import TestSupport
import Testing

/// Made samples by their geometry and moments, splits and encoders by their definitions.
@Suite(.ownSession) struct MakerTests {
    private func rows(_ x: Tensor) -> [[Double]] { (0..<x.shape[0]).map { x[$0].scalars(as: Double.self) } }

    @Test func moonsAndCircles() {
        let moons = Datasets.makeMoons(count: 101, seed: 1)
        #expect(moons.x.shape == [101, 2] && moons.y.scalars(as: Int.self).reduce(0, +) == 51)
        for (row, label) in zip(rows(moons.x), moons.y.scalars(as: Int.self)) {
            let (x, y) = label == 0 ? (row[0], row[1]) : (1 - row[0], 0.5 - row[1])
            #expect(abs(x * x + y * y - 1) < 1e-5 && y > -1e-6)
        }
        let circles = Datasets.makeCircles(count: 60, factor: 0.5, seed: 2)
        for (row, label) in zip(rows(circles.x), circles.y.scalars(as: Int.self)) {
            #expect(abs((row[0] * row[0] + row[1] * row[1]).squareRoot() - (label == 0 ? 1 : 0.5)) < 1e-5)
        }
        let noisy = Datasets.makeCircles(count: 4000, noise: 0.1, factor: 0.5, seed: 2)
        let radii = zip(rows(noisy.x), noisy.y.scalars(as: Int.self)).filter { $1 == 0 }.map { hypot($0.0[0], $0.0[1]) - 1 }
        let deviation = (radii.reduce(0) { $0 + $1 * $1 } / Double(radii.count)).squareRoot()
        #expect(abs(deviation - 0.1) < 0.01)
        #expect(Datasets.makeMoons(seed: 3).x.scalars(as: Float.self) == Datasets.makeMoons(seed: 3).x.scalars())
        #expect(Datasets.makeMoons(seed: 3).x.scalars(as: Float.self) != Datasets.makeMoons(seed: 4).x.scalars())
    }

    @Test func blobs() {
        let blobs = Datasets.makeBlobs(count: 3001, features: 3, centers: 3, standardDeviation: 0.5, seed: 5)
        let labels = blobs.y.scalars(as: Int.self)
        #expect((0..<3).map { label in labels.count { $0 == label } } == [1001, 1000, 1000])
        let points = zip(rows(blobs.x), labels).filter { $1 == 2 }.map(\.0)
        for axis in 0..<3 {
            let values = points.map { $0[axis] }
            let mean = values.reduce(0, +) / 1000
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1000
            #expect(abs(mean) < 10.1 && abs(variance - 0.25) < 0.05)
        }
    }

    /// The targets are the function that the coefficients say.
    @Test func regression() {
        let made = Datasets.makeRegression(count: 50, features: 6, informative: 2, bias: 3, seed: 1)
        let coefficients = made.coefficients.scalars(as: Double.self)
        #expect(coefficients.count { $0 != 0 } == 2 && coefficients.allSatisfy { (0..<100).contains($0) })
        for (row, target) in zip(rows(made.x), made.y.scalars(as: Double.self)) {
            #expect(abs(zip(row, coefficients).reduce(3) { $0 + $1.0 * $1.1 } - target) < 1e-3)
        }
        let noisy = Datasets.makeRegression(count: 4000, features: 2, informative: 0, noise: 2, seed: 1).y
            .scalars(as: Double.self)
        #expect(abs(noisy.reduce(0) { $0 + $1 * $1 } / 4000 - 4) < 0.4)
    }

    @Test func classification() {
        let made = Datasets.makeClassification(
            count: 2000, features: 6, informative: 3, redundant: 1, classes: 2, clustersPerClass: 1, flipped: 0, separation: 10,
            seed: 3)
        let (points, labels) = (rows(made.x), made.y.scalars(as: Int.self))
        #expect(made.x.shape == [2000, 6] && labels.reduce(0, +) == 1000)
        // The clusters are at two corners of a cube, +-10, far apart beside their width.
        let means = (0..<2).map { label in
            (0..<6).map { axis in zip(points, labels).reduce(0) { $0 + ($1.1 == label ? $1.0[axis] : 0) } / 1000 }
        }
        for axis in 0..<3 { #expect(means.allSatisfy { abs(abs($0[axis]) - 10) < 0.2 }) }
        #expect(means[0][0..<3] != means[1][0..<3])
        for axis in 4..<6 { #expect(means.allSatisfy { abs($0[axis]) < 0.2 }) }
        let flipped = Datasets.makeClassification(count: 2000, flipped: 1, seed: 3).y.scalars(as: Int.self).reduce(0, +)
        #expect(abs(flipped - 1000) < 110)
    }

    @Test func splits() throws {
        let x = Tensor((0..<40).map { Float($0) }, shape: [20, 2])
        let y = Tensor((0..<20).map { Int64($0 < 15 ? 0 : 1) })
        let plain = try Splits.trainTest(x, y, shuffle: false, seed: 0)
        #expect(plain.train.x.shape == [15, 2] && plain.test.y.scalars(as: Int.self) == [1, 1, 1, 1, 1])
        let split = try Splits.trainTest(x, y, testSize: 0.2, stratify: y, seed: 3)
        #expect(split.test.y.scalars(as: Int.self).reduce(0, +) == 1 && split.test.y.shape == [4])
        #expect((split.train.x.scalars(as: Float.self) + split.test.x.scalars()).sorted() == x.scalars())
        // Rows stay with their labels.
        #expect(zip(rows(split.train.x), split.train.y.scalars(as: Int.self)).allSatisfy { ($0[0] < 30) == ($1 == 0) })
        expectError("testSize") { try Splits.trainTest(x, y, testSize: 1, seed: 0) }
        expectError("stratify") { try Splits.trainTest(x, y, testSize: 0.05, stratify: y, seed: 0) }
        let folds = try Splits.kFold(10, folds: 3)
        #expect(folds.map(\.validation) == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]])
        for fold in try Splits.kFold(20, folds: 5, shuffle: true, stratify: y, seed: 1) {
            #expect(fold.validation.count == 4 && fold.validation.count { $0 >= 15 } == 1)
            #expect((fold.train + fold.validation).sorted() == Array(0..<20))
        }
        expectError("folds") { try Splits.kFold(3, folds: 4) }
    }

    @Test func scalersAndEncoders() throws {
        let x = Tensor([[1, 5], [3, 5], [8, 5]] as [[Float]])
        let standard = try StandardScaler(x)
        let scaled = rows(standard.transform(x))
        // Mean 4, variance 26/3.
        for (row, value) in zip(scaled, [-3, -1, 4.0]) {
            #expect(abs(row[0] - value / (26.0 / 3).squareRoot()) < 1e-6 && row[1] == 0)
        }
        #expect(rows(standard.inverse(standard.transform(x)))[2].map { $0.rounded() } == [8, 5])
        let ranged = try MinMaxScaler(x)
        #expect(ranged.transform(x).scalars(as: Float.self) == [0, 0, Float(2) / 7, 0, 1, 0])
        expectError("samples") { try StandardScaler(Tensor(1.0)) }
        let encoder = LabelEncoder(["b", "a", "c", "a"])
        #expect(encoder.classes == ["a", "b", "c"])
        #expect(try encoder.encode(["c", "a"]).scalars(as: Int.self) == [2, 0])
        #expect(try encoder.decode(Tensor([1, 2])) == ["b", "c"])
        #expect(try encoder.oneHot(["b", "c"]).scalars(as: Float.self) == [0, 1, 0, 0, 0, 1])
        expectError("Received: d") { try encoder.encode(["d"]) }
    }
}
