import Martlet
import MartletCore

extension ExportGraph {
    /// Moves transpositions behind what works element by element, reduces, pads, cuts or joins: so those between two layers of
    /// one layout meet and cancel, and what a normalization does to channels stands next to its convolution.
    package mutating func sinkTransposes() {
        var sink = TransposeSink(graph: self)
        sink.run()
        self = sink.graph
        simplify()
    }
}

private struct TransposeSink {
    var graph: ExportGraph
    /// The values that are transpositions: of which value, and how.
    private var moved: [Int: (source: Int, order: [Int])] = [:]
    private var nodes: [ExportGraph.Node] = []

    init(graph: ExportGraph) { self.graph = graph }

    mutating func run() {
        for node in graph.nodes {
            if case .transpose(let order) = node.operation {
                transpose(node.inputs[0], order, to: node.outputs[0], node.layer)
            } else if !sink(node) {
                nodes.append(node)
            }
        }
        graph.nodes = nodes
    }

    private mutating func transpose(_ value: Int, _ order: [Int], to output: Int, _ layer: String) {
        var (source, whole) = (value, order)
        if let before = moved[value] { (source, whole) = (before.source, order.map { before.order[$0] }) }
        moved[output] = (source, whole)
        nodes.append(.init(operation: .transpose(whole), inputs: [source], outputs: [output], layer: layer))
    }

    /// Computes the node of what its inputs are transpositions of, and transposes the result.
    /// - Returns: false when that would not be the same, or needs other transpositions.
    private mutating func sink(_ node: ExportGraph.Node) -> Bool {
        guard node.outputs.count == 1, let order = node.inputs.compactMap({ moved[$0]?.order }).first,
            let (operation, after) = node.operation.moved(before: order)
        else { return false }
        // Weights stay as they are.
        let count = if case .dense = operation { 1 } else { node.inputs.count }
        var inputs = node.inputs
        for place in 0..<count {
            guard let operand = operand(node.inputs[place], order, node.layer) else { return false }
            inputs[place] = operand
        }
        let value = graph.values[node.outputs[0]]
        let output = graph.addValue(value.name, value.dtype, after.inverted.map { value.shape[$0] })
        nodes.append(.init(operation: operation, inputs: inputs, outputs: [output], layer: node.layer))
        transpose(output, after, to: node.outputs[0], node.layer)
        return true
    }

    /// The value of which this one is the transposition, nil when none is at hand.
    private mutating func operand(_ value: Int, _ order: [Int], _ layer: String) -> Int? {
        if let known = moved[value], known.order == order { return known.source }
        let shape = graph.values[value].shape
        if shape.count <= order.count, shape.allSatisfy({ $0 == .init(1) }) {
            if graph.constant(value) != nil || shape.count < order.count { return value }
        }
        if let constant = graph.constant(value), constant.rank <= order.count {
            let ones = [Int](repeating: 1, count: order.count - constant.rank)
            let wide = constant.reshaped(ones + constant.shape.dimensions)
            return graph.addConstant(wide.transposed(permutation: order.inverted), graph.values[value].name)
        }
        guard shape.count == order.count, ExportGraph.movesOnlyOnes(order.inverted, shape) else { return nil }
        let output = graph.addValue(graph.values[value].name, graph.values[value].dtype, order.inverted.map { shape[$0] })
        nodes.append(.init(operation: .reshape, inputs: [value], outputs: [output], layer: layer))
        return output
    }
}

extension Operation {
    /// What gives the same of a tensor before it is transposed, and the order of the axes that then takes the result to that
    /// of this operation; nil where there is no such thing.
    fileprivate func moved(before order: [Int]) -> (Operation, after: [Int])? {
        let inverted = order.inverted
        switch self {
        case .unary, .binary, .select, .cast, .requantize: return (self, order)
        case .dense: return order.last == order.count - 1 ? (self, order) : nil
        case .softmax(let axis): return (.softmax(axis: order[axis]), order)
        case .logSoftmax(let axis): return (.logSoftmax(axis: order[axis]), order)
        case .cumulate(let cumulation, let axis, let exclusive, let reverse):
            return (.cumulate(cumulation, axis: order[axis], exclusive: exclusive, reverse: reverse), order)
        case .concatenate(let axis): return (.concatenate(axis: order[axis]), order)
        case .slice(let begin, let step):
            return (.slice(begin: inverted.map { begin[$0] }, step: inverted.map { step[$0] }), order)
        case .pad(let before, let after, let value):
            return (.pad(before: inverted.map { before[$0] }, after: inverted.map { after[$0] }, value: value), order)
        case .reduce(let reduction, let axes, let keepDims):
            let places = axes.map { order[$0] }.sorted()
            let kept = order.indices.filter { !axes.contains($0) }.map { order[$0] }
            let after = kept.map { axis in kept.count { $0 < axis } }
            return (.reduce(reduction, axes: places, keepDims: keepDims), keepDims ? order : after)
        default: return nil
        }
    }
}
