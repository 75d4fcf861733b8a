import Martlet
import MartletCore

/// The operations of the graph that one op of the traces becomes.
extension Lowering {
    mutating func lower(_ step: Step) throws -> [Binding] {
        if let unary = Operation.Unary(rawValue: step.name) { return try add(.unary(unary), step) }
        if let binary = Operation.Binary(rawValue: step.name) { return try add(.binary(binary), step) }
        if let reduction = Operation.Reduction(rawValue: step.name) {
            let axes: ReducedAxes = try shared(step) { try $0("axes") }
            return try add(.reduce(reduction, axes: axes.axes, keepDims: axes.keepDims), step)
        }
        if let cumulation = Operation.Cumulation(rawValue: step.name) {
            return try add(
                .cumulate(
                    cumulation, axis: try shared(step) { try $0("axis") }, exclusive: try shared(step) { try $0("exclusive") },
                    reverse: try shared(step) { try $0("reverse") }), step)
        }
        switch step.name {
        case "stopGradient", "checkedIndices", "copy": return [step.inputs[0]]
        case "cast":
            let (from, to) = (Self.exported(step.inputSpecs[0][0].dtype), Self.exported(step.outputSpecs[0][0].dtype))
            return from == to ? [step.inputs[0]] : try add(.cast, step)
        case "where": return try add(.select, step)
        case "gate": return try lowerGate(step)
        case "matmul":
            let flags = (try shared(step) { try $0("transposeA") } as Bool, try shared(step) { try $0("transposeB") } as Bool)
            // A matrix of weights, which formats multiply with faster, and round.
            if flags == (false, false), case .known = step.inputs[1], step.inputSpecs[0].map(\.shape.rank) == [2, 2],
                step.inputSpecs[0][0].dtype.isFloatingPoint
            {
                return try add(.dense(.none), step)
            }
            return try add(.matmul(transposeA: flags.0, transposeB: flags.1), step)
        case "dense": return try add(.dense(try activation(step)), step)
        case "conv":
            let geometries: [ConvolutionGeometry] = try step.ops.map { try OpAttributes($0)("geometry") }
            let window = Array(step.inputSpecs[0][1].shape.dimensions.dropLast(2))
            let windows = try windows(geometries.map(\.windows), window, step)
            return try add(
                .convolution(windows, groups: geometries[0].groups, try activation(step)), step,
                shape: try shape(of: windows, window, step))
        case "convInputGradient":
            let geometries: [ConvolutionGeometry] = try step.ops.map { try OpAttributes($0)("geometry") }
            guard geometries[0].groups == 1 else { throw unsupported(step) }
            guard geometries.allSatisfy({ $0.windows == geometries[0].windows }) else {
                throw openError(step.layer, "Its padding follows from sizes.")
            }
            return try add(
                .transposedConvolution(geometries[0].windows), step,
                shape: try shape(ofTransposed: geometries[0].windows, step))
        case "maxPool", "averagePool":
            let geometries: [PoolingGeometry] = try step.ops.map { try OpAttributes($0)("geometry") }
            let size = geometries[0].size
            guard geometries.allSatisfy({ $0.size == size }) else { throw openError(step.layer, "Its window follows from sizes.") }
            let windows = try windows(geometries.map(\.windows), size, step)
            return try add(
                step.name == "maxPool" ? .maxPool(size: size, windows) : .averagePool(size: size, windows), step,
                shape: try shape(of: windows, size, step))
        case "argmax": return try add(.argmax(axis: try shared(step) { try $0("axis") }), step)
        case "argmin": return try add(.argmin(axis: try shared(step) { try $0("axis") }), step)
        case "softmax": return try add(.softmax(axis: try axis(step)), step)
        case "logSoftmax": return try add(.logSoftmax(axis: try axis(step)), step)
        case "reshape": return try add(.reshape, step)
        case "broadcast": return try add(.broadcast, step)
        case "transpose": return try add(.transpose(try shared(step) { try $0("permutation") }), step)
        case "concatenate": return try add(.concatenate(axis: try shared(step) { try $0("axis") }), step)
        case "split": return try lowerSplit(step)
        case "slice": return try lowerSlice(step)
        case "sliceScatter": return try lowerSliceScatter(step)
        case "pad":
            return try add(
                .pad(
                    before: try shared(step) { try $0("before") }, after: try shared(step) { try $0("after") },
                    value: try shared(step) { try $0("value") }), step)
        case "gather", "takeAlong": return try lowerGather(step)
        case "gatherND": return try add(.gatherND, step)
        case "oneHot":
            return try add(.oneHot(on: try shared(step) { try $0("on") }, off: try shared(step) { try $0("off") }), step)
        case "topK": return try addAll(.topK(try shared(step) { try $0("count") }), step, count: 2)
        case "sort": return try addAll(.sort(descending: try shared(step) { try $0("descending") }), step, count: 2)
        case "resample": return try lowerResample(step)
        case "layerNorm" where keeping.contains(.layerNorm) && step.inputs.dropFirst().allSatisfy(\.isKnown):
            return try add(
                .layerNorm(
                    epsilon: try shared(step) { try $0("epsilon") }, isCentered: try shared(step) { try $0("isCentered") },
                    hasScale: try shared(step) { try $0("hasScale") }, hasOffset: try shared(step) { try $0("hasOffset") }),
                step)
        case "recurrentSequence" where keeping.contains(.recurrentSequence) || keeping.contains(.longSequence):
            let recurrence = try shared(step) { attributes in
                let plan = try attributes.inside("plan")
                return Operation.Recurrence(
                    kind: try plan("kind"), goBackwards: try plan("goBackwards"),
                    returnSequences: try plan("returnSequences"), zeroOutputForMask: try plan("zeroOutputForMask"),
                    hasBias: try plan("hasBias"), hasMask: try plan("hasMask"))
            }
            let weights = step.inputs[(1 + recurrence.kind.stateCount)...].prefix(recurrence.hasBias ? 3 : 2)
            let areConstant = weights.allSatisfy(\.isKnown)
            let steps = step.inputSpecs.map { $0[0].shape[1] }
            let isOpen = steps.contains { $0 != steps[0] }
            let isLong = keeping.contains(.longSequence) && (isOpen || steps[0] > ExportGraph.Composite.mostStepsWrittenOut)
            let isKept = keeping.contains(recurrence.hasMask ? .maskedSequence : .recurrentSequence)
            guard isLong || isKept, areConstant, steps[0] > 0 else {
                return try lowerFormula(step)
            }
            return try addAll(.recurrent(recurrence), step, count: 1 + recurrence.kind.stateCount)
        default: return try lowerFormula(step)
        }
    }

