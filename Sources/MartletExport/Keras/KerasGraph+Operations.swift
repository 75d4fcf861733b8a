import Martlet
import MartletCore
import MartletFormats

extension KerasGraph {
    /// Functions that are layers of activations.
    private static let activations: [Operation.Unary: String] = [
        .gelu: "gelu", .hardSwish: "hard_silu", .relu: "relu", .relu6: "relu6", .sigmoid: "sigmoid", .softplus: "softplus",
        .tanh: "tanh",
    ]

    private func unsupported(_ node: ExportGraph.Node) -> MartletError {
        MartletError(
            "Keras has no operation for \(node.operation.name). Cut the model before it.",
            at: node.layer.isEmpty ? nil : "layer \(node.layer)")
    }

    private func isFloating(_ value: Int) -> Bool { graph.values[value].dtype.isFloatingPoint }

    private func axes(_ axes: [Int]) -> JSONValue { .array(axes.map { .int($0) }) }

    mutating func emit(_ node: ExportGraph.Node) throws {
        do {
            try emitted(node)
        } catch let error as MartletError where error.location == nil && !node.layer.isEmpty {
            throw MartletError(error.message, at: "layer \(node.layer)")
        }
    }

    /// Sets an output to a result of this dtype, which is cast where the graph says another.
    private mutating func set(_ node: ExportGraph.Node, _ reference: Reference, from dtype: DType, output: Int = 0) {
        let value = graph.values[node.outputs[output]]
        guard value.dtype != dtype else { return set(node, reference, output: output) }
        let result = operation("Cast", ["dtype": .string(value.dtype.name)], [argument(reference, dtype, value.shape)], node)
        set(node, result, output: output)
    }

