import Foundation
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
/// Threads may share an optimizer: updates take turns, and what one computed its gradients from may have changed when its turn
/// comes. `learningRate` may be set at any time.
///
/// Source: [`keras.optimizers.Optimizer`](https://keras.io/api/optimizers/).
open class Optimizer: OptimizerConvertible {
    /// Keras's name: `adam`.
    public internal(set) var name: String
    /// The number of steps made, an `int64` scalar.
    open var iterations: Variable { stepCount }
    /// Clipping and weight decay.
    public internal(set) var options: OptimizerOptions { didSet { Trace.noteSettingsChange() } }
    /// The schedule, nil when the rate is a number.
    public private(set) var schedule: (any LearningRateSchedule)?

    private let stepCount = Variable(Tensor(0, dtype: .int64), name: "iteration", trainable: false)
    private let rate = Variable(Tensor(0, dtype: .float32), name: "learning_rate", trainable: false)
    /// Held during an update, and while what follows is read or changed.
    private let lock = NSRecursiveLock()
    private var built: [Variable] = []
    private var slots: [ObjectIdentifier: [Variable]] = [:]
    private var slotGroups: [String: Int] = [:]
    private var averages: [ObjectIdentifier: Variable] = [:]
    private var accumulators: [ObjectIdentifier: Variable] = [:]
    private var undecayed: (variables: Set<ObjectIdentifier>, names: [String]) = ([], [])
    private var fusedUpdates: [FusedUpdate.Kind: FusedUpdate] = [:]
    /// Note what updates do.
    var watches: [StepWatch] = [] { didSet { Trace.noteSettingsChange() } }

    /// Makes an optimizer that has seen no variables yet.
    /// - Parameter name: nil is the class's name in snake case.
    public init(name: String? = nil, learningRate: any LearningRate, options: OptimizerOptions = .init()) {
        self.name = name ?? LayerNames.snakeCase("\(Self.self)")
        self.options = options
        setRate(learningRate)
        settleArguments(of: self)
    }

    /// Makes an optimizer from what the initializers of Keras's optimizers take, in their order.
    init(
        _ learningRate: any LearningRate, _ weightDecay: Double?, _ clipNorm: Double?, _ clipValue: Double?,
        _ globalClipNorm: Double?, _ useEMA: Bool, _ emaMomentum: Double, _ emaOverwriteFrequency: Int?,
        _ lossScaleFactor: Double?, _ gradientAccumulationSteps: Int?, _ sparseUpdates: Bool, _ name: String?
    ) {
        self.name = name ?? LayerNames.snakeCase("\(Self.self)")
        options = OptimizerOptions(
            clipNorm: clipNorm, clipValue: clipValue, globalClipNorm: globalClipNorm, weightDecay: weightDecay,
            useEMA: useEMA, emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
            lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
            sparseUpdates: sparseUpdates)
        setRate(learningRate)
        settleArguments(of: self)
    }

