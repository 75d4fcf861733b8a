import Martlet
import MartletCore

extension ExportGraph {
    /// Computes the outputs with Martlet's own operations: what an export is compared with, and how a file is read back.
    ///
    /// What a file keeps in 8 or 16 bits is computed in floating point and rounded to the file's integers.
    ///
    /// - Parameters:
    ///   - arguments: the inputs, in order.
    ///   - observe: sees each value as it is computed, with its number.
    /// - Throws: `MartletError` when the arguments do not fit the inputs, or an operation its operands.
    package func run(_ arguments: [Tensor], observe: (Int, Tensor) throws -> Void = { _, _ in }) throws -> [Tensor] {
        var sizes = try OpenSizes(of: arguments, self)
        return try withErrors {
            var tensors = [Tensor?](repeating: nil, count: values.count)
            var reads = readCounts
            func read(_ value: Int) throws -> Tensor {
                if let tensor = tensors[value] ?? values[value].constant { return tensor }
                throw MartletError("Expected \(values[value].name) to be computed before it is read.")
            }
            for (value, argument) in zip(inputs, arguments) {
                tensors[value] = values[value].rounded(argument.cast(to: values[value].dtype))
                try observe(value, tensors[value]!)
            }
            for node in nodes {
                let operands = try node.inputs.map(read)
                let results = try Context.current.inLayer(node.layer) {
                    try node.operation.apply(operands, sizes: sizes, in: self, node)
                }
                guard !Context.current.hasFailed, results.count >= node.outputs.count else { break }
                for (value, result) in zip(node.outputs, results) {
                    sizes.note(result.shape, values[value].shape)
                    tensors[value] = values[value].rounded(result.cast(to: values[value].dtype))
                    try observe(value, tensors[value]!)
                }
                // Memory goes back when nobody will read it.
                for input in node.inputs {
                    reads[input] -= 1
                    if reads[input] == 0 { tensors[input] = nil }
                }
            }
            return try outputs.map { Context.current.hasFailed ? .nothing : try read($0) }
        }
    }
}

/// The open sizes of a run, as far as they are known.
private struct OpenSizes {
    /// By number, the batch's first.
    private var numbers: [Int?] = [nil]
    /// Those of axes that several sizes say.
    private var others: [ExportGraph.Dimension: Int] = [:]

    /// Those that the arguments have.
    init(of arguments: [Tensor], _ graph: ExportGraph) throws {
        guard arguments.count == graph.inputs.count else {
            let names = graph.inputNames.count < 2 ? "" : " (\(graph.inputNames.joined(separator: ", ")))"
            throw MartletError("Expected \(graph.inputs.count) inputs\(names). Received: \(arguments.count).", at: graph.name)
        }
        for (place, (input, argument)) in zip(graph.inputs, arguments).enumerated() {
            let shape = graph.values[input].shape
            if shape.count == argument.rank { note(argument.shape, shape) }
            for (axis, size) in zip(shape, argument.shape.dimensions) where axis.perSample > 0 && size >= axis.fixed {
                numbers[0] = numbers[0] ?? (size - axis.fixed) / axis.perSample
            }
            guard shape.map({ self[$0] ?? $0.size(batch: 1) }) == argument.shape.dimensions else {
                let name = place < graph.inputNames.count ? graph.inputNames[place] : graph.values[input].name
                throw MartletError(
                    "Expected \(graph.values[input].dtype.name) of shape \(shape) for the input \"\(name)\". "
                        + "Received: \(argument.spec).")
            }
        }
        numbers[0] = numbers[0] ?? 1
    }

    subscript(_ dimension: ExportGraph.Dimension) -> Int? { dimension.size(of: numbers) ?? others[dimension] }

    /// Notes the sizes of a value's axes.
    mutating func note(_ sizes: Shape, _ shape: [ExportGraph.Dimension]) {
        for (axis, size) in zip(shape, sizes.dimensions) where axis.size == nil {
            guard let number = axis.openNumber else {
                if axis.size(of: numbers) == nil { others[axis] = others[axis] ?? size }
                continue
            }
            while numbers.count <= number { numbers.append(nil) }
            numbers[number] = numbers[number] ?? size
        }
    }
}

