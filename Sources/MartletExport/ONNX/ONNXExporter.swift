import Martlet
import MartletCore
import MartletFormats

/// Makes an ONNX file of an export graph: opset 17, images with their channels first where operators want them so.
///
/// A value may be there in two layouts, its own and with the channels first. Each is made where it is first asked for, so that
/// transposes between neighbouring operators do not arise.
package struct ONNXExporter {
    private let source: ExportGraph
    private var file = ONNX.File()
    private var names: Set<String> = []
    /// The names of the values, by layout.
    private var own: [Int: String] = [:]
    private var first: [Int: String] = [:]
    private var constants: [String: String] = [:]
    private var layer = ""

    /// The file of a graph.
    /// - Throws: `MartletError` with the layer, for an operation that ONNX does not have.
    package static func file(of graph: ExportGraph) throws -> ONNX.File {
        var exporter = ONNXExporter(graph)
        return try exporter.export()
    }

    private init(_ graph: ExportGraph) {
        source = graph
        file.opsets = ["": 17]
        file.producer = "Martlet"
        file.producerVersion = Settings.version
        file.graph.name = graph.name
        // Names that users know must stay free.
        names = Set(graph.inputNames + graph.outputNames)
    }

    private mutating func export() throws -> ONNX.File {
        for (value, name) in zip(source.inputs, source.inputNames) {
            own[value] = name
            file.graph.inputs.append(info(name, value))
        }
        for node in source.nodes {
            layer = node.layer
            do {
                try add(node)
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: "layer \(node.layer)")
            }
        }
        layer = ""
        for (value, name) in zip(source.outputs, source.outputNames) {
            file.graph.nodes.append(ONNX.Node("Identity", [try self.name(value)], [name]))
            file.graph.outputs.append(info(name, value))
        }
        return file
    }

    private func info(_ name: String, _ value: Int) -> ONNX.ValueInfo {
        let value = source.values[value]
        return ONNX.ValueInfo(name, .init(value.dtype), value.shape.enumerated().map { axis, size in
            if let fixed = size.size { return .size(fixed) }
            let rest = size.fixed == 0 ? "" : "+\(size.fixed)"
            return .symbol(size == .batch ? "batch" : "\(size.perSample)*batch\(rest)")
        })
    }

    // MARK: Names

    private mutating func unique(_ stem: String) -> String {
        var (name, number) = (stem, 1)
        while !names.insert(name).inserted {
            name = "\(stem)_\(number)"
            number += 1
        }
        return name
    }

    /// Adds a node of one output and returns its name.
    private mutating func node(_ type: String, _ inputs: [String], _ attributes: [String: ONNX.Attribute] = [:]) -> String {
        nodes(type, inputs, 1, attributes)[0]
    }

    private mutating func nodes(
        _ type: String, _ inputs: [String], _ count: Int, _ attributes: [String: ONNX.Attribute] = [:]
    ) -> [String] {
        let stem = layer.isEmpty ? type : layer + "/" + type
        let outputs = (0..<count).map { _ in unique(stem) }
        file.graph.nodes.append(ONNX.Node(type, inputs, outputs, attributes))
        return outputs
    }

    /// A constant. Small ones are kept once.
    private mutating func constant(_ tensor: Tensor, _ stem: String = "constant") -> String {
        let key = tensor.elementCount <= 16 ? "\(tensor.spec) \(tensor.scalars(as: Double.self).map(\.bitPattern))" : ""
        if !key.isEmpty, let name = constants[key] { return name }
        let name = unique(layer.isEmpty ? stem : layer + "/" + stem)
        file.graph.initializers.append((name, ONNX.Value(tensor)))
        if !key.isEmpty { constants[key] = name }
        return name
    }

    private mutating func integers(_ values: [Int]) -> String { constant(Tensor(values), "sizes") }

    private mutating func number(_ value: Double, _ dtype: DType) -> String {
        constant(Tensor(value, dtype: dtype.isFloatingPoint ? dtype : .float64).cast(to: dtype), "number")
    }

    /// The name of a value in its own layout.
    private mutating func name(_ value: Int) throws -> String {
        if let name = own[value] { return name }
        let name: String
        if let tensor = source.constant(value) {
            name = constant(tensor, source.values[value].name)
        } else if let channelsFirst = first[value] {
            name = node("Transpose", [channelsFirst], ["perm": .ints([0] + Array(2..<source.values[value].rank) + [1])])
        } else {
            throw MartletError("Expected a value that is computed before it is read: \(source.values[value].name).")
        }
        own[value] = name
        return name
    }

    /// The name of a value with its channels first.
    private mutating func channelsFirst(_ value: Int) throws -> String {
        if let name = first[value] { return name }
        let rank = source.values[value].rank
        let name = node("Transpose", [try name(value)], ["perm": .ints(Self.firstOrder(rank))])
        first[value] = name
        return name
    }

    private static func firstOrder(_ rank: Int) -> [Int] { [0, rank - 1] + Array(1..<(rank - 1)) }

    /// Whether a value is there with its channels first only.
    private func isChannelsFirst(_ value: Int) -> Bool { first[value] != nil && own[value] == nil }

    private func dtype(_ value: Int) -> DType { source.values[value].dtype }
    private func shape(_ value: Int) -> [ExportGraph.Dimension] { source.values[value].shape }

    // MARK: Shapes

    /// The shape of a value as a tensor of integers, for `Expand`: computed where it depends on the batch.
    private mutating func computedShape(_ shape: [ExportGraph.Dimension]) throws -> String {
        if shape.allSatisfy({ $0.size != nil }) { return integers(shape.map(\.fixed)) }
        let graph = source
        let places = graph.inputs.compactMap { value in graph.values[value].shape.firstIndex(of: .batch).map { (value, $0) } }
        guard let (value, axis) = places.first else { throw MartletError("Expected an input whose first axis is the batch.") }
        let sizes = node("Shape", [try name(value)])
        let batch = node("Slice", [sizes, integers([axis]), integers([axis + 1])])
        let parts = shape.map { size -> String in
            if let fixed = size.size { return integers([fixed]) }
            var part = batch
            if size.perSample != 1 { part = node("Mul", [part, integers([size.perSample])]) }
            if size.fixed != 0 { part = node("Add", [part, integers([size.fixed])]) }
            return part
        }
        return node("Concat", parts, ["axis": .int(0)])
    }

    /// A value in the shape of another one.
    private mutating func reshaped(
        _ name: String, from old: [ExportGraph.Dimension], to new: [ExportGraph.Dimension]
    ) throws -> String {
        var isFree = false
        var sizes: [Int] = []
        for (axis, size) in new.enumerated() {
            if let fixed = size.size { sizes.append(fixed); continue }
            // 0 keeps the size of the axis.
            if axis < old.count, old[axis] == size { sizes.append(0); continue }
            if isFree { return node("Reshape", [name, try computedShape(new)]) }
            isFree = true
            sizes.append(-1)
        }
        if zip(new, sizes).contains(where: { $0.size == 0 && $1 == 0 }) {
            return node("Reshape", [name, try computedShape(new)], ["allowzero": .int(1)])
        }
        return node("Reshape", [name, integers(sizes)])
    }

    // MARK: Operations

    private mutating func add(_ step: ExportGraph.Node) throws {
        let output = step.outputs[0]
        if let name = try channelsFirst(step) {
            first[output] = name
            return
        }
        // Its weights are laid out anew.
        if case .recurrent(let recurrence) = step.operation { return try addRecurrent(step, recurrence) }
        let inputs = try step.inputs.map { try name($0) }
        let type = dtype(step.inputs[0])
        switch step.operation {
        case .unary(let unary): own[output] = try add(unary, inputs[0], type)
        case .binary(let binary): own[output] = try add(binary, inputs[0], inputs[1], type)
        case .select: own[output] = node("Where", inputs)
        case .cast: own[output] = cast(inputs[0], to: dtype(output))
        case .matmul(let transposeA, let transposeB):
            let factors = zip(inputs, [transposeA, transposeB]).enumerated().map { place, factor in
                factor.1 ? transposedMatrix(factor.0, rank: shape(step.inputs[place]).count) : factor.0
            }
            own[output] = node("MatMul", factors)
        case .dense(let activation):
            var name: String
            if shape(step.inputs[0]).count == 2 {
                name = node("Gemm", inputs)
            } else {
                name = node("MatMul", Array(inputs[..<2]))
                if inputs.count > 2 { name = node("Add", [name, inputs[2]]) }
            }
            name = activated(name, activation, type)
            own[output] = name
        case .reduce(let reduction, let axes, let keepDims): own[output] = add(reduction, inputs[0], axes, keepDims, type)
        case .argmax(let axis): own[output] = place("ArgMax", inputs[0], axis, dtype(output))
        case .argmin(let axis): own[output] = place("ArgMin", inputs[0], axis, dtype(output))
        case .cumulate(.cumulativeSum, let axis, let exclusive, let reverse):
            own[output] = node(
                "CumSum", [inputs[0], constant(Tensor(axis), "axis")],
                ["exclusive": .int(exclusive ? 1 : 0), "reverse": .int(reverse ? 1 : 0)])
        case .softmax(let axis): own[output] = node("Softmax", inputs, ["axis": .int(axis)])
        case .logSoftmax(let axis): own[output] = node("LogSoftmax", inputs, ["axis": .int(axis)])
        case .layerNorm(let epsilon, let isCentered, let hasScale, let hasOffset):
            own[output] = try addLayerNorm(step, inputs, epsilon, isCentered, hasScale, hasOffset)
        case .reshape: own[output] = try reshaped(inputs[0], from: shape(step.inputs[0]), to: shape(output))
        case .broadcast: own[output] = try addBroadcast(inputs[0], from: shape(step.inputs[0]), to: shape(output))
        case .transpose(let order): own[output] = node("Transpose", inputs, ["perm": .ints(order)])
        case .concatenate(let axis): own[output] = node("Concat", inputs, ["axis": .int(axis)])
        case .slice(let begin, let step_):
            own[output] = try addSlice(inputs[0], from: shape(step.inputs[0]), to: shape(output), begin, step_)
        case .pad(let before, let after, let value):
            own[output] = node("Pad", [inputs[0], integers(before + after), number(value, type)])
        case .gather(let axis): own[output] = node("Gather", inputs, ["axis": .int(axis)])
        case .gatherND: own[output] = node("GatherND", inputs)
        case .takeAlong(let axis): own[output] = node("GatherElements", inputs, ["axis": .int(axis)])
        case .oneHot(let on, let off):
            let values = constant(Tensor([off, on], dtype: .float64).cast(to: dtype(output)), "values")
            own[output] = node("OneHot", [inputs[0], integers([shape(output).last?.fixed ?? 0]), values], ["axis": .int(-1)])
        case .topK(let count): addTopK(step, inputs[0], count, descending: true)
        case .sort(let descending):
            addTopK(step, inputs[0], shape(step.inputs[0]).last?.fixed ?? 0, descending: descending)
        default: throw MartletError("Expected an operation that ONNX has. Received: \(step.operation.name).")
        }
    }

    /// The name of the result with its channels first, where that is the better layout; else nil.
    private mutating func channelsFirst(_ step: ExportGraph.Node) throws -> String? {
        let output = step.outputs[0]
        let (rank, type) = (shape(output).count, dtype(output))
        guard (3...5).contains(rank) else { return nil }
        func pads(_ windows: Windows) -> ONNX.Attribute { .ints(windows.before + windows.after) }
        switch step.operation {
        case .convolution(let windows, let groups, let activation):
            let kernel = try weight(step.inputs[1], order: [rank - 1, rank - 2] + Array(0..<(rank - 2)))
            let bias = try step.inputs.dropFirst(2).map { try name($0) }
            let y = node("Conv", [try channelsFirst(step.inputs[0]), kernel] + bias, [
                "strides": .ints(windows.strides), "dilations": .ints(windows.dilations), "pads": pads(windows),
                "group": .int(groups), "kernel_shape": .ints(shape(step.inputs[1]).dropLast(2).map(\.fixed)),
            ])
            return activated(y, activation, type)
        case .transposedConvolution(let windows):
            let kernel = try weight(step.inputs[1], order: [rank - 1, rank - 2] + Array(0..<(rank - 2)))
            let bias = try step.inputs.dropFirst(2).map { try name($0) }
            let (old, new, window) = (shape(step.inputs[0]), shape(output), shape(step.inputs[1]))
            var (after, extra) = (windows.after, [Int](repeating: 0, count: rank - 2))
            for axis in 0..<rank - 2 {
                guard let from = old[axis + 1].size, let to = new[axis + 1].size else {
                    throw MartletError("Expected known sizes.")
                }
                let covered = (from - 1) * windows.strides[axis] + (window[axis].fixed - 1) * windows.dilations[axis] + 1
                // What the windows do not cover is added, what they cover too much is cut.
                after[axis] = covered - windows.before[axis] - to
                if after[axis] < 0 { (extra[axis], after[axis]) = (-after[axis], 0) }
            }
            return node("ConvTranspose", [try channelsFirst(step.inputs[0]), kernel] + bias, [
                "strides": .ints(windows.strides), "dilations": .ints(windows.dilations),
                "pads": .ints(windows.before + after), "output_padding": .ints(extra),
            ])
        case .maxPool(let size, let windows):
            return node("MaxPool", [try channelsFirst(step.inputs[0])], [
                "kernel_shape": .ints(size), "strides": .ints(windows.strides), "pads": pads(windows),
            ])
        case .averagePool(let size, let windows):
            return node("AveragePool", [try channelsFirst(step.inputs[0])], [
                "kernel_shape": .ints(size), "strides": .ints(windows.strides), "pads": pads(windows),
                "count_include_pad": .int(0),
            ])
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
    private mutating func operands(_ step: ExportGraph.Node, _ rank: Int) throws -> [String]? {
        var names: [String] = []
        for input in step.inputs {
            if let tensor = source.constant(input) {
                guard tensor.rank <= rank else { return nil }
                let whole = tensor.reshaped([Int](repeating: 1, count: rank - tensor.rank) + tensor.shape.dimensions)
                let isScalar = tensor.elementCount == 1
                names.append(constant(isScalar ? tensor.reshaped(to: []) : whole.transposed(permutation: Self.firstOrder(rank))))
            } else {
                guard shape(input).count == rank else { return nil }
                names.append(try channelsFirst(input))
            }
        }
        return names
    }

    /// A weight with its axes in another order.
    private mutating func weight(_ value: Int, order: [Int]) throws -> String {
        guard let tensor = source.constant(value) else { return node("Transpose", [try name(value)], ["perm": .ints(order)]) }
        return constant(tensor.transposed(permutation: order), source.values[value].name)
    }

    private mutating func transposedMatrix(_ name: String, rank: Int) -> String {
        node("Transpose", [name], ["perm": .ints(Array(0..<(rank - 2)) + [rank - 1, rank - 2])])
    }

    private mutating func cast(_ name: String, to type: DType) -> String {
        node("Cast", [name], ["to": .int(ONNX.ElementType(type).rawValue)])
    }

    private mutating func activated(_ name: String, _ activation: Operation.Activation, _ type: DType) -> String {
        switch activation {
        case .none: name
        case .relu: node("Relu", [name])
        case .relu6: node("Clip", [name, number(0, type), number(6, type)])
        }
    }

    private mutating func add(_ unary: Operation.Unary, _ x: String, _ type: DType) throws -> String {
        let single: [Operation.Unary: String] = [
            .abs: "Abs", .acos: "Acos", .acosh: "Acosh", .asin: "Asin", .asinh: "Asinh", .atan: "Atan", .atanh: "Atanh",
            .ceil: "Ceil", .cos: "Cos", .cosh: "Cosh", .erf: "Erf", .exp: "Exp", .floor: "Floor", .isInfinite: "IsInf",
            .isNaN: "IsNaN", .log: "Log", .logicalNot: "Not", .negate: "Neg", .reciprocal: "Reciprocal", .relu: "Relu",
            .round: "Round", .sigmoid: "Sigmoid", .sign: "Sign", .sin: "Sin", .sinh: "Sinh", .softplus: "Softplus",
            .squareRoot: "Sqrt", .tan: "Tan", .tanh: "Tanh", .hardSwish: "HardSwish",
        ]
        if let operation = single[unary] { return node(operation, [x]) }
        switch unary {
        case .erfc: return node("Sub", [number(1, type), node("Erf", [x])])
        case .exp2: return node("Pow", [number(2, type), x])
        case .expm1: return node("Sub", [node("Exp", [x]), number(1, type)])
        case .log1p: return node("Log", [node("Add", [x, number(1, type)])])
        case .log2: return node("Mul", [node("Log", [x]), number(1.4426950408889634, type)])
        case .isFinite: return node("Not", [node("Or", [node("IsInf", [x]), node("IsNaN", [x])])])
        case .reciprocalSquareRoot: return node("Reciprocal", [node("Sqrt", [x])])
        case .relu6: return node("Clip", [x, number(0, type), number(6, type)])
        case .square: return node("Mul", [x, x])
        case .trunc: return node("Mul", [node("Sign", [x]), node("Floor", [node("Abs", [x])])])
        case .gelu:
            let error = node("Erf", [node("Mul", [x, number(0.7071067811865476, type)])])
            return node("Mul", [node("Mul", [x, number(0.5, type)]), node("Add", [error, number(1, type)])])
        case .geluTanh:
            let cube = node("Mul", [node("Mul", [x, x]), x])
            let sum = node("Add", [x, node("Mul", [cube, number(0.044715, type)])])
            let tanh = node("Tanh", [node("Mul", [sum, number(0.7978845608028654, type)])])
            return node("Mul", [node("Mul", [x, number(0.5, type)]), node("Add", [tanh, number(1, type)])])
        default: throw MartletError("Expected a function that ONNX has. Received: \(unary.rawValue).")
        }
    }

    private mutating func add(_ binary: Operation.Binary, _ a: String, _ b: String, _ type: DType) throws -> String {
        let single: [Operation.Binary: String] = [
            .add: "Add", .divide: "Div", .equal: "Equal", .greater: "Greater", .greaterEqual: "GreaterOrEqual", .less: "Less",
            .lessEqual: "LessOrEqual", .logicalAnd: "And", .logicalOr: "Or", .logicalXor: "Xor", .maximum: "Max",
            .minimum: "Min", .multiply: "Mul", .pow: "Pow", .subtract: "Sub",
        ]
        if let operation = single[binary] { return node(operation, [a, b]) }
        switch binary {
        case .notEqual: return node("Not", [node("Equal", [a, b])])
        case .hypot: return node("Sqrt", [node("Add", [node("Mul", [a, a]), node("Mul", [b, b])])])
        case .floorDivide where type.isFloatingPoint: return node("Floor", [node("Div", [a, b])])
        case .floorDivide:
            // Integers are divided towards zero there; what the division leaves has the sign of the divisor in Mod.
            return node("Div", [node("Sub", [a, node("Mod", [a, b])]), b])
        case .mod where type.isFloatingPoint: return node("Sub", [a, node("Mul", [b, node("Floor", [node("Div", [a, b])])])])
        case .mod: return node("Mod", [a, b])
        case .atan2:
            // The angle of the half plane, moved by half a turn on the left.
            let zero = number(0, type)
            let turn = node("Where", [node("Less", [a, zero]), number(-Double.pi, type), number(Double.pi, type)])
            let moved = node("Where", [node("Less", [b, zero]), turn, zero])
            return node("Add", [node("Atan", [node("Div", [a, b])]), moved])
        default: throw MartletError("Expected a function that ONNX has. Received: \(binary.rawValue).")
        }
    }

    private mutating func add(
        _ reduction: Operation.Reduction, _ x: String, _ axes: [Int], _ keepDims: Bool, _ type: DType
    ) -> String {
        let keeps = ONNX.Attribute.int(keepDims ? 1 : 0)
        if axes.isEmpty { return node("Identity", [x]) }
        switch reduction {
        case .sum: return node("ReduceSum", [x, integers(axes)], ["keepdims": keeps])
        case .mean: return node("ReduceMean", [x], ["axes": .ints(axes), "keepdims": keeps])
        case .max: return node("ReduceMax", [x], ["axes": .ints(axes), "keepdims": keeps])
        case .min: return node("ReduceMin", [x], ["axes": .ints(axes), "keepdims": keeps])
        case .product: return node("ReduceProd", [x], ["axes": .ints(axes), "keepdims": keeps])
        case .all, .any:
            let flags = cast(type == .bool ? x : cast(x, to: .bool), to: .int32)
            let name = reduction == .all ? "ReduceMin" : "ReduceMax"
            return cast(node(name, [flags], ["axes": .ints(axes), "keepdims": keeps]), to: .bool)
        }
    }

    private mutating func place(_ type: String, _ x: String, _ axis: Int, _ dtype: DType) -> String {
        let place = node(type, [x], ["axis": .int(axis), "keepdims": .int(0)])
        return dtype == .int64 ? place : cast(place, to: dtype)
    }

    private mutating func addLayerNorm(
        _ step: ExportGraph.Node, _ inputs: [String], _ epsilon: Double, _ isCentered: Bool, _ hasScale: Bool, _ hasOffset: Bool
    ) throws -> String {
        let (type, axes) = (dtype(step.inputs[0]), ONNX.Attribute.ints([-1]))
        if isCentered {
            let size = shape(step.inputs[0]).last?.fixed ?? 1
            let scale = hasScale ? inputs[1] : constant(.ones([size], dtype: type), "scale")
            let offset = hasOffset ? [inputs[inputs.count - 1]] : []
            return node("LayerNormalization", [inputs[0], scale] + offset, ["axis": .int(-1), "epsilon": .float(Float(epsilon))])
        }
        let mean = node("ReduceMean", [node("Mul", [inputs[0], inputs[0]])], ["axes": axes, "keepdims": .int(1)])
        let root = node("Sqrt", [node("Add", [mean, number(epsilon, type)])])
        let y = node("Div", [inputs[0], root])
        return hasScale ? node("Mul", [y, inputs[1]]) : y
    }

    private mutating func addBroadcast(
        _ x: String, from old: [ExportGraph.Dimension], to new: [ExportGraph.Dimension]
    ) throws -> String {
        // Expand goes both ways: 1 keeps a size that is there.
        let sizes = new.enumerated().map { axis, size -> ExportGraph.Dimension in
            let place = axis - (new.count - old.count)
            return place >= 0 && old[place] == size ? .init(1) : size
        }
        return node("Expand", [x, try computedShape(sizes)])
    }

    private mutating func addSlice(
        _ x: String, from old: [ExportGraph.Dimension], to new: [ExportGraph.Dimension], _ begin: [Int], _ step: [Int]
    ) throws -> String {
        var (starts, ends, axes, steps) = ([Int](), [Int](), [Int](), [Int]())
        for axis in begin.indices where begin[axis] != 0 || step[axis] != 1 || old[axis] != new[axis] {
            axes.append(axis)
            steps.append(step[axis])
            guard let count = new[axis].size else {
                // From a place to the end of an axis that depends on the batch.
                guard step[axis] > 0, old[axis].perSample == new[axis].perSample * step[axis] else {
                    throw MartletError("Expected slices that do not depend on the size of the batch.")
                }
                starts.append(begin[axis])
                ends.append(Int.max)
                continue
            }
            let end = begin[axis] + count * step[axis]
            starts.append(begin[axis])
            ends.append(end < 0 ? Int.min + 1 : end)
        }
        if axes.isEmpty { return node("Identity", [x]) }
        return node("Slice", [x, integers(starts), integers(ends), integers(axes), integers(steps)])
    }

    private mutating func addTopK(_ step: ExportGraph.Node, _ x: String, _ count: Int, descending: Bool) {
        let results = nodes("TopK", [x, integers([count])], 2, ["axis": .int(-1), "largest": .int(descending ? 1 : 0)])
        own[step.outputs[0]] = results[0]
        if step.outputs.count > 1 { own[step.outputs[1]] = results[1] }
    }

    // MARK: Recurrent layers

    private mutating func addRecurrent(_ step: ExportGraph.Node, _ recurrence: Operation.Recurrence) throws {
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
        var names = [constant(arranged(kernel).transposed().expandingDims(at: 0), "W"),
            constant(arranged(recurrent).transposed().expandingDims(at: 0), "R")]
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

extension ONNXExporter {
    /// The file of a graph, which Martlet reads again to check it.
    static func exported(_ graph: ExportGraph) throws -> ExportedFile {
        let bytes = try file(of: graph).bytes()
        let read = try ONNX.File(bytes, name: graph.name)
        let model = try withErrors { try ONNXModel(read, path: graph.name) }
        return ExportedFile(
            byteCount: bytes.count, operationCount: read.graph.nodes.count,
            read: { inputs in try withErrors { try model.run(inputs.map { ONNX.Value($0) }).compactMap(\.tensor) } },
            write: { try FileIO.write(bytes, to: $0) })
    }
}
