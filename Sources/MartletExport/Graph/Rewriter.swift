import Martlet
import MartletCore

/// Makes a graph anew, with other operations in the places of those that a format does not have.
package struct Rewriter {
    /// What takes an operation's place: the values of its outputs, or nil where the operation may stay. What it adds is put to
    /// the rule in turn.
    package typealias Rule = (inout Rewriter, Operation, [Int], [ExportGraph.Value]) throws -> [Int]?

    package private(set) var graph = ExportGraph()
    /// The layer of the operation that is being replaced.
    package private(set) var layer = ""
    private let rule: Rule

    private init(_ rule: @escaping Rule) { self.rule = rule }

    /// The graph that `rule` makes of another.
    package static func rewrite(_ source: ExportGraph, _ rule: @escaping Rule) throws -> ExportGraph {
        var rewriter = Rewriter(rule)
        rewriter.graph.name = source.name
        rewriter.graph.bodies = source.bodies
        rewriter.graph.openSizes = source.openSizes
        rewriter.graph.roundsToHalf = source.roundsToHalf
        var map = [Int?](repeating: nil, count: source.values.count)
        for input in source.inputs {
            let value = source.values[input]
            map[input] = rewriter.graph.addValue(value.name, value.dtype, value.shape)
            rewriter.graph.inputs.append(map[input]!)
        }
        func mapped(_ value: Int) -> Int {
            if let known = map[value] { return known }
            let constant = source.values[value]
            let copy = rewriter.graph.addValue(constant.name, constant.dtype, constant.shape, constant: constant.constant)
            map[value] = copy
            return copy
        }
        for node in source.nodes {
            rewriter.layer = node.layer
            let results = try rewriter.add(node.operation, node.inputs.map(mapped), node.outputs.map { source.values[$0] })
            for (output, result) in zip(node.outputs, results) { map[output] = result }
        }
        rewriter.graph.outputs = source.outputs.map(mapped)
        rewriter.graph.inputNames = source.inputNames
        rewriter.graph.outputNames = source.outputNames
        rewriter.graph.prune()
        return rewriter.graph
    }

    /// An error about the operation that is being replaced.
    package func unsupported(_ operation: Operation, _ format: String, _ reason: String) -> MartletError {
        MartletError("\(format) has no operation for \(operation.name): \(reason)", at: layer.isEmpty ? nil : "layer \(layer)")
    }

    /// Adds an operation, or what takes its place.
    /// - Parameter outputs: names, dtypes and shapes of the results.
    package mutating func add(
        _ operation: Operation, _ inputs: [Int], _ outputs: [ExportGraph.Value]
    ) throws -> [Int] {
        if let replaced = try rule(&self, operation, inputs, outputs) { return replaced }
        return keep(operation, inputs, outputs)
    }

    /// Adds an operation as it is.
    package mutating func keep(_ operation: Operation, _ inputs: [Int], _ outputs: [ExportGraph.Value]) -> [Int] {
        let values = outputs.map { graph.addValue($0.name, $0.dtype, $0.shape) }
        graph.nodes.append(.init(operation: operation, inputs: inputs, outputs: values, layer: layer))
        return values
    }

    /// Adds an operation of one output.
    package mutating func add(
        _ operation: Operation, _ inputs: [Int], _ shape: [ExportGraph.Dimension], dtype: DType? = nil
    ) throws -> Int {
        let value = ExportGraph.Value(
            name: layer.isEmpty ? operation.name : "\(layer)/\(operation.name)",
            dtype: dtype ?? graph.values[inputs[0]].dtype, shape: shape)
        return try add(operation, inputs, [value])[0]
    }

    package func shape(_ value: Int) -> [ExportGraph.Dimension] { graph.values[value].shape }

    /// Adds what a loop repeats.
    /// - Returns: its number.
    package mutating func addBody(_ body: ExportGraph) -> Int {
        graph.bodies.append(body)
        return graph.bodies.count - 1
    }

    package mutating func unary(_ unary: Operation.Unary, _ x: Int) throws -> Int {
        let isTest = [.isFinite, .isInfinite, .isNaN, .logicalNot].contains(unary)
        return try add(.unary(unary), [x], shape(x), dtype: isTest ? .bool : nil)
    }

    package mutating func binary(_ binary: Operation.Binary, _ x: Int, _ y: Int) throws -> Int {
        guard let shape = [ExportGraph.Dimension].broadcast(shape(x), shape(y)) else {
            throw MartletError("The shapes \(self.shape(x)) and \(self.shape(y)) do not broadcast.", at: "layer \(layer)")
        }
        return try add(.binary(binary), [x, y], shape, dtype: binary.isComparison ? .bool : nil)
    }

    package mutating func binary(_ binary: Operation.Binary, _ x: Int, number: Double) throws -> Int {
        let constant = self.constant(number, like: x)
        return try self.binary(binary, x, constant)
    }

    package mutating func binary(_ binary: Operation.Binary, number: Double, _ x: Int) throws -> Int {
        let constant = self.constant(number, like: x)
        return try self.binary(binary, constant, x)
    }

    package mutating func constant(_ number: Double, like x: Int) -> Int {
        constant(Tensor(number).cast(to: graph.values[x].dtype))
    }

    package mutating func constant(_ tensor: Tensor) -> Int {
        graph.addConstant(tensor, layer.isEmpty ? "constant" : "\(layer)/constant")
    }

    package mutating func reshape(_ x: Int, _ shape: [ExportGraph.Dimension]) throws -> Int {
        shape == self.shape(x) ? x : try add(.reshape, [x], shape)
    }

    package mutating func transpose(_ x: Int, _ order: [Int]) throws -> Int {
        order == Array(order.indices) ? x : try add(.transpose(order), [x], order.map { shape(x)[$0] })
    }
}

extension ExportGraph {
    /// The graph with another floating-point type in the place of `float64`.
    package func narrowed() -> ExportGraph {
        var result = self
        for index in values.indices where values[index].dtype == .float64 {
            result.values[index].dtype = .float32
            result.values[index].constant = values[index].constant?.cast(to: .float32)
        }
        result.bodies = bodies.map { $0.narrowed() }
        return result
    }
}

extension [Int] {
    /// The permutation that takes an order of axes back.
    package var inverted: [Int] {
        var result = self
        for (place, axis) in enumerated() { result[axis] = place }
        return result
    }
}