extension ExportGraph.Value {
    /// The nearest numbers that the integers of a quantized value stand for.
    func rounded(_ tensor: Tensor) -> Tensor {
        guard let quantization, constant == nil, quantization.scales.count == 1, quantization.bits < 32 else { return tensor }
        let (scale, zero) = (Double(quantization.scales[0]), Double(quantization.zeroPoints[0]))
        let largest = Double(1 << (quantization.bits - 1))
        let integers = (tensor.cast(to: .float64) / scale).round() + zero
        return ((integers.clipped(min: -largest, max: largest - 1) - zero) * scale).cast(to: tensor.dtype)
    }
}

extension Operation {
    /// The results for these operands.
    /// - Parameter sizes: those that are open, as far as they are known.
    fileprivate func apply(
        _ x: [Tensor], sizes: OpenSizes, in graph: ExportGraph, _ node: ExportGraph.Node
    ) throws -> [Tensor] {
        func size(_ dimension: ExportGraph.Dimension) throws -> Int {
            if let size = sizes[dimension] { return size }
            throw MartletError("Expected the size \(dimension) to be known before it is read.")
        }
        /// The shape of the output.
        func shape() throws -> Shape { try Shape(validating: graph.values[node.outputs[0]].shape.map(size)) }
        switch self {
        case .unary(let unary): return [unary.apply(x[0])]
        case .binary(let binary): return [binary.apply(x[0], x[1])]
        case .requantize: return [x[0]]
        case .select: return [`where`(x[0], x[1], x[2])]
        case .cast: return [x[0].cast(to: graph.values[node.outputs[0]].dtype)]
        case .matmul(let transposeA, let transposeB):
            return [MartletCore.matmul(x[0], x[1], transposeA: transposeA, transposeB: transposeB)]
        case .dense(let activation):
            let product = MartletCore.matmul(x[0], x[1])
            return [activation.apply(x.count > 2 ? product + x[2] : product)]
        case .convolution(let windows, let groups, let activation):
            let y = conv(
                x[0], x[1], strides: windows.strides, padding: windows.padding, dilations: windows.dilations, groups: groups,
                bias: x.count > 2 ? x[2] : nil)
            return [activation.apply(y)]
        case .transposedConvolution(let windows):
            let (sizes, kernel) = (try shape().dimensions.dropFirst().dropLast(), x[1].shape.dimensions)
            let extra = sizes.enumerated().map { axis, size in
                let span = (kernel[axis] - 1) * windows.dilations[axis] + 1
                let covered = (x[0].shape[axis + 1] - 1) * windows.strides[axis] + span
                return size - covered + windows.before[axis] + windows.after[axis]
            }
            return [
                convTransposed(
                    x[0], x[1], strides: windows.strides, padding: windows.padding, outputPadding: extra,
                    dilations: windows.dilations, bias: x.count > 2 ? x[2] : nil)
            ]
        case .maxPool(let size, let windows):
            return [MartletCore.maxPool(x[0], size: size, strides: windows.strides, padding: windows.padding)]
        case .averagePool(let size, let windows):
            return [MartletCore.averagePool(x[0], size: size, strides: windows.strides, padding: windows.padding)]
        case .reduce(let reduction, let axes, let keepDims): return [reduction.apply(x[0], axes, keepDims)]
        case .argmax(let axis): return [x[0].argmax(axis: axis)]
        case .argmin(let axis): return [x[0].argmin(axis: axis)]
        case .cumulate(let cumulation, let axis, let exclusive, let reverse):
            return [cumulation.apply(x[0], axis, exclusive, reverse)]
        case .softmax(let axis): return [x[0].softmax(axis: axis)]
        case .logSoftmax(let axis): return [x[0].logSoftmax(axis: axis)]
        case .layerNorm(let epsilon, let isCentered, let hasScale, let hasOffset):
            let scale = hasScale ? x[1] : nil
            if !isCentered { return [rmsNorm(x[0], scale: scale, epsilon: epsilon)] }
            return [MartletCore.layerNorm(x[0], scale: scale, offset: hasOffset ? x[x.count - 1] : nil, epsilon: epsilon)]
        case .reshape: return [x[0].reshaped(to: try shape())]
        case .broadcast: return [x[0].broadcast(to: try shape())]
        case .transpose(let order): return [x[0].transposed(permutation: order)]
        case .concatenate(let axis): return [.concatenate(x, axis: axis)]
        case .slice(let begin, let step):
            var result = x[0]
            let output = graph.values[node.outputs[0]].shape
            for axis in begin.indices {
                let whole = result.shape[axis]
                let first = begin[axis] < 0 ? begin[axis] + whole : begin[axis]
                // One that no other size says goes to the end of the axis.
                let room = step[axis] > 0 ? whole - first : first + 1
                let count = sizes[output[axis]] ?? (room + abs(step[axis]) - 1) / abs(step[axis])
                guard first != 0 || step[axis] != 1 || whole != count else { continue }
                result = result.strided(from: first, by: step[axis], count: count, axis: axis)
            }
            return [result]
        case .pad(let before, let after, let value):
            return [x[0].padded(zip(before, after).map { ($0, $1) }, mode: .constant(value))]
        case .gather(let axis): return [x[0].gathered(at: x[1], axis: axis)]
        case .gatherND: return [x[0].gatheredND(at: x[1])]
        case .takeAlong(let axis): return [x[0].takenAlong(axis: axis, indices: x[1])]
        case .oneHot(let on, let off):
            return [.oneHot(x[0], depth: try shape()[-1], on: on, off: off, dtype: graph.values[node.outputs[0]].dtype)]
        case .topK(let count):
            let (values, indices) = x[0].topK(count)
            return [values, indices]
        case .sort(let descending): return [x[0].sorted(descending: descending), x[0].argsorted(descending: descending)]
        case .recurrent(let recurrence):
            let states = recurrence.kind.stateCount
            let (output, last) = recurrentSequence(
                x[0], states: Array(x[1...states]), kernel: x[states + 1], recurrentKernel: x[states + 2],
                bias: recurrence.hasBias ? x[states + 3] : nil, mask: recurrence.hasMask ? x[x.count - 1] : nil,
                kind: recurrence.kind, goBackwards: recurrence.goBackwards, returnSequences: recurrence.returnSequences,
                zeroOutputForMask: recurrence.zeroOutputForMask)
            return [output] + last
        case .extent(let dimension): return [Tensor(try size(dimension)).cast(to: .int32)]
        case .range: return [Tensor.range(0..<max(x[0].item(as: Int.self), 0)).cast(to: .int32)]
        case .loop(let body, let steps): return try graph.bodies[body].repeated(try size(steps), x)
        case .update:
            var shape = [Int](repeating: 1, count: x[0].rank)
            shape[0] = x[0].shape[0]
            let isThere = Tensor.range(0..<x[0].shape[0]).reshaped(to: Shape(shape)) .== x[2].cast(to: .int64)
            return [`where`(isThere, x[1].expandingDims(at: 0), x[0])]
        }
    }
}

