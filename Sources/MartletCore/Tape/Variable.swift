import Dispatch

/// A named tensor that can be assigned: a model's weight, an optimizer's moment, a metric's sum.
///
/// Reading `value` while a tape records watches the variable when it is trainable.
///
/// Threads may share a variable: reads, assignments, `assignAdd`, `assignSubtract` and the updates of compiled functions and
/// optimizers are atomic. `v.value = v.value * 2` is a read and an assignment, between which others may assign.
public final class Variable: Sendable {
    /// The name within its owner: `kernel`.
    public let name: String
    /// Whether a layer that computes in another dtype than that of its weights reads the value in the dtype in which it computes.
    public let autocasts: Bool
    /// How the values that the shards of a batch give it become one.
    package let aggregation: Aggregation

    /// How the values that the shards of a batch, each computed by itself, give a variable become one.
    package enum Aggregation: Sendable {
        /// Their mean, weighted by the numbers of samples; of integers and of trained variables, the first shard's.
        case mean
        /// Each shard begins with zeros, and the sum of what they end with is added to the value.
        case sum
        /// The state of a random stream: each shard has a stream of its own, and that of the first one goes on.
        case stream
    }
    /// Whether optimizers update it and tapes watch it by themselves.
    public var isTrainable: Bool {
        get { properties.isTrainable }
        set { change { $0.isTrainable = newValue } }
    }
    /// The owners' names and the variable's, as Keras writes it: `sequential/dense/kernel`.
    public var path: String {
        get { properties.path ?? name }
        set { change { $0.path = newValue } }
    }
    /// Applied by optimizers to the new value after each update.
    public var constraint: (@Sendable (Tensor) -> Tensor)? {
        get { properties.constraint }
        set {
            change {
                $0.constraint = newValue
                $0.constraintChanges += 1
            }
        }
    }

    private struct Properties {
        var isTrainable: Bool
        var path: String?
        var constraint: (@Sendable (Tensor) -> Tensor)?
        /// Closures cannot be compared.
        var constraintChanges = 0
    }

    private var properties: Properties {
        Context.current.trace?.depends(on: self)
        return state.withLock { $0.properties }
    }

    private func change(_ body: (inout Properties) -> Void) {
        state.withLock { body(&$0.properties) }
        Trace.noteSettingsChange()
    }

    private struct State {
        var value: Tensor
        /// What the value becomes when the loan ends, nil when it stays in its memory.
        var next: Tensor?
        var isLent = false
        /// Those who wait for the end of a loan, to be woken then.
        var waiting: [DispatchSemaphore] = []
        /// How many of them want the value and nothing more: they have it before the next loan.
        var readersWaiting = 0
        /// Counts the changes of the value.
        var version = 0
        var properties: Properties
    }
    private let state: Guarded<State>

    /// Makes a variable that holds `value`.
    /// - Parameter autocast: whether layers of mixed precision read it in the dtype in which they compute.
    public convenience init(_ value: Tensor, name: String = "variable", trainable: Bool = true, autocast: Bool = true) {
        self.init(value, name: name, trainable: trainable, autocast: autocast, aggregation: .mean)
    }

    /// Makes a variable of numbers: `Variable(3.0)`, `Variable([1.0, 2.0])`.
    /// - Parameters:
    ///   - values: a number, or arrays of them, as for a tensor.
    ///   - dtype: nil follows from the values.
    public convenience init(
        _ values: some TensorValues, dtype: DType? = nil, name: String = "variable", trainable: Bool = true, autocast: Bool = true
    ) {
        self.init(Tensor(values, dtype: dtype), name: name, trainable: trainable, autocast: autocast)
    }

    package init(_ value: Tensor, name: String, trainable: Bool, autocast: Bool = true, aggregation: Aggregation) {
        self.name = name
        self.aggregation = aggregation
        autocasts = autocast
        // A handle of its own: a tape must not take a read of this variable for the tensor that was given, nor for
        // another variable that was made from it.
        require(
            value.symbol == nil, "Variable",
            "Expected a first value that has elements. Received: a tensor of a function that is being compiled.")
        state = Guarded(State(value: Tensor(sharing: value, as: value.spec), properties: Properties(isTrainable: trainable)))
    }

