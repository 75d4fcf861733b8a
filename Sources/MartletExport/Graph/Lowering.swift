import Martlet
import MartletCore

private func computed<O: Op>(_ op: O, _ inputs: [Tensor]) -> [Tensor] { perform(op, inputs) }

/// Makes a graph of traces of one function for different sizes of the batch and of other axes that are open.
struct Lowering {
    var graph: ExportGraph
    let keeping: Set<ExportGraph.Composite>
    /// The path of the layer that a formula is of.
    var prefix = ""
    /// The values of constants: what a layer that is written out reads in each step is kept once.
    private var constants: [Place: (value: Int, tensor: Tensor)] = [:]
    private struct Place: Hashable {
        let address: UnsafeRawPointer?
        let spec: TensorSpec
    }
    /// What followed from sizes that constants depend on, by where it is from.
    private var emitted: [ObjectIdentifier: (value: Int, origin: Origin)] = [:]
    /// The values of sizes.
    var extents: [ExportGraph.Dimension: Int] = [:]
    /// The numbers of open sizes that are others', divided, and what was added to the quotient.
    var divisions: [Division: (number: Int, whole: Int)] = [:]
    /// Sizes of a batch to trace with: neither 1, which broadcasts, nor numbers of which one is a multiple of the other.
    static let batches = [2, 3]

    init(graph: ExportGraph, keeping: Set<ExportGraph.Composite>, prefix: String = "") {
        self.graph = graph
        self.keeping = keeping
        self.prefix = prefix
    }

    /// What a traced value became: a value of the graph, or tensors, one for each trace, that follow from constants alone.
    enum Binding {
        case value(Int)
        /// With what computed them, where they are not the same in all traces.
        case known([Tensor], Origin?)
        /// What only gradients need.
        case absent

        var isKnown: Bool { if case .known = self { true } else { false } }
    }

    /// An output of an op whose operands follow from constants and sizes.
    final class Origin {
        let step: Step
        let output: Int

        init(step: Step, output: Int) { (self.step, self.output) = (step, output) }
    }

    /// 16-bit floats compute in `float32`; formats have them for weights.
    static func exported(_ type: DType) -> DType { type.isHalf ? .float32 : type }

    /// Lowers the nodes of the traces of one function.
    /// - Parameter inputs: what their inputs are.
    /// - Returns: what their results are.
    mutating func lower(_ traces: [Graph], _ inputs: [Binding]) throws -> [Binding] {
        let first = traces[0]
        var bindings = [Binding?](repeating: nil, count: first.specs.count)
        guard traces.allSatisfy({ $0.nodes.count == first.nodes.count && $0.specs.count == first.specs.count }) else {
            throw openError(differingLayer(traces))
        }
        for (value, source) in first.sources.enumerated() {
            switch source {
            case .input(let index): bindings[value] = inputs[index]
            case .constant, .variable:
                bindings[value] = .known(try traces.map { trace in
                    switch trace.sources[value] {
                    case .constant(let tensor): tensor
                    case .variable(let variable): variable.value
                    default: throw openError(differingLayer(traces))
                    }
                }, nil)
            case .node: break
            }
        }
        for (index, node) in first.nodes.enumerated() {
            let nodes = traces.map { $0.nodes[index] }
            let layer = node.layerPath.isEmpty ? prefix : node.layerPath.joined(separator: "/")
            guard nodes.allSatisfy({ $0.inputs == node.inputs && $0.outputs == node.outputs }) else {
                throw openError(layer)
            }
            let operands = node.inputs.map { bindings[$0]! }
            let known = traces.indices.compactMap { trace -> [Tensor]? in
                let tensors = operands.compactMap { if case .known(let tensors, _) = $0 { tensors[trace] } else { nil } }
                return tensors.count == operands.count ? tensors : nil
            }
            let name = type(of: node.op).name
            let step = Step(
                ops: nodes.map(\.op), inputs: operands,
                inputSpecs: traces.map { trace in node.inputs.map { trace.specs[$0] } },
                outputSpecs: traces.map { trace in node.outputs.map { trace.specs[$0] } }, layer: layer)
            if known.count == traces.count, name != "random" {
                var outputs: [[Tensor]] = []
                for (node, tensors) in zip(nodes, known) {
                    let op: any Op = node.op
                    outputs.append(computed(op, tensors))
                }
                for (place, value) in node.outputs.enumerated() {
                    let tensors = outputs.map { $0[place] }
                    let isSized = tensors.contains { $0.shape != tensors[0].shape } || tensors[0].elementCount == 1
                    bindings[value] = .known(tensors, isSized && tensors.count > 1 ? Origin(step: step, output: place) : nil)
                }
                continue
            }
            for (value, output) in zip(node.outputs, try lower(step)) { bindings[value] = output }
        }
        return first.results.map { bindings[$0]! }
    }

