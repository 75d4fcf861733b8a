import Martlet
import MartletCore

/// Makes a graph anew with weights and activations in integers, and `float32` inputs and outputs.
struct IntegerQuantization {
    let source: ExportGraph
    let ranges: Quantizer.Ranges
    let bits: Int
    /// Layers that stay in floating point.
    let floatLayers: Set<String>
    let target: Quantizer.Target
    private var graph = ExportGraph()
    /// The values of the new graph, by those of the source.
    private var map: [Int: Int] = [:]
    /// The same numbers in another form, by the value of the new graph.
    private var floats: [Int: Int] = [:]
    private var integers: [Int: [ExportGraph.Quantization: Int]] = [:]
    /// The kernels in integers, by the value of the source.
    private var kernels: [Int: Int] = [:]
    /// The integers in which the one reader of a value of the source wants it.
    private var wanted: [Int: ExportGraph.Quantization] = [:]
    /// The values that something computes with in integers.
    private var needed: Set<Int> = []
    private var layer = ""

    init(
        _ source: ExportGraph, _ ranges: Quantizer.Ranges, _ bits: Int, _ floatLayers: Set<String>, _ target: Quantizer.Target
    ) {
        (self.source, self.ranges, self.bits, self.floatLayers) = (source, ranges, bits, floatLayers)
        self.target = target
        (wanted, needed) = (wantedByReaders(), neededInIntegers())
    }

    mutating func quantized() throws -> ExportGraph {
        graph.name = source.name
        graph.openSizes = source.openSizes
        // A step has no ranges of its own: its weights are rounded, its activations as they come.
        graph.bodies = try source.bodies.map(Quantizer.dynamicRange)
        (graph.inputNames, graph.outputNames) = (source.inputNames, source.outputNames)
        for input in source.inputs {
            let value = source.values[input]
            map[input] = graph.addValue(value.name, value.dtype, value.shape)
            graph.inputs.append(map[input]!)
        }
        for node in source.nodes {
            layer = node.layer
            if isQuantizable(node) { quantize(node) } else { keep(node) }
        }
        graph.outputs = source.outputs.map { inFloats(mapped($0)) }
        graph.prune()
        return graph
    }

    private mutating func mapped(_ value: Int) -> Int {
        if let known = map[value] { return known }
        let constant = source.values[value]
        map[value] = graph.addValue(constant.name, constant.dtype, constant.shape, constant: constant.constant)
        return map[value]!
    }

    /// A value in floating point.
    private mutating func inFloats(_ value: Int) -> Int {
        guard graph.values[value].quantization != nil, graph.values[value].constant == nil else { return value }
        if let known = floats[value] { return known }
        floats[value] = graph.add(.requantize, [value], .float32, graph.values[value].shape, layer: layer)
        return floats[value]!
    }

    /// A value of the source in integers.
    /// - Parameter wanted: in which; those that it has, or those for its range, when nil.
    private mutating func inIntegers(_ sourceValue: Int, _ wanted: ExportGraph.Quantization? = nil) -> Int {
        if let constant = source.constant(sourceValue) {
            let quantization = wanted
                ?? .init(range: constant.min().item()...constant.max().item(), bits: bits)
            return graph.addConstant(constant, source.values[sourceValue].name, quantization)
        }
        let value = mapped(sourceValue)
        let present = graph.values[value].quantization
        if let present, wanted == nil || wanted == present { return value }
        let quantization = wanted ?? self.wanted[sourceValue] ?? .init(range: ranges[sourceValue], bits: bits)
        if let known = integers[value]?[quantization] { return known }
        let result = graph.add(.requantize, [value], .float32, graph.values[value].shape, layer: layer)
        graph.values[result].quantization = quantization
        integers[value, default: [:]][quantization] = result
        return result
    }

