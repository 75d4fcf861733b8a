/// All combinations of given values, each once. Then `optimize` ends.
///
/// ```swift
/// let sampler = GridSampler(["units": [32, 64, 128], "activation": ["relu", "tanh"]])
/// ```
public struct GridSampler: Sampler {
    private let names: [String]
    private let values: [[JSONValue]]
    /// The number of combinations.
    public let count: Int

    /// Makes the sampler.
    /// - Parameter grid: the values of each parameter. The last name in alphabetical order changes fastest. Stops when a
    ///   parameter has no values, or there are more than 10^9 combinations.
    public init(_ grid: [String: [JSONValue]]) {
        names = grid.keys.sorted()
        values = names.map { grid[$0]! }
        var count = 1
        for (name, values) in zip(names, values) {
            require(!values.isEmpty, "GridSampler", "Expected at least one value of \"\(name)\". Received none.")
            count = min(1_000_000_001, count * max(1, values.count))
        }
        require(count <= 1_000_000_000, "GridSampler", "Expected at most 10^9 combinations. Received more.")
        self.count = count
    }

    /// The values of a combination, from 0 to below `count`.
    public func combination(_ number: Int) -> [String: JSONValue] {
        var rest = number % count
        var result: [String: JSONValue] = [:]
        for (name, values) in zip(names, values).reversed() {
            result[name] = values[rest % values.count]
            rest /= values.count
        }
        return result
    }

    public func number(of name: String, in distribution: Distribution, given history: TrialHistory) throws -> Double {
        guard let value = combination(history.number)[name] else {
            throw MartletError("Expected a parameter of the grid: \(names.joined(separator: ", ")). Received: \"\(name)\".")
        }
        guard let number = distribution.number(value), distribution.contains(number) else {
            throw MartletError(
                "Expected values in the parameter's range, \(distribution.text). The grid has \(value.serialized()).",
                at: "parameter \"\(name)\"")
        }
        return number
    }

    public var trialLimit: Int? { count }
}
