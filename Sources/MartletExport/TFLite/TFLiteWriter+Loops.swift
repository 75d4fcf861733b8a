import Martlet
import MartletCore

/// Loops, and what their steps need.
extension TFLiteWriter {
    /// A loop is an operator with two subgraphs, for the test and for the step. The number of the step is one more value that
    /// they take and give. So is the number of steps, where it is open.
    mutating func emitLoop(_ node: ExportGraph.Node, body: Int, steps: ExportGraph.Dimension) throws {
        let body = graph.bodies[body]
        let isOpen = steps.size == nil
        let test = try part(body, isOpen) { writer, inputs in
            let isLeft = writer.add("isLeft", .bool, [])
            let end = isOpen ? inputs[inputs.count - 1] : try writer.scalar(steps)
            try writer.emit(.less, [inputs[0], end], [isLeft], .less) { _ in }
            return [isLeft]
        }
        let step = try part(body, isOpen) { writer, inputs in
            for node in body.nodes { try writer.write(node) }
            let next = writer.add("next", .int32, [])
            let one = writer.constant(Tensor(1).cast(to: .int32), "one")
            try writer.emit(.add, [inputs[0], one], [next], .add) { _ in }
            return [next] + (try body.outputs.map { try writer.tensor($0) }) + (isOpen ? inputs.suffix(1) : [])
        }
        let first = constant(Tensor(0).cast(to: .int32), "first")
        let inputs = [first] + (try node.inputs.map { try tensor($0) }) + (isOpen ? [try scalar(steps)] : [])
        let outputs = [add("last", .int32, [])] + (try node.outputs.map { try tensor($0) })
            + (isOpen ? [add("steps", .int32, [])] : [])
        try emit(.while, inputs, outputs, .while) { options in
            options.set(0, Int32(test))
            options.set(1, Int32(step))
        }
    }

    /// Writes a subgraph with the inputs of a graph, and the number of steps where it is open.
    /// - Parameter write: adds its operators, and returns its outputs.
    /// - Returns: the subgraph's number.
    private mutating func part(
        _ graph: ExportGraph, _ isOpen: Bool, _ write: (inout TFLiteWriter, [Int32]) throws -> [Int32]
    ) throws -> Int {
        var writer = TFLiteWriter(graph: graph)
        swap(&writer.buffers, &buffers)
        swap(&writer.codes, &codes)
        swap(&writer.parts, &parts)
        let inputs = try graph.inputs.map { try writer.tensor($0) } + (isOpen ? [writer.add("steps", .int32, [])] : [])
        let outputs = try write(&writer, inputs)
        swap(&writer.buffers, &buffers)
        swap(&writer.codes, &codes)
        swap(&writer.parts, &parts)
        parts.append(writer.subgraph("part_\(parts.count + 1)", inputs, outputs))
        return parts.count
    }

    /// A row in the place of another, along the first axis.
    mutating func emitUpdate(_ node: ExportGraph.Node) throws {
        let update = graph.values[node.inputs[1]]
        let row = [.init(1)] + update.shape
        let whole = add("row", TFLite.ElementType(update.dtype), row)
        try emit(.reshape, [try tensor(node.inputs[1]), try sizes(row, fillsIn: true)], [whole], .reshape) { _ in }
        let zero = constant(Tensor(0).cast(to: .int32), "zero")
        let start = try packed([try tensor(node.inputs[2])] + update.shape.map { _ in zero }, "start")
        let inputs = [try tensor(node.inputs[0]), whole, start]
        try emit(.dynamicUpdateSlice, inputs, [try tensor(node.outputs[0])], .dynamicUpdateSlice) { _ in }
    }
}
