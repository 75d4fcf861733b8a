import Martlet
import MartletCore

extension Rewriter {
    /// A recurrent layer as a loop over its steps. The products with the inputs are one for all steps, before the loop.
    /// - Parameter format: what the error about a layer without constant weights names.
    mutating func loop(
        _ recurrence: Operation.Recurrence, _ inputs: [Int], _ outputs: [ExportGraph.Value], for format: String
    ) throws -> [Int] {
        let count = recurrence.kind.stateCount
        let steps = shape(inputs[0])[1]
        guard let kernel = graph.constant(inputs[count + 2]) else {
            throw unsupported(.recurrent(recurrence), format, "its weights are not known.")
        }
        let (batch, units) = (shape(inputs[0])[0], kernel.shape[0])
        let type = graph.values[inputs[0]].dtype
        // Steps first: of a layer behind another one, the transpositions cancel.
        var operands = [try transpose(inputs[0], [1, 0, 2]), inputs[count + 1]]
        var bias: Tensor?
        if recurrence.hasBias {
            bias = graph.constant(inputs[count + 3])
            if let bias { operands.append(constant(bias.rank == 2 ? bias[0] : bias)) }
        }
        let columns = ExportGraph.Dimension(kernel.shape[1])
        let gates = try add(.dense(.none), operands, [steps, batch, columns])
        // What a loop takes: the gates' parts of all inputs, states, and so on.
        // Of steps that are open, the last comes first where a layer goes backwards.
        let isTurned = recurrence.goBackwards && steps.size == nil
        func inOrder(_ rewriter: inout Rewriter, _ x: Int) throws -> Int {
            let rank = rewriter.shape(x).count
            let ones = [Int](repeating: 0, count: rank - 1)
            return isTurned
                ? try rewriter.add(.slice(begin: [-1] + ones, step: [-1] + ones.map { _ in 1 }), [x], rewriter.shape(x)) : x
        }
        var carried = [try inOrder(&self, gates)] + inputs[1...count]
        if recurrence.hasMask {
            let mask = try inOrder(&self, transpose(inputs[inputs.count - 1], [1, 0]))
            carried.append(try reshape(mask, [steps, batch, .init(1)]))
            carried.append(try zeros([batch, .init(units)], type))
        }
        if recurrence.returnSequences { carried.append(try zeros([steps, batch, .init(units)], type)) }
        let step = RecurrentStep(
            recurrence: recurrence, kernel: kernel, bias: bias, steps: steps, openSizes: graph.openSizes, layer: layer)
        let body = addBody(try step.graph(carried.map { graph.values[$0] }))
        let values = carried.map { value in
            ExportGraph.Value(name: "\(layer)/loop", dtype: graph.values[value].dtype, shape: graph.values[value].shape)
        }
        let last = try add(.loop(body: body, steps: steps), carried, values)
        let states = Array(last[1...count])
        guard recurrence.returnSequences else { return [recurrence.hasMask ? last[count + 2] : states[0]] + states }
        return [try transpose(last[last.count - 1], [1, 0, 2])] + states
    }

    private mutating func zeros(_ shape: [ExportGraph.Dimension], _ type: DType) throws -> Int {
        let zero = constant(Tensor(0.0).cast(to: type).reshaped(to: Shape(shape.map { _ in 1 })))
        return try add(.broadcast, [zero], shape)
    }
}

/// One step of a recurrent layer, as the body of a loop.
private struct RecurrentStep {
    let recurrence: Operation.Recurrence
    /// The recurrent kernel.
    let kernel: Tensor
    let bias: Tensor?
    let steps: ExportGraph.Dimension
    let openSizes: [[Int]]
    let layer: String

