/// A loop over the slices of tensors along their first axis: inputs are the first carry, the tensors, and what else the body
/// reads; outputs are the last carry, the stacked results and, when `keepsCarries`, the carries before each step, stacked.
struct Scan: ControlFlowOp {
    static let name = "scan"

    /// Of carry, slices and captures; gives the next carry and the results of a step.
    let body: Subfunction
    let carries: Int
    let length: Int
    let slices: Int
    let reverse: Bool
    let keepsCarries: Bool

    var outputCount: Int { body.graph.results.count + (keepsCarries ? carries : 0) }

    private func stacked(_ spec: TensorSpec) -> TensorSpec {
        TensorSpec(Shape([length] + spec.shape.dimensions), spec.dtype)
    }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let rows = inputs[carries..<(carries + slices)]
        guard rows.allSatisfy({ $0.shape.dimensions.first == length }) else {
            throw OpFailure("Expected tensors of \(length) slices.")
        }
        try body.check(
            inputs[..<carries] + rows.map { TensorSpec(Shape(unchecked: Array($0.shape.dimensions.dropFirst())), $0.dtype) }
                + inputs[(carries + slices)...])
        let specs = body.resultSpecs
        return specs[..<carries] + specs[carries...].map(stacked) + (keepsCarries ? specs[..<carries].map(stacked) : [])
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (carrySizes, resultSizes) = (inputs[..<carries].map(\.byteCount), body.resultSpecs[carries...].map(\.byteCount))
        let rowSizes = body.inputSpecs[carries..<(carries + slices)].map(\.byteCount)
        let operands = inputs.count
        return Kernel { [self] (memory) throws(OpFailure) in
            // The carry goes to and fro between two sets of memory, so that steps take none.
            let spare = (0..<2).map { _ in carrySizes.map(Buffer.init(byteCount:)) }
            /// The carry that a step begins with.
            func carry(_ number: Int, before step: Int) -> UnsafeRawPointer {
                step == 0 ? memory.input(number) : UnsafeRawPointer(spare[1 - step % 2][number].pointer)
            }
            try onStack(operands, { memory.inputs[$0] }) { (arguments) throws(OpFailure) in
                try onStack(carries + resultSizes.count, { memory.outputs[$0] }) { (targets) throws(OpFailure) in
                    for step in 0..<length {
                        let index = reverse ? length - 1 - step : step
                        for (number, size) in rowSizes.enumerated() {
                            arguments[carries + number] = memory.input(carries + number) + index * size
                        }
                        for (number, size) in resultSizes.enumerated() {
                            targets[carries + number] = memory.output(carries + number) + index * size
                        }
                        for (number, size) in carrySizes.enumerated() {
                            let value = carry(number, before: step)
                            (arguments[number], targets[number]) = (value, spare[step % 2][number].pointer)
                            guard keepsCarries else { continue }
                            let kept = memory.output(carries + resultSizes.count + number) + index * size
                            kept.copyMemory(from: value, byteCount: size)
                        }
                        try body.run(KernelMemory(arguments, targets))
                    }
                }
            }
            for (number, size) in carrySizes.enumerated() {
                memory.output(number).copyMemory(from: carry(number, before: length), byteCount: size)
            }
        }
    }

    // The gradient is the loop backwards: its carry is the gradient of the carry, and of the captures.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        let results = body.resultSpecs
        let kept: [Tensor]
        if keepsCarries {
            kept = Array(context.outputs[results.count...])
        } else {
            let op = Scan(
                body: body, carries: carries, length: length, slices: slices, reverse: reverse, keepsCarries: true)
            kept = Array(perform(op, context.inputs)[results.count...])
        }
        func isFloating(_ index: Int) -> Bool { results[index].dtype.isFloatingPoint }
        let captures = Array(context.inputs[(carries + slices)...])
        let first = (0..<carries).filter(isFloating).map(context.gradient(ofOutput:))
            + captures.filter(\.dtype.isFloatingPoint).map { Tensor.zeros($0.shape, dtype: $0.dtype) }
        let upstream = (carries..<results.count).filter(isFloating).map(context.gradient(ofOutput:))
        // Carries that were kept are outputs too, which a derivative of this gradient reads.
        let ofKept = (0..<carries).filter(isFloating).map { results.count + $0 }
        let reachesKept = keepsCarries && ofKept.contains { context.outputGradients[$0] != nil }
        let additions = reachesKept ? ofKept.map(context.gradient(ofOutput:)) : []
        let carryCount = first.count - captures.count(where: \.dtype.isFloatingPoint)
        let sliceCount = body.inputSpecs[carries..<(carries + slices)].count(where: \.dtype.isFloatingPoint)
        let tensors = kept + context.inputs[carries..<(carries + slices)] + upstream + additions
        let (last, gradients) = scan(first, over: tensors, reverse: !reverse) { sums, rows in
            let found = body.gradients(
                Array(rows[..<(carries + slices)]) + captures,
                Array(sums[..<carryCount]) + rows[(carries + slices)...].prefix(upstream.count))
            let added = rows[(carries + slices + upstream.count)...]
            let ofCarry = added.isEmpty ? Array(found[..<carryCount]) : zip(found, added).map { $0 + $1 }
            let ofCaptures = zip(sums[carryCount...], found[(carryCount + sliceCount)...]).map { $0 + $1 }
            return (ofCarry + ofCaptures, Array(found[carryCount..<(carryCount + sliceCount)]))
        }
        let all = Array(last[..<carryCount]) + gradients + last[carryCount...]
        return spread(all, over: context.inputs)
    }

    static var samples: [OpSample] {
        let (state, row) = (TensorSpec([2], .float64), TensorSpec([], .float64))
        let body = Subfunction([state, row, state]) { inputs in
            let next = (inputs[0] * inputs[2] + inputs[1]).tanh()
            return [next, next.square().sum()]
        }
        return [(3, false), (2, true), (1, false), (0, false)].map { length, reverse in
            OpSample(
                Scan(body: body, carries: 1, length: length, slices: 1, reverse: reverse, keepsCarries: false),
                [SampleInput.uniform([2], seed: 1), SampleInput.uniform([length], seed: 2), SampleInput.uniform([2], seed: 3)],
                label: "\(length)\(reverse ? " reversed" : "")")
        }
    }
}

