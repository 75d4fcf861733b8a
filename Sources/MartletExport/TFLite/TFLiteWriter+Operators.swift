import Martlet
import MartletCore

/// Operators that are more than a name.
extension TFLiteWriter {
    /// Functions of one or two numbers.
    mutating func emitFunction(_ node: ExportGraph.Node, _ names: FormatNames) throws {
        guard let (builtin, options) = names.tflite else { throw unsupported(node, "it should have been written with others.") }
        let (inputs, outputs) = (try node.inputs.map { try tensor($0) }, try node.outputs.map { try tensor($0) })
        let isWide = graph.values[node.outputs[0]].quantization?.bits == 16
        try emit(builtin, inputs, outputs, options, version: version(node)) { table in
            if node.operation == .unary(.geluTanh) { table.set(0, true) }
            // Scales of 16 bits need be no powers of two.
            if isWide, builtin == .add || builtin == .sub { table.set(1, false) }
        }
    }

    /// What multiplies with weights, whose layout is another in files, and pools.
    mutating func emitProduct(_ node: ExportGraph.Node) throws {
        let output = try tensor(node.outputs[0])
        let x = try tensor(node.inputs[0])
        let input = graph.values[node.inputs[0]].shape
        /// The weights with their axes in the file's order, and the bias.
        func weights(_ order: [Int], _ writer: inout TFLiteWriter) throws -> [Int32] {
            var value = writer.graph.values[node.inputs[1]]
            guard let kernel = value.constant else { throw writer.unsupported(node, "the kernel is not a constant.") }
            value.constant = kernel.transposed(permutation: order)
            if let axis = value.quantization?.axis { value.quantization!.axis = order.firstIndex(of: axis) ?? 0 }
            let key = -1 - node.inputs[1]
            let kernelTensor = try writer.tensorOf[key] ?? writer.add(constant: value.constant!, value)
            writer.tensorOf[key] = kernelTensor
            return [kernelTensor] + (try node.inputs.dropFirst(2).map { try writer.tensor($0) })
        }
        switch node.operation {
        case .dense(let activation):
            let operands = [x] + (try weights([1, 0], &self)) + (node.inputs.count > 2 ? [] : [-1])
            try emit(
                .fullyConnected, operands, [output], .fullyConnected,
                version: version(node, float: input.count > 2 ? 5 : 1, int8: 5)
            ) { options in
                options.set(0, activation.tflite.rawValue)
                options.set(2, input.count > 2)
            }
        case .convolution(let windows, let groups, let activation) where windows.strides.count == 2:
            let kernel = graph.constant(node.inputs[1])!.shape.dimensions
            let padding = windows.tflitePadding(input, Array(kernel[..<2]))!
            let isDepthwise = groups > 1 && kernel[2] == 1
            let operands = [x] + (try weights(isDepthwise ? [2, 0, 1, 3] : [3, 0, 1, 2], &self))
            let (dilation, strides) = (windows.dilations, windows.strides)
            try emit(
                isDepthwise ? .depthwiseConv2D : .conv2D, operands + (node.inputs.count > 2 ? [] : [-1]), [output],
                isDepthwise ? .depthwiseConv2D : .conv2D,
                version: version(node, float: dilation == [1, 1] ? 1 : 2, int8: 3)
            ) { options in
                options.set(0, padding.rawValue)
                options.set(1, Int32(strides[1]))
                options.set(2, Int32(strides[0]))
                let next = isDepthwise ? 4 : 3
                if isDepthwise { options.set(3, Int32(kernel[3] / groups)) }
                options.set(next, activation.tflite.rawValue)
                options.set(next + 1, Int32(dilation[1]))
                options.set(next + 2, Int32(dilation[0]))
            }
        case .convolution(let windows, _, let activation):
            let kernel = graph.constant(node.inputs[1])!.shape.dimensions
            let padding = windows.tflitePadding(input, Array(kernel[..<3]))!
            let operands = [x] + (try weights([0, 1, 2, 3, 4], &self))
            try emit(.conv3D, operands, [output], .conv3D) { options in
                options.set(0, padding.rawValue)
                for axis in 0..<3 {
                    // Depth, width, height.
                    let spatial = [0, 2, 1][axis]
                    options.set(1 + axis, Int32(windows.strides[spatial]))
                    options.set(5 + axis, Int32(windows.dilations[spatial]))
                }
                options.set(4, activation.tflite.rawValue)
            }
        case .transposedConvolution(let windows):
            let isVolume = windows.strides.count == 3
            let operands = try weights(isVolume ? [0, 1, 2, 3, 4] : [2, 0, 1, 3], &self)
            let size = try sizes(graph.values[node.outputs[0]].shape, fillsIn: false)
            let all = [size, operands[0], x] + operands.dropFirst()
            try emit(
                isVolume ? .conv3DTranspose : .transposeConv, all, [output], isVolume ? .conv3D : .transposeConv,
                version: isVolume ? 1 : node.inputs.count > 2 ? 3 : version(node, int8: 2)
            ) { options in
                options.set(0, TFLite.Padding.valid.rawValue)
                if isVolume {
                    for axis in 0..<3 { options.set(1 + axis, Int32(windows.strides[[0, 2, 1][axis]])) }
                } else {
                    options.set(1, Int32(windows.strides[1]))
                    options.set(2, Int32(windows.strides[0]))
                }
            }
        case .maxPool(let size, let windows), .averagePool(let size, let windows):
            let isMax = if case .maxPool = node.operation { true } else { false }
            let padding = windows.tflitePadding(input, size)!
            try emit(isMax ? .maxPool2D : .averagePool2D, [x], [output], .pool2D, version: version(node)) { options in
                options.set(0, padding.rawValue)
                options.set(1, Int32(windows.strides[1]))
                options.set(2, Int32(windows.strides[0]))
                options.set(3, Int32(size[1]))
                options.set(4, Int32(size[0]))
            }
        default: throw unsupported(node, "it is no product.")
        }
    }

