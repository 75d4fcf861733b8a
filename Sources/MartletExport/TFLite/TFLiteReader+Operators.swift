import Martlet
import MartletCore

/// Operators as operations of the graph.
extension TFLiteReader {
    mutating func read(_ step: Step) throws {
        /// The value of an input.
        func operand(_ number: Int, _ reader: inout TFLiteReader) throws -> Int {
            guard number < step.inputs.count else { throw reader.malformed("Expected more than \(number) inputs.", step) }
            return try reader.value(step.inputs[number])
        }
        func tensor(_ number: Int) throws -> Int {
            guard number < step.inputs.count else { throw malformed("Expected more than \(number) inputs.", step) }
            return step.inputs[number]
        }
        func axis(_ axis: Int, _ rank: Int) throws -> Int {
            let place = axis < 0 ? axis + rank : axis
            guard place >= 0, place < rank else { throw malformed("Expected an axis below \(rank). Received: \(axis).", step) }
            return place
        }
        if let unary = Self.unaries[step.builtin] {
            let x = try operand(0, &self)
            return try add(.unary(unary), [x], step, shape(x))
        }
        if let binary = Self.binaries[step.builtin] {
            let (a, b) = (try operand(0, &self), try operand(1, &self))
            guard let shape = [ExportGraph.Dimension].broadcast(shape(a), shape(b)) else {
                throw malformed("The shapes \(self.shape(a)) and \(self.shape(b)) do not broadcast.", step)
            }
            let hasActivation = [.add, .sub, .mul, .div].contains(step.builtin)
            return try add(.binary(binary), [a, b], step, shape, activation: hasActivation ? try step.byte(0) : nil)
        }
        if let reduction = Self.reductions[step.builtin] {
            let x = try operand(0, &self)
            let axes = Set(try integers(try tensor(1), "the axes").map { try axis($0, self.shape(x).count) }).sorted()
            let keepDims = try step.flag(0)
            var left = shape(x)
            for axis in axes.reversed() {
                if keepDims { left[axis] = .init(1) } else { left.remove(at: axis) }
            }
            return try add(.reduce(reduction, axes: axes, keepDims: keepDims), [x], step, left)
        }
        if step.builtin == .while { return try readLoop(step) }
        if step.builtin == .split { return try readSplit(step) }
        if try readListUpdate(step) { return }
        // Its first input is a size.
        if step.builtin == .transposeConv || step.builtin == .conv3DTranspose { return try readTransposedConvolution(step) }
        let x = try operand(0, &self)
        let input = shape(x)
        switch step.builtin {
        case .dequantize, .quantize:
            let type = graph.values[x].dtype
            try add(type == (try dtype(step.outputs[0])) ? .requantize : .cast, [x], step, input)
        case .cast: try add(.cast, [x], step, input)
        case .densify:
            // The elements are all there since the constant was read.
            guard let constant = graph.constant(x) else { throw malformed("Expected a constant.", step) }
            let value = try addValue(step.outputs[0], input)
            graph.values[value].constant = constant
        case .gelu: try add(.unary(try step.flag(0) ? .geluTanh : .gelu), [x], step, input)
        case .fullyConnected: try readDense(step, x)
        case .conv2D, .depthwiseConv2D, .conv3D: try readConvolution(step, x)
        case .maxPool2D, .averagePool2D:
            let size = [try step.integer(4), try step.integer(3)]
            let windows = try windows(step, input, size, strides: [try step.integer(2), try step.integer(1)], dilations: [1, 1])
            let spatial = try outputSizes(input, size, windows, step)
            try add(
                step.builtin == .maxPool2D ? .maxPool(size: size, windows) : .averagePool(size: size, windows), [x], step,
                [input[0]] + spatial + [input[3]], activation: try step.byte(5))
        case .selectV2:
            let (a, b) = (try operand(1, &self), try operand(2, &self))
            guard let both = [ExportGraph.Dimension].broadcast(shape(a), shape(b)),
                let all = [ExportGraph.Dimension].broadcast(input, both)
            else { throw malformed("The shapes do not broadcast.", step) }
            try add(.select, [x, a, b], step, all)
        case .batchMatMul:
            let b = try operand(1, &self)
            let (transposeA, transposeB) = (try step.flag(0), try step.flag(1))
            let other = shape(b)
            guard input.count >= 2, other.count >= 2,
                let leading = [ExportGraph.Dimension].broadcast(Array(input.dropLast(2)), Array(other.dropLast(2)))
            else { throw malformed("Expected matrices.", step) }
            let rows = input[input.count - (transposeA ? 1 : 2)]
            let columns = other[other.count - (transposeB ? 2 : 1)]
            try add(.matmul(transposeA: transposeA, transposeB: transposeB), [x, b], step, leading + [rows, columns])
        case .argMax, .argMin:
            let place = try axis(try integers(try tensor(1), "the axis").first ?? 0, input.count)
            var shape = input
            shape.remove(at: place)
            try add(step.builtin == .argMax ? .argmax(axis: place) : .argmin(axis: place), [x], step, shape)
        case .cumsum:
            let place = try axis(try integers(try tensor(1), "the axis").first ?? 0, input.count)
            try add(
                .cumulate(.cumulativeSum, axis: place, exclusive: try step.flag(0), reverse: try step.flag(1)), [x], step, input)
        case .softmax: try add(.softmax(axis: try axis(-1, input.count)), [x], step, input)
        case .logSoftmax: try add(.logSoftmax(axis: try axis(-1, input.count)), [x], step, input)
        case .reshape:
            let wanted: [ExportGraph.Dimension]
            if step.inputs.count > 1 {
                wanted = try sizes(step.inputs[1], "the shape")
            } else {
                wanted = try (step.options?.integers(0) ?? []).map { .init($0) }
            }
            try add(.reshape, [x], step, try filled(wanted, input, step))
        case .range: try readRange(step)
        case .dynamicUpdateSlice: try readUpdate(step, x)
        case .pack: try readPack(step)
        case .mirrorPad: try readMirrorPad(step, x)
        case .resizeBilinear, .resizeNearestNeighbor: try readResize(step, x)
        case .prelu:
            let slope = try operand(1, &self)
            try readBelowZero(step, x) { reader, below in reader.add(.binary(.multiply), [below, slope], like: below) }
        case .leakyRelu:
            let slope = graph.addConstant(Tensor(try step.options?.float(0) ?? 0), "slope")
            try readBelowZero(step, x) { reader, below in reader.add(.binary(.multiply), [below, slope], like: below) }
        case .elu: try readBelowZero(step, x) { reader, below in reader.add(.unary(.expm1), [below], like: below) }
        case .squaredDifference:
            let other = try operand(1, &self)
            guard let shape = [ExportGraph.Dimension].broadcast(input, shape(other)) else {
                throw malformed("The shapes do not broadcast.", step)
            }
            let difference = graph.add(.binary(.subtract), [x, other], .float32, shape, layer: "operator \(place)")
            try add(.unary(.square), [difference], step, shape)
        case .spaceToBatchND: try readSpaceToBatch(step, x)
        case .batchToSpaceND: try readBatchToSpace(step, x)
        case .tile: try readTile(step, x)
        case .bucketize: try readBucketize(step, x)
        case .depthToSpace: try readDepthToSpace(step, x)
        case .expandDims:
            let at = try integers(try tensor(1), "the axis").first ?? 0
            var shape = input
            shape.insert(.init(1), at: try axis(at, input.count + 1))
            try add(.reshape, [x], step, shape)
        case .squeeze:
            let axes = try (step.options?.integers(0) ?? []).map { try axis($0, input.count) }
            let gone = axes.isEmpty ? input.indices.filter { input[$0] == .init(1) } : axes
            guard gone.allSatisfy({ input[$0] == .init(1) }) else { throw malformed("Expected axes of size 1.", step) }
            try add(.reshape, [x], step, input.indices.filter { !gone.contains($0) }.map { input[$0] })
        case .broadcastTo: try add(.broadcast, [x], step, try sizes(try tensor(1), "the shape"))
        case .transpose:
            let order = try integers(try tensor(1), "the permutation")
            guard order.sorted() == Array(input.indices) else { throw malformed("Expected a permutation of the axes.", step) }
            try add(.transpose(order), [x], step, order.map { input[$0] })
        case .concatenation:
            let parts = try step.inputs.map { try value($0) }
            let place = try axis(try step.integer(0), input.count)
            var whole = input
            for part in parts.dropFirst() {
                let next = shape(part)
                guard next.count == input.count else { throw malformed("Expected parts of one rank.", step) }
                whole[place] = .init(
                    whole[place].fixed + next[place].fixed, perSample: whole[place].perSample + next[place].perSample)
            }
            try add(.concatenate(axis: place), parts, step, whole, activation: try step.byte(1))
        case .slice:
            let (begin, counts) = (try integers(try tensor(1), "the begin"), try integers(try tensor(2), "the sizes"))
            guard begin.count == input.count, counts.count == input.count else {
                throw malformed("Expected a place for each axis.", step)
            }
            let shape = input.indices.map { axis in
                counts[axis] >= 0
                    ? .init(counts[axis])
                    : ExportGraph.Dimension(input[axis].fixed - begin[axis], perSample: input[axis].perSample)
            }
            try add(.slice(begin: begin, step: begin.map { _ in 1 }), [x], step, shape)
        case .stridedSlice: try readStridedSlice(step, x)
        case .reverseV2:
            var (begin, steps) = (input.map { _ in 0 }, input.map { _ in 1 })
            for place in try integers(try tensor(1), "the axes") {
                let axis = try axis(place, input.count)
                guard let size = input[axis].size else { throw malformed("Expected an axis other than the batch.", step) }
                (begin[axis], steps[axis]) = (max(size - 1, 0), -1)
            }
            try add(.slice(begin: begin, step: steps), [x], step, input)
        case .pad, .padV2:
            let pads = try integers(try tensor(1), "the padding")
            guard pads.count == 2 * input.count, pads.allSatisfy({ $0 >= 0 && $0 < 1 << 40 }) else {
                throw malformed("Expected a padding of 0 or more before and after each axis.", step)
            }
            let (before, after) = (input.indices.map { pads[2 * $0] }, input.indices.map { pads[2 * $0 + 1] })
            let fill = step.builtin == .padV2 ? try constant(try tensor(2)) : nil
            let shape = input.indices.map {
                ExportGraph.Dimension(input[$0].fixed + before[$0] + after[$0], perSample: input[$0].perSample)
            }
            guard fill.map({ $0.elementCount == 1 }) ?? true else { throw malformed("Expected one value.", step) }
            try add(.pad(before: before, after: after, value: fill?.item() ?? 0), [x], step, shape)
        case .gather:
            let indices = try operand(1, &self)
            let place = try axis(try step.integer(0), input.count)
            guard try step.integer(1) == 0 else { throw malformed("Martlet reads no batch axes of it.", step) }
            try add(
                .gather(axis: place), [x, indices], step, Array(input[..<place]) + shape(indices) + input[(place + 1)...])
        case .gatherND:
            let indices = try operand(1, &self)
            guard let depth = shape(indices).last?.size, (0...input.count).contains(depth) else {
                throw malformed("Expected tuples of places.", step)
            }
            try add(.gatherND, [x, indices], step, Array(shape(indices).dropLast() + input[depth...]))
        case .oneHot:
            guard let depth = try integers(try tensor(1), "the depth").first, depth >= 0, try step.integer(0) == -1,
                let on = try constant(try tensor(2)), let off = try constant(try tensor(3)), on.elementCount == 1,
                off.elementCount == 1
            else { throw malformed("Expected a depth, constant values and the axis -1.", step) }
            try add(.oneHot(on: on.item(), off: off.item()), [x], step, input + [.init(depth)])
        case .topKV2:
            guard let count = try integers(try tensor(1), "the count").first, count >= 0, step.outputs.count == 2,
                !input.isEmpty
            else { throw malformed("Expected a count and two outputs.", step) }
            let shape = Array(input.dropLast()) + [ExportGraph.Dimension(count)]
            let outputs = try step.outputs.map { try addValue($0, shape) }
            graph.nodes.append(.init(operation: .topK(count), inputs: [x], outputs: outputs, layer: "operator \(place)"))
        default: throw malformed("Martlet does not read this operator.", step)
        }
    }

