import Martlet
import MartletCore

/// Writes a graph that ``ExportGraph/preparedForTensorFlow()`` made as nodes of TensorFlow.
struct TensorFlowGraph {
    let graph: ExportGraph
    private(set) var nodes: [TensorFlowNode] = []
    /// What loops call.
    var functions: [TensorFlowFunction] = []
    private let isFunction: Bool
    private var names = UniqueNames()
    /// The output of a node that a value is.
    var references: [Int: String] = [:]
    /// Open sizes, scalars.
    private var openSizes: [ExportGraph.Dimension: String] = [:]
    /// The values that are there already.
    private var emitted: [Int] = []
    private var layer = ""

    /// - Throws: `MartletError` for an operation that TensorFlow does not have.
    init(_ graph: ExportGraph) throws {
        self.graph = graph
        isFunction = false
        for (index, input) in graph.inputs.enumerated() {
            let value = graph.values[input]
            let name = unique("serving_default_\(graph.inputNames[index])")
            nodes.append(
                TensorFlowNode(
                    name: name, operation: "Placeholder", inputs: [],
                    attributes: [("dtype", .type(value.dtype)), ("shape", .shape(value.shape.map(\.sizeOrUnknown)))]))
            references[input] = name
        }
        for node in graph.nodes { try write(node) }
        // An output of its own for each, so that inputs and constants can be outputs, too.
        for output in graph.outputs {
            results.append(add("Identity", [reference(output)], [("T", .type(graph.values[output].dtype))], "result"))
        }
    }

    /// The nodes of a function that begins with the inputs of a graph.
    init(functionOf graph: ExportGraph) {
        self.graph = graph
        isFunction = true
        for (place, input) in graph.inputs.enumerated() { references[input] = TensorFlowFunction.argument(place) }
    }

    /// The nodes of the inputs and the outputs.
    var inputs: [String] { graph.inputs.map { references[$0]! } }
    private(set) var results: [String] = []

    /// A name as TensorFlow takes it, that no other node has.
    private mutating func unique(_ name: String) -> String {
        var plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_./-".contains($0)) ? $0 : "_" })
        if !(plain.first.map { $0.isLetter || $0.isNumber || $0 == "." } ?? false) { plain = "n\(plain)" }
        return names.next(plain)
    }

    /// Adds a node.
    /// - Returns: what reads its first output.
    mutating func add(
        _ operation: String, _ inputs: [String], _ attributes: [(String, TensorFlowNode.Attribute)], _ name: String
    ) -> String {
        let name = unique(name)
        nodes.append(TensorFlowNode(name: name, operation: operation, inputs: inputs, attributes: attributes))
        return isFunction ? "\(name):\(Self.output(of: operation)):0" : name
    }

    mutating func constant(_ tensor: Tensor, _ name: String) -> String {
        add("Const", [], [("dtype", .type(tensor.dtype)), ("value", .tensor(tensor))], name)
    }

    private mutating func integers(_ numbers: [Int], _ name: String) -> String {
        constant(Tensor(numbers).cast(to: .int32), name)
    }

    mutating func reference(_ value: Int) -> String {
        if let known = references[value] { return known }
        let name = constant(graph.values[value].constant!, graph.values[value].name)
        references[value] = name
        return name
    }

    /// The sizes of a shape, `int32`; one of them may be -1 where the node fills it in.
    mutating func sizes(_ shape: [ExportGraph.Dimension], _ name: String, fillsIn: Bool) throws -> String {
        let unknown = shape.count { $0.size == nil }
        // Of no elements, no size follows from the others.
        if unknown == 0 || unknown == 1 && fillsIn && !shape.contains(.init(0)) {
            return integers(shape.map(\.sizeOrUnknown), "\(name)/shape")
        }
        let parts = try shape.map { try scalar($0, name) }
        return add(
            "Pack", parts, [("T", .type(.int32)), ("N", .integer(parts.count)), ("axis", .integer(0))], "\(name)/shape")
    }

    /// A size as a scalar.
    mutating func scalar(_ size: ExportGraph.Dimension, _ name: String) throws -> String {
        try size.size.map { constant(Tensor($0).cast(to: .int32), "\(name)/size") } ?? openSize(size)
    }

