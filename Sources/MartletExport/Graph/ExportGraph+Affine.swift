import Martlet
import MartletCore

extension ExportGraph {
    /// The graph with one product with constants and one sum in the places of chains of them, as a normalization is that stands
    /// behind no convolution. For integers, where every operation rounds; in floating point differences of large numbers would
    /// lose digits.
    func withChainsMerged() -> ExportGraph {
        var graph = self
        var (producers, counts) = (graph.producers, graph.readCounts)
        for index in graph.nodes.indices {
            guard let (outer, value, second) = graph.step(index), let before = producers[value], counts[value] == 1,
                let (inner, source, first) = graph.step(before)
            else { continue }
            switch (outer, inner) {
            case (.add, .add): graph.merge(index, .add, source, first + second)
            case (.multiply, .multiply): graph.merge(index, .multiply, source, first * second)
            case (.multiply, .add):
                // (x + a) b = x b + a b
                graph.merge(before, .multiply, source, second)
                graph.merge(index, .add, value, first * second)
            default: continue
            }
            (producers, counts) = (graph.producers, graph.readCounts)
        }
        graph.prune()
        return graph
    }

    /// What a node adds to a value, or multiplies it with, when that is a constant and the shape stays.
    private func step(_ index: Int) -> (operation: Operation.Binary, value: Int, constant: Tensor)? {
        let node = nodes[index]
        guard case .binary(let binary) = node.operation, values[node.outputs[0]].dtype == .float32 else { return nil }
        let isFirst = constant(node.inputs[0]) != nil
        let (value, other) = isFirst ? (node.inputs[1], node.inputs[0]) : (node.inputs[0], node.inputs[1])
        guard let constant = constant(other), self.constant(value) == nil,
            values[value].shape == values[node.outputs[0]].shape, constant.isFinite().all().item(as: Bool.self)
        else { return nil }
        switch binary {
        case .add, .multiply: return (binary, value, constant)
        case .subtract where !isFirst: return (.add, value, -constant)
        case .divide where !isFirst && !(constant .== 0).any().item(as: Bool.self): return (.multiply, value, 1 / constant)
        default: return nil
        }
    }

    private mutating func merge(_ index: Int, _ operation: Operation.Binary, _ value: Int, _ constant: Tensor) {
        let layer = nodes[index].layer
        nodes[index].operation = .binary(operation)
        nodes[index].inputs = [value, addConstant(constant, "\(layer)/constant")]
    }
}