    private mutating func keep(_ node: ExportGraph.Node) {
        var inputs = node.inputs.map { inFloats(mapped($0)) }
        if case .recurrent(let recurrence) = node.operation, !floatLayers.contains(node.layer) {
            // Its steps are not there to have ranges: the kernels alone are rounded.
            for place in [recurrence.kind.stateCount + 1, recurrence.kind.stateCount + 2] {
                guard let kernel = source.constant(node.inputs[place]), kernel.elementCount >= Quantizer.leastDynamicCount
                else { continue }
                let value = kernels[node.inputs[place]]
                    ?? graph.addConstant(kernel, source.values[node.inputs[place]].name, .init(weights: kernel, axis: nil))
                kernels[node.inputs[place]] = value
                inputs[place] = value
            }
        }
        add(node, node.operation, inputs, nil)
    }

    private mutating func add(
        _ node: ExportGraph.Node, _ operation: Operation, _ inputs: [Int], _ quantization: ExportGraph.Quantization?
    ) {
        let outputs = node.outputs.map { output in
            let value = source.values[output]
            map[output] = graph.addValue(value.name, value.dtype, value.shape)
            if value.dtype == .float32 { graph.values[map[output]!].quantization = quantization }
            return map[output]!
        }
        graph.nodes.append(.init(operation: operation, inputs: inputs, outputs: outputs, layer: node.layer))
    }

    /// Whether a node computes in integers.
    private func isQuantizable(_ node: ExportGraph.Node) -> Bool {
        guard let first = node.inputs.first, source.values[first].dtype == .float32, !floatLayers.contains(node.layer),
            ranges.infinite.isDisjoint(with: node.inputs + node.outputs)
        else { return false }
        switch node.operation {
        case .dense: return weightsAreConstant(node)
        case .convolution(let windows, _, _), .transposedConvolution(let windows):
            return (windows.strides.count == 2 || target == .onnx) && weightsAreConstant(node)
        case .maxPool, .averagePool, .reshape, .transpose, .concatenate, .pad, .slice: return true
        case .gather: return bits == 8
        case .unary(let unary):
            return bits == 8 ? [.relu, .relu6, .sigmoid, .tanh, .hardSwish].contains(unary) : [.relu, .relu6].contains(unary)
        case .binary(let binary):
            return (bits == 8 ? [.add, .subtract, .multiply, .maximum, .minimum] : [.add, .subtract, .multiply]).contains(binary)
        case .softmax, .matmul: return bits == 8
        case .reduce(let reduction, _, _): return bits == 8 && [.mean, .max, .min].contains(reduction)
        default: return false
        }
    }

    private func weightsAreConstant(_ node: ExportGraph.Node) -> Bool {
        node.inputs.dropFirst().allSatisfy { source.constant($0) != nil }
    }

    /// What is joined or compared has the integers of the result. A value that nothing else reads is rounded to those at once,
    /// not to its own first: the second rounding would lose more, and runtimes of ONNX leave the first one out.
    private func wantedByReaders() -> [Int: ExportGraph.Quantization] {
        let counts = source.readCounts
        var found: [Int: ExportGraph.Quantization] = [:]
        for node in source.nodes.reversed() where isQuantizable(node) {
            let output = node.outputs[0]
            let quantization: ExportGraph.Quantization
            switch node.operation {
            case .concatenate, .binary(.maximum), .binary(.minimum):
                quantization = found[output] ?? .init(range: ranges[output], bits: bits)
            case .averagePool: continue // A mean lies within a narrower range than what it is of.
            case let operation where operation.movesIntegers:
                guard let given = found[output] else { continue }
                quantization = given
            default: continue
            }
            let operands = node.operation.movesIntegers ? node.inputs.prefix(1) : node.inputs[...]
            for input in operands where counts[input] == 1 && source.constant(input) == nil { found[input] = quantization }
        }
        return found
    }

    /// What only changes its layout before something that computes in floating point, such as a comparison, needs no integers,
    /// which would lose digits for nothing.
    private func neededInIntegers() -> Set<Int> {
        var found: Set<Int> = []
        for node in source.nodes.reversed() where isQuantizable(node) {
            if !node.operation.changesLayout || found.contains(node.outputs[0]) { found.formUnion(node.inputs) }
        }
        return found
    }