    private func unsupported(_ step: Step) -> MartletError {
        let isSized = step.inputSpecs.contains { specs in
            zip(specs, step.inputSpecs[0]).contains { $0.shape.dimensions.dropFirst() != $1.shape.dimensions.dropFirst() }
        }
        if isSized { return openError(step.layer, "\(step.name) needs fixed sizes.") }
        return MartletError(
            "Expected a layer whose operations other frameworks have. \(step.name) on "
                + "\(step.inputSpecs[0].map(\.description).joined(separator: ", ")) has no counterpart there.",
            at: "layer \(step.layer)")
    }

    /// The op written with simpler ones.
    private mutating func lowerFormula(_ step: Step) throws -> [Binding] {
        if step.name == "random" {
            throw MartletError("A layer that draws random numbers in inference cannot be exported.", at: "layer \(step.layer)")
        }
        var hasFormula = true
        let traces = zip(step.ops, step.inputSpecs).map { op, specs in
            Trace.graph(specs) { inputs in
                if let outputs = op.formula(inputs) { return outputs }
                hasFormula = false
                return inputs
            }.simplified()
        }
        guard hasFormula else {
            if step.name != "custom" { throw unsupported(step) }
            throw MartletError(
                "Expected operations on numbers. The layer computes in Swift, as layers do that read strings, which no other "
                    + "framework can run. Cut the model behind it.", at: "layer \(step.layer)")
        }
        // The formula's nodes belong to the layer.
        let outer = prefix
        prefix = step.layer
        defer { prefix = outer }
        return try lower(traces, step.inputs)
    }

