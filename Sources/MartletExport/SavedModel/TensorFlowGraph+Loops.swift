import Martlet
import MartletCore

/// Loops, which call two functions of the graph's library.
extension TensorFlowGraph {
    /// The type of lists.
    private static let listType = 21

    /// The number of the step is one more value that a loop takes and gives. So is the number of steps, where it is open. What a
    /// loop writes step after step is a list, of which TensorFlow copies nothing.
    mutating func emitLoop(
        _ node: ExportGraph.Node, _ inputs: [String], body: ExportGraph, steps: ExportGraph.Dimension
    ) throws {
        let isOpen = steps.size == nil
        let integer = DType.int32.tensorFlowNumber
        let (whole, name) = (TensorFlowNode.Attribute.type(.int32), graph.values[node.outputs[0]].name)
        let rows = inputs.indices.map { place in
            body.values[body.inputs[place + 1]].shape.first == steps ? body.row(ofList: place) : nil
        }
        var types = [integer] + body.inputs.dropFirst().map { body.values[$0].dtype.tensorFlowNumber }
        for (place, row) in rows.enumerated() where row != nil { types[place + 1] = Self.listType }
        if isOpen { types.append(integer) }
        let count = TensorFlowFunction.argument(body.inputs.count)
        let test = try function("\(name)_test_\(functions.count)", body, types, results: [DType.bool.tensorFlowNumber]) { writer in
            let end = isOpen ? count : try writer.scalar(steps, "steps")
            return [writer.add("Less", [writer.reference(body.inputs[0]), end], [("T", whole)], "isLeft")]
        }
        let written = Set(rows.indices.filter { rows[$0] != nil }.map { body.outputs[$0] })
        let step = try function("\(name)_step_\(functions.count)", body, types, results: types) { writer in
            for node in body.nodes where !written.contains(node.outputs[0]) { try writer.write(node) }
            let one = writer.constant(Tensor(1).cast(to: .int32), "one")
            let number = writer.reference(body.inputs[0])
            let next = writer.add("AddV2", [number, one], [("T", whole)], "next")
            // A node of its own for each result, so that arguments and constants can be results, too.
            let results = zip(body.outputs, rows).enumerated().map { place, result in
                guard let row = result.1 else {
                    let type = TensorFlowNode.Attribute.type(body.values[result.0].dtype)
                    return writer.add("Identity", [writer.reference(result.0)], [("T", type)], "result")
                }
                return writer.add(
                    "TensorListSetItem", [writer.reference(body.inputs[place + 1]), number, writer.reference(row)],
                    [("element_dtype", .type(body.values[row].dtype))], "result")
            }
            return [next] + results + (isOpen ? [count] : [])
        }
        let first = constant(Tensor(0).cast(to: .int32), "\(name)/first")
        let end = try scalar(steps, name)
        let shapes = try rows.map { row in try row.map { try sizes(body.values[$0].shape, "\(name)/element", fillsIn: false) } }
        func type(_ row: Int) -> (String, TensorFlowNode.Attribute) { ("element_dtype", .type(body.values[row].dtype)) }
        let initial = inputs.indices.map { place -> String in
            guard let row = rows[place], let shape = shapes[place] else { return inputs[place] }
            return add("TensorListReserve", [shape, end], [type(row), ("shape_type", whole)], "\(name)/list")
        }
        let given = zip(node.outputs, rows).map { output, row in
            row == nil ? graph.values[output].shape.map(\.sizeOrUnknown) : []
        }
        let loop = add(
            "StatelessWhile", [first] + initial + (isOpen ? [end] : []),
            [
                ("T", .types(types)), ("cond", .function(test)), ("body", .function(step)),
                // As TensorFlow's own exports say: steps then run without calls.
                ("_lower_using_switch_merge", .flag(true)),
                ("parallel_iterations", .integer(10)), ("output_shapes", .shapes([[]] + given + (isOpen ? [[]] : []))),
            ], name)
        for (place, output) in node.outputs.enumerated() {
            references[output] = "\(loop):\(place + 1)"
            guard let row = rows[place], let shape = shapes[place] else { continue }
            references[output] = add(
                "TensorListStack", ["\(loop):\(place + 1)", shape], [type(row), ("num_elements", .integer(steps.sizeOrUnknown))],
                "\(name)/stack")
        }
    }

    /// Adds a function with the arguments of a body.
    /// - Parameter write: adds its nodes, and returns its results.
    /// - Returns: the function's name.
    private mutating func function(
        _ name: String, _ body: ExportGraph, _ arguments: [Int], results: [Int], _ write: (inout TensorFlowGraph) throws -> [String]
    ) throws -> String {
        var writer = TensorFlowGraph(functionOf: body)
        let values = try write(&writer)
        let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        functions.append(
            TensorFlowFunction(
                name: plain, arguments: arguments, results: results, nodes: writer.nodes,
                values: values))
        return plain
    }

    /// The name of an operator's first output, by which nodes of a function read it.
    static func output(of operation: String) -> String {
        switch operation {
        case "MatMul": return "product"
        case "Relu", "Relu6", "Softplus": return "activations"
        case "Softmax": return "softmax"
        case "TensorListSetItem": return "output_handle"
        case "LogSoftmax": return "logsoftmax"
        case "Cast": return "y"
        case "Add", "LogicalAnd", "LogicalOr": return "z"
        default:
            if Operation.Unary.allCases.contains(where: { $0.names.tensorFlow == operation }) { return "y" }
            return Operation.Binary.allCases.contains { $0.names.tensorFlow == operation } ? "z" : "output"
        }
    }
}
