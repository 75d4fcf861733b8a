import MartletCore
import MartletFormats

/// A learning rate that changes with the number of updates made.
///
/// Source: [Keras's learning rate schedules](https://keras.io/api/optimizers/learning_rate_schedules/).
public protocol LearningRateSchedule: Sendable {
    /// The learning rate for the update number `step`, counted from 0: a `float32` scalar from an `int64` scalar, in ops, so
    /// that a compiled step computes it anew each time.
    func callAsFunction(_ step: Tensor) -> Tensor
    /// Keras's class name: `ExponentialDecay`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}

/// What an optimizer takes for its learning rate: a number, a schedule, or a closure of the step.
public enum LearningRate: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    /// The same rate for every update, until it is set anew.
    case constant(Double)
    /// A rate that changes with the step.
    case schedule(any LearningRateSchedule)

    public init(floatLiteral value: Double) { self = .constant(value) }
    public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}