    private func activation(_ step: Step) throws -> Operation.Activation {
        let activation: FusedActivation = try shared(step) { try $0("activation") }
        return activation == .relu ? .relu : .none
    }

    private func axis(_ step: Step) throws -> Int {
        let axis: Int = try shared(step) { try $0("axis") }
        return axis < 0 ? axis + step.inputSpecs[0][0].shape.rank : axis
    }

    private mutating func lowerGate(_ step: Step) throws -> [Binding] {
        let operands = try step.inputs.map { try value($0, layer: step.layer) }
        let type = graph.values[operands[0]].dtype
        let zero = graph.addConstant(Tensor(0.0).cast(to: type), "\(step.layer)/zero")
        let isOpen = graph.add(
            .binary(.greater), [operands[0], zero], .bool, graph.values[operands[0]].shape, layer: step.layer)
        return try add(.select, step, inputs: [isOpen, operands[1], zero])
    }

    private mutating func lowerSplit(_ step: Step) throws -> [Binding] {
        let axis: Int = try shared(step) { try $0("axis") }
        let sizes: [[Int]] = try step.ops.map { try OpAttributes($0)("sizes") }
        guard sizes.allSatisfy({ $0.count == sizes[0].count }) else { throw openError(step.layer) }
        let input = try value(step.inputs[0], layer: step.layer)
        var places = sizes.map { _ in 0 }
        return try sizes[0].indices.map { part in
            var begin = [Int](repeating: 0, count: graph.values[input].rank)
            begin[axis] = try place(places, on: axis, step)
            places = zip(places, sizes).map { $0 + $1[part] }
            let operation = Operation.slice(begin: begin, step: begin.map { _ in 1 })
            let shape = try dimensions(step.outputSpecs.map { $0[part].shape }, from: [input], layer: step.layer)
            return .value(graph.add(operation, [input], graph.values[input].dtype, shape, layer: step.layer))
        }
    }

    /// A place of all traces: one that follows from the size of an axis counts from its end.
    private func place(_ places: [Int], on axis: Int, _ step: Step) throws -> Int {
        if Set(places).count == 1 { return places[0] }
        let fromEnd = Set(zip(places, step.inputSpecs).map { $0 - $1[0].shape[axis] })
        guard fromEnd.count == 1, let place = fromEnd.first else {
            throw openError(step.layer, "It begins in the middle of an axis that is open.")
        }
        return place
    }

    private mutating func lowerSlice(_ step: Step) throws -> [Binding] {
        let begins: [[Int]] = try step.ops.map { try OpAttributes($0)("begin") }
        let strides: [Int] = try shared(step) { try $0("step") }
        let input = try value(step.inputs[0], layer: step.layer)
        var (begin, shape) = ([Int](), [ExportGraph.Dimension]())
        for axis in strides.indices {
            let (stride, size) = (strides[axis], graph.values[input].shape[axis])
            begin.append(try place(begins.map { $0[axis] }, on: axis, step))
            let counts = step.outputSpecs.map { $0[0].shape[axis] }
            var count = dimension(counts, from: graph.values[input].shape)
            if abs(stride) > 1, Set(counts).count > 1 {
                // To the end: from where it begins, as many as there is room for.
                let room = stride > 0
                    ? (begin[axis] < 0 ? .init(-begin[axis]) : size + -begin[axis])
                    : (begin[axis] < 0 ? size + (begin[axis] + 1) : .init(begin[axis] + 1))
                count = try quotient(room, plus: abs(stride) - 1, by: abs(stride), layer: step.layer)
            }
            guard let count, traced(count) == counts || count.size == counts[0] else {
                throw openError(step.layer, "It ends in the middle of an axis that is open.")
            }
            shape.append(count)
        }
        return try add(.slice(begin: begin, step: strides), step, inputs: [input], shape: shape)
    }

