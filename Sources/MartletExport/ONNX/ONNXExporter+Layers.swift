import Martlet
import MartletCore

extension ONNXExporter {
    /// The name of the result with its channels first, where that is the better layout; else nil.
    mutating func channelsFirst(_ step: ExportGraph.Node) throws -> String? {
        let output = step.outputs[0]
        let (rank, type) = (shape(output).count, dtype(output))
        guard (3...5).contains(rank) else { return nil }
        /// Strides and padding, and what else is given.
        func attributes(_ windows: Windows, _ others: [String: ONNX.Attribute]) -> [String: ONNX.Attribute] {
            var all = others
            all["strides"] = .ints(windows.strides)
            if windows.isSame {
                all["auto_pad"] = .string(Array("SAME_UPPER".utf8))
            } else {
                all["pads"] = .ints(windows.before + windows.after)
            }
            return all
        }
        switch step.operation {
        case .convolution(let windows, let groups, let activation):
            let kernel = try weight(step.inputs[1], order: [rank - 1, rank - 2] + Array(0..<(rank - 2)))
            let bias = try step.inputs.dropFirst(2).map { try name($0) }
            let y = node("Conv", [try channelsFirst(step.inputs[0]), kernel] + bias, attributes(windows, [
                "dilations": .ints(windows.dilations), "group": .int(groups),
                "kernel_shape": .ints(shape(step.inputs[1]).dropLast(2).map(\.fixed)),
            ]))
            return activated(y, activation, type)
        case .transposedConvolution(let windows):
            let kernel = try weight(step.inputs[1], order: [rank - 1, rank - 2] + Array(0..<(rank - 2)))
            let bias = try step.inputs.dropFirst(2).map { try name($0) }
            let (old, new, window) = (shape(step.inputs[0]), shape(output), shape(step.inputs[1]))
            var (after, extra) = (windows.after, [Int](repeating: 0, count: rank - 2))
            for axis in 0..<rank - 2 {
                let span = (window[axis].fixed - 1) * windows.dilations[axis] + 1
                let covered = (old[axis + 1] + -1) * .init(windows.strides[axis]) + span
                // What the windows do not cover is added, what they cover too much is cut.
                guard let rest = (covered + -windows.before[axis] - new[axis + 1]).size else {
                    throw MartletError(
                        "Expected a size that follows from the input's. Give the sizes with inputShapes (--input-shape).")
                }
                after[axis] = rest
                if after[axis] < 0 { (extra[axis], after[axis]) = (-after[axis], 0) }
            }
            return node("ConvTranspose", [try channelsFirst(step.inputs[0]), kernel] + bias, [
                "strides": .ints(windows.strides), "dilations": .ints(windows.dilations),
                "pads": .ints(windows.before + after), "output_padding": .ints(extra),
            ])
        case .maxPool(let size, let windows):
            return node("MaxPool", [try channelsFirst(step.inputs[0])], attributes(windows, ["kernel_shape": .ints(size)]))
        case .averagePool(let size, let windows):
            return node(
                "AveragePool", [try channelsFirst(step.inputs[0])],
                attributes(windows, ["kernel_shape": .ints(size), "count_include_pad": .int(0)]))
        case .requantize where isChannelsFirst(step.inputs[0]): return try channelsFirst(step.inputs[0])
        case .unary(let unary) where isChannelsFirst(step.inputs[0]):
            return try add(unary, channelsFirst(step.inputs[0]), dtype(step.inputs[0]))
        case .binary(let binary):
            guard step.inputs.contains(where: isChannelsFirst), let operands = try operands(step, rank) else { return nil }
            return try add(binary, operands[0], operands[1], dtype(step.inputs[0]))
        case .concatenate(let axis) where step.inputs.allSatisfy(isChannelsFirst):
            let inputs = try step.inputs.map { try channelsFirst($0) }
            return node("Concat", inputs, ["axis": .int(axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1)])
        case .pad(let before, let after, let value) where isChannelsFirst(step.inputs[0]):
            let order = Self.firstOrder(rank)
            let amounts = order.map { before[$0] } + order.map { after[$0] }
            return node("Pad", [try channelsFirst(step.inputs[0]), integers(amounts), number(value, type)])
        case .reduce(let reduction, let axes, keepDims: true) where isChannelsFirst(step.inputs[0]):
            let moved = axes.map { $0 == 0 ? 0 : $0 == rank - 1 ? 1 : $0 + 1 }
            return add(reduction, try channelsFirst(step.inputs[0]), moved.sorted(), true, dtype(step.inputs[0]))
        default: return nil
        }
    }

    /// Both operands with channels first, where constants can be laid out so.
    mutating func operands(_ step: ExportGraph.Node, _ rank: Int) throws -> [String]? {
        var names: [String] = []
        for input in step.inputs {
            if let tensor = source.constant(input) {
                guard tensor.rank <= rank else { return nil }
                let whole = tensor.reshaped([Int](repeating: 1, count: rank - tensor.rank) + tensor.shape.dimensions)
                let isScalar = tensor.elementCount == 1
                let moved = isScalar ? tensor.reshaped(to: []) : whole.transposed(permutation: Self.firstOrder(rank))
                names.append(stored(input, moved, axis: 0))
            } else {
                guard shape(input).count == rank else { return nil }
                names.append(try channelsFirst(input))
            }
        }
        return names
    }

    /// A weight with its axes in another order.
    mutating func weight(_ value: Int, order: [Int]) throws -> String {
        guard let tensor = source.constant(value) else { return node("Transpose", [try name(value)], ["perm": .ints(order)]) }
        let axis = source.values[value].quantization?.axis ?? 0
        return stored(value, tensor.transposed(permutation: order), axis: order.firstIndex(of: axis) ?? 0)
    }

