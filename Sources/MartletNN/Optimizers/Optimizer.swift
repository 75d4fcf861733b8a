import MartletCore
import MartletFormats

/// The options that every optimizer has.
public struct OptimizerOptions: Sendable {
    /// Each gradient by itself is scaled to at most this L2 norm.
    public var clipNorm: Double?
    /// Each element of a gradient is clipped to `-clipValue...clipValue`.
    public var clipValue: Double?
    /// All gradients together are scaled to at most this L2 norm.
    public var globalClipNorm: Double?
    /// Decoupled weight decay: each update also subtracts `learningRate * weightDecay * weight`.
    public var weightDecay: Double?

    /// Makes options; at most one kind of clipping may be given.
    public init(
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, weightDecay: Double? = nil
    ) {
        let given = [clipNorm, clipValue, globalClipNorm].compactMap { $0 }
        require(
            given.count <= 1, "Optimizer",
            "Expected at most one of clipNorm, clipValue and globalClipNorm. Received: \(given.count) of them.")
        require(
            given.allSatisfy { $0 > 0 }, "Optimizer", "Expected a positive clipping bound. Received: \(given).")
        self.clipNorm = clipNorm
        self.clipValue = clipValue
        self.globalClipNorm = globalClipNorm
        self.weightDecay = weightDecay
    }
}

/// Changes variables against their gradients: the base of Keras's optimizers and of one's own.
///
/// A subclass overrides `makeSlots`, which says what is remembered for each variable, and `update`.
///
/// ```swift
/// optimizer.apply(tape.gradient(of: loss, withRespectTo: model.trainableVariables), to: model.trainableVariables)
/// ```
///
/// Source: [`keras.optimizers.Optimizer`](https://keras.io/api/optimizers/).
open class Optimizer: OptimizerConvertible {
    /// Keras's name: `adam`.
    public let name: String
    /// The number of updates made, an `int64` scalar.
    public let iterations: Variable
    /// Clipping and weight decay.
    public let options: OptimizerOptions
    /// The schedule, nil when the rate is a number.
    public let schedule: (any LearningRateSchedule)?

    private let rate: Variable
    private var built: [Variable] = []
    private var slots: [ObjectIdentifier: [Variable]] = [:]

    /// Makes an optimizer that has seen no variables yet.
    public init(name: String, learningRate: LearningRate, options: OptimizerOptions = .init()) {
        self.name = name
        self.options = options
        iterations = Variable(Tensor(0, dtype: .int64), name: "iteration", trainable: false)
        let first: Double
        switch learningRate {
        case .constant(let value):
            first = value
            schedule = nil
        case .schedule(let given):
            first = 0
            schedule = given
        }
        rate = Variable(Tensor(first, dtype: .float32), name: "learning_rate", trainable: false)
    }

    // MARK: - What a subclass overrides

    /// What the optimizer remembers for a variable: its moments, in the order in which `update` gets them. Zeros of the
    /// variable's shape, most often.
    open func makeSlots(for variable: Variable) -> [Slot] { [] }

    /// Changes one variable.
    /// - Parameters:
    ///   - gradient: after clipping, of the variable's shape and dtype.
    ///   - slots: what `makeSlots` made, as variables to assign to.
    ///   - learningRate: the rate of this update, a scalar of the variable's dtype.
    ///   - step: the number of this update, counted from 1, a scalar of the variable's dtype.
    open func update(
        _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
    ) {
        stop("\(Self.self)", "The optimizer changes nothing: override update(_:gradient:slots:learningRate:step:).")
    }

    /// Keras's configuration. A subclass adds its own to `super`'s.
    open var config: [String: JSONValue] {
        [
            "name": .string(name),
            "learning_rate": schedule.map { schedule in
                .object(["class_name": .string(schedule.className), "config": .object(schedule.config)])
            } ?? .double(learningRate),
            "clipnorm": options.clipNorm.map { .double($0) } ?? .null,
            "clipvalue": options.clipValue.map { .double($0) } ?? .null,
            "global_clipnorm": options.globalClipNorm.map { .double($0) } ?? .null,
            "weight_decay": options.weightDecay.map { .double($0) } ?? .null,
        ]
    }