    /// An open size: what an axis has that is there, or computed of several.
    private mutating func openSize(_ dimension: ExportGraph.Dimension) throws -> String {
        if let known = openSizes[dimension] { return known }
        let type: (String, TensorFlowNode.Attribute) = ("T", .type(.int32))
        let size: String
        if let (value, axis) = graph.axis(of: dimension, in: graph.inputs + emitted) {
            let shape = add(
                "Shape", [reference(value)], [("T", .type(graph.values[value].dtype)), ("out_type", .type(.int32))], "size/shape")
            let places = [integers([axis], "size/begin"), integers([axis + 1], "size/end"), integers([1], "size/step")]
            size = add(
                "StridedSlice", [shape] + places,
                [
                    type, ("Index", .type(.int32)), ("begin_mask", .integer(0)), ("end_mask", .integer(0)),
                    ("ellipsis_mask", .integer(0)), ("new_axis_mask", .integer(0)), ("shrink_axis_mask", .integer(1)),
                ], "size")
        } else {
            guard dimension.openNumber == nil else { throw graph.unreachable(dimension, layer) }
            size = try dimension.computed(
                size: { try $1.openSize($0) }, number: { $1.constant(Tensor($0).cast(to: .int32), "size/number") },
                add: { $2.add("AddV2", [$0, $1], [type], "size") }, multiply: { $2.add("Mul", [$0, $1], [type], "size") },
                in: &self)
        }
        openSizes[dimension] = size
        return size
    }

    // MARK: - Operations

    private func unsupported(_ node: ExportGraph.Node) -> MartletError {
        MartletError("TensorFlow has no operation for \(node.operation).", at: "layer \(node.layer)")
    }

    /// Adds the nodes of an operation.
    mutating func write(_ node: ExportGraph.Node) throws {
        layer = node.layer
        try emit(node)
        emitted += node.outputs
    }