    /// Whether a node moves numbers in floating point that nothing needs in integers.
    private func staysInFloats(_ node: ExportGraph.Node) -> Bool {
        node.operation.changesLayout && !needed.contains(node.outputs[0])
            && node.inputs.allSatisfy { source.constant($0) == nil && graph.values[map[$0]!].quantization == nil }
    }

    private mutating func quantize(_ node: ExportGraph.Node) {
        if staysInFloats(node) { return keep(node) }
        let wanted = wanted[node.outputs[0]]
        let output = wanted ?? ExportGraph.Quantization(range: ranges[node.outputs[0]], bits: bits)
        // LiteRT's kernels of functions with a known range take no other scale.
        let chosen = target == .onnx ? wanted : nil
        switch node.operation {
        case .dense, .convolution: quantizeProduct(node, channels: -1, output)
        case .transposedConvolution: quantizeProduct(node, channels: -2, output)
        case let operation where operation.movesIntegers:
            // What comes in floating point is rounded to those of the one reader, but for a mean, which has a narrower range,
            // and a table, of which calibration may not see all.
            var isFree = source.constant(node.inputs[0]) == nil && graph.values[mapped(node.inputs[0])].quantization == nil
            if case .averagePool = operation { isFree = false }
            let x = inIntegers(node.inputs[0], isFree ? wanted : nil)
            let others = node.inputs.dropFirst().map { mapped($0) }
            add(node, node.operation, [x] + others, graph.values[x].quantization)
        case .concatenate, .binary(.maximum), .binary(.minimum):
            add(node, node.operation, node.inputs.map { inIntegers($0, output) }, output)
        case .softmax, .unary(.sigmoid):
            add(node, node.operation, [inIntegers(node.inputs[0])], chosen ?? .init(scale: 1 / 256, zeroPoint: -128))
        case .unary(.tanh):
            add(node, node.operation, [inIntegers(node.inputs[0])], chosen ?? .init(scale: 1 / 128, zeroPoint: 0))
        case .binary(.add), .binary(.subtract):
            let operands = node.inputs.map { inIntegers($0) }
            // LiteRT ends the program when a sum's steps are that much smaller than those of an operand.
            let coarsest = operands.map { graph.values[$0].quantization!.scales[0] }.max()!
            guard Double(coarsest) < 0.5 * Double(1 << (bits == 16 ? 15 : 20)) * Double(output.scales[0]) else {
                return keep(node)
            }
            add(node, node.operation, operands, output)
        default: add(node, node.operation, node.inputs.map { inIntegers($0) }, output)
        }
    }

    /// - Parameter channels: the axis of the kernel that is the output's channels, from the end.
    private mutating func quantizeProduct(_ node: ExportGraph.Node, channels: Int, _ output: ExportGraph.Quantization) {
        let x = inIntegers(node.inputs[0])
        let weights = source.constant(node.inputs[1])!
        let quantization = ExportGraph.Quantization(weights: weights, axis: weights.rank + channels)
        let kernel = kernels[node.inputs[1]]
            ?? graph.addConstant(weights, source.values[node.inputs[1]].name, quantization)
        kernels[node.inputs[1]] = kernel
        var inputs = [x, kernel]
        if node.inputs.count > 2 {
            let step = graph.values[x].quantization!.scales[0]
            let bias = ExportGraph.Quantization(
                scales: quantization.scales.map { $0 * step }, zeroPoints: quantization.zeroPoints, bits: bits == 16 ? 64 : 32)
            inputs.append(graph.addConstant(source.constant(node.inputs[2])!, source.values[node.inputs[2]].name, bias))
        }
        add(node, node.operation, inputs, output)
    }
}

extension Operation {
    /// Whether the integers of the input are moved, compared or averaged, and stand for the same numbers in the result.
    fileprivate var movesIntegers: Bool {
        switch self {
        case .maxPool, .averagePool, .reshape, .transpose, .slice, .reduce(.max, _, _), .reduce(.min, _, _), .gather, .pad: true
        default: false
        }
    }

    /// Whether the numbers of the inputs become the result as they are.
    fileprivate var changesLayout: Bool {
        switch self {
        case .reshape, .transpose, .slice, .pad, .gather, .concatenate: true
        default: false
        }
    }
}
