import MartletCore

extension Rewriter {
    /// A recurrent layer as a loop over its steps. The products with the inputs are one for all steps, before the loop.
    mutating func loop(
        _ recurrence: Operation.Recurrence, _ inputs: [Int], _ outputs: [ExportGraph.Value]
    ) throws -> [Int] {
        let count = recurrence.kind.stateCount
        guard let steps = shape(inputs[0])[1].size, let kernel = graph.constant(inputs[count + 2]) else {
            throw unsupported(.recurrent(recurrence), "TFLite", "its weights or the number of its steps are not known.")
        }
        let (batch, units) = (shape(inputs[0])[0], kernel.shape[0])
        let type = graph.values[inputs[0]].dtype
        var step = RecurrentStep(recurrence, kernel: kernel, units: units, steps: steps)
        var operands = [inputs[0], inputs[count + 1]]
        if recurrence.hasBias, let bias = graph.constant(inputs[count + 3]) {
            operands.append(constant(bias.rank == 2 ? bias[0] : bias))
            step.recurrentBias = bias.rank == 2 ? bias[1] : nil
        }
        let columns = ExportGraph.Dimension(kernel.shape[1])
        let gates = try add(.dense(.none), operands, [batch, .init(steps), columns])
        // What a loop takes: the gates' parts of all inputs, states, and so on.
        var carried = [try transpose(gates, [1, 0, 2])] + inputs[1...count]
        if recurrence.hasMask {
            carried.append(try reshape(transpose(inputs[inputs.count - 1], [1, 0]), [.init(steps), batch, .init(1)]))
            carried.append(try zeros([batch, .init(units)], type))
        }
        if recurrence.returnSequences { carried.append(try zeros([.init(steps), batch, .init(units)], type)) }
        let body = addBody(step.graph(carried.map { graph.values[$0] }, layer: layer))
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

/// One step of a recurrent layer, as the body of a loop. `RecurrentPlan.composed` has the same formulas.
private struct RecurrentStep {
    let recurrence: Operation.Recurrence
    let kernel: Tensor
    let units: Int
    let steps: Int
    var recurrentBias: Tensor?
    private var body = ExportGraph()
    private var layer = ""

    init(_ recurrence: Operation.Recurrence, kernel: Tensor, units: Int, steps: Int) {
        (self.recurrence, self.kernel, self.units, self.steps) = (recurrence, kernel, units, steps)
    }

    /// - Parameter carried: what each step takes and gives: the gates' parts of the inputs [steps, batch, columns], the states,
    ///   the mask [steps, batch, 1] and the last output where there is a mask, and the outputs of all steps where they are
    ///   asked for.
    mutating func graph(_ carried: [ExportGraph.Value], layer: String) -> ExportGraph {
        self.layer = layer
        body.name = "\(layer)/step"
        let number = body.addValue("\(layer)/number", .int32, [])
        let values = carried.map { body.addValue($0.name, $0.dtype, $0.shape) }
        body.inputs = [number] + values
        let count = recurrence.kind.stateCount
        let place = recurrence.goBackwards
            ? add(.binary(.subtract), [constant(Tensor(steps - 1).cast(to: .int32)), number], []) : number
        let states = Array(values[1...count])
        var next = stepped(row(values[0], place), states)
        var output = next[0]
        var results = [values[0]]
        if recurrence.hasMask {
            let (isThere, last) = (row(values[count + 1], place), values[count + 2])
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
        return body
    }

    private mutating func add(
        _ operation: Operation, _ inputs: [Int], _ shape: [ExportGraph.Dimension], _ type: DType? = nil
    ) -> Int {
        body.add(operation, inputs, type ?? body.values[inputs[0]].dtype, shape, layer: layer)
    }

    private mutating func constant(_ tensor: Tensor) -> Int { body.addConstant(tensor, "\(layer)/constant") }

    /// What stands at an index of the first axis.
    private mutating func row(_ value: Int, _ place: Int) -> Int {
        add(.gather(axis: 0), [value, place], Array(body.values[value].shape.dropFirst()))
    }

    private mutating func binary(_ binary: Operation.Binary, _ a: Int, _ b: Int) -> Int {
        add(.binary(binary), [a, b], [ExportGraph.Dimension].broadcast(body.values[a].shape, body.values[b].shape)!)
    }

    private mutating func unary(_ unary: Operation.Unary, _ x: Int) -> Int { add(.unary(unary), [x], body.values[x].shape) }

    /// A state's product with columns of the recurrent kernel.
    private mutating func product(_ h: Int, _ columns: Range<Int>, bias: Tensor? = nil) -> Int {
        let weights = columns == 0..<kernel.shape[1] ? kernel : kernel[.all, columns]
        let operands = [h, body.addConstant(weights, "\(layer)/recurrent_kernel")] + (bias.map { [constant($0)] } ?? [])
        return add(.dense(.none), operands, [body.values[h].shape[0], .init(columns.count)])
    }

    private mutating func block(_ x: Int, _ number: Int) -> Int {
        add(.slice(begin: [0, number * units], step: [1, 1]), [x], [body.values[x].shape[0], .init(units)])
    }

    /// The states after the step, of which the first is the output.
    private mutating func stepped(_ gates: Int, _ states: [Int]) -> [Int] {
        let (h, columns) = (states[0], kernel.shape[1])
        switch recurrence.kind {
        case .simple: return [unary(.tanh, binary(.add, gates, product(h, 0..<columns)))]
        case .lstm:
            let z = binary(.add, gates, product(h, 0..<columns))
            let parts = (0..<4).map { block(z, $0) }
            let (input, forget) = (unary(.sigmoid, parts[0]), unary(.sigmoid, parts[1]))
            let c = binary(.add, binary(.multiply, forget, states[1]), binary(.multiply, input, unary(.tanh, parts[2])))
            return [binary(.multiply, unary(.sigmoid, parts[3]), unary(.tanh, c)), c]
        case .gru(let resetAfter):
            let all = product(h, 0..<(resetAfter ? 3 : 2) * units, bias: recurrentBias)
            let z = unary(.sigmoid, binary(.add, block(gates, 0), block(all, 0)))
            let r = unary(.sigmoid, binary(.add, block(gates, 1), block(all, 1)))
            let candidate = resetAfter
                ? binary(.multiply, r, block(all, 2))
                : product(binary(.multiply, r, h), 2 * units..<3 * units)
            let new = unary(.tanh, binary(.add, block(gates, 2), candidate))
            let one = constant(Tensor(1.0).cast(to: body.values[z].dtype))
            return [binary(.add, binary(.multiply, z, h), binary(.multiply, binary(.subtract, one, z), new))]
        }
    }
}
