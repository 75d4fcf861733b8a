import MartletCore

/// Brings each feature to mean 0 and standard deviation 1.
public struct StandardScaler: Sendable {
    /// The mean of each feature.
    public let mean: Tensor
    /// The standard deviation of each feature (of the samples themselves, divisor n); 1 for a feature that is constant.
    public let standardDeviation: Tensor

    /// Learns from samples along the first axis.
    /// - Throws: `MartletError` when there is no sample.
    public init(_ x: Tensor) throws {
        try requireSamples(x)
        mean = x.mean(axes: [0])
        let deviation = x.standardDeviation(axes: [0])
        standardDeviation = `where`(deviation .== 0, Tensor.ones(like: deviation), deviation)
    }

    /// The scaled samples.
    public func transform(_ x: Tensor) -> Tensor { (x - mean) / standardDeviation }
    /// The samples of scaled ones.
    public func inverse(_ x: Tensor) -> Tensor { x * standardDeviation + mean }
}

/// Brings each feature to the range from 0 to 1.
public struct MinMaxScaler: Sendable {
    /// The smallest value of each feature.
    public let minimum: Tensor
    /// The largest value of each feature less the smallest; 1 for a feature that is constant.
    public let range: Tensor

    /// Learns from samples along the first axis.
    /// - Throws: `MartletError` when there is no sample.
    public init(_ x: Tensor) throws {
        try requireSamples(x)
        minimum = x.min(axes: [0])
        let range = x.max(axes: [0]) - minimum
        self.range = `where`(range .== 0, Tensor.ones(like: range), range)
    }

    /// The scaled samples.
    public func transform(_ x: Tensor) -> Tensor { (x - minimum) / range }
    /// The samples of scaled ones.
    public func inverse(_ x: Tensor) -> Tensor { x * range + minimum }
}

private func requireSamples(_ x: Tensor) throws {
    guard x.rank >= 1, x.shape[0] > 0, x.dtype.isFloatingPoint else {
        throw MartletError("Expected floating-point samples along the first axis. Received: \(x.spec).", at: "x")
    }
}

/// Numbers labels from 0 on, in ascending order.
public struct LabelEncoder<Label: Hashable & Comparable & Sendable>: Sendable {
    /// The labels, each at the place of its number.
    public let classes: [Label]
    private let numbers: [Label: Int]

    /// Learns the labels.
    public init(_ labels: some Sequence<Label>) {
        let classes = Set(labels).sorted()
        self.classes = classes
        numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    }

    /// The numbers of labels, `int64`.
    /// - Throws: `MartletError` for a label that was not learned.
    public func encode(_ labels: [Label]) throws -> Tensor { Tensor(try labels.map(number(of:))) }

    /// The number of one label.
    /// - Throws: `MartletError` for a label that was not learned.
    public func number(of label: Label) throws -> Int {
        guard let number = numbers[label] else {
            throw MartletError("Expected one of \(classes.count) labels: \(classes.prefix(10)). Received: \(label).")
        }
        return number
    }

    /// The labels of numbers.
    /// - Throws: `MartletError` for a number that is none.
    public func decode(_ numbers: Tensor) throws -> [Label] {
        try numbers.scalars(as: Int.self).map { number in
            guard classes.indices.contains(number) else {
                throw MartletError("Expected numbers in \(classes.indices). Received: \(number).")
            }
            return classes[number]
        }
    }

    /// Rows of zeros with a one at the label's number, `float32` of shape `(labels, classes)`.
    /// - Throws: `MartletError` for a label that was not learned.
    public func oneHot(_ labels: [Label]) throws -> Tensor {
        let (size, overflow) = labels.count.multipliedReportingOverflow(by: classes.count)
        try [Float].requireMemory(overflow ? .max / 4 : size, at: "oneHot")
        var rows = [Float](repeating: 0, count: labels.count * classes.count)
        for (row, label) in labels.enumerated() { rows[row * classes.count + (try number(of: label))] = 1 }
        return Tensor(rows, shape: [labels.count, classes.count])
    }
}