    private mutating func emit(_ node: ExportGraph.Node) throws {
        let output = graph.values[node.outputs[0]]
        let inputs = node.inputs.map { reference($0) }
        let from = node.inputs.first.map { graph.values[$0].dtype } ?? output.dtype
        let type: (String, TensorFlowNode.Attribute) = ("T", .type(from))
        func second(_ name: String) -> (String, TensorFlowNode.Attribute) { (name, .type(.int32)) }
        /// Names the node for the value.
        func set(
            _ writer: inout TensorFlowGraph, _ operation: String, _ inputs: [String],
            _ attributes: [(String, TensorFlowNode.Attribute)]
        ) {
            writer.references[node.outputs[0]] = writer.add(operation, inputs, attributes, output.name)
        }
        switch node.operation {
        case .unary(let unary):
            guard let name = unary.names.tensorFlow else { throw unsupported(node) }
            set(&self, name, inputs, unary == .logicalNot ? [] : [type])
        case .binary(let binary):
            guard let name = binary.names.tensorFlow else { throw unsupported(node) }
            set(&self, name, inputs, binary == .logicalAnd || binary == .logicalOr ? [] : [type])
        case .select: set(&self, "SelectV2", inputs, [("T", .type(output.dtype))])
        case .cast: set(&self, "Cast", inputs, [("SrcT", .type(from)), ("DstT", .type(output.dtype))])
        case .matmul(let transposeA, let transposeB):
            set(&self, "BatchMatMulV2", inputs, [type, ("adj_x", .flag(transposeA)), ("adj_y", .flag(transposeB))])
        case .dense, .convolution, .transposedConvolution, .maxPool, .averagePool: try emitWindowed(node, inputs)
        case .reduce(let reduction, let axes, let keepDims):
            let places = integers(axes, "\(output.name)/axes")
            let isLogical = reduction == .all || reduction == .any
            set(
                &self, reduction.names.tensorFlow!, inputs + [places],
                (isLogical ? [] : [type]) + [second("Tidx"), ("keep_dims", .flag(keepDims))])
        case .argmax(let axis), .argmin(let axis):
            let place = constant(Tensor(axis).cast(to: .int32), "\(output.name)/axis")
            let isMax = if case .argmax = node.operation { true } else { false }
            set(
                &self, isMax ? "ArgMax" : "ArgMin", inputs + [place],
                [type, second("Tidx"), ("output_type", .type(output.dtype))])
        case .cumulate(let cumulation, let axis, let exclusive, let reverse):
            let place = constant(Tensor(axis).cast(to: .int32), "\(output.name)/axis")
            set(
                &self, cumulation == .cumulativeSum ? "Cumsum" : "Cumprod", inputs + [place],
                [type, second("Tidx"), ("exclusive", .flag(exclusive)), ("reverse", .flag(reverse))])
        case .softmax: set(&self, "Softmax", inputs, [type])
        case .logSoftmax: set(&self, "LogSoftmax", inputs, [type])
        case .reshape:
            let input = graph.values[node.inputs[0]].shape
            let isOpen = output.shape.count { $0.size == nil } > 1
            if isOpen, let axis = output.shape.insertedAxis(from: input) {
                let place = constant(Tensor(axis).cast(to: .int32), "\(output.name)/axis")
                return set(&self, "ExpandDims", inputs + [place], [type, second("Tdim")])
            }
            if isOpen, let axis = input.insertedAxis(from: output.shape) {
                return set(&self, "Squeeze", inputs, [type, ("squeeze_dims", .integers([axis]))])
            }
            let size = try sizes(output.shape, output.name, fillsIn: true)
            set(&self, "Reshape", inputs + [size], [type, second("Tshape")])
        case .broadcast:
            let size = try sizes(output.shape, output.name, fillsIn: false)
            set(&self, "BroadcastTo", inputs + [size], [type, second("Tidx")])
        case .transpose(let order):
            let places = integers(order, "\(output.name)/permutation")
            set(&self, "Transpose", inputs + [places], [type, second("Tperm")])
        case .concatenate(let axis):
            let place = constant(Tensor(axis).cast(to: .int32), "\(output.name)/axis")
            set(&self, "ConcatV2", inputs + [place], [type, second("Tidx"), ("N", .integer(inputs.count))])
        case .slice(let begin, let step): try emitSlice(node, begin, step, inputs, type)
        case .pad(let before, let after, let value):
            let pads = constant(
                Tensor(zip(before, after).flatMap { [$0, $1] }, shape: [before.count, 2]).cast(to: .int32),
                "\(output.name)/pads")
            let fill = constant(Tensor(value).cast(to: from), "\(output.name)/value")
            set(&self, "PadV2", inputs + [pads, fill], [type, second("Tpaddings")])
        case .gather(let axis):
            let place = constant(Tensor(axis).cast(to: .int32), "\(output.name)/axis")
            set(
                &self, "GatherV2", inputs + [place],
                [
                    ("Tparams", .type(from)), ("Tindices", .type(graph.values[node.inputs[1]].dtype)), second("Taxis"),
                    ("batch_dims", .integer(0)),
                ])
        case .gatherND:
            set(
                &self, "GatherNd", inputs,
                [("Tparams", .type(from)), ("Tindices", .type(graph.values[node.inputs[1]].dtype))])
        case .oneHot(let on, let off):
            let depth = try scalar(output.shape[output.rank - 1], "\(output.name)/depth")
            let marks = [on, off].map { constant(Tensor($0).cast(to: output.dtype), "\(output.name)/value") }
            set(
                &self, "OneHot", inputs + [depth] + marks,
                [("T", .type(output.dtype)), ("TI", .type(from)), ("axis", .integer(-1))])
        case .topK(let count):
            let number = constant(Tensor(count).cast(to: .int32), "\(output.name)/count")
            set(&self, "TopKV2", inputs + [number], [type, ("sorted", .flag(true))])
            let places = "\(references[node.outputs[0]]!):1"
            references[node.outputs[1]] = add(
                "Cast", [places], [("SrcT", .type(.int32)), ("DstT", .type(.int64))], graph.values[node.outputs[1]].name)
        case .extent(let dimension): references[node.outputs[0]] = try scalar(dimension, output.name)
        case .range:
            let bounds = [0, 1].map { constant(Tensor($0).cast(to: .int32), "\(output.name)/bound") }
            set(&self, "Range", [bounds[0], inputs[0], bounds[1]], [second("Tidx")])
        case .loop(let body, let steps): try emitLoop(node, inputs, body: graph.bodies[body], steps: steps)
        case .update:
            let row = add(
                "ExpandDims", [inputs[1], constant(Tensor(0).cast(to: .int32), "\(output.name)/axis")],
                [type, second("Tdim")], "\(output.name)/row")
            let places = add(
                "Reshape", [inputs[2], integers([1, 1], "\(output.name)/sizes")],
                [("T", .type(graph.values[node.inputs[2]].dtype)), second("Tshape")], "\(output.name)/place")
            set(&self, "TensorScatterUpdate", [inputs[0], places, row], [type, second("Tindices")])
        default: throw unsupported(node)
        }
    }

