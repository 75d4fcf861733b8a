import Foundation
import MartletCore

/// Made samples for tries and tests, like those of scikit-learn in distribution. The same seed gives the same samples.
extension Datasets {
    /// Samples: `x`, `float32` of shape `(count, features)`, and `y`, class numbers (`int64`) or targets (`float32`) of shape
    /// `(count,)`.
    public typealias Samples = (x: Tensor, y: Tensor)

    /// Two half circles that reach into each other.
    /// - Parameter noise: the standard deviation of what is added to each coordinate.
    public static func makeMoons(count: Int = 100, noise: Double = 0, seed: Int) -> Samples {
        let outer = max(0, count) / 2, inner = max(0, count) - outer
        let upper = spaced(outer, to: .pi).map { [cos($0), sin($0)] }
        let lower = spaced(inner, to: .pi).map { [1 - cos($0), 0.5 - sin($0)] }
        return samples([upper, lower], noise: noise, seed: seed)
    }

    /// A circle within another.
    /// - Parameters:
    ///   - noise: the standard deviation of what is added to each coordinate.
    ///   - factor: the radius of the inner circle; the outer one has 1.
    public static func makeCircles(count: Int = 100, noise: Double = 0, factor: Double = 0.8, seed: Int) -> Samples {
        func circle(_ count: Int, _ radius: Double) -> [[Double]] {
            (0..<count).map { index in
                let angle = 2 * Double.pi * Double(index) / Double(count)
                return [radius * cos(angle), radius * sin(angle)]
            }
        }
        let outer = max(0, count) / 2
        return samples([circle(outer, 1), circle(max(0, count) - outer, factor)], noise: noise, seed: seed)
    }

    /// Normally distributed clouds, whose centers are spread evenly over a cube from -10 to 10.
    /// - Parameters:
    ///   - centers: the number of clouds, which are the classes. The samples are divided evenly.
    ///   - standardDeviation: of each cloud in each direction.
    public static func makeBlobs(
        count: Int = 100, features: Int = 2, centers: Int = 3, standardDeviation: Double = 1, seed: Int
    ) -> Samples {
        var random = NormalStream(seed)
        let places = (0..<max(1, centers)).map { _ in (0..<max(1, features)).map { _ in random.uniform(-10, 10) } }
        let classes = places.indices.map { label in
            (0..<share(count, label, of: places.count)).map { _ in
                places[label].map { $0 + standardDeviation * random.normal() }
            }
        }
        return samples(classes, noise: 0, seed: Int(truncatingIfNeeded: random.stream.next() >> 1))
    }

    /// Classes that a linear model can tell apart in part: each has clusters at the corners of a cube with sides of
    /// `2 * separation`, stretched by a random matrix. Further features are linear combinations of these, or noise.
    /// - Parameters:
    ///   - informative: the number of features that tell the classes apart.
    ///   - redundant: the number of combinations of those. The rest of `features` is noise.
    ///   - clustersPerClass: the number of clusters of a class. Stops when there are not as many corners.
    ///   - flipped: the fraction of samples whose class is drawn anew.
    ///   - separation: half the distance of clusters.
    public static func makeClassification(
        count: Int = 100, features: Int = 20, informative: Int = 2, redundant: Int = 2, classes: Int = 2,
        clustersPerClass: Int = 2, flipped: Double = 0.01, separation: Double = 1, seed: Int
    ) -> Samples {
        let clusters = classes * clustersPerClass
        let isFit = require(
            count >= 0 && informative >= 1 && redundant >= 0 && informative + redundant <= features && clusters >= 1
                && (informative >= 62 || clusters <= 1 << informative),
            "makeClassification", "Expected informative and redundant features within the \(features), and at most as many "
                + "clusters as 2^informative. Received: \(informative), \(redundant), \(classes) x \(clustersPerClass) clusters.")
        guard isFit else { return (.zeros([0, 1]), .zeros([0], dtype: .int64)) }
        var random = NormalStream(seed)
        let corners = Permutation.ofFew(1 << min(informative, 20), key: random.stream.next()).prefix(clusters)
        let mixing = random.uniformMatrix(informative, redundant)
        var (rows, labels) = ([[Double]](), [Int64]())
        for (cluster, corner) in corners.enumerated() {
            let stretch = random.uniformMatrix(informative, informative)
            for _ in 0..<share(count, cluster, of: clusters) {
                let plain = (0..<informative).map { _ in random.normal() }
                let told = (0..<informative).map { column in
                    let center = corner >> min(column, 62) & 1 == 1 ? separation : -separation
                    return center + plain.indices.reduce(0) { $0 + plain[$1] * stretch[$1][column] }
                }
                let combined = (0..<redundant).map { column in told.indices.reduce(0) { $0 + told[$1] * mixing[$1][column] } }
                let noise = (0..<features - informative - redundant).map { _ in random.normal() }
                rows.append(told + combined + noise)
                let isFlipped = random.uniform(0, 1) < flipped
                labels.append(Int64(isFlipped ? random.stream.index(below: classes) : cluster % classes))
            }
        }
        return shuffled(rows, labels, key: random.stream.next())
    }