    /// The windows of all traces as one.
    private func windows(_ traced: [Windows], _ window: [Int], _ step: Step) throws -> Windows {
        let first = traced[0]
        let sizes = step.inputSpecs.map { $0[0].shape.dimensions.dropFirst().dropLast() }
        let isOpen = sizes.contains { $0 != sizes[0] }
        guard isOpen else { return first }
        let isSame = zip(traced, sizes).allSatisfy { windows, sizes in
            sizes.enumerated().allSatisfy { axis, size in
                Padding.same.amounts(
                    axis: axis, size: size, window: window[axis], stride: windows.strides[axis], dilation: windows.dilations[axis]
                ) == (windows.before[axis], windows.after[axis])
            }
        }
        if isSame, first.strides.contains(where: { $0 > 1 }) { return .same(strides: first.strides, dilations: first.dilations) }
        guard traced.allSatisfy({ $0 == first }) else { throw openError(step.layer, "Its padding follows from sizes.") }
        return first
    }

    /// The shape of what windows make of the step's first input; nil for the traces to say where no spatial axis is open.
    private mutating func shape(of windows: Windows, _ window: [Int], _ step: Step) throws -> [ExportGraph.Dimension]? {
        let input = graph.values[try value(step.inputs[0], layer: step.layer)].shape
        let spatial = input.dropFirst().dropLast()
        guard spatial.contains(where: { $0.size == nil }) else { return nil }
        let output = step.outputSpecs[0][0].shape
        var shape = [input[0]]
        for (axis, size) in spatial.enumerated() {
            let (stride, span) = (windows.strides[axis], (window[axis] - 1) * windows.dilations[axis] + 1)
            let addend = windows.isSame ? stride - 1 : windows.before[axis] + windows.after[axis] - span + stride
            let result = size.size == nil ? try quotient(size, plus: addend, by: stride, layer: step.layer) : .init(output[axis + 1])
            guard traced(result) == step.outputSpecs.map({ $0[0].shape[axis + 1] }) else { throw openError(step.layer) }
            shape.append(result)
        }
        return shape + [.init(output[-1])]
    }

    /// The shape of what a transposed convolution makes; nil for the traces to say where no spatial axis is open.
    private mutating func shape(ofTransposed windows: Windows, _ step: Step) throws -> [ExportGraph.Dimension]? {
        let input = graph.values[try value(step.inputs[0], layer: step.layer)].shape
        let spatial = input.dropFirst().dropLast()
        guard spatial.contains(where: { $0.size == nil }) else { return nil }
        let output = step.outputSpecs.map { $0[0].shape }
        let sizes = try spatial.enumerated().map { axis, size -> ExportGraph.Dimension in
            let stride = windows.strides[axis]
            let rest = Set(zip(output, step.inputSpecs).map { $0[axis + 1] - $1[0].shape[axis + 1] * stride })
            guard rest.count == 1, let rest = rest.first else {
                throw openError(step.layer, "Its size does not follow from the input's.")
            }
            return size * .init(stride) + rest
        }
        return [input[0]] + sizes + [.init(output[0][-1])]
    }