    private mutating func emitted(_ node: ExportGraph.Node) throws {
        let output = graph.values[node.outputs[0]]
        switch node.operation {
        case .unary(let unary):
            let x = try argument(node.inputs[0])
            if let name = Self.activations[unary], isFloating(node.inputs[0]) {
                set(node, layer("Activation", ["activation": .string(name)], [x], node))
            } else if unary == .geluTanh {
                set(node, operation("Gelu", ["approximate": true], [x], node))
            } else if let name = unary.names.keras {
                set(node, operation(name, unary == .round ? ["decimals": 0] : [:], [x], node))
            } else {
                throw unsupported(node)
            }
        case .binary(let binary):
            guard let name = binary.names.keras else { throw unsupported(node) }
            let operands = try node.inputs.indices.map { try operand(node.inputs[$0], beside: node.inputs[1 - $0]) }
            if binary == .divide, !isFloating(node.inputs[0]) {
                // Of integers, the quotient without its fraction.
                let quotient = argument(operation("Divide", [:], operands, node), .float32, output.shape)
                let whole = operation("Trunc", [:], [quotient], node)
                set(node, whole, from: .float32)
            } else {
                set(node, operation(name, [:], operands, node))
            }
        case .select: set(node, operation("Where", [:], try node.inputs.map(argument), node))
        case .cast:
            set(node, operation("Cast", ["dtype": .string(output.dtype.name)], [try argument(node.inputs[0])], node))
        case .matmul(let transposeA, let transposeB): try emitProduct(node, transposeA, transposeB)
        case .dense(let activation):
            let tensors = try weights(node)
            let units = tensors[0].shape[1]
            set(
                node, layer(
                    "Dense",
                    ["units": .int(units), "use_bias": .bool(tensors.count > 1), "activation": Self.name(of: activation)],
                    [try argument(node.inputs[0])], node, weights: tensors))
        case .layerNorm(let epsilon, let isCentered, let hasScale, let hasOffset):
            let tensors = try node.inputs.dropFirst().map { value -> Tensor in
                guard let constant = graph.constant(value) else { throw unsupported(node) }
                return constant
            }
            var config: JSONObject = ["axis": -1, "epsilon": .double(epsilon)]
            if isCentered {
                config["scale"] = .bool(hasScale)
                config["center"] = .bool(hasOffset)
            }
            let name = isCentered ? "LayerNormalization" : "RMSNormalization"
            let size = output.shape.last?.fixed ?? 1
            // Keras's by the squares alone always has a scale.
            let weights = isCentered || hasScale ? tensors : [Tensor.ones([size], dtype: output.dtype)]
            set(node, layer(name, config, [try argument(node.inputs[0])], node, weights: weights))
        case .convolution(let windows, let groups, let activation): try emitConvolution(node, windows, groups, activation)
        case .transposedConvolution(let windows):
            let tensors = try weights(node)
            let sizes = tensors[0].shape.dimensions
            var config: JSONObject = [
                "filters": .int(sizes[sizes.count - 2]), "kernel_size": axes(Array(sizes.dropLast(2))), "padding": "valid",
                "use_bias": .bool(tensors.count > 1),
            ]
            config["strides"] = axes(windows.strides)
            set(
                node, layer(
                    "Conv\(windows.strides.count)DTranspose", config, [try argument(node.inputs[0])], node, weights: tensors))
        case .maxPool(let size, let windows), .averagePool(let size, let windows):
            let isMax = if case .maxPool = node.operation { true } else { false }
            let padding = windows.tflitePadding(graph.values[node.inputs[0]].shape, size)
            set(
                node, layer(
                    "\(isMax ? "Max" : "Average")Pooling\(size.count)D",
                    [
                        "pool_size": axes(size), "strides": axes(windows.strides),
                        "padding": padding == .same ? "same" : "valid",
                    ], [try argument(node.inputs[0])], node))
        case .reduce(let reduction, let places, let keepDims): try emitReduction(node, reduction, places, keepDims)
        case .argmax(let axis), .argmin(let axis):
            let isMax = if case .argmax = node.operation { true } else { false }
            let config: JSONObject = ["axis": .int(axis), "keepdims": false]
            let place = operation(isMax ? "Argmax" : "Argmin", config, [try argument(node.inputs[0])], node)
            set(node, place, from: .int32)
        case .cumulate(.cumulativeSum, let axis, false, false), .cumulate(.cumulativeProduct, let axis, false, false):
            let isSum = if case .cumulate(.cumulativeSum, _, _, _) = node.operation { true } else { false }
            let config: JSONObject = ["axis": .int(axis), "dtype": .null]
            set(node, operation(isSum ? "Cumsum" : "Cumprod", config, [try argument(node.inputs[0])], node))
        case .softmax(let axis): set(node, layer("Softmax", ["axis": .int(axis)], [try argument(node.inputs[0])], node))
        case .logSoftmax(let axis):
            set(node, operation("LogSoftmax", ["axis": .int(axis)], [try argument(node.inputs[0])], node))
        case .reshape: try emitReshape(node)
        case .broadcast: try emitBroadcast(node)
        case .transpose(let order):
            let x = try argument(node.inputs[0])
            set(
                node, order[0] == 0
                    ? layer("Permute", ["dims": axes(Array(order.dropFirst()))], [x], node)
                    : operation("Transpose", ["axes": axes(order)], [x], node))
        case .concatenate(let axis):
            let parts = JSONValue.array(try node.inputs.map(argument))
            let isComputed = node.inputs.allSatisfy { graph.constant($0) == nil }
            set(
                node, isComputed && axis > 0 && node.inputs.count > 1
                    ? layer("Concatenate", ["axis": .int(axis)], [parts], node)
                    : operation("Concatenate", ["axis": .int(axis)], [parts], node))
        case .slice(let begin, let step): try emitSlice(node, begin, step)
        case .pad(let before, let after, let value):
            let widths = zip(before, after).map { JSONValue.array([.int($0), .int($1)]) }
            let fill: JSONValue = value == 0 ? .null : output.dtype.isFloatingPoint ? .double(value) : .int(Int(value))
            set(
                node, operation(
                    "Pad", ["pad_width": .array(widths), "mode": "constant"], [try argument(node.inputs[0])],
                    keywords: ["constant_values": fill], node))
        case .gather(let axis):
            if axis == 0, let table = graph.constant(node.inputs[0]), table.rank == 2, table.dtype == .float32 {
                let config: JSONObject = ["input_dim": .int(table.shape[0]), "output_dim": .int(table.shape[1])]
                set(node, layer("Embedding", config, [try argument(node.inputs[1])], node, weights: [table]))
            } else {
                set(node, operation("Take", ["axis": .int(axis)], try node.inputs.map(argument), node))
            }
        case .takeAlong(let axis):
            set(node, operation("TakeAlongAxis", ["axis": .int(axis)], try node.inputs.map(argument), node))
        case .oneHot(let on, let off):
            let config: JSONObject = [
                "num_classes": .int(output.shape.last!.fixed), "axis": -1, "dtype": .string(output.dtype.name), "sparse": false,
            ]
            var marks = operation("OneHot", config, [try argument(node.inputs[0])], node)
            if on - off != 1 {
                marks = operation("Multiply", [:], [argument(marks, like: node.outputs[0]), .double(on - off)], node)
            }
            if off != 0 { marks = operation("Add", [:], [argument(marks, like: node.outputs[0]), .double(off)], node) }
            set(node, marks)
        case .topK(let count):
            let config: JSONObject = ["k": .int(count), "sorted": true]
            let found = operation("TopK", config, [try argument(node.inputs[0])], node)
            set(node, found)
            set(node, Reference(layer: found.layer, call: found.call, output: 1), from: .int32, output: 1)
        default: throw unsupported(node)
        }
    }

