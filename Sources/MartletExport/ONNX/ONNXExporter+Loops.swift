import Martlet
import MartletCore

extension ExportGraph {
    /// The graph with loops in the places of recurrent layers that have masks, where ONNX's have lengths.
    func withLoopsForMasks() throws -> ExportGraph {
        try Rewriter.rewrite(self) { rewriter, operation, inputs, outputs in
            guard case .recurrent(let recurrence) = operation, recurrence.hasMask else { return nil }
            return try rewriter.loop(recurrence, inputs, outputs, for: "ONNX")
        }
    }
}

extension ONNXExporter {
    /// What a value that a loop takes is to its steps.
    private enum Role {
        /// The same in all of them: read from the graph around.
        case fixed
        /// What one gives to the next.
        case state
        /// A list to which each adds the element of this value.
        case list(Int)
    }

    /// A loop, whose body is a graph that sees the values around it.
    mutating func addLoop(_ step: ExportGraph.Node, _ body: ExportGraph, steps: ExportGraph.Dimension) throws {
        let roles = step.inputs.indices.map { role($0, body, steps) }
        // First what is read from around, so that the names within are others.
        let given = try zip(step.inputs, roles).map { input, role in if case .list = role { "" } else { try name(input) } }
        var inner = ONNXExporter(bodyOf: body, taken: names)
        let (iteration, goesOn) = (inner.unique("\(body.name)/iteration"), inner.unique("\(body.name)/goesOn"))
        var (arguments, initial) = ([ONNX.ValueInfo](), [String]())
        for (place, role) in roles.enumerated() {
            let argument = body.inputs[place + 1]
            switch role {
            case .fixed: inner.own[argument] = given[place]
            case .state:
                let name = inner.unique(body.values[argument].name)
                inner.own[argument] = name
                arguments.append(info(name, step.inputs[place]))
                initial.append(given[place])
            case .list: break
            }
        }
        inner.own[body.inputs[0]] = inner.cast(iteration, to: .int32)
        let lists = roles.enumerated().filter { if case .list = $1 { true } else { false } }.map { body.outputs[$0.offset] }
        for node in body.nodes where !lists.contains(node.outputs[0]) { try inner.write(node) }
        var outputs = [ONNX.ValueInfo(inner.node("Identity", [goesOn]), .bool, [])]
        // The states first, then what is collected.
        var (states, collected) = ([Int](), [Int]())
        for (place, role) in roles.enumerated() {
            guard case .state = role else { continue }
            outputs.append(info(inner.node("Identity", [try inner.name(body.outputs[place])]), step.outputs[place]))
            states.append(step.outputs[place])
        }
        for (place, role) in roles.enumerated() {
            guard case .list(let row) = role else { continue }
            outputs.append(inner.info(inner.node("Identity", [try inner.name(row)]), row))
            collected.append(step.outputs[place])
        }
        take(inner.names)
        let graph = inner.graph(
            inputs: [ONNX.ValueInfo(iteration, .int64, []), ONNX.ValueInfo(goesOn, .bool, [])] + arguments, outputs: outputs)
        let count = try scalar(steps)
        let results = nodes("Loop", [count, ""] + initial, states.count + collected.count, ["body": .graph(graph)])
        for (value, name) in zip(states + collected, results) { own[value] = name }
        for (place, role) in roles.enumerated() {
            if case .fixed = role { own[step.outputs[place]] = given[place] }
        }
    }

    private func role(_ place: Int, _ body: ExportGraph, _ steps: ExportGraph.Dimension) -> Role {
        let (argument, result) = (body.inputs[place + 1], body.outputs[place])
        if argument == result { return .fixed }
        guard let row = body.row(ofList: place), body.values[argument].shape.first == steps else { return .state }
        return .list(row)
    }
}