    mutating func emitOther(_ node: ExportGraph.Node) throws {
        let inputs = try node.inputs.map { try tensor($0) }
        let outputs = try node.outputs.map { try tensor($0) }
        let shape = graph.values[node.outputs[0]].shape
        let type = graph.values[node.outputs[0]].dtype
        switch node.operation {
        case .requantize:
            let isFloat = graph.values[node.outputs[0]].quantization == nil
            try emit(isFloat ? .dequantize : .quantize, inputs, outputs, isFloat ? .dequantize : .quantize, version: 2) { _ in }
        case .select: try emit(.selectV2, inputs, outputs, .selectV2) { _ in }
        case .cast:
            let from = graph.values[node.inputs[0]].dtype
            try emit(.cast, inputs, outputs, .cast) { options in
                options.set(0, TFLite.ElementType(from).rawValue)
                options.set(1, TFLite.ElementType(type).rawValue)
            }
        case .matmul(let transposeA, let transposeB):
            try emit(.batchMatMul, inputs, outputs, .batchMatMul, version: version(node)) { options in
                options.set(0, transposeA)
                options.set(1, transposeB)
            }
        case .reduce(let reduction, let axes, let keepDims):
            let (builtin, options) = reduction.names.tflite!
            try emit(builtin, inputs + [integers(axes)], outputs, options, version: version(node)) { $0.set(0, keepDims) }
        case .argmax(let axis), .argmin(let axis):
            let isMax = if case .argmax = node.operation { true } else { false }
            let place = constant(Tensor(axis).cast(to: .int32), "axis")
            try emit(
                isMax ? .argMax : .argMin, inputs + [place], outputs, isMax ? .argMax : .argMin, version: version(node)
            ) { $0.set(0, TFLite.ElementType(type).rawValue) }
        case .cumulate(_, let axis, let exclusive, let reverse):
            let place = constant(Tensor(axis).cast(to: .int32), "axis")
            try emit(.cumsum, inputs + [place], outputs, .cumsum) { options in
                options.set(0, exclusive)
                options.set(1, reverse)
            }
        case .softmax: try emit(.softmax, inputs, outputs, .softmax, version: version(node)) { $0.set(0, Float(1)) }
        case .logSoftmax: try emit(.logSoftmax, inputs, outputs, .logSoftmax, version: version(node)) { _ in }
        case .reshape:
            let input = graph.values[node.inputs[0]].shape
            if shape.count(where: { $0.size == nil }) > 1, graph.values[node.outputs[0]].quantization == nil {
                if let axis = shape.insertedAxis(from: input) {
                    let place = constant(Tensor(axis).cast(to: .int32), "axis")
                    return try emit(.expandDims, inputs + [place], outputs, .expandDims) { _ in }
                }
                if let axis = input.insertedAxis(from: shape) {
                    return try emit(.squeeze, inputs, outputs, .squeeze) { $0.set(0, [Int32(axis)]) }
                }
            }
            let size = try sizes(shape, fillsIn: true)
            let isWritten = shape.count { $0.size == nil } <= 1 && !shape.contains(.init(0))
            try emit(.reshape, inputs + [size], outputs, .reshape) { options in
                if isWritten { options.set(0, shape.map { Int32($0.sizeOrUnknown) }) }
            }
        case .broadcast:
            let size = try sizes(shape, fillsIn: false)
            try emit(.broadcastTo, inputs + [size], outputs, .broadcastTo, version: 2) { _ in }
        case .transpose(let order):
            try emit(.transpose, inputs + [integers(order)], outputs, .transpose, version: version(node)) { _ in }
        case .concatenate(let axis):
            try emit(.concatenation, inputs, outputs, .concatenation, version: version(node)) { $0.set(0, Int32(axis)) }
        case .slice(let begin, let step): try emitSlice(node, begin, step, inputs, outputs)
        case .pad(let before, let after, let value):
            let pads = constant(
                Tensor(zip(before, after).flatMap { [$0, $1] }, shape: [before.count, 2]).cast(to: .int32), "pads")
            if value == 0 {
                try emit(.pad, inputs + [pads], outputs, .pad, version: version(node)) { _ in }
            } else {
                var fill = constant(Tensor(value).cast(to: type), "value")
                if let quantization = graph.values[node.outputs[0]].quantization {
                    fill = add(
                        "value", quantization.type, [], data: quantization.integers(of: Tensor(value)),
                        quantization: quantization)
                }
                try emit(.padV2, inputs + [pads, fill], outputs, .padV2, version: version(node)) { _ in }
            }
        case .gather(let axis):
            try emit(.gather, inputs, outputs, .gather, version: version(node)) { options in
                options.set(0, Int32(axis))
                options.set(1, Int32(0))
            }
        case .gatherND: try emit(.gatherND, inputs, outputs, .gatherND) { _ in }
        case .extent(let dimension):
            // A tensor of its own, which others read.
            let zero = constant(Tensor(0).cast(to: .int32), "zero")
            try emit(.add, [try scalar(dimension), zero], outputs, .add) { _ in }
        case .range:
            let bounds = [0, 1].map { constant(Tensor($0).cast(to: .int32), "bound") }
            try emit(.range, [bounds[0], inputs[0], bounds[1]], outputs, .range) { _ in }
        case .loop(let body, let steps): try emitLoop(node, body: body, steps: steps)
        case .update: try emitUpdate(node)
        case .oneHot(let on, let off):
            let depth = try scalar(shape[shape.count - 1])
            let marks = [constant(Tensor(on).cast(to: type), "on"), constant(Tensor(off).cast(to: type), "off")]
            try emit(.oneHot, inputs + [depth] + marks, outputs, .oneHot) { $0.set(0, Int32(-1)) }
        case .topK(let count):
            // The places are int32.
            let places = add("places", .int32, shape)
            let size = constant(Tensor(count).cast(to: .int32), "count")
            try emit(.topKV2, inputs + [size], [outputs[0], places], .topKV2) { _ in }
            try emit(.cast, [places], [outputs[1]], .cast) { options in
                options.set(0, TFLite.ElementType.int32.rawValue)
                options.set(1, TFLite.ElementType.int64.rawValue)
            }
        default: throw unsupported(node, "it should have been written with others.")
        }
    }