    mutating func transposedMatrix(_ name: String, rank: Int) -> String {
        node("Transpose", [name], ["perm": .ints(Array(0..<(rank - 2)) + [rank - 1, rank - 2])])
    }

    mutating func addDense(_ step: ExportGraph.Node, _ activation: Operation.Activation) throws -> String {
        let (x, output) = (step.inputs[0], step.outputs[0])
        let (input, type) = (shape(x), dtype(x))
        var product = try step.inputs.prefix(2).map { try name($0) }
        let bias = step.inputs.dropFirst(2).first
        if input.count == 2 {
            return activated(node("Gemm", product + (try bias.map { [try name($0)] } ?? [])), activation, type)
        }
        guard source.values[output].quantization != nil else {
            var y = node("MatMul", product)
            if let bias { y = node("Add", [y, try name(bias)]) }
            return activated(y, activation, type)
        }
        // Integers are rounded once, behind the bias: the rows as a matrix.
        product[0] = rounded(node("Reshape", [product[0], integers([-1, input[input.count - 1].fixed])]), as: x)
        let rows = node("Gemm", product + (try bias.map { [try name($0)] } ?? []))
        return try reshaped(rounded(activated(rows, activation, type), as: output), from: [], to: shape(output))
    }

    mutating func addLayerNorm(
        _ step: ExportGraph.Node, _ inputs: [String], _ epsilon: Double, _ isCentered: Bool, _ hasScale: Bool, _ hasOffset: Bool
    ) throws -> String {
        let (type, axes) = (dtype(step.inputs[0]), ONNX.Attribute.ints([-1]))
        if isCentered {
            // The operator always has a scale. Ones that are no weight are made, so that nothing takes them for one.
            let scale = hasScale
                ? inputs[1]
                : node(
                    "ConstantOfShape", [try computedShape(Array(shape(step.inputs[0]).suffix(1)))],
                    ["value": .tensor(ONNX.Value(.ones([1], dtype: type)))])
            let offset = hasOffset ? [inputs[inputs.count - 1]] : []
            return node("LayerNormalization", [inputs[0], scale] + offset, ["axis": .int(-1), "epsilon": .float(Float(epsilon))])
        }
        let mean = node("ReduceMean", [node("Mul", [inputs[0], inputs[0]])], ["axes": axes, "keepdims": .int(1)])
        let root = node("Sqrt", [node("Add", [mean, number(epsilon, type)])])
        let y = node("Div", [inputs[0], root])
        return hasScale ? node("Mul", [y, inputs[1]]) : y
    }

    mutating func addRecurrent(_ step: ExportGraph.Node, _ recurrence: Operation.Recurrence) throws {
        let states = recurrence.kind.stateCount
        guard !recurrence.hasMask else {
            throw MartletError("Expected a recurrent layer without a mask: ONNX's has lengths in its place.")
        }
        guard let kernel = source.constant(step.inputs[states + 1]),
            let recurrent = source.constant(step.inputs[states + 2])
        else {
            throw MartletError("Expected a recurrent layer with constant weights.")
        }
        let units = recurrent.shape[0]
        // ONNX's order of gates: input, output, forget, cell; update, reset, hidden.
        let order = recurrence.kind == .lstm ? [0, 3, 1, 2] : Array(0..<recurrence.kind.gateCount)
        func arranged(_ x: Tensor) -> Tensor {
            let parts = x.split(count: order.count, axis: x.rank - 1)
            return .concatenate(order.map { parts[$0] }, axis: x.rank - 1)
        }
        var names = [(kernel, states + 1), (recurrent, states + 2)].map { weights, place in
            stored(step.inputs[place], arranged(weights).transposed().expandingDims(at: 0), axis: 0)
        }
        if recurrence.hasBias {
            guard let bias = source.constant(step.inputs[states + 3]) else { throw MartletError("Expected a constant bias.") }
            let rows = bias.rank == 2 ? bias : Tensor.stack([bias, .zeros(like: bias)])
            names.append(constant(arranged(rows).reshaped([1, 2 * order.count * units]), "B"))
        } else {
            names.append("")
        }
        var x = try name(step.inputs[0])
        if recurrence.goBackwards {
            x = node("Slice", [x, integers([-1]), integers([Int.min + 1]), integers([1]), integers([-1])])
        }
        let sequence = node("Transpose", [x], ["perm": .ints([1, 0, 2])])
        let given = try (1...states).map { node("Unsqueeze", [try name(step.inputs[$0]), integers([0])]) }
        var attributes: [String: ONNX.Attribute] = ["hidden_size": .int(units)]
        let type: String
        switch recurrence.kind {
        case .simple: type = "RNN"
        case .lstm: type = "LSTM"
        case .gru(let resetAfter):
            type = "GRU"
            attributes["linear_before_reset"] = .int(resetAfter ? 1 : 0)
        }
        let results = nodes(type, [sequence] + names + [""] + given, 1 + states, attributes)
        let last = results.dropFirst().map { node("Squeeze", [$0, integers([0])]) }
        if recurrence.returnSequences {
            own[step.outputs[0]] = node("Transpose", [node("Squeeze", [results[0], integers([1])])], ["perm": .ints([1, 0, 2])])
        } else {
            own[step.outputs[0]] = last[0]
        }
        for (output, name) in zip(step.outputs.dropFirst(), last) { own[output] = name }
    }
}
