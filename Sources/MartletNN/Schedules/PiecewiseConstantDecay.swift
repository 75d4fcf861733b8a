import MartletCore

/// `values[0]` up to and with step `boundaries[0]`, `values[1]` up to and with `boundaries[1]`, and so on.
///
/// Source:
/// [`keras.optimizers.schedules.PiecewiseConstantDecay`](https://keras.io/api/optimizers/learning_rate_schedules/piecewise_constant_decay/).
public struct PiecewiseConstantDecay: LearningRateSchedule, Described {
    /// Keras's name of the schedule.
    public private(set) var name: String
    private var boundaries: [Int]
    private var values: [Double]

    /// Makes the schedule. Stops when there is not one value more than boundaries, or these do not ascend.
    public init(boundaries: [Int], values: [Double], name: String? = nil) {
        self.name = name ?? "PiecewiseConstant"
        self.boundaries = boundaries
        self.values = values
        checkArguments()
    }

    public static let arguments = Arguments(default: PiecewiseConstantDecay(boundaries: [], values: [0])) {
        $0("boundaries", \.boundaries, as: .wholeNumbers, required: true)
        $0("values", \.values, required: true)
        $0("name", \.name)
        $0.check {
            Argument.check(
                $0.values.count == $0.boundaries.count + 1
                    && zip($0.boundaries, $0.boundaries.dropFirst()).allSatisfy(<),
                className, "values", expected: "ascending boundaries, and one value more than these",
                received: "boundaries \($0.boundaries), values \($0.values)")
        }
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        var rate = Tensor(values[0], dtype: .float32)
        for (boundary, value) in zip(boundaries, values.dropFirst()) { rate = `where`(step .> boundary, value, rate) }
        return rate
    }
}

extension LearningRate where Self == PiecewiseConstantDecay {
    /// `values[0]` up to and with step `boundaries[0]`, `values[1]` up to and with `boundaries[1]`, and so on.
    public static func piecewiseConstant(boundaries: [Int], values: [Double]) -> PiecewiseConstantDecay {
        PiecewiseConstantDecay(boundaries: boundaries, values: values)
    }
}