    // MARK: - Use

    /// A value that is remembered for a variable, and its name in files: `momentum`.
    public struct Slot {
        /// The name: Keras's.
        public let name: String
        /// The first value.
        public let initial: Tensor

        /// Makes a slot.
        public init(_ name: String, _ initial: Tensor) {
            self.name = name
            self.initial = initial
        }
    }

    /// The learning rate of the next update. Setting it stops when a schedule gives the rate.
    public var learningRate: Double {
        get { schedule.map { $0(iterations.value).item() } ?? rate.value.item() }
        set {
            require(
                schedule == nil, "\(Self.self).learningRate",
                "The learning rate is given by a schedule and cannot be set.")
            rate.assign(Tensor(newValue, dtype: .float32))
        }
    }

    /// The number of updates, the learning rate, and what is remembered for each variable.
    public var variables: [Variable] { [iterations, rate] + built.flatMap { slots[ObjectIdentifier($0)] ?? [] } }

    /// Makes the slots of variables that are new.
    public func build(_ variables: [Variable]) {
        for variable in variables where slots[ObjectIdentifier(variable)] == nil {
            built.append(variable)
            slots[ObjectIdentifier(variable)] = makeSlots(for: variable).map { slot in
                let made = Variable(slot.initial, name: slot.name, trainable: false)
                made.path = "\(name)/\(variable.path.replacing("/", with: "_"))_\(slot.name)"
                return made
            }
        }
    }

    /// Makes one update: clips the gradients, changes the variables, applies their constraints.
    /// Variables whose gradient is nil stay as they are. Stops when the numbers of gradients and variables differ.
    public func apply(_ gradients: [Tensor?], to variables: [Variable]) {
        require(
            gradients.count == variables.count, "\(Self.self).apply",
            "Expected one gradient for each of \(variables.count) variables. Received: \(gradients.count).")
        build(variables)
        let present = zip(gradients, variables).compactMap { gradient, variable in gradient.map { ($0, variable) } }
        let clipped = Self.clip(present.map(\.0), by: options)
        let rateNow = schedule.map { $0(iterations.value).cast(to: .float32) } ?? rate.value
        iterations.assignAdd(Tensor(1, dtype: .int64))
        for (gradient, (_, variable)) in zip(clipped, present) {
            let rate = rateNow.cast(to: variable.dtype)
            if let decay = weightDecay(for: variable) {
                variable.assign(variable.storedValue - variable.storedValue * (rate * decay))
            }
            update(
                variable, gradient: gradient, slots: slots[ObjectIdentifier(variable)] ?? [], learningRate: rate,
                step: iterations.value.cast(to: variable.dtype))
            if let constraint = variable.constraint { variable.assign(constraint(variable.storedValue)) }
        }
    }

    private func weightDecay(for variable: Variable) -> Double? { options.weightDecay }

    /// Scales or clips gradients as the options say. Used by trainers of one's own as well.
    public static func clip(_ gradients: [Tensor], by options: OptimizerOptions) -> [Tensor] {
        if let bound = options.clipNorm {
            return gradients.map { gradient in
                let norm = gradient.square().sum().squareRoot()
                return where(norm .> bound, gradient * (bound / norm), gradient)
            }
        }
        if let bound = options.globalClipNorm, !gradients.isEmpty {
            let squares = gradients.map { $0.square().sum() }
            let norm = squares.dropFirst().reduce(squares[0], +).squareRoot()
            let scale = bound / maximum(norm, bound)
            return gradients.map { $0 * scale.cast(to: $0.dtype) }
        }
        if let bound = options.clipValue { return gradients.map { $0.clipped(min: -bound, max: bound) } }
        return gradients
    }

    public func makeOptimizer() throws -> Optimizer { self }
}

/// What `compile` takes for an optimizer: an `Optimizer`, or Keras's name for one with its defaults.
public protocol OptimizerConvertible {
    /// The optimizer itself.
    /// - Throws: `MartletError` when a name is not known.
    func makeOptimizer() throws -> Optimizer
}