    /// Shape and dtype.
    public var spec: TensorSpec { state.withLock { $0.value.spec } }
    /// The sizes of the axes.
    public var shape: Shape { spec.shape }
    /// The type of the elements.
    public var dtype: DType { spec.dtype }

    /// The value without telling any tape; within a function that is being traced, what stands for it.
    package var storedValue: Tensor { Context.current.trace.map { $0.value(of: self) } ?? heldValue }

    /// The value that the variable holds, whether or not a function is being traced.
    package var heldValue: Tensor { withState { $0.value } }

    /// The value that the variable holds, with the number of changes that led to it.
    package var heldVersion: (value: Tensor, version: Int) { withState { ($0.value, $0.version) } }

    /// Waits while the value is on loan.
    private func withState<R>(_ body: (inout State) -> R) -> R {
        var hasWaited = false
        return waiting(
            until: { state in
                if state.isLent && !hasWaited {
                    hasWaited = true
                    state.readersWaiting += 1
                }
                return !state.isLent
            },
            then: { state in
                if hasWaited {
                    state.readersWaiting -= 1
                    if state.readersWaiting == 0 { Self.wake(&state) }
                }
                return body(&state)
            })
    }

    private func waiting<R>(until isReady: (inout State) -> Bool, then body: (inout State) -> R) -> R {
        while true {
            var own: DispatchSemaphore?
            let result: R? = state.withLock { state in
                if isReady(&state) { return .some(body(&state)) }
                let semaphore = DispatchSemaphore(value: 0)
                state.waiting.append(semaphore)
                own = semaphore
                return nil
            }
            if let result { return result }
            own?.wait()
        }
    }

    private static func wake(_ state: inout State) {
        for semaphore in state.waiting { semaphore.signal() }
        state.waiting.removeAll()
    }

    /// The present value, within a layer of mixed precision in the dtype in which it computes. Setting it is `assign`.
    public var value: Tensor {
        get {
            let (value, context) = (storedValue, Context.current)
            if isTrainable {
                for tape in context.tapes where tape.watchesVariables { tape.noteRead(of: self, value: value) }
            }
            guard let type = context.autocastType, autocasts, value.dtype != type, value.dtype.isFloatingPoint else {
                return value
            }
            return value.cast(to: type)
        }
        set { assign(newValue) }
    }

    /// Replaces the value. Within a layer of mixed precision a floating-point value may be of another dtype and is cast to the
    /// variable's. Stops when shape or dtype differ.
    public func assign(_ newValue: Tensor) {
        guard let own = checked(newValue) else { return }
        if let trace = Context.current.trace { return trace.assign(own, to: self) }
        withState {
            $0.value = own
            $0.version += 1
        }
    }

    /// A value to assign, under a handle of its own, as in the initializer; nil after a failure.
    private func checked(_ newValue: Tensor) -> Tensor? {
        let context = Context.current
        if context.hasFailed { return nil }
        var newValue = newValue
        if context.autocastType != nil, autocasts, newValue.dtype.isFloatingPoint, dtype.isFloatingPoint {
            newValue = newValue.cast(to: dtype)
        }
        guard
            require(
                newValue.spec == spec, "Variable.assign",
                "Expected \(spec) for variable \"\(path)\". Received: \(newValue.spec)."),
            require(
                newValue.symbol == nil || context.trace != nil, "Variable.assign",
                "The value for variable \"\(path)\" comes from a function that was being compiled and has no elements.")
        else { return nil }
        return Tensor(sharing: newValue, as: newValue.spec)
    }