extension ExportGraph {
    /// Loops of more steps are one op in a compiled function, others are written out there, as exports need it.
    private static let mostStepsWrittenOut = 256

    /// What so many runs of the graph, a body, make of values.
    fileprivate func repeated(_ steps: Int, _ initial: [Tensor]) throws -> [Tensor] {
        func number(_ step: Int) -> Tensor { Tensor(step).cast(to: .int32) }
        guard Context.current.trace != nil, steps > Self.mostStepsWrittenOut else {
            return try writtenOut(steps, initial, number)
        }
        var failure: (any Error)?
        let last = whileLoop([number(0)] + initial, while: { $0[0] .< number(steps) }) { state in
            do {
                return [(state[0] + 1).cast(to: .int32)] + (try run(state))
            } catch let error {
                failure = error
                return state
            }
        }
        if let failure { throw failure }
        return Array(last.dropFirst())
    }
}

extension ExportGraph {
    /// One step after the other. What each writes at its place of a list is put together at the end, so that no list is copied.
    private func writtenOut(_ steps: Int, _ initial: [Tensor], _ number: (Int) -> Tensor) throws -> [Tensor] {
        var step = self
        var rows: [Int: [Tensor]] = [:]
        for place in initial.indices where initial[place].rank > 0 && initial[place].shape[0] == steps && steps > 0 {
            guard let row = row(ofList: place) else { continue }
            step.outputs[place] = row
            step.nodes.removeAll { $0.outputs == [outputs[place]] }
            rows[place] = []
        }
        var state = initial
        for count in 0..<steps where !Context.current.hasFailed {
            let results = try step.run([number(count)] + state)
            for (place, result) in results.enumerated() {
                if rows[place] == nil { state[place] = result } else { rows[place]!.append(result) }
            }
        }
        guard !Context.current.hasFailed else { return state }
        for (place, elements) in rows { state[place] = .stack(elements) }
        return state
    }

    /// What a loop with this body writes into the list that is the state of this number, at the place of each step; nil where it
    /// does something else with it.
    func row(ofList place: Int) -> Int? {
        let (argument, result) = (inputs[place + 1], outputs[place])
        guard let update = nodes.first(where: { $0.outputs == [result] }), update.operation == .update,
            update.inputs[0] == argument, update.inputs[2] == inputs[0], readCounts[argument] == 1
        else { return nil }
        return update.inputs[1]
    }
}