    /// - Parameter carried: what each step takes and gives: the gates' parts of the inputs [steps, batch, columns], the states,
    ///   the mask [steps, batch, 1] and the last output where there is a mask, and the outputs of all steps where they are
    ///   asked for.
    func graph(_ carried: [ExportGraph.Value]) throws -> ExportGraph {
        var body = ExportGraph()
        body.name = "\(layer)/step"
        body.openSizes = openSizes
        let number = body.addValue("\(layer)/number", .int32, [])
        let values = carried.map { body.addValue($0.name, $0.dtype, $0.shape) }
        body.inputs = [number] + values
        func add(
            _ operation: Operation, _ inputs: [Int], _ shape: [ExportGraph.Dimension], _ type: DType? = nil
        ) -> Int {
            body.add(operation, inputs, type ?? body.values[inputs[0]].dtype, shape, layer: layer)
        }
        func constant(_ tensor: Tensor) -> Int { body.addConstant(tensor, "\(layer)/constant") }
        var place = number
        if recurrence.goBackwards, let steps = steps.size {
            place = add(.binary(.subtract), [constant(Tensor(steps - 1).cast(to: .int32)), number], [])
        }
        /// What stands at this step's place of the first axis.
        func row(_ value: Int) -> Int {
            add(.gather(axis: 0), [value, place], Array(body.values[value].shape.dropFirst()))
        }
        let count = recurrence.kind.stateCount
        let states = Array(values[1...count])
        var next = try stepped(row(values[0]), states, in: &body)
        var output = next[0]
        var results = [values[0]]
        if recurrence.hasMask {
            let (isThere, last) = (row(values[count + 1]), values[count + 2])
            let other = recurrence.zeroOutputForMask ? constant(Tensor(0.0).cast(to: body.values[last].dtype)) : last
            output = add(.select, [isThere, output, other], body.values[last].shape, body.values[last].dtype)
            next = zip(next, states).map { add(.select, [isThere, $0, $1], body.values[$1].shape, body.values[$1].dtype) }
            results += next + [values[count + 1], output]
        } else {
            results += next
        }
        if recurrence.returnSequences {
            let all = values[values.count - 1]
            results.append(add(.update, [all, output, number], body.values[all].shape))
        }
        body.outputs = results
        body.simplify()
        return body
    }

    /// The states after a step, of which the first is the output: by the formula with which the layer's op says what it
    /// computes, of a sequence of one step.
    /// - Parameter gates: the product of the step's input and the kernel, with the bias.
    private func stepped(_ gates: Int, _ states: [Int], in body: inout ExportGraph) throws -> [Int] {
        let (type, batch, units) = (body.values[gates].dtype, body.values[gates].shape[0], kernel.shape[0])
        let bias = bias.flatMap { $0.rank == 2 ? Tensor.stack([.zeros(like: $0[0]), $0[1]]) : nil }
        let traces = try openSizes[0].indices.map { trace in
            guard let batch = batch.size(of: openSizes.map { $0[trace] }) else {
                throw MartletError("Expected a batch of known size.", at: "layer \(layer)")
            }
            let specs = [TensorSpec([batch, 1, 1], type), TensorSpec([1, kernel.shape[1]], type)]
                + states.map { _ in TensorSpec([batch, units], type) }
            return Trace.graph(specs) { inputs in
                let result = recurrentSequence(
                    inputs[0], states: Array(inputs[2...]), kernel: inputs[1], recurrentKernel: kernel, bias: bias,
                    kind: recurrence.kind)
                return result.states
            }
        }
        // In the place of the product of input and kernel, the one that reads these, stand the gates.
        let x = body.addValue("\(layer)/input", type, [batch, .init(1), .init(1)])
        let inputKernel = body.addValue("\(layer)/kernel", type, [.init(1), .init(kernel.shape[1])])
        var lowering = Lowering(graph: body, keeping: [], prefix: layer)
        let results = try lowering.lower(traces, ([x, inputKernel] + states).map { .value($0) })
        let found = try results.map { try lowering.value($0, layer: layer) }
        body = lowering.graph
        guard let product = body.nodes.first(where: { $0.inputs.dropFirst().first == inputKernel })?.outputs[0] else {
            throw MartletError("Expected a product with the kernel in the formula of the layer.", at: "layer \(layer)")
        }
        var replacements = [product: gates]
        // The sum with the bias's first row, which is in the gates.
        let wide = body.nodes.first { $0.operation == .reshape && $0.inputs == [product] }?.outputs[0] ?? product
        if bias != nil, let sum = body.nodes.first(where: { $0.operation == .binary(.add) && $0.inputs.first == wide }) {
            replacements[sum.outputs[0]] = wide
        }
        body.substitute(replacements)
        return found
    }
}