    /// Zeros between and around the input: between, as an axis of its own.
    private mutating func lowerSliceScatter(_ step: Step) throws -> [Binding] {
        let (begin, strides): ([Int], [Int]) = (try shared(step) { try $0("begin") }, try shared(step) { try $0("step") })
        guard strides.allSatisfy({ $0 > 0 }) else { throw unsupported(step) }
        var value = try value(step.inputs[0], layer: step.layer)
        let type = graph.values[value].dtype
        let target = try dimensions(step.outputSpecs.map { $0[0].shape }, from: [value], layer: step.layer)
        for axis in begin.indices where strides[axis] > 1 {
            var (shape, before) = (graph.values[value].shape, [Int](repeating: 0, count: begin.count + 1))
            guard let size = shape[axis].size else { throw unsupported(step) }
            shape.insert(.init(1), at: axis + 1)
            value = graph.add(.reshape, [value], type, shape, layer: step.layer)
            var after = before
            after[axis + 1] = strides[axis] - 1
            shape[axis + 1] = .init(strides[axis])
            before = [Int](repeating: 0, count: begin.count + 1)
            value = graph.add(.pad(before: before, after: after, value: 0), [value], type, shape, layer: step.layer)
            shape.remove(at: axis + 1)
            shape[axis] = .init(size * strides[axis])
            value = graph.add(.reshape, [value], type, shape, layer: step.layer)
            let used = (size - 1) * strides[axis] + 1
            shape[axis] = .init(size == 0 ? 0 : used)
            value = graph.add(
                .slice(begin: begin.map { _ in 0 }, step: begin.map { _ in 1 }), [value], type, shape, layer: step.layer)
        }
        let shape = graph.values[value].shape
        let after = try begin.indices.map { axis -> Int in
            if shape[axis] == target[axis] { return 0 }
            guard let size = shape[axis].size, let whole = target[axis].size else { throw unsupported(step) }
            return whole - size - begin[axis]
        }
        return [.value(graph.add(.pad(before: begin, after: after, value: 0), [value], type, target, layer: step.layer))]
    }

    /// Negative indices count from the end here and are out of range elsewhere.
    private mutating func lowerGather(_ step: Step) throws -> [Binding] {
        let axis: Int = try shared(step) { try $0("axis") }
        let table = try value(step.inputs[0], layer: step.layer)
        let sizes = step.inputSpecs.map { $0[0].shape[axis] }
        var indices: Int
        if case .known(let tensors, _) = step.inputs[1] {
            let positive = zip(tensors, sizes).map { index, size in
                `where`(index .< 0, index + size, index).cast(to: index.dtype)
            }
            indices = try value(.known(positive, nil), layer: step.layer)
        } else {
            guard graph.values[table].shape[axis] != .batch else { throw unsupported(step) }
            indices = try value(step.inputs[1], layer: step.layer)
        }
        let operation = step.name == "gather" ? Operation.gather(axis: axis) : .takeAlong(axis: axis)
        return try add(operation, step, inputs: [table, indices])
    }

    /// A product with the matrix of the weights, or a choice of elements.
    private mutating func lowerResample(_ step: Step) throws -> [Binding] {
        let maps: [ResampleMap] = try step.ops.map { try OpAttributes($0)("map") }
        let axis: Int = try shared(step) { try $0("axis") }
        let map = maps[0]
        guard maps.allSatisfy({ $0 == map }) else {
            throw openError(step.layer, "It interpolates between as many numbers as a size says.")
        }
        let input = try value(step.inputs[0], layer: step.layer)
        if map.weights.count == map.count, map.weights.allSatisfy({ $0 == 1 }) {
            return [.value(graph.chosen(input, axis: axis, map.starts.map(Int.init), layer: step.layer))]
        }
        var weights = [Double](repeating: 0, count: map.size * map.count)
        for new in 0..<map.count {
            for (place, index) in (map.offsets[new]..<map.offsets[new + 1]).enumerated() {
                weights[(Int(map.starts[new]) + place) * map.count + new] = map.weights[Int(index)]
            }
        }
        return [
            .value(graph.resampled(input, axis: axis, Tensor(weights, shape: [map.size, map.count]), layer: step.layer))
        ]
    }
}