    /// Numbers at equal distances, from known ones.
    private mutating func readRange(_ step: Step) throws {
        let bounds = try step.inputs.map { try integers($0, "a number") }
        guard bounds.count == 3, bounds.allSatisfy({ $0.count == 1 }), bounds[2][0] != 0 else {
            throw malformed("Expected a first number, an end and a distance, each one that is known.", step)
        }
        let numbers = stride(from: bounds[0][0], to: bounds[1][0], by: bounds[2][0])
        let room = Double(bounds[1][0] - bounds[0][0]) / Double(bounds[2][0])
        guard room <= Double(1 << 24) else { throw malformed("Expected at most 2^24 numbers. Received: \(room).", step) }
        let line = Tensor(Array(numbers)).cast(to: try dtype(step.outputs[0]))
        let value = try addValue(step.outputs[0], [.init(line.elementCount)])
        graph.values[value].constant = line
    }

    /// A shape with the one size that follows from the others.
    private func filled(
        _ wanted: [ExportGraph.Dimension], _ input: [ExportGraph.Dimension], _ step: Step
    ) throws -> [ExportGraph.Dimension] {
        /// The product of sizes: a number, and how often the batch is a factor.
        func product(_ shape: [ExportGraph.Dimension]) throws -> (Int, Int) {
            try shape.reduce((1, 0)) { result, size in
                guard size.size != nil || size.fixed == 0 else { throw malformed("Expected multiples of the batch.", step) }
                return (saturatedProduct(result.0, size.size ?? size.perSample), result.1 + (size.size == nil ? 1 : 0))
            }
        }
        guard let place = wanted.firstIndex(of: .init(-1)) else { return wanted }
        var shape = wanted
        shape[place] = .init(1)
        let (whole, part) = (try product(input), try product(shape))
        guard part.0 > 0, whole.0 % part.0 == 0, (0...1).contains(whole.1 - part.1) else {
            throw malformed("Expected a shape for the elements of \(input). Received: \(wanted.map(\.description)).", step)
        }
        shape[place] = whole.1 == part.1 ? .init(whole.0 / part.0) : .init(0, perSample: whole.0 / part.0)
        return shape
    }

