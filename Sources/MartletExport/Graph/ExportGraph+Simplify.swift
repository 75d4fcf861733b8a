import Martlet
import MartletCore

extension ExportGraph {
    /// The same function in fewer operations: what cancels is gone, what follows a product or a convolution is folded into it.
    /// - Parameter recognizing: whether activations that are written with several operations become one.
    package mutating func simplify(recognizing: Bool = true) {
        if recognizing { recognizeActivations() }
        dropSubtractedZeros()
        mergeLayoutChanges()
        widenDense()
        foldConstantsIntoProducts()
        fuseActivations()
        mergeLayoutChanges()
        prune()
    }

    /// Leaves out what no output needs, and numbers what is left in order.
    package mutating func prune() {
        var isNeeded = [Bool](repeating: false, count: values.count)
        for output in outputs { isNeeded[output] = true }
        var kept: [Node] = []
        for node in nodes.reversed() where node.outputs.contains(where: { isNeeded[$0] }) {
            for input in node.inputs { isNeeded[input] = true }
            kept.append(node)
        }
        nodes = kept.reversed()
        for node in nodes { for output in node.outputs { isNeeded[output] = true } }
        for input in inputs { isNeeded[input] = true }
        var place = [Int](repeating: -1, count: values.count)
        var remaining: [Value] = []
        for (index, value) in values.enumerated() where isNeeded[index] {
            place[index] = remaining.count
            remaining.append(value)
        }
        values = remaining
        for index in nodes.indices {
            nodes[index].inputs = nodes[index].inputs.map { place[$0] }
            nodes[index].outputs = nodes[index].outputs.map { place[$0] }
        }
        inputs = inputs.map { place[$0] }
        outputs = outputs.map { place[$0] }
    }

    /// Puts other values in the places of some, wherever they are read.
    mutating func substitute(_ replacements: [Int: Int]) {
        if replacements.isEmpty { return }
        func replaced(_ value: Int) -> Int {
            var value = value
            while let next = replacements[value] { value = next }
            return value
        }
        for index in nodes.indices { nodes[index].inputs = nodes[index].inputs.map(replaced) }
        outputs = outputs.map(replaced)
    }

    /// What zeros are subtracted from stays as it is. Zeros that are added may be weights which are not trained yet.
    private mutating func dropSubtractedZeros() {
        var replacements: [Int: Int] = [:]
        for node in nodes where node.operation == .binary(.subtract) {
            let (value, output) = (values[node.inputs[0]], values[node.outputs[0]])
            guard let zeros = constant(node.inputs[1]), zeros.elementCount > 0, value.constant == nil, value.shape == output.shape,
                value.dtype == output.dtype, (zeros .== 0).all().item(as: Bool.self)
            else { continue }
            replacements[node.outputs[0]] = node.inputs[0]
        }
        substitute(replacements)
    }

    /// Transpositions and reshapes one after the other become one, or none; a repetition before an operation that broadcasts
    /// by itself is left to it.
    private mutating func mergeLayoutChanges() {
        let producers = producers
        var replacements: [Int: Int] = [:]
        for index in nodes.indices {
            nodes[index].inputs = nodes[index].inputs.map { replacements[$0] ?? $0 }
            let node = nodes[index]
            let output = node.outputs[0]
            switch node.operation {
            case .transpose(let order):
                var (whole, source) = (order, node.inputs[0])
                if let before = producers[source], case .transpose(let first) = nodes[before].operation {
                    whole = order.map { first[$0] }
                    source = nodes[before].inputs[0]
                }
                if whole == Array(whole.indices) {
                    replacements[output] = source
                } else if Self.movesOnlyOnes(whole, values[source].shape) {
                    nodes[index].operation = .reshape
                    nodes[index].inputs = [source]
                } else {
                    nodes[index].operation = .transpose(whole)
                    nodes[index].inputs = [source]
                }
            case .reshape:
                var source = node.inputs[0]
                while let before = producers[source], nodes[before].operation == .reshape { source = nodes[before].inputs[0] }
                nodes[index].inputs = [source]
                if values[source].shape == values[output].shape { replacements[output] = source }
            case .broadcast where values[node.inputs[0]].shape == values[output].shape:
                replacements[output] = node.inputs[0]
            case .slice(let begin, let step)
            where values[node.inputs[0]].shape == values[output].shape && zip(begin, step).allSatisfy({ $0 == (0, 1) }):
                replacements[output] = node.inputs[0]
            case .unary, .binary, .select: bypassBroadcasts(index, producers)
            default: break
            }
        }
        substitute(replacements)
    }

    /// Whether only axes of one element change their places, so that the elements keep their order.
    static func movesOnlyOnes(_ order: [Int], _ shape: [Dimension]) -> Bool {
        let others = order.filter { shape[$0] != Dimension(1) }
        return zip(others, others.dropFirst()).allSatisfy(<)
    }

