import MartletCore
import MartletFormats

/// What an optimizer takes for its learning rate: a number or a schedule.
public protocol LearningRate: Sendable {
    /// Which of both.
    var source: LearningRateSource { get }
}

/// A number or a schedule.
public enum LearningRateSource: Sendable {
    /// The same rate for every update, until it is set anew.
    case constant(Double)
    /// A rate that changes with the step.
    case schedule(any LearningRateSchedule)
}

extension Double: LearningRate {
    public var source: LearningRateSource { .constant(self) }
}

extension Int: LearningRate {
    public var source: LearningRateSource { .constant(Double(self)) }
}

/// A learning rate that changes with the number of updates made.
///
/// Source: [Keras's learning rate schedules](https://keras.io/api/optimizers/learning_rate_schedules/).
public protocol LearningRateSchedule: LearningRate {
    /// The learning rate for the update number `step`, counted from 0: a `float32` scalar from an `int64` scalar, in
    /// ops, so that a compiled step computes it anew each time.
    func callAsFunction(_ step: Tensor) -> Tensor
    /// Keras's class name: `ExponentialDecay`.
    var className: String { get }
    /// Keras's configuration.
    var config: [String: JSONValue] { get }
}

extension LearningRateSchedule {
    public var source: LearningRateSource { .schedule(self) }
    public var className: String { "\(Self.self)" }
}

extension LearningRateSchedule where Self: Described, Root == Self {
    public var config: [String: JSONValue] { Self.arguments.config(of: self) }
}

/// A schedule given by a closure of the step.
public struct ClosureSchedule: LearningRateSchedule {
    /// What a saved model calls it.
    public let name: String
    private let function: @Sendable (Tensor) -> Tensor

    /// Makes a schedule of a closure, which gets the step as a `float32` scalar and gives the rate as one.
    /// - Parameter name: what a saved model calls it, for `register`.
    public init(name: String = "custom", _ function: @escaping @Sendable (_ step: Tensor) -> Tensor) {
        self.name = name
        self.function = function
    }

    public func callAsFunction(_ step: Tensor) -> Tensor { function(step.cast(to: .float32)) }
    public var config: [String: JSONValue] { [:] }
}

extension LearningRate where Self == ClosureSchedule {
    /// A schedule given by a closure, which gets the step as a `float32` scalar and gives the rate as one.
    /// - Parameter name: what a saved model calls it, for `register`.
    public static func custom(
        name: String = "custom", _ function: @escaping @Sendable (_ step: Tensor) -> Tensor
    ) -> ClosureSchedule { ClosureSchedule(name: name, function) }
}
