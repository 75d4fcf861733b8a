import Martlet
import MartletCore

/// Reads a TFLite file as a graph. Files come from anywhere: whatever does not fit together throws.
package struct TFLiteReader {
    private var graph = ExportGraph()
    private let codes: [Int]
    private let tensors: [FlatTableReader]
    private let buffers: [FlatTableReader]
    private var valueOf: [Int: Int] = [:]
    /// Vectors and scalars of sizes that depend on the batch.
    private var sizes: [Int: [ExportGraph.Dimension]] = [:]
    private var place = 0

    /// The graph of a file's first subgraph.
    /// - Throws: `MartletError` when the bytes are no TFLite file, or one of operators that Martlet does not know.
    package static func graph(_ bytes: [UInt8], name: String = "model") throws -> ExportGraph {
        do {
            let model = try FlatBuffer(bytes, identifier: TFLite.identifier).root()
            return try withErrors {
                var reader = try TFLiteReader(model, name: name)
                return try reader.read(model)
            }
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location ?? name)
        }
    }

    private init(_ model: FlatTableReader, name: String) throws {
        let version = Int(try model.number(0, default: UInt32(0)))
        guard version == 3 else { throw MartletError("Expected a TFLite file of version 3. Received: version \(version).") }
        codes = try model.tables(1).map { code in max(try code.byte(0), try code.integer(3)) }
        guard let subgraph = try model.tables(2).first else { throw MartletError("Expected a subgraph. Received: none.") }
        tensors = try subgraph.tables(0)
        buffers = try model.tables(4)
        graph.name = name
    }

    private mutating func read(_ model: FlatTableReader) throws -> ExportGraph {
        let subgraph = try model.tables(2)[0]
        let inputs = try subgraph.integers(1) ?? []
        for input in inputs {
            let value = try addValue(input, try signature(input))
            graph.inputs.append(value)
        }
        let operators = try subgraph.tables(3)
        for (index, table) in operators.enumerated() {
            place = index
            try readOperator(table)
        }
        for output in try subgraph.integers(2) ?? [] { graph.outputs.append(try value(output)) }
        graph.inputNames = graph.inputs.map { graph.values[$0].name }
        graph.outputNames = graph.outputs.map { graph.values[$0].name }
        if let signature = try model.tables(7).first {
            for (field, tensors) in [(0, inputs), (1, try subgraph.integers(2) ?? [])] {
                for map in try signature.tables(field) {
                    let tensor = Int(try map.number(1, default: UInt32(0)))
                    guard let index = tensors.firstIndex(of: tensor) else { continue }
                    let name = try map.text(0)
                    if field == 0 { graph.inputNames[index] = name } else { graph.outputNames[index] = name }
                }
            }
        }
        graph.prune()
        return graph
    }

    // MARK: - Tensors

    private func table(_ tensor: Int) throws -> FlatTableReader {
        guard tensors.indices.contains(tensor) else {
            throw MartletError("Expected a tensor below \(tensors.count). Received: number \(tensor).", at: "operator \(place)")
        }
        return tensors[tensor]
    }

    private func type(_ tensor: Int) throws -> TFLite.ElementType {
        let number = Int8(try table(tensor).byte(1))
        guard let type = TFLite.ElementType(rawValue: number), type != .string else {
            throw MartletError("Expected numbers of 8 to 64 bits. Received: the type \(number).", at: try table(tensor).text(3))
        }
        return type
    }

    /// The shape that a tensor is declared with; unknown sizes are the batch.
    private func signature(_ tensor: Int) throws -> [ExportGraph.Dimension] {
        let sizes = try table(tensor).integers(7) ?? table(tensor).integers(0) ?? []
        _ = try Shape(validating: sizes.map { $0 == -1 ? 1 : $0 })
        guard sizes.count(where: { $0 == -1 }) <= 1 else {
            throw MartletError("Expected at most one unknown size. Received: \(sizes).", at: try table(tensor).text(3))
        }
        return sizes.map { $0 == -1 ? .batch : .init($0) }
    }

    /// How the tensor's integers stand for numbers, nil where they are meant.
    private func quantization(_ tensor: Int) throws -> ExportGraph.Quantization? {
        let type = try type(tensor)
        guard [.int8, .uint8, .int16, .int32, .int64].contains(type), let parameters = try table(tensor).table(4),
            let scales = try parameters.floats(2), !scales.isEmpty
        else { return nil }
        let zeros = try parameters.numbers(3, as: Int64.self) ?? scales.map { _ in 0 }
        let axis = try parameters.integer(6)
        let shape = try table(tensor).integers(0) ?? []
        guard scales.allSatisfy({ $0 > 0 && $0.isFinite }), zeros.count == scales.count,
            zeros.allSatisfy({ abs($0) <= 1 << 31 }),
            scales.count == 1 || (shape.indices.contains(axis) && shape[axis] == scales.count)
        else {
            throw MartletError(
                "Expected positive scales, one or one for each index of an axis. Received: \(scales.count) scales and "
                    + "\(zeros.count) zero points for axis \(axis) of shape \(shape).", at: try table(tensor).text(3))
        }
        // 8 bits without a sign are those with one and another zero point.
        let shift = type == .uint8 ? 128 : 0
        return .init(
            scales: scales, zeroPoints: zeros.map { Int($0) - shift }, axis: scales.count > 1 ? axis : 0,
            bits: 8 * type.byteCount)
    }

    private func dtype(_ tensor: Int) throws -> DType {
        if try quantization(tensor) != nil { return .float32 }
        return switch try type(tensor) {
        case .float32, .float16: .float32
        case .float64: .float64
        case .int32, .int8, .int16: .int32
        case .int64: .int64
        case .uint8: .uint8
        case .bool: .bool
        case .string: .string
        }
    }

    private mutating func addValue(_ tensor: Int, _ shape: [ExportGraph.Dimension]) throws -> Int {
        let name = try table(tensor).text(3)
        let value = graph.addValue(name.isEmpty ? "tensor_\(tensor)" : name, try dtype(tensor), shape)
        graph.values[value].quantization = try quantization(tensor)
        guard valueOf.updateValue(value, forKey: tensor) == nil else {
            throw MartletError("Expected each tensor to be computed once.", at: "operator \(place)")
        }
        return value
    }

    /// The value of a tensor that was computed before, or is a constant.
    private mutating func value(_ tensor: Int) throws -> Int {
        if let known = valueOf[tensor] { return known }
        guard let constant = try constant(tensor) else {
            throw MartletError(
                "Expected a tensor that is computed before it is read. Received: \(try table(tensor).text(3)).",
                at: "operator \(place)")
        }
        let value = try addValue(tensor, constant.shape.dimensions.map { .init($0) })
        graph.values[value].constant = constant
        return value
    }

    /// The elements of a constant as numbers, nil for a tensor that is computed.
    private func constant(_ tensor: Int) throws -> Tensor? {
        let table = try table(tensor)
        let index = Int(try table.number(2, default: UInt32(0)))
        guard buffers.indices.contains(index) else {
            throw MartletError("Expected a buffer below \(buffers.count). Received: number \(index).", at: try table.text(3))
        }
        guard index > 0, let data = try buffers[index].bytes(0), !data.isEmpty else { return nil }
        let (type, shape) = (try type(tensor), try Shape(validating: try table.integers(0) ?? []))
        guard shape.elementCount * type.byteCount == data.count else {
            throw MartletError(
                "Expected \(shape.elementCount * type.byteCount) bytes for \(type)\(shape). Received: \(data.count).",
                at: try table.text(3))
        }
        let stored: Tensor = data.withUnsafeBytes { bytes in
            switch type {
            case .int8:
                Tensor(bytes.map { Int32(Int8(bitPattern: $0)) }, shape: shape)
            case .int16:
                Tensor(
                    (0..<shape.elementCount).map { Int32(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)) },
                    shape: shape)
            case .float16: Tensor(bytes: bytes, shape: shape, dtype: .float16).cast(to: .float32)
            case .float64: Tensor(bytes: bytes, shape: shape, dtype: .float64)
            case .int32: Tensor(bytes: bytes, shape: shape, dtype: .int32)
            case .int64: Tensor(bytes: bytes, shape: shape, dtype: .int64)
            case .uint8: Tensor(bytes: bytes, shape: shape, dtype: .uint8)
            // Only 0 and 1 are truth values.
            case .bool: Tensor(bytes.map { $0 != 0 }, shape: shape)
            case .float32, .string: Tensor(bytes: bytes, shape: shape, dtype: .float32)
            }
        }
        guard let quantization = try quantization(tensor) else { return stored }
        let shift = type == .uint8 ? 128 : 0
        return quantization.numbers(stored.cast(to: .int64) - shift)
    }

    /// The integers of a constant operand.
    private func integers(_ tensor: Int, _ what: String) throws -> [Int] {
        guard let constant = try constant(tensor), constant.dtype.isInteger, constant.elementCount <= 1 << 20 else {
            throw MartletError("Expected \(what) as constant integers.", at: "operator \(place)")
        }
        return constant.scalars()
    }

    /// Sizes that are constant or follow from the batch.
    private func sizes(_ tensor: Int, _ what: String) throws -> [ExportGraph.Dimension] {
        if let known = sizes[tensor] { return known }
        return try integers(tensor, what).map { .init($0) }
    }

    // MARK: - Operators

    /// One operator of the file.
    private struct Step {
        let builtin: TFLite.Builtin
        let inputs: [Int]
        let outputs: [Int]
        let options: FlatTableReader?

        func integer(_ field: Int) throws -> Int { try options?.integer(field) ?? 0 }
        func byte(_ field: Int) throws -> Int { try options?.byte(field) ?? 0 }
        func flag(_ field: Int) throws -> Bool { try options?.flag(field) ?? false }
    }

    private func malformed(_ what: String, _ step: Step) -> MartletError {
        MartletError("\(step.builtin): \(what)", at: "operator \(place)")
    }

    private mutating func readOperator(_ table: FlatTableReader) throws {
        let index = Int(try table.number(0, default: UInt32(0)))
        guard codes.indices.contains(index) else {
            throw MartletError("Expected an operator code below \(codes.count). Received: \(index).", at: "operator \(place)")
        }
        guard let builtin = TFLite.Builtin(rawValue: Int32(codes[index])) else {
            throw MartletError(
                "Martlet does not read the TFLite operator with the code \(codes[index]).", at: "operator \(place)")
        }
        let step = Step(
            builtin: builtin, inputs: try table.integers(1) ?? [], outputs: try table.integers(2) ?? [],
            options: try table.table(4))
        guard !step.outputs.isEmpty, !step.inputs.isEmpty else { throw malformed("Expected inputs and outputs.", step) }
        if try readSizes(step) { return }
        try read(step)
    }

    /// Sizes are computed when the file is read, where they follow from the batch.
    private mutating func readSizes(_ step: Step) throws -> Bool {
        let output = step.outputs[0]
        func known(_ tensor: Int) -> [ExportGraph.Dimension]? { sizes[tensor] ?? (try? sizes(tensor, "")) }
        switch step.builtin {
        case .shape:
            sizes[output] = graph.values[try value(step.inputs[0])].shape
            return true
        case .stridedSlice:
            guard let all = sizes[step.inputs[0]] else { return false }
            guard step.inputs.count == 4, let begin = try integers(step.inputs[1], "the begin").first,
                let end = try integers(step.inputs[2], "the end").first, begin >= 0, begin < end, end <= all.count,
                try integers(step.inputs[3], "the stride") == [1]
            else { throw malformed("Expected a part of a shape.", step) }
            sizes[output] = Array(all[begin..<end])
            return true
        case .mul, .add:
            guard step.inputs.count == 2, sizes[step.inputs[0]] != nil || sizes[step.inputs[1]] != nil else { return false }
            guard let a = known(step.inputs[0])?.first, let b = known(step.inputs[1])?.first, a.size != nil || b.size != nil
            else { throw malformed("Expected a size and a number.", step) }
            func checked(_ number: Int, _ other: Int) throws -> Int {
                let (result, overflow) =
                    step.builtin == .add ? number.addingReportingOverflow(other) : number.multipliedReportingOverflow(by: other)
                if overflow { throw malformed("Expected sizes that fit.", step) }
                return result
            }
            if step.builtin == .add {
                sizes[output] = [.init(try checked(a.fixed, b.fixed), perSample: try checked(a.perSample, b.perSample))]
            } else {
                let (size, factor) = a.size == nil ? (a, b.fixed) : (b, a.fixed)
                sizes[output] = [.init(try checked(size.fixed, factor), perSample: try checked(size.perSample, factor))]
            }
            return true
        case .pack:
            guard step.inputs.contains(where: { sizes[$0] != nil }) else { return false }
            let parts = try step.inputs.map { try sizes($0, "the sizes") }
            guard parts.allSatisfy({ $0.count == 1 }) else { throw malformed("Expected sizes.", step) }
            sizes[output] = parts.map { $0[0] }
            return true
        default: return false
        }
    }

    /// Adds an operation for a step of one output, and the activation that is fused into it.
    private mutating func add(
        _ operation: Operation, _ inputs: [Int], _ step: Step, _ shape: [ExportGraph.Dimension], activation: Int? = nil
    ) throws {
        let layer = "operator \(place)"
        var operation = operation
        var fused: Operation.Unary?
        if let activation, activation != 0 {
            guard let known = TFLite.Activation(rawValue: Int8(activation)), known != .none else {
                throw malformed("Martlet does not read the fused activation \(activation).", step)
            }
            let name: Operation.Activation = known == .relu ? .relu : .relu6
            if let whole = operation.activated(name) { operation = whole } else { fused = known == .relu ? .relu : .relu6 }
        }
        guard shape.count <= Shape.maximumRank else { throw malformed("Expected at most \(Shape.maximumRank) axes.", step) }
        var operands = inputs
        if let fused {
            operands = [graph.add(operation, inputs, try dtype(step.outputs[0]), shape, layer: layer)]
            operation = .unary(fused)
        }
        let output = try addValue(step.outputs[0], shape)
        graph.nodes.append(.init(operation: operation, inputs: operands, outputs: [output], layer: layer))
    }

    private func shape(_ value: Int) -> [ExportGraph.Dimension] { graph.values[value].shape }

    private static let unaries: [TFLite.Builtin: Operation.Unary] = [
        .abs: .abs, .ceil: .ceil, .cos: .cos, .exp: .exp, .floor: .floor, .hardSwish: .hardSwish, .log: .log,
        .logicalNot: .logicalNot, .neg: .negate, .relu: .relu, .relu6: .relu6, .round: .round, .rsqrt: .reciprocalSquareRoot,
        .logistic: .sigmoid, .sign: .sign, .sin: .sin, .square: .square, .sqrt: .squareRoot, .tanh: .tanh,
    ]
    private static let binaries: [TFLite.Builtin: Operation.Binary] = [
        .add: .add, .atan2: .atan2, .div: .divide, .equal: .equal, .floorDiv: .floorDivide, .greater: .greater,
        .greaterEqual: .greaterEqual, .less: .less, .lessEqual: .lessEqual, .logicalAnd: .logicalAnd, .logicalOr: .logicalOr,
        .maximum: .maximum, .minimum: .minimum, .floorMod: .mod, .mul: .multiply, .notEqual: .notEqual, .pow: .pow,
        .sub: .subtract,
    ]
    private static let reductions: [TFLite.Builtin: Operation.Reduction] = [
        .reduceAll: .all, .reduceAny: .any, .reduceMax: .max, .mean: .mean, .reduceMin: .min, .reduceProd: .product, .sum: .sum,
    ]

    private mutating func read(_ step: Step) throws {
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
        let x = try operand(0, &self)
        let input = shape(x)
        switch step.builtin {
        case .dequantize, .quantize:
            let type = graph.values[x].dtype
            try add(type == (try dtype(step.outputs[0])) ? .requantize : .cast, [x], step, input)
        case .cast: try add(.cast, [x], step, input)
        case .gelu: try add(.unary(try step.flag(0) ? .geluTanh : .gelu), [x], step, input)
        case .fullyConnected: try readDense(step, x)
        case .conv2D, .depthwiseConv2D, .conv3D: try readConvolution(step, x)
        case .transposeConv, .conv3DTranspose: try readTransposedConvolution(step)
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
        case .squeeze, .expandDims: try add(.reshape, [x], step, try filled(signature(step.outputs[0]), input, step))
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
            guard let depth = shape(indices).last?.size, depth <= input.count else {
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
        guard let node = graph.nodes.last(where: { $0.outputs.contains(value) }), node.operation == .requantize
        else { return nil }
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

extension ExportGraph.Quantization {
    /// The numbers that integers stand for.
    func numbers(_ integers: Tensor) -> Tensor {
        guard scales.count > 1 else {
            return ((integers - zeroPoints[0]).cast(to: .float64) * Double(scales[0])).cast(to: .float32)
        }
        var along = [Int](repeating: 1, count: integers.rank)
        along[axis] = scales.count
        let (zeros, steps) = (Tensor(zeroPoints, shape: Shape(along)), Tensor(scales, shape: Shape(along)).cast(to: .float64))
        return ((integers - zeros).cast(to: .float64) * steps).cast(to: .float32)
    }
}