    private mutating func bypassBroadcasts(_ index: Int, _ producers: [Int: Int]) {
        let shape = values[nodes[index].outputs[0]].shape
        for place in nodes[index].inputs.indices {
            guard let before = producers[nodes[index].inputs[place]], nodes[before].operation == .broadcast else { continue }
            var operands = nodes[index].inputs
            operands[place] = nodes[before].inputs[0]
            let whole = operands.map { values[$0].shape }.reduce(Optional([])) { shape, next in
                shape.flatMap { [Dimension].broadcast($0, next) }
            }
            if whole == shape { nodes[index].inputs = operands }
        }
    }

    /// A dense layer over more axes than two is traced with all but the last folded into one. Formats take it as it is: the
    /// folding goes behind it, where another one takes it back.
    private mutating func widenDense() {
        var producers = producers
        var result: [Node] = []
        for node in nodes {
            guard let input = node.inputs.first, let before = producers[input], result[before].operation == .reshape,
                let shape = widened(node, from: values[result[before].inputs[0]].shape)
            else {
                result.append(node)
                for output in node.outputs { producers[output] = result.count - 1 }
                continue
            }
            let output = node.outputs[0]
            let wide = addValue(values[output].name, values[output].dtype, shape)
            var moved = node
            moved.inputs[0] = result[before].inputs[0]
            moved.outputs = [wide]
            result += [moved, Node(operation: .reshape, inputs: [wide], outputs: [output], layer: node.layer)]
            (producers[wide], producers[output]) = (result.count - 2, result.count - 1)
        }
        nodes = result
        mergeLayoutChanges()
        prune()
    }

    /// The shape of what a node gives of a wider input whose axes, but for the last, were folded into one.
    private func widened(_ node: Node, from source: [Dimension]) -> [Dimension]? {
        let (input, output) = (values[node.inputs[0]].shape, values[node.outputs[0]].shape)
        guard source.count > 2, input.count == 2, source.last == input.last,
            source.dropLast().count(where: { $0 != Dimension(1) }) > 1
        else { return nil }
        switch node.operation {
        case .dense, .unary: return source.dropLast() + output.suffix(1)
        default: return nil
        }
    }

    /// A constant for each channel that multiplies or is added to the result of a product or a convolution goes into kernel
    /// and bias: batch normalization is gone.
    private mutating func foldConstantsIntoProducts() {
        var counts = readCounts
        var producers = producers
        for index in nodes.indices {
            guard case .binary(let binary) = nodes[index].operation, nodes[index].inputs.count == 2 else { continue }
            let (a, b) = (nodes[index].inputs[0], nodes[index].inputs[1])
            guard let (value, other) = constant(b) != nil ? (a, b) : constant(a) != nil ? (b, a) : nil,
                let before = producers[value], counts[value] == 1, !outputs.contains(value),
                let channels = nodes[before].foldableChannels(in: self),
                values[nodes[index].outputs[0]].shape == values[value].shape,
                let constant = perChannel(constant(other)!, channels),
                let folded = nodes[before].folded(binary, constant, isFirst: value == a, in: &self)
            else { continue }
            // The node moves to where the constant was applied: what it reads is computed before.
            nodes[index] = Node(
                operation: folded.operation, inputs: folded.inputs, outputs: nodes[index].outputs, layer: folded.layer)
            counts = readCounts
            producers = self.producers
        }
        prune()
    }

    /// A constant as one number for each channel, nil when it is more.
    private func perChannel(_ constant: Tensor, _ channels: Int) -> Tensor? {
        if constant.elementCount == 1 { return constant.flattened().broadcast(to: [channels]) }
        guard constant.elementCount == channels, constant.shape[-1] == channels else { return nil }
        return constant.flattened()
    }

    /// Relu and relu6 behind a product or a convolution become a part of it.
    private mutating func fuseActivations() {
        let (producers, counts) = (producers, readCounts)
        var replacements: [Int: Int] = [:]
        for index in nodes.indices {
            guard case .unary(let unary) = nodes[index].operation, unary == .relu || unary == .relu6,
                let before = producers[nodes[index].inputs[0]], counts[nodes[index].inputs[0]] == 1,
                let fused = nodes[before].operation.activated(unary == .relu ? .relu : .relu6)
            else { continue }
            nodes[before].operation = fused
            replacements[nodes[index].outputs[0]] = nodes[index].inputs[0]
        }
        substitute(replacements)
        prune()
    }

