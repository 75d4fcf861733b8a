/// The value of a graph that a tensor stands for while a function is traced.
package struct Symbol: Hashable, Sendable {
    let trace: Int
    let value: Int

    /// Of a result of a call that failed.
    static let failed = Symbol(trace: -1, value: 0)
}

/// What a traced function computes: ops in an order in which they can run, and the values between them.
package struct Graph: Sendable {
    /// One op at its place.
    package struct Node: Sendable {
        package var op: any Op
        package var inputs: [Int]
        package var outputs: [Int]
        /// The layers that were being called, outermost first: for messages.
        package var layerPath: [String]
    }

    /// Where a value comes from.
    package enum Source: Sendable {
        case input(Int)
        /// What the variable holds when the graph starts to run.
        case variable(Variable)
        case constant(Tensor)
        /// The output of a node.
        case node(Int, output: Int)
    }

    /// A variable, and the value that it holds when the graph has run.
    package struct Update: Sendable {
        package let variable: Variable
        package var value: Int
    }

    package private(set) var specs: [TensorSpec] = []
    package private(set) var sources: [Source] = []
    package private(set) var nodes: [Node] = []
    package private(set) var inputs: [Int] = []
    package var results: [Int] = []
    package var updates: [Update] = []

    /// The nodes that compute: all but views.
    var steps: [Node] { nodes.filter { type(of: $0.op).form != .view } }

    mutating func addInput(_ spec: TensorSpec) -> Int {
        let value = addValue(spec, .input(inputs.count))
        inputs.append(value)
        return value
    }

    mutating func addConstant(_ tensor: Tensor) -> Int { addValue(tensor.spec, .constant(tensor)) }

    mutating func addVariable(_ variable: Variable) -> Int { addValue(variable.spec, .variable(variable)) }

    mutating func addNode(
        _ op: any Op, _ operands: [Int], _ outputs: [TensorSpec], layerPath: [String]
    ) -> [Int] {
        let node = nodes.count
        let values = outputs.enumerated().map { addValue($1, .node(node, output: $0)) }
        nodes.append(Node(op: op, inputs: operands, outputs: values, layerPath: layerPath))
        return values
    }

    /// Puts another op with outputs of the same specs in a node's place. Its inputs are computed before.
    mutating func replaceNode(_ node: Int, by op: any Op, _ inputs: [Int]) {
        nodes[node].op = op
        nodes[node].inputs = inputs
    }

    private mutating func addValue(_ spec: TensorSpec, _ source: Source) -> Int {
        specs.append(spec)
        sources.append(source)
        return specs.count - 1
    }

    /// Moves some inputs to another place among the inputs.
    mutating func moveInputs(from start: Int, count: Int, to place: Int) {
        let moved = Array(inputs[start..<(start + count)])
        inputs.removeSubrange(start..<(start + count))
        inputs.insert(contentsOf: moved, at: place)
        for (index, value) in inputs.enumerated() { sources[value] = .input(index) }
    }

    /// The tensor that a constant value is.
    func constant(_ value: Int) -> Tensor {
        guard case .constant(let tensor) = sources[value] else { preconditionFailure("not a constant") }
        return tensor
    }

    /// The node that computes a value, nil for inputs, variables and constants.
    func producer(of value: Int) -> Int? {
        if case .node(let node, _) = sources[value] { node } else { nil }
    }

    /// Performs the nodes on tensors, which may be symbols of another graph or be watched by tapes. For graphs without
    /// variables.
    func replay(_ arguments: [Tensor]) -> [Tensor] {
        var tensors = [Tensor?](repeating: nil, count: specs.count)
        for (value, source) in sources.enumerated() {
            switch source {
            case .input(let index): tensors[value] = arguments[index]
            case .constant(let tensor): tensors[value] = tensor
            case .variable(let variable): tensors[value] = variable.storedValue
            case .node: break
            }
        }
        for node in nodes {
            let outputs = perform(node.op, node.inputs.map { tensors[$0]! })
            for (value, output) in zip(node.outputs, outputs) { tensors[value] = output }
        }
        return results.map { tensors[$0]! }
    }
}