extension Windows {
    fileprivate var padding: Padding { isSame ? .same : .explicit(zip(before, after).map { ($0, $1) }) }
}

extension Operation.Activation {
    func apply(_ x: Tensor) -> Tensor {
        switch self {
        case .none: x
        case .relu: x.relu()
        case .relu6: x.relu().clipped(max: 6)
        }
    }
}

extension Operation.Unary {
    func apply(_ x: Tensor) -> Tensor {
        switch self {
        case .abs: x.abs()
        case .acos: x.acos()
        case .acosh: x.acosh()
        case .asin: x.asin()
        case .asinh: x.asinh()
        case .atan: x.atan()
        case .atanh: x.atanh()
        case .ceil: x.ceil()
        case .cos: x.cos()
        case .cosh: x.cosh()
        case .digamma: x.digamma()
        case .erf: x.erf()
        case .erfc: x.erfc()
        case .erfinv: x.erfinv()
        case .exp: x.exp()
        case .exp2: x.exp2()
        case .expm1: x.expm1()
        case .floor: x.floor()
        case .isFinite: x.isFinite()
        case .isInfinite: x.isInfinite()
        case .isNaN: x.isNaN()
        case .lgamma: x.lgamma()
        case .log: x.log()
        case .log1p: x.log1p()
        case .log2: x.log2()
        case .logicalNot: x.logicalNot()
        case .negate: -x
        case .reciprocal: x.reciprocal()
        case .reciprocalSquareRoot: x.reciprocalSquareRoot()
        case .relu: x.relu()
        case .relu6: x.relu().clipped(max: 6)
        case .round: x.round()
        case .sigmoid: x.sigmoid()
        case .sign: x.sign()
        case .sin: x.sin()
        case .sinh: x.sinh()
        case .softplus: x.softplus()
        case .square: x.square()
        case .squareRoot: x.squareRoot()
        case .tan: x.tan()
        case .tanh: x.tanh()
        case .trunc: x.trunc()
        case .gelu: ActivationFunction.gelu(x)
        case .geluTanh: ActivationFunction.gelu(approximate: true)(x)
        case .hardSwish: x * (x + 3).relu().clipped(max: 6) / 6
        }
    }
}

extension Operation.Binary {
    func apply(_ a: Tensor, _ b: Tensor) -> Tensor {
        switch self {
        case .add: a + b
        case .atan2: MartletCore.atan2(a, b)
        case .divide: a / b
        case .equal: a .== b
        case .floorDivide: MartletCore.floorDivide(a, b)
        case .greater: a .> b
        case .greaterEqual: a .>= b
        case .hypot: MartletCore.hypot(a, b)
        case .less: a .< b
        case .lessEqual: a .<= b
        case .logicalAnd: a.logicalAnd(b)
        case .logicalOr: a.logicalOr(b)
        case .logicalXor: a.logicalXor(b)
        case .maximum: MartletCore.maximum(a, b)
        case .minimum: MartletCore.minimum(a, b)
        case .mod: a % b
        case .multiply: a * b
        case .notEqual: a .!= b
        case .pow: a.pow(b)
        case .subtract: a - b
        }
    }
}

extension Operation.Reduction {
    func apply(_ x: Tensor, _ axes: [Int], _ keepDims: Bool) -> Tensor {
        switch self {
        case .all: x.all(axes: axes, keepDims: keepDims)
        case .any: x.any(axes: axes, keepDims: keepDims)
        case .max: x.max(axes: axes, keepDims: keepDims)
        case .mean: x.mean(axes: axes, keepDims: keepDims)
        case .min: x.min(axes: axes, keepDims: keepDims)
        case .product: x.product(axes: axes, keepDims: keepDims)
        case .sum: x.sum(axes: axes, keepDims: keepDims)
        }
    }
}

extension Operation.Cumulation {
    func apply(_ x: Tensor, _ axis: Int, _ exclusive: Bool, _ reverse: Bool) -> Tensor {
        switch self {
        case .cumulativeMax: x.cumulativeMax(axis: axis, reverse: reverse)
        case .cumulativeMin: x.cumulativeMin(axis: axis, reverse: reverse)
        case .cumulativeProduct: x.cumulativeProduct(axis: axis, exclusive: exclusive, reverse: reverse)
        case .cumulativeSum: x.cumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse)
        }
    }
}