    /// The layer where traces begin to differ.
    private func differingLayer(_ traces: [Graph]) -> String {
        let first = traces[0]
        for other in traces.dropFirst() {
            for (a, b) in zip(first.nodes, other.nodes) where type(of: a.op).name != type(of: b.op).name || a.inputs != b.inputs {
                return a.layerPath.isEmpty ? prefix : a.layerPath.joined(separator: "/")
            }
        }
        let path = first.nodes.last?.layerPath ?? []
        return path.isEmpty ? (prefix.isEmpty ? graph.name : prefix) : path.joined(separator: "/")
    }

    /// One op of all traces.
    struct Step {
        let ops: [any Op]
        let inputs: [Binding]
        /// For each trace.
        let inputSpecs: [[TensorSpec]]
        let outputSpecs: [[TensorSpec]]
        let layer: String

        var op: any Op { ops[0] }
        var name: String { type(of: op).name }
    }

    /// The value of the graph for a binding. Tensors become constants; one that is the same for each sample is kept once.
    mutating func value(_ binding: Binding, layer: String) throws -> Int {
        switch binding {
        case .value(let value): return value
        case .absent: throw MartletError("An op reads what only gradients need: it cannot be exported.", at: "layer \(layer)")
        case .known(let given, let origin):
            let tensors = given.map { $0.cast(to: Self.exported($0.dtype)) }
            let name = layer.isEmpty ? "constant" : "\(layer)/constant"
            if tensors.dropFirst().allSatisfy({ $0.isSame(as: tensors[0]) }) { return constant(tensors[0], name) }
            if let known = origin.flatMap({ emitted[ObjectIdentifier($0)] }) { return known.value }
            if let value = try sameForAll(tensors, layer, name) { return value }
            let value: Int
            if let numbers = try ofSizes(tensors, layer: layer) {
                value = numbers
            } else if let origin {
                let step = origin.step
                value = try self.value(lower(step)[origin.output], layer: step.layer)
            } else {
                throw openError(layer, "It has constants that follow from sizes: \(tensors[0].spec).")
            }
            if let origin { emitted[ObjectIdentifier(origin)] = (value, origin) }
            return value
        }
    }

    /// What is the same for each index of the axes that are open, kept once; nil where it is not.
    private mutating func sameForAll(_ tensors: [Tensor], _ layer: String, _ name: String) throws -> Int? {
        guard tensors.contains(where: { $0.shape != tensors[0].shape }) else { return nil }
        let shape = try dimensions(tensors.map(\.shape), from: [], layer: layer)
        var one = tensors[0]
        for axis in shape.indices where shape[axis].size == nil { one = one.sliced(0..<min(1, one.shape[axis]), axis: axis) }
        guard tensors.allSatisfy({ one.broadcast(to: $0.shape).isSame(as: $0) }) else { return nil }
        let constant = graph.addConstant(one, name)
        return graph.add(.broadcast, [constant], one.dtype, shape, layer: layer)
    }

    private mutating func constant(_ tensor: Tensor, _ name: String) -> Int {
        let place = Place(address: tensor.withUnsafeBytes { $0.baseAddress }, spec: tensor.spec)
        if let known = constants[place] { return known.value }
        let value = graph.addConstant(tensor, name)
        // It is held, so that no other tensor gets its memory.
        constants[place] = (value, tensor)
        return value
    }

    /// Adds an operation with the step's first output.
    /// - Parameter shape: of the output; what the traces say when nil.
    mutating func add(
        _ operation: Operation, _ step: Step, inputs: [Int]? = nil, shape: [ExportGraph.Dimension]? = nil
    ) throws -> [Binding] {
        let operands = try inputs ?? step.inputs.map { try value($0, layer: step.layer) }
        let shape = try shape ?? dimensions(step.outputSpecs.map { $0[0].shape }, from: operands, layer: step.layer)
        return [.value(graph.add(operation, operands, Self.exported(step.outputSpecs[0][0].dtype), shape, layer: step.layer))]
            + step.outputSpecs[0].dropFirst().map { _ in .absent }
    }

    /// Adds an operation with all outputs of the step.
    mutating func addAll(_ operation: Operation, _ step: Step, count: Int) throws -> [Binding] {
        let operands = try step.inputs.map { try value($0, layer: step.layer) }
        let outputs = try (0..<count).map { place in
            let shape = try dimensions(step.outputSpecs.map { $0[place].shape }, from: operands, layer: step.layer)
            return graph.addValue(
                "\(step.layer)/\(operation.name)", Self.exported(step.outputSpecs[0][place].dtype), shape)
        }
        graph.nodes.append(.init(operation: operation, inputs: operands, outputs: outputs, layer: step.layer))
        return outputs.map { .value($0) } + step.outputSpecs[0].dropFirst(count).map { _ in .absent }
    }

    /// The same attribute in all traces.
    func shared<Value: Equatable>(_ step: Step, _ read: (OpAttributes) throws -> Value) throws -> Value {
        let values = try step.ops.map { try read(OpAttributes($0)) }
        guard values.allSatisfy({ $0 == values[0] }) else {
            throw openError(step.layer, "Attributes of the op \(step.name) follow from sizes.")
        }
        return values[0]
    }
}
