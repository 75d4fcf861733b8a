/// A loop while a condition holds: inputs are the first state and what else condition and body read; outputs are the last
/// state and the number of steps, `int64`.
struct While: ControlFlowOp {
    static let name = "while"

    /// Of state and captures.
    let condition: Subfunction
    let body: Subfunction
    let states: Int
    /// Which of the op's inputs condition and body take behind the state.
    let conditionCaptures: [Int]
    let bodyCaptures: [Int]
    let maximumIterations: Int?

    var outputCount: Int { states + 1 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try condition.check(inputs[..<states] + conditionCaptures.map { inputs[$0] })
        try body.check(inputs[..<states] + bodyCaptures.map { inputs[$0] })
        return inputs[..<states] + [TensorSpec([], .int64)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { [self] (memory) throws(OpFailure) in
            let visited = try run(memory.inputTensors(inputs), keepsStates: false)
            memory.copyOutputs(visited.states[visited.states.count - 1])
            memory.output(states).storeBytes(of: Int64(visited.steps), as: Int64.self)
        }
    }

    /// Runs the loop.
    /// - Returns: the states, all of them or the last one only, and the number of steps.
    func run(_ inputs: [Tensor], keepsStates: Bool) throws(OpFailure) -> (states: [[Tensor]], steps: Int) {
        let flag = Tensor(uninitialized: TensorSpec([], .bool))
        var (visited, steps) = ([Array(inputs[..<states])], 0)
        while steps < maximumIterations ?? .max {
            let state = visited[visited.count - 1]
            try condition.run(state + conditionCaptures.map { inputs[$0] }, into: [flag])
            guard flag.pointer.load(as: Bool.self) else { break }
            let next = state.map { Tensor(uninitialized: $0.spec) }
            try body.run(state + bodyCaptures.map { inputs[$0] }, into: next)
            if keepsStates { visited.append(next) } else { visited = [next] }
            steps += 1
        }
        return (visited, steps)
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let upstream = Array(context.floatingOutputGradients)
        return spread(perform(WhileGradient(loop: self), context.inputs + upstream), over: context.inputs)
    }

    static var samples: [OpSample] { whileSamples.map { OpSample($0.0, $0.1, label: $0.2) } }
}

/// The gradients of a loop's floating-point inputs: inputs are the loop's and, behind them, the gradients of the floating-point
/// states. It runs the loop again, keeping the states, and then backwards.
struct WhileGradient: ControlFlowOp {
    static let name = "whileGradient"

    let loop: While

    var outputCount: Int {
        (loop.body.inputSpecs + loop.condition.inputSpecs.dropFirst(loop.states)).count(where: \.dtype.isFloatingPoint)
    }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let own = loopInputs(inputs)
        let states = try loop.outputs(for: own).filter(\.dtype.isFloatingPoint)
        guard states == Array(inputs[own.count...]) else {
            throw OpFailure("Expected the gradients of the floating-point states, \(states).")
        }
        return own.filter(\.dtype.isFloatingPoint)
    }

    private func loopInputs<Value>(_ inputs: [Value]) -> [Value] {
        Array(inputs[..<(inputs.count - loop.body.resultSpecs.count(where: \.dtype.isFloatingPoint))])
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { [self] (memory) throws(OpFailure) in
            let operands = memory.inputTensors(inputs)
            let own = loopInputs(operands)
            memory.copyOutputs(
                try Context.current.outsideTrace { () throws(OpFailure) in try walk(own, Array(operands[own.count...])) })
        }
    }

    private func walk(_ inputs: [Tensor], _ upstream: [Tensor]) throws(OpFailure) -> [Tensor] {
        let derivative = loop.body.derivative
        let captures = loop.bodyCaptures.map { inputs[$0] }
        var sums = inputs.map { $0.dtype.isFloatingPoint ? Tensor.zeros($0.shape, dtype: $0.dtype) : nil }
        var gradients = upstream
        for state in try loop.run(inputs, keepsStates: true).states.dropLast().reversed() {
            let found = derivative.resultSpecs.map(Tensor.init(uninitialized:))
            try derivative.run(state + captures + gradients, into: found)
            gradients = Array(found[..<upstream.count])
            for (index, gradient) in zip(loop.bodyCaptures, spread(Array(found[upstream.count...]), over: captures)) {
                if let gradient { sums[index] = sums[index]! + gradient }
            }
        }
        return gradients + sums[loop.states...].compactMap { $0 }
    }

    // Written with loops, so that it has gradients of every order. Each state is computed from the first one again, which
    // takes time but no memory for the states.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        let inputs = context.inputs.map(\.distinct)
        let found = gradients(
            at: inputs.filter(\.dtype.isFloatingPoint), upstream: context.floatingOutputGradients
        ) { composed(loopInputs(inputs), Array(inputs[loopInputs(inputs).count...])) }
        return spread(found, over: inputs)
    }

    private func composed(_ inputs: [Tensor], _ upstream: [Tensor]) -> [Tensor] {
        let (first, captures) = (Array(inputs[..<loop.states]), loop.bodyCaptures.map { inputs[$0] })
        let steps = perform(loop, inputs)[loop.states].stopGradient()
        let zeros = captures.filter(\.dtype.isFloatingPoint).map { Tensor.zeros($0.shape, dtype: $0.dtype) }
        let last = whileLoop([steps] + upstream + zeros, while: { $0[0] .> 0 }) { state in
            let index = state[0] - 1
            let visited = whileLoop([Tensor.zeros([], dtype: .int64)] + first, while: { $0[0] .< index }) { state in
                [state[0] + 1] + loop.body.graph.replay(Array(state[1...]) + captures)
            }
            let gradients = Array(state[1...(upstream.count)])
            let found = loop.body.gradients(Array(visited[1...]) + captures, gradients)
            let sums = zip(state[(1 + upstream.count)...], found[upstream.count...]).map { $0 + $1 }
            return [index] + found[..<upstream.count] + sums
        }
        var sums = inputs.map { $0.dtype.isFloatingPoint ? Tensor.zeros($0.shape, dtype: $0.dtype) : nil }
        for (index, sum) in zip(loop.bodyCaptures, spread(Array(last[(1 + upstream.count)...]), over: captures)) {
            if let sum { sums[index] = sums[index]! + sum }
        }
        return last[1..<(1 + upstream.count)] + sums[loop.states...].compactMap { $0 }
    }

    static var samples: [OpSample] {
        whileSamples.map { loop, inputs, label in
            OpSample(
                WhileGradient(loop: loop), inputs + [SampleInput.uniform([2], seed: 9)], label: label)
        }
    }
}