    private func windows(
        _ step: Step, _ input: [ExportGraph.Dimension], _ window: [Int], strides: [Int], dilations: [Int]
    ) throws -> Windows {
        let limit = 1 << 20
        guard input.count == window.count + 2, (window + strides + dilations).allSatisfy({ (1...limit).contains($0) }) else {
            throw malformed("Expected images, and a window, strides and dilations from 1 to \(limit).", step)
        }
        guard try step.byte(0) == Int(TFLite.Padding.same.rawValue) else {
            return Windows(strides: strides, dilations: dilations)
        }
        let pads = try window.indices.map { axis in
            guard let size = input[axis + 1].size else { throw malformed("Expected a known size of the image.", step) }
            return Padding.same.amounts(
                axis: axis, size: size, window: window[axis], stride: strides[axis], dilation: dilations[axis])
        }
        return Windows(strides: strides, dilations: dilations, before: pads.map(\.before), after: pads.map(\.after))
    }

    private func outputSizes(
        _ input: [ExportGraph.Dimension], _ window: [Int], _ windows: Windows, _ step: Step
    ) throws -> [ExportGraph.Dimension] {
        try window.indices.map { axis in
            guard let size = input[axis + 1].size else { throw malformed("Expected a known size of the image.", step) }
            return .init(
                Padding.outputSize(
                    of: size, window: window[axis], stride: windows.strides[axis], dilation: windows.dilations[axis],
                    before: windows.before[axis], after: windows.after[axis]))
        }
    }

