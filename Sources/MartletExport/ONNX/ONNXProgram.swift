import MartletCore

/// A graph, or the body of a function, with its operators found and its weights in their places.
final class ONNXProgram: @unchecked Sendable {
    /// What a node runs.
    enum Action: Sendable {
        case operation(ONNXOperator)
        case function(ONNXProgram, defaults: [String: ONNX.Attribute])
    }

    /// A node, ready to run.
    struct Step: Sendable {
        let node: ONNX.Node
        let action: Action
        /// The version of the operators of the node's domain.
        let version: Int
        let programs: [String: ONNXProgram]
        /// The values that nothing needs after this step.
        let ending: [String]
    }

    let inputs: [ONNX.ValueInfo]
    let outputs: [ONNX.ValueInfo]
    private(set) var steps: [Step] = []
    /// The initializers that are not trained, and after `adopt` those of which there are no variables.
    private(set) var constants: [String: ONNX.Value]
    /// The initializers that are weights. Set once, before the program runs.
    private(set) var variables: [String: Variable] = [:]
    /// The names outside of the graph that it uses.
    private(set) var captures: Set<String> = []
    /// How many nodes a run visits at most, those of graphs inside and of functions counted for each call, loops once.
    private(set) var stepCount = 0

    init(
        inputs: [ONNX.ValueInfo], outputs: [ONNX.ValueInfo], nodes: [ONNX.Node],
        initializers: [(name: String, value: ONNX.Value)], _ preparation: Preparation
    ) throws {
        (self.inputs, self.outputs) = (inputs, outputs)
        constants = Dictionary(initializers.map { ($0.name, $0.value) }) { $1 }
        var prepared: [(node: ONNX.Node, action: Action, version: Int, programs: [String: ONNXProgram], used: Set<String>)] = []
        var made = constants.keys.reduce(into: Set<String>()) { $0.insert($1) }
        var given: Set<String> = []
        for input in inputs where !given.insert(input.name).inserted {
            throw MartletError("Expected inputs of different names. Received: \"\(input.name)\" twice.")
        }
        made.formUnion(given)
        preparation.note(nodes.count)
        for node in nodes {
            var (programs, used) = ([String: ONNXProgram](), Set(node.inputs))
            for (name, attribute) in node.attributes {
                guard case .graph(let graph) = attribute else { continue }
                let program = try preparation.program(graph)
                programs[name] = program
                used.formUnion(program.captures)
            }
            captures.formUnion(used.lazy.filter { !made.contains($0) })
            made.formUnion(node.outputs)
            let action = try preparation.action(of: node)
            prepared.append((node, action, preparation.version(of: node), programs, used))
            stepCount += 1 + programs.values.reduce(0) { $0 + $1.stepCount }
            if case .function(let function, _) = action { stepCount += function.stepCount }
            try preparation.check(stepCount, at: node)
        }
        captures.formUnion(outputs.map(\.name).filter { !made.contains($0) })
        captures.remove("")
        // The last step that uses a value ends it.
        var alive = Set(outputs.map(\.name))
        for (node, action, version, programs, used) in prepared.reversed() {
            let ending = used.union(node.outputs).filter { !$0.isEmpty && !alive.contains($0) }
            alive.formUnion(used)
            steps.append(Step(node: node, action: action, version: version, programs: programs, ending: Array(ending)))
        }
        steps.reverse()
    }

    /// Takes variables in the place of initializers.
    func adopt(_ variables: [String: Variable]) {
        self.variables = variables
        for name in variables.keys { constants[name] = nil }
    }

    /// The programs of the graphs inside, and this one, with the path of each.
    func all(path: String = "") -> [(path: String, program: ONNXProgram)] {
        steps.reduce(into: [(path, self)]) { found, step in
            let place = path + (step.node.name.isEmpty ? step.node.outputs.first ?? "" : step.node.name) + "/"
            for (name, program) in step.programs.sorted(by: { $0.key < $1.key }) {
                found += program.all(path: place + name + "/")
            }
        }
    }