    /// Replaces the value by what `body` makes of it, with no assignment by others in between: they wait. So `body` must not
    /// ask for the variable itself. No tape is told of the reading.
    package func modify<R>(_ body: (inout Tensor) throws -> R) rethrows -> R {
        if Context.current.trace != nil {
            var value = storedValue
            let result = try body(&value)
            assign(value)
            return result
        }
        var value = waiting(until: { !$0.isLent && $0.readersWaiting == 0 }) { state in
            state.isLent = true
            return state.value
        }
        defer { settle() }
        let result = try body(&value)
        if let next = checked(value) {
            state.withLock { state in
                state.next = next
                state.version += 1
            }
        }
        return result
    }

    /// Lends the value's memory to a compiled function or an optimizer, which reads `old` and writes the next value to `new`:
    /// the same memory when nobody else holds the value. Others wait until `settle` is called.
    package func lend() -> (old: UnsafeMutableRawPointer, new: UnsafeMutableRawPointer) {
        waiting(until: { !$0.isLent && $0.readersWaiting == 0 }) { state in
            state.isLent = true
            state.version += 1
            if state.value.isUniquelyReferenced { return (state.value.mutablePointer, state.value.mutablePointer) }
            let next = Tensor(uninitialized: state.value.spec)
            state.next = next
            return (state.value.mutablePointer, next.mutablePointer)
        }
    }

    /// Lends several different variables. All who take more than one do so in the same order, so that nobody waits for one who
    /// waits for him.
    static func lend(_ variables: [Variable]) -> [(old: UnsafeMutableRawPointer, new: UnsafeMutableRawPointer)] {
        let order = variables.indices.sorted { ObjectIdentifier(variables[$0]) < ObjectIdentifier(variables[$1]) }
        var places: [Int: (UnsafeMutableRawPointer, UnsafeMutableRawPointer)] = [:]
        for index in order { places[index] = variables[index].lend() }
        return variables.indices.map { places[$0]! }
    }

    /// Ends a loan: the value is what replaces it from now on, and those who wait go on. After a failure what was written
    /// elsewhere does not count.
    package func settle(failed: Bool = false) {
        state.withLock { state in
            if let next = state.next, !failed { state.value = next }
            state.next = nil
            state.isLent = false
            if !state.waiting.isEmpty { Self.wake(&state) }
        }
    }

    /// Runs `body` while the variable holds `temporary`, which may be of another dtype: how the gradient check computes
    /// a `float32` model in `float64`.
    package func withValue<R>(_ temporary: Tensor, _ body: () throws -> R) rethrows -> R {
        let saved = heldValue
        func put(_ value: Tensor) {
            withState {
                $0.value = value
                $0.version += 1
            }
        }
        put(temporary)
        defer { put(saved) }
        return try body()
    }

    /// Adds to the value. Stops when shape or dtype differ.
    public func assignAdd(_ increment: Tensor) { modify { $0 = $0 + increment } }

    /// Subtracts from the value. Stops when shape or dtype differ.
    public func assignSubtract(_ decrement: Tensor) { modify { $0 = $0 - decrement } }

    /// Gives every element the value of a number.
    public func assign(_ number: some TensorScalar) { assign(.full(shape, number, dtype: dtype)) }

    /// Adds a number to every element.
    public func assignAdd(_ increment: some TensorScalar) { modify { $0 = $0 + increment } }

    /// Subtracts a number from every element.
    public func assignSubtract(_ decrement: some TensorScalar) { modify { $0 = $0 - decrement } }

    /// Adds to the value, as `assignAdd`.
    public static func += (variable: Variable, increment: Tensor) { variable.assignAdd(increment) }
    /// Adds a number to every element.
    public static func += (variable: Variable, increment: some TensorScalar) { variable.assignAdd(increment) }
    /// Subtracts from the value, as `assignSubtract`.
    public static func -= (variable: Variable, decrement: Tensor) { variable.assignSubtract(decrement) }
    /// Subtracts a number from every element.
    public static func -= (variable: Variable, decrement: some TensorScalar) { variable.assignSubtract(decrement) }
}

extension Variable: TraceDependency {
    package var traceSettings: [AnyHashable] {
        state.withLock { [$0.properties.isTrainable, $0.properties.path, $0.properties.constraintChanges] }
    }
}