    private static func name(of activation: Operation.Activation) -> JSONValue {
        .string(activation == .none ? "linear" : activation.rawValue)
    }

    /// Kernel and bias.
    private func weights(_ node: ExportGraph.Node) throws -> [Tensor] {
        try node.inputs.dropFirst().map { value in
            guard let weight = graph.constant(value) else { throw unsupported(node) }
            return weight.cast(to: .float32)
        }
    }

    /// An operand as an argument; a single number beside a tensor is a number.
    private func operand(_ value: Int, beside other: Int) throws -> JSONValue {
        let own = graph.values[value]
        guard let constant = own.constant, constant.elementCount == 1, graph.constant(other) == nil, own.dtype != .bool,
            own.rank <= graph.values[other].rank
        else { return try argument(value) }
        return own.dtype.isFloatingPoint ? .double(constant.item()) : .int(constant.item())
    }

    /// A tensor with its last two axes exchanged.
    private mutating func swapped(
        _ value: JSONValue, _ shape: [ExportGraph.Dimension], _ node: ExportGraph.Node
    ) -> JSONValue {
        var shape = shape
        shape.swapAt(shape.count - 1, shape.count - 2)
        let result = operation("Swapaxes", ["axis1": -1, "axis2": -2], [value], node)
        return argument(result, graph.values[node.outputs[0]].dtype, shape)
    }

    private mutating func product(_ x: JSONValue, _ kernel: Tensor, _ node: ExportGraph.Node) -> Reference {
        layer(
            "Dense", ["units": .int(kernel.shape[1]), "use_bias": false, "activation": "linear"], [x], node,
            weights: [kernel.cast(to: .float32)])
    }