    /// The constant weights of a step, their axes in Martlet's order.
    private mutating func weights(_ tensor: Int, _ order: [Int], _ step: Step) throws -> Int {
        let value = try value(tensor)
        guard let stored = graph.constant(value) ?? folded(value), stored.rank == order.count else {
            throw malformed("Expected constant weights of \(order.count) axes.", step)
        }
        let weights = graph.addConstant(stored.transposed(permutation: order), graph.values[value].name)
        graph.values[weights].quantization = graph.values[value].quantization
        if let axis = graph.values[weights].quantization?.axis {
            graph.values[weights].quantization!.axis = order.firstIndex(of: axis) ?? 0
        }
        return weights
    }

    /// What a dequantization of a constant gives.
    private func folded(_ value: Int) -> Tensor? {
        guard let node = producer(of: value), node.operation == .requantize else { return nil }
        return graph.constant(node.inputs[0])
    }

    private mutating func bias(_ number: Int, _ step: Step) throws -> [Int] {
        guard number < step.inputs.count, step.inputs[number] >= 0 else { return [] }
        return [try value(step.inputs[number])]
    }

    private mutating func readDense(_ step: Step, _ x: Int) throws {
        guard step.inputs.count >= 2 else { throw malformed("Expected weights.", step) }
        let kernel = try weights(step.inputs[1], [1, 0], step)
        let sizes = graph.constant(kernel)!.shape
        var (x, input) = (x, shape(x))
        guard let last = input.last else { throw malformed("Expected an input of rows.", step) }
        let keepsAxes = try step.flag(2)
        if last != .init(sizes[0]) || !keepsAxes && input.count != 2 {
            // Rows of as many numbers as there are weights.
            let rows = try filled([.init(-1), .init(sizes[0])], input, step)
            x = graph.add(.reshape, [x], graph.values[x].dtype, rows, layer: "operator \(place)")
            graph.values[x].quantization = nil
            input = rows
        }
        let operands = [x, kernel] + (try bias(2, step))
        try add(.dense(.none), operands, step, input.dropLast() + [.init(sizes[1])], activation: try step.byte(0))
    }

