import Martlet
import MartletCore

/// Loops, which call two functions of the graph's library.
extension TensorFlowGraph {
    /// The number of the step is one more value that a loop takes and gives.
    mutating func emitLoop(_ node: ExportGraph.Node, _ inputs: [String], body: ExportGraph, steps: Int) throws {
        let types = body.inputs.map { body.values[$0].dtype }
        let (integer, name) = (TensorFlowNode.Attribute.type(.int32), graph.values[node.outputs[0]].name)
        let test = try function("\(name)_test_\(functions.count)", body, results: [.bool]) { writer in
            let end = writer.constant(Tensor(steps).cast(to: .int32), "steps")
            return [writer.add("Less", [writer.reference(body.inputs[0]), end], [("T", integer)], "isLeft")]
        }
        let step = try function("\(name)_step_\(functions.count)", body, results: types) { writer in
            for node in body.nodes { try writer.emit(node) }
            let one = writer.constant(Tensor(1).cast(to: .int32), "one")
            let next = writer.add("AddV2", [writer.reference(body.inputs[0]), one], [("T", integer)], "next")
            // A node of its own for each result, so that arguments and constants can be results, too.
            return [next] + zip(body.outputs, types.dropFirst()).map { value, type in
                writer.add("Identity", [writer.reference(value)], [("T", .type(type))], "result")
            }
        }
        let first = constant(Tensor(0).cast(to: .int32), "\(name)/first")
        let loop = add(
            "StatelessWhile", [first] + inputs,
            [
                ("T", .types(types)), ("cond", .function(test)), ("body", .function(step)),
                ("parallel_iterations", .integer(10)),
                ("output_shapes", .shapes([[]] + node.outputs.map { graph.values[$0].shape.map(\.sizeOrUnknown) })),
            ], name)
        for (place, output) in node.outputs.enumerated() { references[output] = "\(loop):\(place + 1)" }
    }

    /// Adds a function with the arguments of a body.
    /// - Parameter write: adds its nodes, and returns its results.
    /// - Returns: the function's name.
    private mutating func function(
        _ name: String, _ body: ExportGraph, results: [DType], _ write: (inout TensorFlowGraph) throws -> [String]
    ) throws -> String {
        var writer = TensorFlowGraph(functionOf: body)
        let values = try write(&writer)
        let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        functions.append(
            TensorFlowFunction(
                name: plain, arguments: body.inputs.map { body.values[$0].dtype }, results: results, nodes: writer.nodes,
                values: values))
        return plain
    }

    /// The name of an operator's first output, by which nodes of a function read it.
    static func output(of operation: String) -> String {
        switch operation {
        case "MatMul": return "product"
        case "Relu", "Relu6", "Softplus": return "activations"
        case "Softmax": return "softmax"
        case "LogSoftmax": return "logsoftmax"
        case "Cast": return "y"
        case "Add", "LogicalAnd", "LogicalOr": return "z"
        default:
            if Operation.Unary.allCases.contains(where: { $0.names.tensorFlow == operation }) { return "y" }
            return Operation.Binary.allCases.contains { $0.names.tensorFlow == operation } ? "z" : "output"
        }
    }
}