    private mutating func emitSlice(
        _ node: ExportGraph.Node, _ begin: [Int], _ step: [Int], _ inputs: [String],
        _ type: (String, TensorFlowNode.Attribute)
    ) throws {
        let (shape, name) = (graph.values[node.outputs[0]].shape, graph.values[node.outputs[0]].name)
        let input = graph.values[node.inputs[0]].shape
        var (beginMask, endMask) = (0, 0)
        let ends = shape.indices.map { axis -> ExportGraph.Dimension in
            switch SliceEnd(begin: begin[axis], step: step[axis], count: shape[axis], of: input[axis]) {
            case .axis:
                if begin[axis] == 0, step[axis] > 0 { beginMask |= 1 << axis }
                endMask |= 1 << axis
                return .init(0)
            case .place(let place): return .init(place)
            case .computed(let place): return place
            }
        }
        let places = [
            integers(begin, "\(name)/begin"), try sizes(ends, "\(name)/end", fillsIn: false), integers(step, "\(name)/step"),
        ]
        references[node.outputs[0]] = add(
            "StridedSlice", inputs + places,
            [
                type, ("Index", .type(.int32)), ("begin_mask", .integer(beginMask)), ("end_mask", .integer(endMask)),
                ("ellipsis_mask", .integer(0)), ("new_axis_mask", .integer(0)), ("shrink_axis_mask", .integer(0)),
            ], name)
    }

    /// Products, convolutions and poolings, with bias and activation as nodes of their own.
    private mutating func emitWindowed(_ node: ExportGraph.Node, _ inputs: [String]) throws {
        let output = graph.values[node.outputs[0]]
        let shape = graph.values[node.inputs[0]].shape
        let type: (String, TensorFlowNode.Attribute) = ("T", .type(output.dtype))
        func ones(_ numbers: [Int]) -> TensorFlowNode.Attribute { .integers([1] + numbers + [1]) }
        var result: String
        var activation = Operation.Activation.none
        switch node.operation {
        case .dense(let fused):
            activation = fused
            let flags = (shape.count == 2 ? ["transpose_a", "transpose_b"] : ["adj_x", "adj_y"]).map {
                ($0, TensorFlowNode.Attribute.flag(false))
            }
            result = add(shape.count == 2 ? "MatMul" : "BatchMatMulV2", Array(inputs[..<2]), [type] + flags, output.name)
        case .convolution(let windows, let groups, let fused):
            activation = fused
            let kernel = graph.constant(node.inputs[1])!
            let padding = windows.tflitePadding(shape, Array(kernel.shape.dimensions.dropLast(2)))!.tensorFlowName
            let isVolume = windows.strides.count == 3
            let isDepthwise = groups > 1
            var weights = inputs[1]
            if isDepthwise {
                let sizes = kernel.shape.dimensions
                weights = constant(
                    kernel.reshaped(to: [sizes[0], sizes[1], groups, sizes[3] / groups]), "\(output.name)/kernel")
            }
            result = add(
                isVolume ? "Conv3D" : isDepthwise ? "DepthwiseConv2dNative" : "Conv2D", [inputs[0], weights],
                [
                    type, ("strides", ones(windows.strides)), ("padding", .text(padding)),
                    ("dilations", ones(windows.dilations)), ("data_format", .text(isVolume ? "NDHWC" : "NHWC")),
                ], output.name)
        case .transposedConvolution(let windows):
            let isVolume = windows.strides.count == 3
            let size = try sizes(output.shape, output.name, fillsIn: false)
            let type = isVolume ? [type, ("Tshape", .type(.int32))] : [type]
            result = add(
                isVolume ? "Conv3DBackpropInputV2" : "Conv2DBackpropInput", [size, inputs[1], inputs[0]],
                type + [
                    ("strides", ones(windows.strides)), ("padding", .text("VALID")),
                    ("data_format", .text(isVolume ? "NDHWC" : "NHWC")),
                ], output.name)
        case .maxPool(let size, let windows), .averagePool(let size, let windows):
            let isMax = if case .maxPool = node.operation { true } else { false }
            result = add(
                isMax ? "MaxPool" : "AvgPool", [inputs[0]],
                [
                    type, ("ksize", ones(size)), ("strides", ones(windows.strides)),
                    ("padding", .text(windows.tflitePadding(shape, size)!.tensorFlowName)), ("data_format", .text("NHWC")),
                ], output.name)
        default: throw unsupported(node)
        }
        if inputs.count > 2 { result = add("AddV2", [result, inputs[2]], [type], "\(output.name)/bias") }
        if activation != .none {
            result = add(activation == .relu ? "Relu" : "Relu6", [result], [type], "\(output.name)/activation")
        }
        references[node.outputs[0]] = result
    }
}

extension TFLite.Padding {
    fileprivate var tensorFlowName: String { self == .same ? "SAME" : "VALID" }
}
