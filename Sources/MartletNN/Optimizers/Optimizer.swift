import MartletCore
import MartletFormats

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
    public internal(set) var name: String
    /// The number of updates made, an `int64` scalar.
    public let iterations: Variable
    /// Clipping and weight decay.
    public internal(set) var options: OptimizerOptions
    /// The schedule, nil when the rate is a number.
    public let schedule: (any LearningRateSchedule)?

    private let rate: Variable
    private var built: [Variable] = []
    private var slots: [ObjectIdentifier: [Variable]] = [:]
    private var fusedUpdates: [FusedUpdate.Kind: FusedUpdate] = [:]

    /// Makes an optimizer that has seen no variables yet.
    /// - Parameter name: nil is the class's name in snake case.
    public init(name: String? = nil, learningRate: any LearningRate, options: OptimizerOptions = .init()) {
        self.name = name ?? LayerNames.snakeCase("\(Self.self)")
        self.options = options
        iterations = Variable(Tensor(0, dtype: .int64), name: "iteration", trainable: false)
        let first: Double
        switch learningRate.source {
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
    ///   - gradient: the gradient after clipping, of the variable's shape and dtype; weight decay is already done.
    ///   - slots: what `makeSlots` made, as variables to assign to.
    ///   - learningRate: the rate of this update, a scalar of the variable's dtype.
    ///   - step: the number of this update, counted from 1, a scalar of the variable's dtype.
    open func update(
        _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
    ) {
        stop("\(Self.self)", "The optimizer changes nothing: override update(_:gradient:slots:learningRate:step:).")
    }

    /// Keras's class name: the type's own.
    open var className: String { "\(Self.self)" }

    /// Keras's configuration. A subclass adds its own to `super`'s.
    open var config: [String: JSONValue] {
        let rate: JSONValue = schedule.map { JSONValue($0) } ?? .double(learningRate)
        return options.config.merging(["name": .string(name), "learning_rate": rate]) { $1 }
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

        /// A slot that starts as zeros of the variable's shape and dtype.
        public static func zeros(_ name: String, like variable: Variable) -> Slot {
            Slot(name, .zeros(variable.shape, dtype: variable.dtype))
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
    /// Variables whose gradient is nil stay as they are. Stops when the numbers or the shapes of gradients and
    /// variables differ.
    public func apply(_ gradients: [Tensor?], to variables: [Variable]) {
        require(
            gradients.count == variables.count, "\(Self.self).apply",
            "Expected one gradient for each of \(variables.count) variables. Received: \(gradients.count).")
        var present: [(gradient: Tensor, variable: Variable)] = []
        for case (let gradient?, let variable) in zip(gradients, variables) {
            require(
                gradient.shape == variable.shape, "\(Self.self).apply",
                "Expected a gradient of shape \(variable.shape) for variable \"\(variable.path)\". "
                    + "Received: \(gradient.shape).")
            present.append((gradient, variable))
        }
        build(variables)
        let scales = options.scales(for: present.map(\.gradient))
        let rate = schedule.map { $0(iterations.value).cast(to: .float32) } ?? rate.value
        iterations.assignAdd(Tensor(1, dtype: .int64))
        let moment = Moment(learningRate: rate, step: iterations.value)
        for (index, (gradient, variable)) in present.enumerated() {
            change(variable, against: gradient, scale: scales?[index], at: moment)
            if let constraint = variable.constraint { variable.assign(constraint(variable.storedValue)) }
        }
    }

    private func change(_ variable: Variable, against gradient: Tensor, scale: Tensor?, at moment: Moment) {
        let slots = slots[ObjectIdentifier(variable)] ?? []
        if let rule = self as? any ElementwiseOptimizer {
            let kind = FusedUpdate.Kind(weight: variable.dtype, gradient: gradient.dtype, isScaled: scale != nil)
            let update = fusedUpdates[kind] ?? FusedUpdate(of: rule, slots: slots.count, options: options, kind)
            fusedUpdates[kind] = update
            update(
                variable, slots: slots, gradient: gradient, scale: scale, scalars: moment.scalars(of: rule, update.type)
            )
            return
        }
        let rate = moment.learningRate.cast(to: variable.dtype)
        if let decay = options.weightDecay {
            variable.assign(variable.storedValue - variable.storedValue * decay * rate)
        }
        update(
            variable, gradient: options.clipped(gradient.cast(to: variable.dtype), scale: scale), slots: slots,
            learningRate: rate, step: moment.step.cast(to: variable.dtype))
    }

    public func makeOptimizer() throws -> Optimizer { self }
}

/// What `compile` takes for an optimizer: an `Optimizer`, or Keras's name for one with its defaults.
public protocol OptimizerConvertible {
    /// The optimizer itself.
    /// - Throws: `MartletError` when a name is not known.
    func makeOptimizer() throws -> Optimizer
}
