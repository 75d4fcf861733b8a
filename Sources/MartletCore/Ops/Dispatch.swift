import CKernels

/// Runs an op: checks shapes, takes memory, calls the kernel, and lets the recording tapes know.
/// Stops, naming the op, the inputs and the layer path, when the op cannot take its inputs.
package func perform<O: Op>(_ op: O, _ inputs: [Tensor]) -> [Tensor] {
    if !O.acceptsHalf, inputs.contains(where: { $0.dtype.isHalf }) { return performInHalf(op, inputs) }
    let context = Context.current
    let outputs: [Tensor]
    do {
        let specs = try op.outputs(for: inputs.map(\.spec))
        if inputs.contains(where: { $0.symbol != nil }) {
            guard let trace = context.trace else { stopUsingTraced(O.name) }
            outputs = trace.add(op, inputs, specs)
        } else if O.isView {
            outputs = [Tensor(sharing: inputs[0], as: specs[0])]
        } else {
            outputs = specs.map(Tensor.init(uninitialized:))
            let start = context.recorder?.now ?? 0
            try inKernelMode { () throws(OpFailure) in try op.run(inputs, outputs) }
            context.recorder?.note(op, inputs, specs, context.layerPath, since: start)
        }
    } catch {
        stop(O.name, "\(error.message) Received: \(inputs.map(\.spec.description).joined(separator: ", ")).")
    }
    if O.isDifferentiable {
        for tape in context.tapes { tape.record(op, inputs: inputs, outputs: outputs) }
    }
    return outputs
}

private func stopUsingTraced(_ op: String) -> Never {
    stop(
        op,
        "A tensor of a function that was being compiled is used outside of it, where it has no elements. Return it from "
            + "the function, or assign it to a Variable.")
}

/// Runs an op of one output.
package func perform<O: Op>(_ op: O, _ inputs: Tensor...) -> Tensor { perform(op, inputs)[0] }

/// 16-bit floats store but do not compute: the op runs in `float32` and its results are rounded once.
private func performInHalf<O: Op>(_ op: O, _ inputs: [Tensor]) -> [Tensor] {
    let floats = inputs.map(\.dtype).filter(\.isFloatingPoint)
    let result = floats.reduce(floats[0], DType.promoted)
    let wide = inputs.map { $0.dtype.isHalf ? $0.cast(to: .float32) : $0 }
    return perform(op, wide).map { $0.dtype == .float32 ? $0.cast(to: result) : $0 }
}
