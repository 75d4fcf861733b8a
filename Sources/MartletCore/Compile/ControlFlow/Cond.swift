/// One of two branches, chosen by the first input, a `bool` scalar. The other inputs are what the branches read.
struct Cond: ControlFlowOp {
    static let name = "cond"

    let branches: [Subfunction]
    /// For each branch, which of the op's inputs are its own.
    let inputs: [[Int]]

    var outputCount: Int { branches[0].graph.results.count }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0] == TensorSpec([], .bool) else { throw OpFailure("Expected a condition of one bool.") }
        for (branch, own) in zip(branches, self.inputs) { try branch.check(own.map { inputs[$0] }) }
        return branches[0].resultSpecs
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { [branches, inputs = self.inputs] (memory) throws(OpFailure) in
            let branch = memory.input(0, as: Bool.self).pointee ? 0 : 1
            let own = inputs[branch]
            try onStack(own.count, { memory.inputs[own[$0]] }) { (places) throws(OpFailure) in
                try branches[branch].run(KernelMemory(places, memory.outputs))
            }
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let upstream = context.floatingOutputGradients
        // Of both branches the gradients of all inputs, so that they have the same results.
        func gradients(_ branch: Int) -> [Tensor] {
            let own = inputs[branch].map { context.inputs[$0] }
            var result = context.inputs.dropFirst().map { Tensor.zeros($0.shape, dtype: $0.dtype) }
            for (index, gradient) in zip(inputs[branch], spread(branches[branch].gradients(own, upstream), over: own)) {
                if let gradient { result[index - 1] = result[index - 1] + gradient }
            }
            return result.filter(\.dtype.isFloatingPoint)
        }
        let found = cond(context.inputs[0], { gradients(0) }, { gradients(1) })
        return [nil] + spread(found, over: Array(context.inputs.dropFirst()))
    }

    static var samples: [OpSample] {
        let spec = TensorSpec([3], .float64)
        let product = Subfunction([spec, spec]) { [$0[0] * $0[1], $0[0].sum()] }
        let power = Subfunction([spec]) { [$0[0] * $0[0] * $0[0], $0[0].exp().mean()] }
        return [true, false].map { flag in
            OpSample(
                Cond(branches: [product, power], inputs: [[1, 2], [2]]),
                [Tensor([flag], shape: []), SampleInput.uniform([3], seed: 1), SampleInput.uniform([3], seed: 2)], label: "\(flag)")
        }
    }
}

/// What one of two closures gives: `then` where the condition, a scalar, is true (a number: not zero), else `otherwise`.
///
/// At once, only the chosen closure runs. In a function that is being compiled both are traced and the chosen one runs
/// later; both must return tensors of the same specs, and variables that only one of them assigns keep their values in the
/// other. Gradients flow through the chosen one.
///
/// Source: [`keras.ops.cond`](https://keras.io/api/ops/core/#cond-function).
public func cond<Result: TensorGroup>(
    _ condition: Tensor, _ then: () -> Result, _ otherwise: () -> Result
) -> Result {
    require(
        condition.elementCount == 1, "cond", "Expected a condition of one element. Received: \(condition.spec).")
    if Context.current.hasFailed { return then() }
    guard condition.symbol != nil else { return condition.cast(to: .bool).item(as: Bool.self) ? then() : otherwise() }
    let group = AnyTensorGroup<Result>.single
    var template: Result?
    var branches: [Trace.Result] = []
    for isFirst in [true, false] {
        let traced = Trace.runNested([]) { _ in
            let result = isFirst ? then() : otherwise()
            template = template ?? result
            return group.tensors(result)
        }
        branches.append(traced)
    }
    let count = branches[0].graph.results.count - branches[0].assigned.count
    let specs = branches.map { branch in
        branch.graph.results.prefix(branch.graph.results.count - branch.assigned.count).map { branch.graph.specs[$0] }
    }
    require(
        specs[0] == specs[1], "cond",
        "Expected two branches whose results have the same shapes and dtypes. Received: \(specs[0]) and \(specs[1]).")
    let assigned = branches[0].assigned + branches[1].assigned.filter { one in
        !branches[0].assigned.contains { $0 === one }
    }
    for index in branches.indices { branches[index].addResults(of: assigned, after: count) }
    let operands = branches[0].captures + branches[1].captures
    let split = branches[0].captures.count
    let op = Cond(
        branches: branches.map { Subfunction($0.graph) },
        inputs: [Array(1..<(1 + split)), Array((1 + split)..<(1 + operands.count))])
    let results = perform(op, [condition.cast(to: .bool).reshaped(to: [])] + operands)
    for (variable, value) in zip(assigned, results[count...]) { variable.assign(value) }
    return group.replacing(template!, with: Array(results[..<count]))
}

extension Trace.Result {
    /// Makes the values of `variables` the results after the first `count`, in this order.
    fileprivate mutating func addResults(of variables: [Variable], after count: Int) {
        let own = graph.results[count...]
        graph.results = Array(graph.results[..<count])
        for variable in variables {
            if let index = assigned.firstIndex(where: { $0 === variable }) {
                graph.results.append(own[count + index])
            } else {
                // Not assigned in this branch: the value from before.
                let value = variable.storedValue
                graph.results.append(value.symbol == nil ? graph.addConstant(value) : graph.addInput(value.spec))
                if value.symbol != nil { captures.append(value) }
            }
        }
    }
}
