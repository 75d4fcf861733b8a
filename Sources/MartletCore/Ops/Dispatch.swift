import CKernels

/// Runs an op: checks shapes, has the device compute it, and lets the recording tapes know.
/// Fails, naming the op, the inputs and the layer path, when the op cannot take its inputs.
package func perform<O: Op>(_ op: O, _ inputs: [Tensor]) -> [Tensor] {
    if Context.current.hasFailed { return substitutes(for: op, inputs) }
    var (castsHalves, hasStrings) = (false, false)
    for input in inputs {
        let type = input.dtype
        if type.isHalf { castsHalves = castsHalves || O.computeType(for: type) != type }
        if type == .string { hasStrings = true }
    }
    return castsHalves ? performCasting(op, inputs) : performAsGiven(op, inputs, hasStrings: hasStrings)
}

/// Runs an op that takes its inputs' dtypes.
private func performAsGiven<O: Op>(_ op: O, _ inputs: [Tensor], hasStrings: Bool) -> [Tensor] {
    let context = Context.current
    let outputs: [Tensor]
    do throws(OpFailure) {
        let inputSpecs = inputs.map(\.spec)
        if hasStrings, !O.takesStrings { throw OpFailure(stringsMessage) }
        let specs = try op.outputs(for: inputSpecs)
        if context.hasFailed { return substitutes(for: op, inputs) }
        if O.form != .view { try MemoryBudget.check(specs) }
        if O.form == .formula {
            outputs = try performFormula(op, inputs)
        } else if let backend = context.backend, context.trace == nil {
            outputs = try backend.perform(op, inputs, specs)
        } else if let other = inputs.first(where: { !$0.isOnHost }) {
            if let backend = other.handle.buffer.storage?.backend {
                outputs = try backend.perform(op, inputs, specs)
            } else {
                guard let trace = context.trace, other.symbol != .failed else {
                    fail(O.name, other.symbol == .failed ? Tensor.failedMessage : tracedMessage)
                    return substitutes(for: op, inputs)
                }
                outputs = trace.add(op, inputs, specs)
            }
        } else if O.form == .view {
            outputs = [Tensor(sharing: inputs[0], as: specs[0])]
        } else {
            outputs = specs.map(Tensor.init(uninitialized:))
            let start = context.recorder?.now ?? 0
            try runKernel(op, inputs, inputSpecs, outputs, specs)
            context.recorder?.note(op, inputs, specs, context.layerPath, since: start)
            if let numerics = context.numerics, context.trace == nil {
                numerics.inspect(O.name, inputs, outputs, context.layerPath)
            }
        }
    } catch {
        fail(O.name, error, inputs.map(\.spec))
        return substitutes(for: op, inputs)
    }
    // A formula fails in one of its ops.
    if context.hasFailed { return outputs }
    if O.isDifferentiable {
        for tape in context.tapes { tape.record(op, inputs: inputs, outputs: outputs) }
    }
    return outputs
}

/// What ops say that compute with numbers only.
let stringsMessage =
    "Expected numbers. StringLookup, TextVectorization, Hashing and HashedCrossing make numbers of strings."

private func runKernel<O: Op>(
    _ op: O, _ inputs: [Tensor], _ inputSpecs: [TensorSpec], _ outputs: [Tensor], _ specs: [TensorSpec]
) throws(OpFailure) {
    try inKernelMode { () throws(OpFailure) in
        try KernelMemory.with(inputs, outputs) { (memory) throws(OpFailure) in
            try op.runOnce(inputSpecs, specs, memory)
        }
    }
}

/// Computes an op by other ops, which tapes do not see.
private func performFormula<O: Op>(_ op: O, _ inputs: [Tensor]) throws(OpFailure) -> [Tensor] {
    guard let outputs = Context.current.withTapes([], { op.formula(inputs) }) else {
        throw OpFailure("No device computes it.")
    }
    return outputs
}

extension Op {
    /// The outputs by the CPU's kernel alone: without casts, formulas, tapes and traces, for tests of kernels.
    package func computed(_ inputs: [Tensor]) throws(OpFailure) -> [Tensor] {
        let inputSpecs = inputs.map(\.spec)
        let specs = try outputs(for: inputSpecs)
        if Self.form == .view { return [Tensor(sharing: inputs[0], as: specs[0])] }
        let outputs = specs.map(Tensor.init(uninitialized:))
        try runKernel(self, inputs, inputSpecs, outputs, specs)
        return outputs
    }
}

private let tracedMessage =
    "A tensor of a function that was being compiled is used outside of it, where it has no elements. Return it from "
    + "the function, or assign it to a Variable."

/// What stands for the outputs of an op after a failure.
private func substitutes<O: Op>(for op: O, _ inputs: [Tensor]) -> [Tensor] {
    let substitute = inputs.first.map { Tensor.substitute(op.substitute(for: $0.spec)) } ?? .nothing
    return [Tensor](repeating: substitute, count: op.outputCount)
}

/// Runs an op of one output.
package func perform<O: Op>(_ op: O, _ inputs: Tensor...) -> Tensor { perform(op, inputs)[0] }

/// Where the kernel computes in other dtypes, the inputs are cast to them and the results are rounded once.
private func performCasting<O: Op>(_ op: O, _ inputs: [Tensor]) -> [Tensor] {
    let floats = inputs.map(\.dtype).filter(\.isFloatingPoint)
    let result = floats.reduce(floats[0], DType.promoted)
    // Other devices compute in their own way.
    let types = Context.current.backend == nil ? op.operandTypes(inputs.map(\.spec)) : inputs.map { O.computeType(for: $0.dtype) }
    let operands = zip(inputs, types).map { $0.cast(to: $1) }
    if Context.current.hasFailed { return substitutes(for: op, inputs) }
    let target = O.computeType(for: result)
    return performAsGiven(op, operands, hasStrings: operands.contains { $0.dtype == .string })
        .map { $0.dtype == target ? $0.cast(to: result) : $0 }
}
