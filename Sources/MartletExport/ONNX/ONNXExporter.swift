import Martlet
import MartletCore
import MartletFormats

/// Makes an ONNX file of an export graph: opset 17, images with their channels first where operators want them so.
///
/// A value may be there in two layouts, its own and with the channels first. Each is made where it is first asked for, so that
/// transposes between neighbouring operators do not arise.
///
/// A value that the graph keeps in integers goes through `QuantizeLinear` and `DequantizeLinear` where it is computed, so that
/// operators see numbers; the runtime fuses the three into operators on integers.
package struct ONNXExporter {
    let source: ExportGraph
    private var file = ONNX.File()
    /// Those that are taken, in the graph and in what its loops repeat.
    private(set) var names = UniqueNames()
    /// The names of the values, by layout.
    var own: [Int: String] = [:]
    var first: [Int: String] = [:]
    private var constants: [String: String] = [:]
    private var layer = ""
    /// Open sizes, vectors of one element.
    private var openSizes: [ExportGraph.Dimension: String] = [:]
    /// The values that are there already.
    private var emitted: [Int] = []

    /// The file of a graph.
    /// - Throws: `MartletError` with the layer, for an operation that ONNX does not have.
    package static func file(of graph: ExportGraph) throws -> ONNX.File {
        var exporter = ONNXExporter(graph)
        return try exporter.export()
    }

    /// Of what a loop repeats: values may be those of the graph around it.
    init(bodyOf graph: ExportGraph, taken names: UniqueNames) {
        source = graph
        file.graph.name = graph.name
        self.names = names
    }

    private init(_ graph: ExportGraph) {
        source = graph
        file.opsets = ["": 17]
        file.producer = "Martlet"
        file.producerVersion = Settings.version
        file.graph.name = graph.name
        // Names that users know must stay free.
        names = UniqueNames(taken: graph.inputNames + graph.outputNames)
    }

    mutating func export() throws -> ONNX.File {
        for (value, name) in zip(source.inputs, source.inputNames) {
            own[value] = name
            file.graph.inputs.append(info(name, value))
        }
        for node in source.nodes { try write(node) }
        layer = ""
        for (value, name) in zip(source.outputs, source.outputNames) {
            file.graph.nodes.append(ONNX.Node("Identity", [try self.name(value)], [name]))
            file.graph.outputs.append(info(name, value))
        }
        file.graph.prune()
        return file
    }

    /// Adds the operators of a node.
    mutating func write(_ node: ExportGraph.Node) throws {
        layer = node.layer
        do {
            try add(node)
            for output in node.outputs { round(output) }
            emitted += node.outputs
        } catch let error as MartletError where error.location == nil {
            throw MartletError(error.message, at: "layer \(node.layer)")
        }
    }

    /// The graph so far, with these inputs and outputs.
    func graph(inputs: [ONNX.ValueInfo], outputs: [ONNX.ValueInfo]) -> ONNX.Graph {
        var graph = file.graph
        (graph.inputs, graph.outputs) = (inputs, outputs)
        return graph
    }

    /// Notes names that what a loop repeats has taken beside those of the graph.
    mutating func take(_ names: UniqueNames) { self.names = names }

    func info(_ name: String, _ value: Int) -> ONNX.ValueInfo {
        let value = source.values[value]
        return ONNX.ValueInfo(name, .init(value.dtype), value.shape.enumerated().map { axis, size in
            if let fixed = size.size { return .size(fixed) }
            return .symbol(sizeName(size))
        })
    }

    // MARK: Names

    mutating func unique(_ stem: String) -> String { names.next(stem) }

    /// Adds a node of one output and returns its name.
    mutating func node(_ type: String, _ inputs: [String], _ attributes: [String: ONNX.Attribute] = [:]) -> String {
        nodes(type, inputs, 1, attributes)[0]
    }

    mutating func nodes(
        _ type: String, _ inputs: [String], _ count: Int, _ attributes: [String: ONNX.Attribute] = [:]
    ) -> [String] {
        let stem = layer.isEmpty ? type : layer + "/" + type
        let outputs = (0..<count).map { _ in unique(stem) }
        file.graph.nodes.append(ONNX.Node(type, inputs, outputs, attributes))
        return outputs
    }

    /// A constant. Small ones are kept once.
    /// - Parameter type: of the elements in the file; that of the tensor's dtype when nil.
    mutating func constant(_ tensor: Tensor, _ stem: String = "constant", _ type: ONNX.ElementType? = nil) -> String {
        let type = type ?? ONNX.ElementType(tensor.dtype)
        let key = tensor.elementCount <= 16
            ? "\(type) \(tensor.shape) \(tensor.scalars(as: Double.self).map(\.bitPattern))" : ""
        if !key.isEmpty, let name = constants[key] { return name }
        let isWhole = layer.isEmpty || stem.hasPrefix(layer + "/")
        let name = unique(isWhole ? stem : layer + "/" + stem)
        file.graph.initializers.append((name, .tensor(tensor, type)))
        if !key.isEmpty { constants[key] = name }
        return name
    }

    mutating func integers(_ values: [Int]) -> String { constant(Tensor(values), "sizes") }

    mutating func number(_ value: Double, _ dtype: DType) -> String {
        constant(Tensor(value, dtype: dtype.isFloatingPoint ? dtype : .float64).cast(to: dtype), "number")
    }

    /// The name of a value in its own layout.
    mutating func name(_ value: Int) throws -> String {
        if let name = own[value] { return name }
        let name: String
        if let tensor = source.constant(value) {
            name = stored(value, tensor, axis: source.values[value].quantization?.axis ?? 0)
        } else if let channelsFirst = first[value] {
            let moved = node("Transpose", [channelsFirst], ["perm": .ints([0] + Array(2..<source.values[value].rank) + [1])])
            name = rounded(moved, as: value)
        } else {
            throw MartletError("Expected a value that is computed before it is read: \(source.values[value].name).")
        }
        own[value] = name
        return name
    }

    /// The name of a value with its channels first.
    mutating func channelsFirst(_ value: Int) throws -> String {
        if let name = first[value] { return name }
        let rank = source.values[value].rank
        let name = rounded(node("Transpose", [try name(value)], ["perm": .ints(Self.firstOrder(rank))]), as: value)
        first[value] = name
        return name
    }

    static func firstOrder(_ rank: Int) -> [Int] { [0, rank - 1] + Array(1..<(rank - 1)) }

    /// Whether a value is there with its channels first only.
    func isChannelsFirst(_ value: Int) -> Bool { first[value] != nil && own[value] == nil }

    func dtype(_ value: Int) -> DType { source.values[value].dtype }
    func shape(_ value: Int) -> [ExportGraph.Dimension] { source.values[value].shape }

    // MARK: Shapes

    /// What runtimes show of a size that is open. The same name says the same size.
    private func sizeName(_ size: ExportGraph.Dimension) -> String {
        let products = size.products.map { term in
            let names = term.sizes.map(openName)
            return ((term.factor == 1 ? [] : ["\(term.factor)"]) + names).joined(separator: "*")
        }
        return (products + (size.fixed == 0 ? [] : ["\(size.fixed)"])).joined(separator: "+").replacing("+-", with: "-")
    }

    private func openName(_ number: Int) -> String {
        if number == 0 { return "batch" }
        for (input, name) in zip(source.inputs, source.inputNames) {
            if let axis = shape(input).firstIndex(of: .open(number)) { return "\(name)_axis_\(axis)" }
        }
        return "open_\(number)"
    }

    /// The shape of a value as a tensor of integers, for `Expand`: computed where it is open.
    mutating func computedShape(_ shape: [ExportGraph.Dimension]) throws -> String {
        if shape.allSatisfy({ $0.size != nil }) { return integers(shape.map(\.fixed)) }
        return node("Concat", try shape.map { try vector($0) }, ["axis": .int(0)])
    }

    /// A size as a scalar.
    mutating func scalar(_ size: ExportGraph.Dimension) throws -> String {
        try size.size.map { constant(Tensor($0), "size") } ?? node("Squeeze", [vector(size), integers([0])])
    }

    /// A size as a vector of one element: what an axis has that is there, or computed of several.
    private mutating func vector(_ size: ExportGraph.Dimension) throws -> String {
        if let known = size.size { return integers([known]) }
        if let known = openSizes[size] { return known }
        let result: String
        if let (value, axis) = source.axis(of: size, in: source.inputs + emitted) {
            let isFirst = own[value] == nil && first[value] != nil
            let place = isFirst ? Self.firstOrder(shape(value).count).firstIndex(of: axis) ?? axis : axis
            let sizes = node("Shape", [isFirst ? first[value]! : try name(value)])
            result = node("Slice", [sizes, integers([place]), integers([place + 1])])
        } else {
            guard size.openNumber == nil else { throw source.unreachable(size, layer) }
            result = try size.computed(
                size: { try $1.vector($0) }, number: { $1.integers([$0]) }, add: { $2.node("Add", [$0, $1]) },
                multiply: { $2.node("Mul", [$0, $1]) }, in: &self)
        }
        openSizes[size] = result
        return result
    }

    /// A value in the shape of another one.
    mutating func reshaped(
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

    mutating func add(_ step: ExportGraph.Node) throws {
        let output = step.outputs[0]
        if let name = try channelsFirst(step) {
            first[output] = name
            return
        }
        // The integers' numbers, which `round` rounds to those of the output.
        if step.operation == .requantize { return own[output] = try name(step.inputs[0]) }
        // What is written of their weights is theirs to say.
        if case .recurrent(let recurrence) = step.operation { return try addRecurrent(step, recurrence) }
        if case .dense(let activation) = step.operation { return own[output] = try addDense(step, activation) }
        if case .loop(let body, let steps) = step.operation { return try addLoop(step, source.bodies[body], steps: steps) }
        let inputs = try step.inputs.map { try name($0) }
        let type = dtype(step.inputs.first ?? output)
        switch step.operation {
        case .unary(let unary): own[output] = try add(unary, inputs[0], type)
        case .binary(let binary): own[output] = try add(binary, inputs[0], inputs[1], type)
        case .select: own[output] = node("Where", inputs)
        case .cast: own[output] = cast(inputs[0], to: dtype(output))
        case .matmul(let transposeA, let transposeB):
            let factors = zip(inputs, [transposeA, transposeB]).enumerated().map { place, factor in
                let value = step.inputs[place]
                return factor.1 ? rounded(transposedMatrix(factor.0, rank: shape(value).count), as: value) : factor.0
            }
            own[output] = node("MatMul", factors)
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
            // ONNX Runtime has kernels for few combinations of types.
            let values = constant(Tensor([off, on], dtype: .float32), "values")
            let places = type == .int64 ? inputs[0] : cast(inputs[0], to: .int64)
            let marks = node("OneHot", [places, try computedShape(Array(shape(output).suffix(1))), values], ["axis": .int(-1)])
            own[output] = dtype(output) == .float32 ? marks : cast(marks, to: dtype(output))
        case .extent(let dimension): own[output] = cast(try scalar(dimension), to: .int32)
        case .range:
            let bounds = [0, 1].map { constant(Tensor($0).cast(to: .int32), "bound") }
            own[output] = node("Range", [bounds[0], inputs[0], bounds[1]])
        case .topK(let count): addTopK(step, inputs[0], integers([count]), descending: true)
        case .sort(let descending):
            addTopK(step, inputs[0], try computedShape(Array(shape(step.inputs[0]).suffix(1))), descending: descending)
        default: throw MartletError("Expected an operation that ONNX has. Received: \(step.operation.name).")
        }
    }

    mutating func addBroadcast(
        _ x: String, from old: [ExportGraph.Dimension], to new: [ExportGraph.Dimension]
    ) throws -> String {
        // Expand goes both ways: 1 keeps a size that is there.
        let sizes = new.enumerated().map { axis, size -> ExportGraph.Dimension in
            let place = axis - (new.count - old.count)
            return place >= 0 && old[place] == size ? .init(1) : size
        }
        return node("Expand", [x, try computedShape(sizes)])
    }

    mutating func addSlice(
        _ x: String, from old: [ExportGraph.Dimension], to new: [ExportGraph.Dimension], _ begin: [Int], _ step: [Int]
    ) throws -> String {
        var (starts, ends, axes, steps) = ([Int](), [ExportGraph.Dimension](), [Int](), [Int]())
        for axis in begin.indices where begin[axis] != 0 || step[axis] != 1 || old[axis] != new[axis] {
            axes.append(axis)
            steps.append(step[axis])
            starts.append(begin[axis])
            switch SliceEnd(begin: begin[axis], step: step[axis], count: new[axis], of: old[axis]) {
            case .axis: ends.append(.init(step[axis] > 0 ? Int.max : Int.min + 1))
            case .place(let place): ends.append(.init(place))
            case .computed(let place): ends.append(place)
            }
        }
        if axes.isEmpty { return node("Identity", [x]) }
        return node("Slice", [x, integers(starts), try computedShape(ends), integers(axes), integers(steps)])
    }

    mutating func addTopK(_ step: ExportGraph.Node, _ x: String, _ count: String, descending: Bool) {
        let results = nodes("TopK", [x, count], 2, ["axis": .int(-1), "largest": .int(descending ? 1 : 0)])
        own[step.outputs[0]] = results[0]
        if step.outputs.count > 1 { own[step.outputs[1]] = results[1] }
    }
}

extension ONNXExporter {
    /// The file of a graph, which Martlet reads again to check it.
    static func exported(_ source: ExportGraph, _ options: ExportOptions) throws -> ExportedFile {
        let (graph, layers, accuracy) = try Quantizer.quantized(source.withLoopsForMasks(), options, for: .onnx)
        let bytes = try file(of: graph).bytes()
        let read = try ONNX.File(bytes, name: graph.name)
        let model = try withErrors { try ONNXModel(read, path: graph.name) }
        return ExportedFile(
            byteCount: bytes.count, operationCount: read.graph.nodes.count,
            read: { inputs in try withErrors { try model.run(inputs.map { ONNX.Value($0) }).compactMap(\.tensor) } },
            write: { try FileIO.write(bytes, to: $0) }, layers: layers, accuracy: accuracy)
    }
}

extension ONNX.Graph {
    /// Leaves out the nodes whose results nothing reads.
    fileprivate mutating func prune() {
        var isRead = Set(outputs.map(\.name))
        var kept: [ONNX.Node] = []
        for node in nodes.reversed() where !isRead.isDisjoint(with: node.outputs) {
            isRead.formUnion(node.inputs)
            for case .graph(let body) in node.attributes.values { isRead.formUnion(body.nodes.flatMap(\.inputs)) }
            kept.append(node)
        }
        nodes = kept.reversed()
        initializers.removeAll { !isRead.contains($0.name) }
    }
}