    private mutating func readConvolution(_ step: Step, _ x: Int) throws {
        guard step.inputs.count >= 2 else { throw malformed("Expected weights.", step) }
        let (input, isDepthwise, isVolume) = (shape(x), step.builtin == .depthwiseConv2D, step.builtin == .conv3D)
        let order = isVolume ? [0, 1, 2, 3, 4] : isDepthwise ? [1, 2, 0, 3] : [1, 2, 3, 0]
        let kernel = try weights(step.inputs[1], order, step)
        let sizes = graph.constant(kernel)!.shape.dimensions
        let window = Array(sizes.dropLast(2))
        /// Options that are 1 where the file leaves them out.
        func dilation(_ field: Int) throws -> Int { try step.options?.integer(field, default: 1) ?? 1 }
        let strides: [Int]
        let dilations: [Int]
        if isVolume {
            strides = [try step.integer(1), try step.integer(3), try step.integer(2)]
            dilations = [try dilation(5), try dilation(7), try dilation(6)]
        } else {
            strides = [try step.integer(2), try step.integer(1)]
            let first = isDepthwise ? 5 : 4
            dilations = [try dilation(first + 1), try dilation(first)]
        }
        let windows = try windows(step, input, window, strides: strides, dilations: dilations)
        guard let channels = input.last?.size, sizes[sizes.count - 2] > 0, channels % sizes[sizes.count - 2] == 0 else {
            throw malformed("Expected weights for the input's channels.", step)
        }
        let activation = try step.byte(isVolume || isDepthwise ? 4 : 3)
        try add(
            .convolution(windows, groups: channels / sizes[sizes.count - 2], .none), [x, kernel] + (try bias(2, step)), step,
            [input[0]] + (try outputSizes(input, window, windows, step)) + [.init(sizes[sizes.count - 1])],
            activation: activation)
    }