    /// What is known while a file's graphs are prepared.
    final class Preparation {
        private let file: ONNX.File
        private var opsets: [String: Int]
        private let functions: [String: ONNX.Function]
        private var prepared: [String: ONNXProgram] = [:]
        private var depth = 0
        private var nodeCount = 0

        init(_ file: ONNX.File) {
            (self.file, opsets) = (file, file.opsets)
            functions = Dictionary(file.functions.map { (Self.key($0.domain, $0.name, $0.overload), $0) }) { $1 }
        }

        private static func key(_ domain: String, _ name: String, _ overload: String) -> String {
            "\(domain)\u{0}\(name)\u{0}\(overload)"
        }

        /// Counts nodes of the file.
        func note(_ count: Int) { nodeCount += count }

        /// Limits the nodes that a run visits: a few functions of which each calls the one before twice make billions.
        func check(_ stepCount: Int, at node: ONNX.Node) throws {
            let most = 100_000
            guard stepCount <= nodeCount + most else {
                throw MartletError(
                    "Expected functions whose calls run at most \(most) nodes more than the file has. "
                        + "Received: \(stepCount) or more.", at: node.label)
            }
        }

        func version(of node: ONNX.Node) -> Int { opsets[node.domain] ?? file.opsets[node.domain] ?? 1 }

        func program(_ graph: ONNX.Graph) throws -> ONNXProgram {
            let graph = Self.liftingWeights(graph)
            return try ONNXProgram(
                inputs: graph.inputs, outputs: graph.outputs, nodes: graph.nodes, initializers: graph.initializers, self)
        }

        /// The graph with initializers in the place of constants that are weights of operators: some programs write them so.
        static func liftingWeights(_ graph: ONNX.Graph) -> ONNX.Graph {
            let weights = Set(graph.nodes.flatMap { node in
                let places = ONNXOperator.table[node.type]?.weights ?? []
                return node.domain.isEmpty ? places.filter { $0 < node.inputs.count }.map { node.inputs[$0] } : []
            })
            var result = graph
            result.nodes = []
            for node in graph.nodes {
                if node.type == "Constant", node.domain.isEmpty, let name = node.outputs.first, weights.contains(name),
                    case .tensor(let value)? = node.attributes["value"], value.tensor?.dtype.isFloatingPoint ?? false
                {
                    result.initializers.append((name, value))
                } else {
                    result.nodes.append(node)
                }
            }
            return result
        }

        /// - Throws: `MartletError` for an operator that is not supported.
        func action(of node: ONNX.Node) throws -> Action {
            let key = Self.key(node.domain, node.type, node.overload)
            if let function = functions[key] {
                return .function(try program(function, key, node), defaults: function.defaults)
            }
            let name = node.domain.isEmpty ? node.type : node.domain + "." + node.type
            guard let operation = ONNXOperator.table[name] else {
                throw MartletError("Expected an operator that Martlet supports. Received: \"\(name)\".", at: node.label)
            }
            for case .unsupported(let what) in node.attributes.values {
                throw MartletError("Expected attributes of numbers, text, tensors and graphs. Received: \(what).", at: node.label)
            }
            return .operation(operation)
        }

        private func program(_ function: ONNX.Function, _ key: String, _ node: ONNX.Node) throws -> ONNXProgram {
            if let program = prepared[key] { return program }
            // A function that calls itself would go deeper without end.
            guard depth < 64 else {
                throw MartletError("Expected functions that call others at most 64 deep, and never themselves.", at: node.label)
            }
            let outer = opsets
            opsets = file.opsets.merging(function.opsets) { $1 }
            depth += 1
            defer { (opsets, depth) = (outer, depth - 1) }
            func info(_ name: String) -> ONNX.ValueInfo {
                var info = ONNX.ValueInfo()
                info.name = name
                return info
            }
            let program = try ONNXProgram(
                inputs: function.inputs.map(info), outputs: function.outputs.map(info), nodes: function.nodes,
                initializers: [], self)
            prepared[key] = program
            return program
        }
    }
}