    /// A product with a constant matrix is a dense layer, whose weights can be trained.
    private mutating func emitProduct(_ node: ExportGraph.Node, _ transposeA: Bool, _ transposeB: Bool) throws {
        let (a, b) = (node.inputs[0], node.inputs[1])
        let (shapeA, shapeB) = (graph.values[a].shape, graph.values[b].shape)
        if let kernel = graph.constant(b), kernel.rank == 2, shapeA.count >= 2, isFloating(b) {
            var x = try argument(a)
            if transposeA { x = swapped(x, shapeA, node) }
            let result = product(x, transposeB ? kernel.transposed(0, 1) : kernel, node)
            return set(node, result)
        }
        if let kernel = graph.constant(a), kernel.rank == 2, shapeB.count >= 3, isFloating(a) {
            var x = try argument(b)
            if !transposeB { x = swapped(x, shapeB, node) }
            let output = graph.values[node.outputs[0]]
            var shape = output.shape
            shape.swapAt(shape.count - 1, shape.count - 2)
            let turned = product(x, transposeA ? kernel : kernel.transposed(0, 1), node)
            let result = operation(
                "Swapaxes", ["axis1": -1, "axis2": -2], [argument(turned, output.dtype, shape)], node)
            return set(node, result)
        }
        var (left, right) = (try argument(a), try argument(b))
        if transposeA { left = swapped(left, shapeA, node) }
        if transposeB { right = swapped(right, shapeB, node) }
        let result = operation("Matmul", [:], [left, right], node)
        set(node, result)
    }

    private mutating func emitConvolution(
        _ node: ExportGraph.Node, _ windows: Windows, _ groups: Int, _ activation: Operation.Activation
    ) throws {
        var tensors = try weights(node)
        let sizes = tensors[0].shape.dimensions
        let window = Array(sizes.dropLast(2))
        let padding = windows.tflitePadding(graph.values[node.inputs[0]].shape, window)
        var config: JSONObject = [
            "kernel_size": axes(window), "strides": axes(windows.strides), "dilation_rate": axes(windows.dilations),
            "padding": padding == .same ? "same" : "valid", "use_bias": .bool(tensors.count > 1),
            "activation": Self.name(of: activation),
        ]
        let rank = window.count
        let isDepthwise = groups > 1 && sizes[rank] == 1 && rank < 3
        if isDepthwise {
            let multiplier = sizes[rank + 1] / groups
            config["depth_multiplier"] = .int(multiplier)
            tensors[0] = tensors[0].reshaped(window + [groups, multiplier])
        } else {
            (config["filters"], config["groups"]) = (.int(sizes[rank + 1]), .int(groups))
        }
        set(
            node, layer(
                "\(isDepthwise ? "Depthwise" : "")Conv\(rank)D", config, [try argument(node.inputs[0])], node, weights: tensors))
    }

    private mutating func emitReduction(
        _ node: ExportGraph.Node, _ reduction: Operation.Reduction, _ places: [Int], _ keepDims: Bool
    ) throws {
        let (x, rank) = (try argument(node.inputs[0]), graph.values[node.inputs[0]].rank)
        if (3...5).contains(rank), places == Array(1..<rank - 1), isFloating(node.inputs[0]),
            reduction == .mean || reduction == .max
        {
            let name = "Global\(reduction == .max ? "Max" : "Average")Pooling\(rank - 2)D"
            return set(node, layer(name, ["keepdims": .bool(keepDims)], [x], node))
        }
        var config: JSONObject = ["axis": axes(places), "keepdims": .bool(keepDims)]
        if reduction == .max || reduction == .min { config["initial"] = .null }
        if reduction == .product { config["dtype"] = .null }
        set(node, operation(reduction.names.keras!, config, [x], node))
    }

    private mutating func emitReshape(_ node: ExportGraph.Node) throws {
        let (from, to) = (graph.values[node.inputs[0]].shape, graph.values[node.outputs[0]].shape)
        let x = try argument(node.inputs[0])
        let keepsBatch = from.first == to.first && from.first?.size == nil && to.count > 1
        if keepsBatch, from.dropFirst().allSatisfy({ $0.size != nil }) {
            let rest = to.dropFirst().compactMap(\.size)
            return set(
                node, to.count == 2 && from.count > 2
                    ? layer("Flatten", [:], [x], node) : layer("Reshape", ["target_shape": axes(rest)], [x], node))
        }
        guard to.count(where: { $0.size == nil }) <= 1 else { throw unsupported(node) }
        set(node, operation("Reshape", ["newshape": axes(to.map(\.sizeOrUnknown))], [x], node))
    }

