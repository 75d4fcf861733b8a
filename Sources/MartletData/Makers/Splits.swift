import MartletCore

/// Divides samples into parts.
public enum Splits {
    /// Divides samples into a training set and a test set.
    /// - Parameters:
    ///   - testSize: the fraction of the samples in the test set, rounded up.
    ///   - shuffle: whether the samples are drawn at random; otherwise the last ones are the test set.
    ///   - stratify: class numbers: each class has the same fraction in both sets, as nearly as whole samples allow.
    ///   - seed: of the random numbers.
    /// - Throws: `MartletError` when the numbers of samples differ, or a set or a class of it would be empty.
    public static func trainTest(
        _ x: Tensor, _ y: Tensor, testSize: Double = 0.25, shuffle: Bool = true, stratify: Tensor? = nil, seed: Int
    ) throws -> (train: (x: Tensor, y: Tensor), test: (x: Tensor, y: Tensor)) {
        let data = try TensorDataset(x, y)
        let count = data.count
        let tests = testSize > 0 && testSize < 1 ? Int((testSize * Double(count)).rounded(.up)) : 0
        guard tests > 0, tests < count else {
            throw MartletError(
                "Expected a fraction between 0 and 1 that leaves samples on both sides. "
                    + "Received: \(testSize) of \(count) samples.", at: "testSize")
        }
        var order = Array(0..<count)
        if shuffle { order = try Permutation.random(count, key: UInt64(bitPattern: Int64(seed))) }
        var test = Array(order.suffix(tests))
        if let stratify {
            let groups = try classes(stratify, count: count, order)
            let shares = proportional(tests, among: groups.map(\.count))
            guard zip(groups, shares).allSatisfy({ $1 > 0 && $1 < $0.count }) else {
                throw MartletError(
                    "Expected samples of each class on both sides. Received: classes of \(groups.map(\.count)) samples, of which "
                        + "\(shares) would be tested.", at: "stratify")
            }
            test = zip(groups, shares).flatMap { $0.suffix($1) }
        }
        let tested = Set(test)
        test = order.filter(tested.contains)
        let train = order.filter { !tested.contains($0) }
        return ((try x.rows(train), try y.rows(train)), (try x.rows(test), try y.rows(test)))
    }

    /// Divides the numbers `0..<count` into `folds` parts of as nearly the same size as possible; each is once the validation
    /// set of the others.
    /// - Parameters:
    ///   - shuffle: whether the numbers are divided at random; otherwise in order.
    ///   - stratify: class numbers: each class is divided by itself.
    ///   - seed: of the random numbers.
    /// - Throws: `MartletError` when there are less than 2 folds, or more than samples.
    public static func kFold(
        _ count: Int, folds: Int = 5, shuffle: Bool = false, stratify: Tensor? = nil, seed: Int = 0
    ) throws -> [(train: [Int], validation: [Int])] {
        guard folds >= 2, folds <= count else {
            throw MartletError("Expected from 2 to \(count) folds, as there are samples. Received: \(folds).", at: "folds")
        }
        let order = shuffle ? try Permutation.random(count, key: UInt64(bitPattern: Int64(seed))) : Array(0..<count)
        var fold = [Int](repeating: 0, count: count)
        if let stratify {
            // Round and round, going on from class to class, so that the folds stay of one size.
            for (place, sample) in try classes(stratify, count: count, order).flatMap({ $0 }).enumerated() {
                fold[sample] = place % folds
            }
        } else {
            var start = 0
            for part in 0..<folds {
                let size = count / folds + (part < count % folds ? 1 : 0)
                for sample in order[start..<start + size] { fold[sample] = part }
                start += size
            }
        }
        return (0..<folds).map { part in
            ((0..<count).filter { fold[$0] != part }, (0..<count).filter { fold[$0] == part })
        }
    }

    /// The samples of each class, in the order of `order`.
    private static func classes(_ labels: Tensor, count: Int, _ order: [Int]) throws -> [[Int]] {
        guard labels.elementCount == count else {
            throw MartletError("Expected a class for each of \(count) samples. Received: \(labels.spec).", at: "stratify")
        }
        let numbers = labels.scalars(as: Int.self)
        let groups = Dictionary(grouping: order) { numbers[$0] }
        return groups.keys.sorted().map { groups[$0]! }
    }

    /// `total` divided in proportion to `sizes`: rounded down, the rest to the largest remainders.
    private static func proportional(_ total: Int, among sizes: [Int]) -> [Int] {
        let sum = sizes.reduce(0, +)
        var shares = sizes.map { $0 * total / sum }
        let byRemainder = sizes.indices.sorted { (sizes[$0] * total % sum, $1) > (sizes[$1] * total % sum, $0) }
        for index in byRemainder.prefix(total - shares.reduce(0, +)) { shares[index] += 1 }
        return shares
    }
}