    /// Activations that models write with several operations and formats have as one.
    private mutating func recognizeActivations() {
        // What computes a value stays the same.
        let producers = producers
        for index in nodes.indices {
            func node(_ value: Int) -> Node? { producers[value].map { nodes[$0] } }
            /// The other operand of a commutative operation with a number.
            func operand(_ node: Node?, _ binary: Operation.Binary, _ number: Double) -> Int? {
                guard let node, node.operation == .binary(binary) else { return nil }
                for (one, other) in [(0, 1), (1, 0)] where self.number(node.inputs[other]) == number { return node.inputs[one] }
                return nil
            }
            let this = nodes[index]
            guard values[this.outputs[0]].dtype == .float32 || values[this.outputs[0]].dtype == .float64 else { continue }
            if let inner = operand(this, .maximum, 0) ?? (this.operation == .unary(.relu) ? this.inputs[0] : nil) {
                // max(min(x, 6), 0)
                if let x = operand(node(inner), .minimum, 6) {
                    nodes[index].operation = .unary(.relu6)
                    nodes[index].inputs = [x]
                } else if values[inner].shape == values[this.outputs[0]].shape {
                    nodes[index].operation = .unary(.relu)
                    nodes[index].inputs = [inner]
                }
            } else if let inner = operand(this, .minimum, 6), let before = node(inner), before.operation == .unary(.relu) {
                nodes[index].operation = .unary(.relu6)
                nodes[index].inputs = before.inputs
            } else if this.operation == .select, number(this.inputs[1]) == 6, let before = node(this.inputs[2]),
                before.operation == .unary(.relu), let test = node(this.inputs[0]),
                test.operation == .binary(.greaterEqual), test.inputs[0] == before.inputs[0], number(test.inputs[1]) == 6
            {
                // 6 where x >= 6, else relu(x)
                nodes[index].operation = .unary(.relu6)
                nodes[index].inputs = before.inputs
            } else if case .binary(.multiply) = this.operation {
                // x (erfc(-x / sqrt(2)) / 2)
                for (x, factor) in [(this.inputs[0], this.inputs[1]), (this.inputs[1], this.inputs[0])] {
                    guard let half = operand(node(factor), .multiply, 0.5), let erfc = node(half),
                        erfc.operation == .unary(.erfc), let scaled = node(erfc.inputs[0]),
                        scaled.operation == .binary(.multiply),
                        let scale = scaled.inputs.compactMap({ number($0) }).first, abs(scale + 0.5.squareRoot()) < 1e-6,
                        scaled.inputs.contains(x)
                    else { continue }
                    nodes[index].operation = .unary(.gelu)
                    nodes[index].inputs = [x]
                    break
                }
            }
        }
        prune()
    }
}

extension Operation {
    /// The operation with an activation, nil when it cannot have one or has one.
    func activated(_ activation: Activation) -> Operation? {
        switch self {
        case .dense(.none): .dense(activation)
        case .convolution(let windows, let groups, .none): .convolution(windows, groups: groups, activation)
        default: nil
        }
    }
}

extension ExportGraph.Node {
    /// The number of channels of a product with a constant kernel, without an activation; nil for other nodes.
    func foldableChannels(in graph: ExportGraph) -> Int? {
        guard inputs.count >= 2, let kernel = graph.constant(inputs[1]),
            inputs.dropFirst(2).allSatisfy({ graph.constant($0) != nil })
        else { return nil }
        switch operation {
        case .dense(.none), .convolution(_, _, .none): return kernel.shape[-1]
        case .transposedConvolution: return kernel.shape[-2]
        default: return nil
        }
    }

    /// The node with a constant for each channel in kernel and bias.
    /// - Parameter isFirst: whether the node's result is the first operand.
    func folded(
        _ binary: Operation.Binary, _ constant: Tensor, isFirst: Bool, in graph: inout ExportGraph
    ) -> ExportGraph.Node? {
        var factor: Tensor?
        var addend: Tensor?
        switch binary {
        case .add: addend = constant
        case .subtract:
            addend = isFirst ? -constant : constant
            if !isFirst { factor = -Tensor.ones(like: constant) }
        case .multiply: factor = constant
        case .divide where isFirst: factor = 1 / constant
        default: return nil
        }
        var node = self
        var bias = inputs.count > 2 ? graph.constant(inputs[2]) : nil
        if let factor {
            let kernel = graph.constant(inputs[1])!
            let isTransposed = if case .transposedConvolution = operation { true } else { false }
            let scaled = kernel * (isTransposed ? factor.expandingDims(at: -1) : factor)
            node.inputs[1] = graph.addConstant(scaled, graph.values[inputs[1]].name)
            bias = bias.map { $0 * factor }
        }
        if let addend { bias = bias.map { $0 + addend } ?? addend }
        if let bias {
            let name = inputs.count > 2 ? graph.values[inputs[2]].name : "\(layer)/bias"
            node.inputs = Array(node.inputs.prefix(2)) + [graph.addConstant(bias, name)]
        }
        return node
    }
}