    /// Targets that are a linear function of some of the features, which are normally distributed, and noise.
    /// - Parameters:
    ///   - informative: the number of features that count; their coefficients are spread evenly over 0 to 100.
    ///   - bias: what is added to each target.
    ///   - noise: the standard deviation of the noise in the targets.
    public static func makeRegression(
        count: Int = 100, features: Int = 100, informative: Int = 10, bias: Double = 0, noise: Double = 0, seed: Int
    ) -> (x: Tensor, y: Tensor, coefficients: Tensor) {
        var random = NormalStream(seed)
        let (count, features) = (max(0, count), max(1, features))
        let chosen = Set(Permutation.ofFew(features, key: random.stream.next()).prefix(max(0, informative)))
        let coefficients = (0..<features).map { chosen.contains($0) ? random.uniform(0, 100) : 0 }
        let rows = (0..<count).map { _ in (0..<features).map { _ in random.normal() } }
        let targets = rows.map { row in row.indices.reduce(bias) { $0 + row[$1] * coefficients[$1] } + noise * random.normal() }
        return (
            Tensor(rows.flatMap { $0.map { Float($0) } }, shape: [count, features]), Tensor(targets.map { Float($0) }),
            Tensor(coefficients.map { Float($0) })
        )
    }

    private static func spaced(_ count: Int, to end: Double) -> [Double] {
        (0..<count).map { count > 1 ? end * Double($0) / Double(count - 1) : 0 }
    }

    /// How many of `count` samples part `index` of `parts` has.
    private static func share(_ count: Int, _ index: Int, of parts: Int) -> Int {
        max(0, count) / parts + (index < max(0, count) % parts ? 1 : 0)
    }

    /// The samples of classes 0, 1, ..., with noise, in random order.
    private static func samples(_ classes: [[[Double]]], noise: Double, seed: Int) -> Samples {
        var random = NormalStream(seed)
        let rows = classes.flatMap { $0 }.map { row in noise > 0 ? row.map { $0 + noise * random.normal() } : row }
        let labels = classes.enumerated().flatMap { label, rows in rows.map { _ in Int64(label) } }
        return shuffled(rows, labels, key: random.stream.next())
    }

    private static func shuffled(_ rows: [[Double]], _ labels: [Int64], key: UInt64) -> Samples {
        let order = Permutation.ofFew(rows.count, key: key)
        return (
            Tensor(order.flatMap { rows[$0].map { Float($0) } }, shape: [rows.count, rows.first?.count ?? 1]),
            Tensor(order.map { labels[$0] })
        )
    }
}

/// Normally distributed numbers (Box and Muller).
private struct NormalStream {
    var stream: RandomStream

    init(_ seed: Int) { stream = RandomStream(key: RandomStream.mix(UInt64(bitPattern: Int64(seed)), 0)) }

    mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * Double(stream.next() >> 11) * 0x1p-53
    }

    mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform(0, 1))).squareRoot()
        return radius * cos(2 * .pi * uniform(0, 1))
    }

    /// Numbers between -1 and 1.
    mutating func uniformMatrix(_ rows: Int, _ columns: Int) -> [[Double]] {
        (0..<rows).map { _ in (0..<columns).map { _ in uniform(-1, 1) } }
    }
}
