import CKernels

/// An op that can be replaced by something simpler where it stands.
package protocol SimplifiableOp: Op {
    /// What gives the same bits as this op, which has one output, on these values of the graph; nil when there is nothing
    /// simpler.
    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification?
}

/// What takes an op's place: a value of the graph, or the first output of an op on such.
package indirect enum Simplification {
    case value(Int)
    case op(any Op, [Simplification])
}

extension Graph {
    /// The number that a value is made of, when it is a constant of one element.
    package func number(_ value: Int) -> Double? {
        guard case .constant(let tensor) = sources[value], tensor.elementCount == 1 else { return nil }
        return tensor.item()
    }

    /// A value in place of an elementwise op of it and the number `identity`, which changes none of its bits: unless they
    /// are those of a denormal number, which the op would flush.
    package func neutral(_ identity: Double, _ other: Int, of value: Int) -> Simplification? {
        let (shape, partner) = (specs[value].shape, specs[other].shape)
        guard number(other) == identity, Shape.broadcast(shape, partner) == shape, isFlushed(value) else { return nil }
        return .value(value)
    }

    /// Whether a value can hold no denormal number while those are flushed, since arithmetic made its elements.
    private func isFlushed(_ value: Int) -> Bool {
        if !specs[value].dtype.isFloatingPoint { return true }
        guard let node = producer(of: value) else { return false }
        let op = nodes[node].op
        if type(of: op).form == .view { return isFlushed(nodes[node].inputs[0]) }
        // These only move or choose.
        let moves = [MK_NEG, MK_ABS, MK_GATE, MK_SELECT, MK_CAST]
        return (op as? any ElementwiseOp).map { !moves.contains($0.instruction) } ?? false
    }

    /// The op that computes a value, when it is of that type, its inputs and its outputs.
    package func producer<O: Op>(of value: Int, as type: O.Type) -> (op: O, inputs: [Int], outputs: [Int])? {
        guard let node = producer(of: value), let op = nodes[node].op as? O else { return nil }
        return (op, nodes[node].inputs, nodes[node].outputs)
    }

    /// The same graph without what is computed twice, what nobody needs, and what ops know to be simpler.
    package func simplified() -> Graph {
        var result = Graph()
        var map = [Int](repeating: -1, count: specs.count)
        var known: [Expression: [Int]] = [:]
        var numbers: [Number: Int] = [:]
        for value in inputs { map[value] = result.addInput(specs[value]) }
        for (value, source) in sources.enumerated() {
            switch source {
            case .constant(let tensor):
                // Each number in a formula is a constant of its own, until here.
                if tensor.elementCount == 1 {
                    let number = Number(spec: tensor.spec, bytes: tensor.withUnsafeBytes { Array($0) })
                    map[value] = numbers[number] ?? result.addConstant(tensor)
                    numbers[number] = map[value]
                } else {
                    map[value] = result.addConstant(tensor)
                }
            case .variable(let variable): map[value] = result.addVariable(variable)
            case .input, .node: break
            }
        }
        func place(_ op: any Op, _ inputs: [Int], _ specs: [TensorSpec], _ layerPath: [String]) -> [Int] {
            if let simplifiable = op as? any SimplifiableOp, let found = simplifiable.simplified(inputs, in: result) {
                return [place(found, layerPath)]
            }
            let expression = Expression(op: AnyHashable(op), inputs: inputs)
            if let values = known[expression] { return values }
            let values = result.addNode(op, inputs, specs, layerPath: layerPath)
            known[expression] = values
            return values
        }
        func place(_ simplification: Simplification, _ layerPath: [String]) -> Int {
            switch simplification {
            case .value(let value): return value
            case .op(let op, let operands):
                let inputs = operands.map { place($0, layerPath) }
                guard let specs = try? op.outputs(for: inputs.map { result.specs[$0] }) else {
                    preconditionFailure("a simpler op does not take its inputs")
                }
                return place(op, inputs, specs, layerPath)[0]
            }
        }
        let used = neededNodes()
        for (index, node) in nodes.enumerated() where used[index] {
            let values = place(
                node.op, node.inputs.map { map[$0] }, node.outputs.map { specs[$0] }, node.layerPath)
            for (old, new) in zip(node.outputs, values) { map[old] = new }
        }
        result.results = results.map { map[$0] }
        result.updates = updates.map { Update(variable: $0.variable, value: map[$0.value]) }
        return result.pruned()
    }

    private struct Number: Hashable {
        let spec: TensorSpec
        let bytes: [UInt8]
    }

    private struct Expression: Hashable {
        let op: AnyHashable
        let inputs: [Int]
    }

    /// Whether each node is needed for a result or an update.
    private func neededNodes() -> [Bool] {
        var needed = [Bool](repeating: false, count: nodes.count)
        var pending = results + updates.map(\.value)
        while let value = pending.popLast() {
            guard let node = producer(of: value), !needed[node] else { continue }
            needed[node] = true
            pending += nodes[node].inputs
        }
        return needed
    }

    /// The same graph without the nodes, variables and constants that no result and no update needs. Inputs stay.
    func pruned() -> Graph {
        let needed = neededNodes()
        return rebuilt(order: needed.indices.filter { needed[$0] })
    }

    /// The same graph with only these nodes, in this order.
    func rebuilt(order: [Int]) -> Graph {
        var result = Graph()
        var map = [Int](repeating: -1, count: specs.count)
        for value in inputs { map[value] = result.addInput(specs[value]) }
        func mapped(_ value: Int) -> Int {
            if map[value] >= 0 { return map[value] }
            switch sources[value] {
            case .constant(let tensor): map[value] = result.addConstant(tensor)
            case .variable(let variable): map[value] = result.addVariable(variable)
            case .input, .node: preconditionFailure("a node is placed before the node that computes its input")
            }
            return map[value]
        }
        for index in order {
            let node = nodes[index]
            let values = result.addNode(
                node.op, node.inputs.map(mapped), node.outputs.map { specs[$0] }, layerPath: node.layerPath)
            for (old, new) in zip(node.outputs, values) { map[old] = new }
        }
        result.results = results.map(mapped)
        result.updates = updates.map { Update(variable: $0.variable, value: mapped($0.value)) }
        return result
    }
}