    private mutating func readTransposedConvolution(_ step: Step) throws {
        guard step.inputs.count >= 3 else { throw malformed("Expected a size, weights and an input.", step) }
        let isVolume = step.builtin == .conv3DTranspose
        let (size, x) = (try sizes(step.inputs[0], "the size"), try value(step.inputs[2]))
        let kernel = try weights(step.inputs[1], isVolume ? [0, 1, 2, 3, 4] : [1, 2, 0, 3], step)
        let window = Array(graph.constant(kernel)!.shape.dimensions.dropLast(2))
        let strides = isVolume
            ? [try step.integer(1), try step.integer(3), try step.integer(2)] : [try step.integer(2), try step.integer(1)]
        // Its adjoint is the convolution of an image of the output's size.
        let windows = try windows(step, size, window, strides: strides, dilations: window.map { _ in 1 })
        try add(
            .transposedConvolution(windows), [x, kernel] + (try bias(3, step)), step, size,
            activation: isVolume ? try step.byte(4) : try step.byte(3))
    }

    private mutating func readStridedSlice(_ step: Step, _ x: Int) throws {
        let input = shape(x)
        guard step.inputs.count == 4 else { throw malformed("Expected begin, end and strides.", step) }
        let (begins, ends, strides) = (
            try integers(step.inputs[1], "the begin"), try integers(step.inputs[2], "the end"),
            try integers(step.inputs[3], "the strides")
        )
        guard begins.count == input.count, ends.count == input.count, strides.count == input.count, !strides.contains(0),
            try step.integer(2) == 0, try step.integer(3) == 0
        else { throw malformed("Expected a part along each axis.", step) }
        let (beginMask, endMask, shrinkMask) = (try step.integer(0), try step.integer(1), try step.integer(4))
        var (begin, shape, kept) = ([Int](), [ExportGraph.Dimension](), [ExportGraph.Dimension]())
        for axis in input.indices {
            let bit = 1 << axis
            guard let size = input[axis].size else {
                guard strides[axis] == 1, beginMask & bit != 0 || begins[axis] == 0, endMask & bit != 0, shrinkMask & bit == 0
                else { throw malformed("Expected the whole batch.", step) }
                begin.append(0)
                shape.append(input[axis])
                kept.append(input[axis])
                continue
            }
            let isForward = strides[axis] > 0
            func place(_ number: Int, _ least: Int, _ most: Int) -> Int {
                min(max(number < 0 ? number + size : number, least), most)
            }
            let first = beginMask & bit != 0
                ? (isForward ? 0 : size - 1) : place(begins[axis], isForward ? 0 : -1, isForward ? size : size - 1)
            if shrinkMask & bit != 0 {
                begin.append(first)
                shape.append(.init(1))
                continue
            }
            let last = endMask & bit != 0
                ? (isForward ? size : -1) : place(ends[axis], isForward ? 0 : -1, isForward ? size : size - 1)
            let distance = isForward ? last - first : first - last
            let count = max(0, (distance + abs(strides[axis]) - 1) / abs(strides[axis]))
            begin.append(first)
            shape.append(.init(count))
            kept.append(.init(count))
        }
        if kept.count == shape.count { return try add(.slice(begin: begin, step: strides), [x], step, shape) }
        let part = graph.add(
            .slice(begin: begin, step: strides.map { $0 }), [x], graph.values[x].dtype, shape, layer: "operator \(place)")
        try add(.reshape, [part], step, kept)
    }
}