    /// Repeats along axes of size 1. Along the batch axis, a sum with zeros of each sample.
    private mutating func emitBroadcast(_ node: ExportGraph.Node) throws {
        let (input, output) = (graph.values[node.inputs[0]], graph.values[node.outputs[0]])
        var from = input.shape
        from.insert(contentsOf: [ExportGraph.Dimension](repeating: .init(1), count: output.rank - from.count), at: 0)
        var x = try argument(node.inputs[0])
        if let constant = input.constant {
            x = try array(constant.reshaped(from.map(\.fixed)))
        } else if from != input.shape {
            guard from.count(where: { $0.size == nil }) <= 1 else { throw unsupported(node) }
            let wide = operation("Reshape", ["newshape": axes(from.map(\.sizeOrUnknown))], [x], node)
            x = argument(wide, output.dtype, from)
        }
        let repeats = zip(from, output.shape).map { $0 == $1 ? 1 : $1.size ?? 1 }
        if repeats.contains(where: { $0 > 1 }) {
            for axis in from.indices where repeats[axis] > 1 { from[axis] = output.shape[axis] }
            if let constant = input.constant {
                x = try array(constant.broadcast(to: Shape(from.map(\.fixed))))
            } else {
                x = argument(operation("Tile", ["repeats": axes(repeats)], [x], node), output.dtype, from)
            }
        }
        let open = from.indices.filter { from[$0] != output.shape[$0] }
        guard let axis = open.first else {
            if graph.constant(node.inputs[0]) == nil, case .object = x, let known = lastReference(x) { return set(node, known) }
            throw unsupported(node)
        }
        guard open.count == 1, output.shape[axis] == .batch, output.dtype != .bool,
            let source = graph.inputs.first(where: { graph.values[$0].shape.first == .batch })
        else { throw unsupported(node) }
        // One element of each sample, times nothing.
        let rank = graph.values[source].rank
        var one = try argument(source)
        if rank > 1 {
            let all: JSONValue = ["class_name": "__slice__", "config": ["start": .null, "stop": .null, "step": .null]]
            let first = operation("GetItem", [:], [one, .array([all] + (1..<rank).map { _ in 0 })], node)
            one = argument(first, graph.values[source].dtype, [.batch])
        }
        let zeros = argument(operation("ZerosLike", [:], [one], node), graph.values[source].dtype, [.batch])
        let typed = argument(operation("Cast", ["dtype": .string(output.dtype.name)], [zeros], node), output.dtype, [.batch])
        var along = [ExportGraph.Dimension](repeating: .init(1), count: output.rank)
        along[axis] = .batch
        let column = operation("Reshape", ["newshape": axes(along.map(\.sizeOrUnknown))], [typed], node)
        set(node, operation("Add", [:], [argument(column, output.dtype, along), x], node))
    }

    /// The tensor that an argument is.
    private func lastReference(_ argument: JSONValue) -> Reference? {
        guard case .array(let history)? = argument["config"]?["keras_history"], case .string(let layer) = history[0],
            case .int(let call) = history[1], case .int(let output) = history[2]
        else { return nil }
        return Reference(layer: layer, call: call, output: output)
    }

    private mutating func emitSlice(_ node: ExportGraph.Node, _ begin: [Int], _ step: [Int]) throws {
        let (from, to) = (graph.values[node.inputs[0]].shape, graph.values[node.outputs[0]].shape)
        let parts = try begin.indices.map { axis -> JSONValue in
            if from[axis] == to[axis], begin[axis] == 0, step[axis] == 1 {
                return ["class_name": "__slice__", "config": ["start": .null, "stop": .null, "step": .null]]
            }
            guard let size = to[axis].size else { throw unsupported(node) }
            let end = begin[axis] + step[axis] * size
            return [
                "class_name": "__slice__",
                "config": [
                    "start": .int(begin[axis]), "stop": end < 0 ? .null : .int(end), "step": .int(step[axis]),
                ],
            ]
        }
        set(node, operation("GetItem", [:], [try argument(node.inputs[0]), .array(parts)], node))
    }
}