    fileprivate func setRate(_ rate: any LearningRate) {
        switch rate.source {
        case .constant(let value):
            schedule = nil
            self.rate.assign(Tensor(value, dtype: .float32))
        case .schedule(let given): schedule = given
        }
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

    /// What the optimizer remembers beside the slots of variables, in the order of Keras's files.
    var sharedVariables: [Variable] { [] }

    /// Called once for each update, before any variable changes.
    func beginUpdate(step: Tensor) {}

    /// Whether an update leaves the rows of a table's weights alone that were not read, though it changes all its slots.
    var keepsUnreadWeights: Bool { false }

    /// The weight decay of a variable: what the options say, nil for excluded ones.
    func weightDecay(of variable: Variable) -> Double? { decays(variable) ? options.weightDecay : nil }

    /// Keras's class name: the type's own.
    open var className: String { "\(Self.self)" }

    /// What `print` shows: the class and its configuration, under Keras's names.
    open var description: String { configurationText }

    /// Keras's configuration. A subclass adds its own to `super`'s.
    open var config: [String: JSONValue] {
        (Self.self as? any Described.Type)?.config(of: self) ?? Self.commonArguments.config(of: self)
    }

    static let commonArguments = Arguments<Optimizer>(default: Optimizer(learningRate: 0))

    // MARK: - Use

    /// A value that is remembered for a variable, and its name in files: `momentum`.
    public struct Slot {
        /// The name: Keras's.
        public let name: String
        /// The first value.
        public let initial: Tensor
        /// Files hold the slots of one group for all variables before those of the next.
        public let group: Int

        /// Makes a slot.
        public init(_ name: String, _ initial: Tensor, group: Int = 0) {
            self.name = name
            self.initial = initial
            self.group = group
        }

        /// A slot that starts as zeros of the variable's shape and dtype.
        public static func zeros(_ name: String, like variable: Variable, group: Int = 0) -> Slot {
            Slot(name, .zeros(variable.shape, dtype: variable.dtype), group: group)
        }
    }

    /// The learning rate of the next update. Setting it stops when a schedule gives the rate.
    open var learningRate: Double {
        get { schedule.map { $0(iterations.value).item() } ?? rate.value.item() }
        set {
            require(
                schedule == nil, "\(Self.self).learningRate",
                "The learning rate is given by a schedule and cannot be set.")
            rate.assign(Tensor(newValue, dtype: .float32))
        }
    }

    /// The variables that exist before any training, the first of a file from then: the counter and the rate.
    var earlyVariables: [Variable] { Array(savedVariables.prefix { $0.name == "iteration" || $0.name == "learning_rate" }) }

    /// The number of steps, the learning rate unless a schedule gives it, and what is remembered for each variable:
    /// in the order of Keras's files.
    open var variables: [Variable] {
        lock.withLock {
            let groups = Set(slotGroups.values).sorted()
            let grouped = groups.flatMap { group in
                built.flatMap { slots(of: $0).filter { slotGroups[$0.name] == group } }
            }
            return [stepCount] + (schedule == nil ? [rate] : []) + built.compactMap { averages[ObjectIdentifier($0)] }
                + built.compactMap { accumulators[ObjectIdentifier($0)] } + grouped + sharedVariables
        }
    }

    /// Leaves variables out of weight decay: these, and those whose name contains one of `names`.
    public func excludeFromWeightDecay(_ variables: [Variable] = [], names: [String] = []) {
        lock.withLock { undecayed = (Set(variables.map(ObjectIdentifier.init)), names) }
        Trace.noteSettingsChange()
    }

    final func decays(_ variable: Variable) -> Bool {
        let undecayed = lock.withLock { self.undecayed }
        return !undecayed.variables.contains(ObjectIdentifier(variable))
            && !undecayed.names.contains { variable.name.contains($0) }
    }

    /// Whether it remembers anything of variables yet.
    var isBuilt: Bool { lock.withLock { !built.isEmpty } }

    final func slots(of variable: Variable) -> [Variable] { lock.withLock { slots[ObjectIdentifier(variable)] ?? [] } }

    /// The loss of which gradients are to be taken, so that those of low precision do not vanish; `apply` divides by
    /// the same factor.
    open func scaleLoss(_ loss: Tensor) -> Tensor {
        noteUse()
        return options.lossScaleFactor.map { loss * $0 } ?? loss
    }

    private func noteUse() {
        guard let trace = Context.current.trace else { return }
        trace.depends(on: self)
        if let schedule { trace.depends(onPart: schedule) }
    }

    /// Called by `fit` at the end of each epoch.
    func endEpoch() {}

    /// Whether moving averages of variables are kept.
    var keepsAverages: Bool { options.useEMA }

    /// The variables of which moving averages are kept, with these.
    var movingAverages: [(variable: Variable, average: Variable)] {
        lock.withLock { built.compactMap { variable in averages[ObjectIdentifier(variable)].map { (variable, $0) } } }
    }

    /// Gives variables their final values at the end of a training: with `useEMA`, their moving averages.
    open func finalizeValues(of variables: [Variable]) {
        for variable in variables {
            if let average = lock.withLock({ averages[ObjectIdentifier(variable)] }) { variable.assign(average.value) }
        }
    }

    /// Brings what is remembered for variables into the order of `variables`, in which files have it.
    func order(by variables: [Variable]) {
        lock.withLock {
            let places = Dictionary(
                variables.enumerated().map { (ObjectIdentifier($1), $0) }, uniquingKeysWith: { first, _ in first })
            guard built.count == places.count, built.allSatisfy({ places[ObjectIdentifier($0)] != nil }) else { return }
            built.sort { places[ObjectIdentifier($0)]! < places[ObjectIdentifier($1)]! }
        }
    }

    /// Makes the slots of variables that are new.
    open func build(_ variables: [Variable]) {
        lock.lock()
        defer { lock.unlock() }
        for variable in variables where slots[ObjectIdentifier(variable)] == nil {
            let id = ObjectIdentifier(variable)
            built.append(variable)
            // A moment that starts at the weight's value starts at the present one, not at each run of a compiled step.
            let first = Context.current.outsideTrace { makeSlots(for: variable) }
            slots[id] = first.map { make($0, for: variable) }
            for slot in first { slotGroups[slot.name] = slot.group }
            if options.useEMA { averages[id] = make(.zeros("average", like: variable), for: variable) }
            if options.gradientAccumulationSteps != nil {
                accumulators[id] = make(.zeros("gradient_accumulator", like: variable), for: variable)
            }
        }
    }

    private func make(_ slot: Slot, for variable: Variable) -> Variable {
        let made = Variable(slot.initial, name: slot.name, trainable: false)
        made.path = "\(name)/\(variable.path.replacing("/", with: "_"))_\(slot.name)"
        return made
    }

    /// Makes one step: clips the gradients, changes the variables, applies their constraints.
    /// Variables whose gradient is nil stay as they are. Stops when all are nil, or when the numbers or the shapes of gradients
    /// and variables differ.
    open func apply(_ gradients: [Tensor?], to variables: [Variable]) {
        if leavesUpdate(to: StepShard.current, gradients, variables) { return }
        lock.lock()
        defer { lock.unlock() }
        noteUse()
        var present = checked(gradients, variables)
        build(variables)
        if let factor = options.lossScaleFactor { 
            present = present.map { (($0.gradient / factor).notingReadRows($0.gradient.readRows), $0.variable) }
        }
        let before = watches.isEmpty ? [] : present.map { $0.variable.storedValue }
        let count = iterations.value
        let rate = schedule.map { $0(count).cast(to: .float32) } ?? rate.value
        let updates = options.gradientAccumulationSteps.map { floorDivide(count, $0) } ?? count
        let moment = Moment(learningRate: rate, step: updates + 1)
        if let steps = options.gradientAccumulationSteps {
            accumulate(present, steps: steps, count: count, at: moment)
        } else {
            update(present, at: moment)
        }
        if options.useEMA { average(after: updates) }
        for (_, variable) in present {
            if let constraint = variable.constraint { variable.assign(constraint(variable.storedValue)) }
        }
        for watch in watches { watch.note(present, before: before) }
        // Compiled steps may have counted, too.
        iterations.modify { $0 = $0 + 1 }
    }

    /// The gradients that are there, with their variables.
    final func checked(
        _ gradients: [Tensor?], _ variables: [Variable]
    ) -> [(gradient: Tensor, variable: Variable)] {
        require(
            gradients.count == variables.count, "\(Self.self).apply",
            "Expected one gradient for each of \(variables.count) variables. Received: \(gradients.count).")
        require(
            gradients.isEmpty || gradients.contains { $0 != nil }, "\(Self.self).apply",
            "Expected a gradient of at least one variable. Received: none for any of \(variables.count) ("
                + (variables.prefix(3).map { "\"\($0.path)\"" } + (variables.count > 3 ? ["..."] : [])).joined(separator: ", ")
                + "). Was the loss computed from them inside GradientTape.record(_:)?")
        return zip(gradients, variables).compactMap { gradient, variable in
            guard let gradient else { return nil }
            require(
                gradient.shape == variable.shape, "\(Self.self).apply",
                "Expected a gradient of shape \(variable.shape) for variable \"\(variable.path)\". "
                    + "Received: \(gradient.shape).")
            return (gradient, variable)
        }
    }

    private func update(_ present: [(gradient: Tensor, variable: Variable)], at moment: Moment) {
        let scales = options.scales(for: present.map(\.gradient))
        beginUpdate(step: moment.step)
        for (index, (gradient, variable)) in present.enumerated() {
            change(variable, against: gradient, scale: scales?[index], at: moment)
        }
    }

    /// Adds the gradients to those of the last steps; every so many steps, updates with their mean.
    private func accumulate(
        _ present: [(gradient: Tensor, variable: Variable)], steps: Int, count: Tensor, at moment: Moment
    ) {
        let isUpdate = (count + 1) % steps .== 0
        let means = present.map { gradient, variable in
            let accumulator = accumulators[ObjectIdentifier(variable)]!
            let sum = accumulator.storedValue + gradient.cast(to: variable.dtype)
            accumulator.assign(`where`(isUpdate, 0, sum))
            return (gradient: sum / Double(steps), variable: variable)
        }
        let changing = present.flatMap { [$0.variable] + slots(of: $0.variable) } + sharedVariables
        Self.only(where: isUpdate, changing) { update(means, at: moment) }
    }

    /// Runs `body`; where `condition` is false, the variables keep their values. In tensors, so that a compiled step
    /// decides anew each time.
    static func only(where condition: Tensor, _ variables: [Variable], _ body: () -> Void) {
        let old = variables.map(\.storedValue)
        body()
        for (variable, old) in zip(variables, old) {
            variable.assign(`where`(condition, variable.storedValue, old))
        }
    }

    /// Moves the averages towards the variables; the first time, all the way.
    private func average(after updates: Tensor) {
        for variable in built {
            guard let average = averages[ObjectIdentifier(variable)] else { continue }
            let momentum = (updates .!= 0).cast(to: variable.dtype) * options.emaMomentum
            average.assign(momentum * average.storedValue + (1 - momentum) * variable.storedValue)
            if let frequency = options.emaOverwriteFrequency {
                let isTime = (updates + 1) % frequency .== 0
                variable.assign(`where`(isTime, average.storedValue, variable.storedValue))
            }
        }
    }

    private func change(_ variable: Variable, against gradient: Tensor, scale: Tensor?, at moment: Moment) {
        let slots = slots(of: variable)
        let decay = weightDecay(of: variable)
        if let rule = self as? any ElementwiseOptimizer {
            let kind = FusedUpdate.Kind(
                weight: variable.dtype, gradient: gradient.dtype, isScaled: scale != nil, weightDecay: decay)
            let update = fusedUpdates[kind] ?? FusedUpdate(of: rule, slots: slots.count, kind)
            fusedUpdates[kind] = update
            let read = keepsUnreadWeights ? gradient.readRows : nil
            let old = read == nil ? nil : variable.storedValue
            update(
                variable, slots: slots, gradient: gradient, scale: scale, scalars: moment.scalars(of: rule, update.type),
                rows: options.sparseUpdates ? gradient.readRows : nil)
            if let read, let old {
                variable.assign(`where`(Self.rows(read, of: variable), variable.storedValue, old))
            }
            return
        }
        let rate = moment.learningRate.cast(to: variable.dtype)
        if let decay { variable.assign(variable.storedValue - variable.storedValue * decay * rate) }
        update(
            variable, gradient: options.clipped(gradient.cast(to: variable.dtype), scale: scale), slots: slots,
            learningRate: rate, step: moment.step.cast(to: variable.dtype))
    }

    /// Which rows of a table are at these indices, in the table's rank.
    private static func rows(_ indices: [Tensor], of table: Variable) -> Tensor {
        let counts = indices.reduce(Tensor.zeros([table.shape[0]])) { counts, indices in
            counts.scatteringAdd(at: indices, .ones(indices.shape))
        }
        return (counts .> 0).reshaped(to: Shape([table.shape[0]] + [Int](repeating: 1, count: table.shape.rank - 1)))
    }

    public func makeOptimizer() throws -> Optimizer { self }
}

/// What `compile` takes for an optimizer: an `Optimizer`, or Keras's name for one with its defaults.
public protocol OptimizerConvertible {
    /// The optimizer itself.
    /// - Throws: `MartletError` when a name is not known.
    func makeOptimizer() throws -> Optimizer
}

extension Optimizer: TraceDependency {
    package var traceSettings: [AnyHashable] {
        lock.withLock { [undecayed.variables, undecayed.names, options, watches.map { ObjectIdentifier($0) }] }
    }
}

extension Arguments where Root: Optimizer {
    /// Makes the table of an optimizer, to which it adds what all optimizers have.
    /// - Parameters:
    ///   - value: an optimizer with every default. Reading begins with it.
    ///   - describe: names the optimizer's own arguments.
    package init(
        default value: @escaping @Sendable @autoclosure () -> Root, _ describe: (inout Arguments) -> Void = { _ in }
    ) {
        self.init(making: value) {
            $0.custom("name", read: { $0.name = try $1.objectName }, write: { .string($0.name) })
            $0.custom("learning_rate") { optimizer, config in
                if let rate = try config.learningRate() { optimizer.setRate(rate) }
            } write: { $0.schedule.map { JSONValue($0) } ?? .double($0.learningRate) }
            $0("clipnorm", \.options.clipNorm)
            $0("clipvalue", \.options.clipValue)
            $0("global_clipnorm", \.options.globalClipNorm)
            $0("weight_decay", \.options.weightDecay)
            $0("use_ema", \.options.useEMA)
            $0("ema_momentum", \.options.emaMomentum)
            $0("ema_overwrite_frequency", \.options.emaOverwriteFrequency, as: .count)
            $0("loss_scale_factor", \.options.lossScaleFactor)
            $0("gradient_accumulation_steps", \.options.gradientAccumulationSteps, as: .count)
            $0.check { $0.options.check() }
            describe(&$0)
        }
    }
}