private var whileSamples: [(While, [Tensor], String)] {
    let (counter, state) = (TensorSpec([], .int64), TensorSpec([2], .float64))
    let condition = Subfunction([counter, state, counter]) { [$0[0] .< $0[2]] }
    let body = Subfunction([counter, state, state]) { [$0[0] + 1, ($0[1] * $0[2]).sin()] }
    return [(3, nil), (0, nil), (5, 2)].map { count, maximum in
        (
            While(
                condition: condition, body: body, states: 2, conditionCaptures: [2], bodyCaptures: [3],
                maximumIterations: maximum),
            [Tensor(0), SampleInput.uniform([2], seed: 1), Tensor(count), SampleInput.uniform([2], seed: 2)],
            "\(count) steps\(maximum.map { ", at most \($0)" } ?? "")"
        )
    }
}

/// A loop: `body` of the state, again and again, while `condition`, a `bool` scalar, holds of it.
///
/// ```swift
/// // how often x can be halved until it is below 1
/// let (_, count) = whileLoop((x, Tensor(0)), while: { x, _ in x .>= 1 }) { x, n in (x / 2, n + 1) }
/// ```
///
/// In a function that is being compiled the closures are traced once; variables that `body` assigns are part of the state.
/// Gradients flow back through all steps; the loop is run a second time for them, so that the states need no memory before.
///
/// Source: [`keras.ops.while_loop`](https://keras.io/api/ops/core/#whileloop-function).
/// - Parameters:
///   - initial: the first state. Every step returns one of the same structure, shapes and dtypes.
///   - maximumIterations: the loop ends after so many steps in any case; nil for no limit.
/// - Returns: the state of which `condition` no longer holds.
public func whileLoop<State: TensorGroup>(
    _ initial: State, while condition: (State) -> Tensor, maximumIterations: Int? = nil, _ body: (State) -> State
) -> State {
    let group = AnyTensorGroup<State>.single
    let first = group.tensors(initial)
    func checked(_ state: State) -> [Tensor] {
        let tensors = group.tensors(state)
        require(
            tensors.map(\.spec) == first.map(\.spec), "whileLoop",
            "Expected a step to return a state \(first.map(\.spec)), as it came in. Received: \(tensors.map(\.spec)).")
        return tensors
    }
    func flag(_ state: State) -> Tensor {
        let flag = condition(state)
        require(
            flag.elementCount == 1, "whileLoop", "Expected a condition of one element. Received: \(flag.spec).")
        return flag.cast(to: .bool).reshaped(to: [])
    }
    let context = Context.current
    guard context.trace != nil else {
        var (state, steps) = (initial, 0)
        while steps < maximumIterations ?? .max, flag(state).item(as: Bool.self) {
            state = body(state)
            _ = checked(state)
            steps += 1
        }
        return state
    }
    let specs = first.map(\.spec)
    let (traced, carried) = tracedCarrying { carried in
        Trace.runNested(specs, carrying: carried) { checked(body(group.replacing(initial, with: $0))) }
    }
    let test = Trace.runNested(specs, carrying: carried) { [flag(group.replacing(initial, with: $0))] }
    var graph = test.graph
    graph.results = [graph.results[0]]
    let state = first + carried.map(\.value)
    let start = state.count
    let op = While(
        condition: Subfunction(graph), body: Subfunction(traced.graph), states: start,
        conditionCaptures: Array(start..<(start + test.captures.count)),
        bodyCaptures: Array((start + test.captures.count)..<(start + test.captures.count + traced.captures.count)),
        maximumIterations: maximumIterations)
    let outputs = perform(op, state + test.captures + traced.captures)
    for (variable, value) in zip(carried, outputs[first.count...]) { variable.assign(value) }
    return group.replacing(initial, with: Array(outputs[..<first.count]))
}

/// A loop over several groups of tensors.
@_disfavoredOverload
public func whileLoop<each State: TensorGroup>(
    _ initial: (repeat each State), while condition: (repeat each State) -> Tensor, maximumIterations: Int? = nil,
    _ body: (repeat each State) -> (repeat each State)
) -> (repeat each State) {
    let group = AnyTensorGroup<(repeat each State)>.tuple()
    func state(_ tensors: [Tensor]) -> (repeat each State) { group.replacing(initial, with: tensors) }
    let last = whileLoop(
        group.tensors(initial),
        while: { tensors in
            let values = state(tensors)
            return condition(repeat each values)
        }, maximumIterations: maximumIterations
    ) { tensors in
        let values = state(tensors)
        return group.tensors(body(repeat each values))
    }
    return state(last)
}