    private mutating func emitSlice(
        _ node: ExportGraph.Node, _ begin: [Int], _ step: [Int], _ inputs: [Int32], _ outputs: [Int32]
    ) throws {
        let (input, shape) = (graph.values[node.inputs[0]].shape, graph.values[node.outputs[0]].shape)
        let ends = shape.indices.map { SliceEnd(begin: begin[$0], step: step[$0], count: shape[$0], of: input[$0]) }
        let isPlain = shape.indices.allSatisfy { shape[$0].size != nil || ends[$0] == .axis }
        if isPlain, step.allSatisfy({ $0 == 1 }), begin.allSatisfy({ $0 >= 0 }) {
            let operands = inputs + [integers(begin), integers(shape.map(\.sizeOrUnknown))]
            return try emit(.slice, operands, outputs, .slice, version: version(node)) { _ in }
        }
        var whole = Int32(0)
        let places = ends.enumerated().map { axis, end -> ExportGraph.Dimension in
            switch end {
            case .axis:
                whole |= 1 << Int32(axis)
                return .init(0)
            case .place(let place): return .init(place)
            case .computed(let place): return place
            }
        }
        let operands = inputs + [integers(begin), try sizes(places, fillsIn: false), integers(step)]
        try emit(.stridedSlice, operands, outputs, .stridedSlice, version: version(node)) { $0.set(1, whole) }
    }
}