/// A loop that carries a state over the slices of tensors along their first axis, and stacks what each step gives.
///
/// ```swift
/// // a running sum: ([], [n]) -> [n]
/// let (total, sums) = scan(Tensor(0.0), over: x) { sum, x in (sum + x, sum + x) }
/// ```
///
/// In a function that is being compiled the closure is traced once, whatever the length. Variables that it assigns are carried
/// too. Gradients flow back through all steps.
///
/// Source: [`keras.ops.scan`](https://keras.io/api/ops/core/#scan-function).
/// - Parameters:
///   - initial: the first carry. Every step returns one of the same structure, shapes and dtypes.
///   - tensors: one or several tensors with first axes of the same size.
///   - reverse: whether the last slice comes first; the results are stacked in the slices' order all the same.
/// - Returns: the last carry, and the results of the steps, stacked along a new first axis.
public func scan<Carry: TensorGroup, Slices: TensorGroup, Result: TensorGroup>(
    _ initial: Carry, over tensors: Slices, reverse: Bool = false,
    _ body: (_ carry: Carry, _ slices: Slices) -> (Carry, Result)
) -> (Carry, Result) {
    let (carryGroup, sliceGroup, resultGroup) =
        (AnyTensorGroup<Carry>.single, AnyTensorGroup<Slices>.single, AnyTensorGroup<Result>.single)
    let (first, whole) = (carryGroup.tensors(initial), sliceGroup.tensors(tensors))
    require(
        !whole.isEmpty && whole.allSatisfy { $0.rank >= 1 && $0.shape[0] == whole[0].shape[0] }, "scan",
        "Expected tensors whose first axes have the same size. Received: \(whole.map(\.spec)).")
    let length = whole[0].shape[0]
    func check(_ carry: [TensorSpec]) {
        require(
            carry == first.map(\.spec), "scan",
            "Expected a step to return a carry \(first.map(\.spec)), as it came in. Received: \(carry).")
    }
    let context = Context.current
    if context.hasFailed { return body(initial, tensors) }
    if context.trace == nil && length > 0 {
        var carry = initial
        var rows: [(template: Result, tensors: [Tensor])] = []
        for step in 0..<length {
            let index = reverse ? length - 1 - step : step
            let (next, result) = body(carry, sliceGroup.replacing(tensors, with: whole.map { $0[index] }))
            check(carryGroup.tensors(next).map(\.spec))
            carry = next
            rows.append((result, resultGroup.tensors(result)))
        }
        if reverse { rows.reverse() }
        let stacked = rows[0].tensors.indices.map { index in Tensor.stack(rows.map { $0.tensors[index] }) }
        return (carry, resultGroup.replacing(rows[0].template, with: stacked))
    }
    var template: (Carry, Result)?
    let rowSpecs = whole.map { TensorSpec(Shape(Array($0.shape.dimensions.dropFirst())), $0.dtype) }
    func trace(_ carried: [Variable]) -> Trace.Result {
        Trace.runNested(first.map(\.spec) + rowSpecs, carrying: carried) { symbols in
            let output = body(
                carryGroup.replacing(initial, with: Array(symbols[..<first.count])),
                sliceGroup.replacing(tensors, with: Array(symbols[first.count...])))
            template = output
            let next = carryGroup.tensors(output.0)
            check(next.map(\.spec))
            return next + resultGroup.tensors(output.1)
        }
    }
    let (traced, carried) = tracedCarrying(trace)
    var graph = traced.graph
    // The carried variables go with the carry: their inputs stand behind the slices, their values behind the results.
    let count = first.count
    let results = graph.results.count - carried.count
    graph.results = Array(graph.results[..<count] + graph.results[results...] + graph.results[count..<results])
    graph.moveInputs(from: count + rowSpecs.count, count: carried.count, to: count)
    let op = Scan(
        body: Subfunction(graph), carries: count + carried.count, length: length, slices: rowSpecs.count, reverse: reverse,
        keepsCarries: !context.tapes.isEmpty)
    let outputs = perform(op, first + carried.map(\.value) + whole + traced.captures)
    for (variable, value) in zip(carried, outputs[count...]) { variable.assign(value) }
    let stacked = outputs[op.carries..<(op.carries + results - count)]
    return (
        carryGroup.replacing(template!.0, with: Array(outputs[..<count])),
        resultGroup.replacing(template!.1, with: Array(stacked))
    )
}

/// Traces a loop's body until every variable that it assigns is among those that it carries.
func tracedCarrying(_ trace: ([Variable]) -> Trace.Result) -> (Trace.Result, carried: [Variable]) {
    var carried: [Variable] = []
    while true {
        let traced = trace(carried)
        if traced.assigned.isEmpty { return (traced, carried) }
        carried += traced.assigned
    }
}
