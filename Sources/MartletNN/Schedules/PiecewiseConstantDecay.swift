import MartletCore
import MartletFormats

/// `values[0]` up to and with step `boundaries[0]`, `values[1]` up to and with `boundaries[1]`, and so on.
///
/// Source:
/// [`keras.optimizers.schedules.PiecewiseConstantDecay`](https://keras.io/api/optimizers/learning_rate_schedules/piecewise_constant_decay/).
public struct PiecewiseConstantDecay: LearningRateSchedule, Configurable {
    /// Keras's name of the schedule.
    public let name: String
    private let boundaries: [Int]
    private let values: [Double]

    /// Makes the schedule. Stops when there is not one value more than boundaries, or these do not ascend.
    public init(boundaries: [Int], values: [Double], name: String? = nil) {
        self.name = name ?? "PiecewiseConstant"
        Argument.check(
            values.count == boundaries.count + 1 && zip(boundaries, boundaries.dropFirst()).allSatisfy(<),
            "PiecewiseConstantDecay", "values", expected: "ascending boundaries, and one value more than these",
            received: "boundaries \(boundaries), values \(values)")
        self.boundaries = boundaries
        self.values = values
    }

    public init(config: Configuration) throws {
        try self.init(
            boundaries: config.wholeNumbers("boundaries"), values: config.required("values"), name: config.name)
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        var rate = Tensor(values[0], dtype: .float32)
        for (boundary, value) in zip(boundaries, values.dropFirst()) { rate = `where`(step .> boundary, value, rate) }
        return rate
    }

    public var config: [String: JSONValue] {
        ["boundaries": .integers(boundaries), "values": .numbers(values), "name": .string(name)]
    }
}

extension LearningRate where Self == PiecewiseConstantDecay {
    /// `values[0]` up to and with step `boundaries[0]`, `values[1]` up to and with `boundaries[1]`, and so on.
    public static func piecewiseConstant(boundaries: [Int], values: [Double]) -> PiecewiseConstantDecay {
        PiecewiseConstantDecay(boundaries: boundaries, values: values)
    }
}
