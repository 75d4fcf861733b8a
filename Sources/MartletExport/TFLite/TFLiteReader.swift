import Martlet
import MartletCore

/// Reads a TFLite file as a graph. Files come from anywhere: whatever does not fit together throws.
package struct TFLiteReader {
    var graph = ExportGraph()
    private let codes: [Int]
    /// What operators that are not TFLite's own are called, by the place of their code.
    private let customNames: [String]
    private let subgraphs: [FlatTableReader]
    private let tensors: [FlatTableReader]
    private let buffers: [FlatTableReader]
    /// The loops around this subgraph, one in the other.
    private let depth: Int
    /// How many operators were read in subgraphs of loops, and run to count their steps.
    private var effort = 0
    var valueOf: [Int: Int] = [:]
    /// Vectors and scalars of sizes that depend on the batch.
    var sizes: [Int: [ExportGraph.Dimension]] = [:]
    /// The parts of lists before and behind an index, by tensor.
    var cuts: [Int: Cut] = [:]
    var place = 0

    /// The graph of a file's first subgraph.
    /// - Throws: `MartletError` when the bytes are no TFLite file, or one of operators that Martlet does not know.
    /// - Parameter inputShapes: the shape of each input, for those that leave several sizes open.
    package static func graph(
        _ bytes: [UInt8], name: String = "model", inputShapes: [PartialShape]? = nil
    ) throws -> ExportGraph {
        do {
            let model = try FlatBuffer(bytes, identifier: TFLite.identifier).root()
            return try withErrors {
                var reader = try TFLiteReader(model, name: name)
                return try reader.read(model, inputShapes)
            }
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location.map { "\(name), \($0)" } ?? name)
        }
    }

    private init(_ model: FlatTableReader, name: String) throws {
        let version = Int(try model.number(0, default: UInt32(0)))
        guard version == 3 else { throw MartletError("Expected a TFLite file of version 3. Received: version \(version).") }
        codes = try model.tables(1).map { code in max(try code.byte(0), try code.integer(3)) }
        customNames = try model.tables(1).map { try $0.text(1) }
        subgraphs = try model.tables(2)
        guard let subgraph = subgraphs.first else { throw MartletError("Expected a subgraph. Received: none.") }
        tensors = try subgraph.tables(0)
        buffers = try model.tables(4)
        depth = 0
        graph.name = name
    }

    /// A reader of another subgraph of the same file.
    private init(_ outer: TFLiteReader, subgraph: Int) throws {
        (codes, subgraphs, buffers, depth) = (outer.codes, outer.subgraphs, outer.buffers, outer.depth + 1)
        customNames = outer.customNames
        effort = outer.effort
        tensors = try subgraphs[subgraph].tables(0)
        graph.name = outer.graph.name
    }

    /// The graph of a subgraph that an operator of this one runs.
    /// - Parameter shapes: of its inputs.
    mutating func part(_ number: Int, _ shapes: [[ExportGraph.Dimension]], _ step: Step) throws -> ExportGraph {
        guard subgraphs.indices.contains(number), number > 0, depth < 3 else {
            throw malformed(
                "Expected a subgraph from 1 to \(subgraphs.count - 1), and at most 3 loops in one another. Received: number "
                    + "\(number).", step)
        }
        var reader = try TFLiteReader(self, subgraph: number)
        let subgraph = subgraphs[number]
        let inputs = try subgraph.integers(1) ?? []
        guard inputs.count == shapes.count else {
            throw malformed("Expected a subgraph of \(shapes.count) inputs. Received: \(inputs.count).", step)
        }
        for (input, shape) in zip(inputs, shapes) { reader.graph.inputs.append(try reader.addValue(input, shape)) }
        try reader.readOperators(of: subgraph)
        effort = reader.effort
        try spend(reader.graph.nodes.count + 1, step)
        return reader.graph
    }

    /// A small file may have the same loop in many places, one in the other.
    mutating func spend(_ count: Int, _ step: Step) throws {
        effort += count
        guard effort <= 1 << 20 else { throw malformed("Expected loops that are read in 2^20 steps.", step) }
    }

    private mutating func readOperators(of subgraph: FlatTableReader) throws {
        for (index, table) in try subgraph.tables(3).enumerated() {
            place = index
            try readOperator(table)
        }
        for output in try subgraph.integers(2) ?? [] { graph.outputs.append(try value(output)) }
    }

    private mutating func read(_ model: FlatTableReader, _ inputShapes: [PartialShape]?) throws -> ExportGraph {
        let subgraph = try model.tables(2)[0]
        let inputs = try subgraph.integers(1) ?? []
        if let inputShapes, inputShapes.count != inputs.count {
            throw MartletError("Expected \(inputs.count) input shapes. Received: \(inputShapes.count).")
        }
        for (index, input) in inputs.enumerated() {
            let value = try addValue(input, try signature(input, inputShapes?[index]))
            if try type(input) == .uint8, try quantization(input) != nil { graph.unsignedInputs.insert(value) }
            graph.inputs.append(value)
        }
        try readOperators(of: subgraph)
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
    /// - Parameter given: the sizes in the place of unknown ones.
    func signature(_ tensor: Int, _ given: PartialShape? = nil) throws -> [ExportGraph.Dimension] {
        var sizes = try table(tensor).integers(7) ?? table(tensor).integers(0) ?? []
        _ = try Shape(validating: sizes.map { $0 == -1 ? 1 : $0 })
        if let given {
            guard given.fits(PartialShape(sizes.map { $0 == -1 ? nil : $0 })) else {
                throw MartletError(
                    "Expected an input shape for \(sizes), of which -1 are open. Received: \(given).",
                    at: try table(tensor).text(3))
            }
            for axis in sizes.indices where sizes[axis] == -1 { sizes[axis] = given[axis] ?? -1 }
            _ = try Shape(validating: sizes.map { $0 == -1 ? 1 : $0 })
        }
        guard sizes.count(where: { $0 == -1 }) <= 1 else {
            throw MartletError(
                "Expected at most one unknown size. Received: \(sizes). Give the others with inputShapes (--input-shape).",
                at: try table(tensor).text(3))
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
            zeros.allSatisfy({ $0.magnitude <= 1 << 31 }),
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

    func dtype(_ tensor: Int) throws -> DType {
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

    mutating func addValue(_ tensor: Int, _ shape: [ExportGraph.Dimension]) throws -> Int {
        let name = try table(tensor).text(3)
        try checkSizes(shape, of: name)
        let value = graph.addValue(name.isEmpty ? "tensor_\(tensor)" : name, try dtype(tensor), shape)
        graph.values[value].quantization = try quantization(tensor)
        guard valueOf.updateValue(value, forKey: tensor) == nil else {
            throw MartletError("Expected each tensor to be computed once.", at: "operator \(place)")
        }
        return value
    }

    /// What operators make of sizes from a file may be anything.
    private func checkSizes(_ shape: [ExportGraph.Dimension], of name: String) throws {
        guard shape.allSatisfy({ size in
            max(size.fixed.magnitude, size.perSample.magnitude) <= 2 * Self.largestSize && (size.perSample != 0 || size.fixed >= 0)
        }) else {
            throw MartletError("Expected sizes from 0 to 2^40. Received: \(shape).", at: "operator \(place), \(name)")
        }
    }

    /// The value of a tensor that was computed before, or is a constant.
    mutating func value(_ tensor: Int) throws -> Int {
        if let known = valueOf[tensor] { return known }
        if let known = sizes[tensor]?.compactMap(\.size), known.count == sizes[tensor]?.count {
            // Sizes that other operators compute with.
            let numbers = Tensor(known).cast(to: try dtype(tensor))
            let isScalar = try table(tensor).integers(0)?.isEmpty ?? true
            let shape = isScalar && known.count == 1 ? [] : [ExportGraph.Dimension(known.count)]
            let value = try addValue(tensor, shape)
            graph.values[value].constant = shape.isEmpty ? numbers.reshaped(to: []) : numbers
            return value
        }
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
    func constant(_ tensor: Int) throws -> Tensor? {
        let table = try table(tensor)
        let index = Int(try table.number(2, default: UInt32(0)))
        guard buffers.indices.contains(index) else {
            throw MartletError("Expected a buffer below \(buffers.count). Received: number \(index).", at: try table.text(3))
        }
        guard index > 0, var data = try buffers[index].bytes(0), !data.isEmpty else { return nil }
        let (type, shape) = (try type(tensor), try Shape(validating: try table.integers(0) ?? []))
        if let sparsity = try table.table(6) { data = try dense(data, sparsity, shape, type) }
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

    /// The integers of a constant operand, or sizes that are known.
    func integers(_ tensor: Int, _ what: String) throws -> [Int] {
        if let known = sizes[tensor]?.compactMap(\.size), known.count == sizes[tensor]?.count { return known }
        guard let constant = try constant(tensor), constant.dtype.isInteger, constant.elementCount <= 1 << 20 else {
            throw MartletError("Expected \(what) as constant integers.", at: "operator \(place)")
        }
        // Sums and products of sizes fit: no file has more in earnest than the end of an axis.
        return constant.scalars(as: Int.self).map { min(max($0, -Self.largestSize), Self.largestSize) }
    }

    private static let largestSize = 1 << 40

    /// Sizes that are constant or follow from the batch.
    func sizes(_ tensor: Int, _ what: String) throws -> [ExportGraph.Dimension] {
        if let known = sizes[tensor] { return known }
        return try integers(tensor, what).map { .init($0) }
    }

    // MARK: - Operators

    /// One operator of the file.
    struct Step {
        let builtin: TFLite.Builtin
        let inputs: [Int]
        let outputs: [Int]
        let options: FlatTableReader?

        func integer(_ field: Int) throws -> Int { try options?.integer(field) ?? 0 }
        func byte(_ field: Int) throws -> Int { try options?.byte(field) ?? 0 }
        func flag(_ field: Int) throws -> Bool { try options?.flag(field) ?? false }
    }

    func malformed(_ what: String, _ step: Step) -> MartletError {
        MartletError("\(step.builtin): \(what)", at: "operator \(place)")
    }

    private mutating func readOperator(_ table: FlatTableReader) throws {
        let index = Int(try table.number(0, default: UInt32(0)))
        guard codes.indices.contains(index) else {
            throw MartletError("Expected an operator code below \(codes.count). Received: \(index).", at: "operator \(place)")
        }
        guard let builtin = TFLite.Builtin(rawValue: Int32(codes[index])) else {
            let name = customNames[index].isEmpty ? TFLite.name(of: codes[index]) : customNames[index]
            throw MartletError("Expected operators that Martlet reads. Received: \(name).", at: "operator \(place)")
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
                if overflow || result.magnitude > Self.largestSize { throw malformed("Expected sizes that fit.", step) }
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
    mutating func add(
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

    func shape(_ value: Int) -> [ExportGraph.Dimension] { graph.values[value].shape }

    /// The node that computes a value, nil for constants and inputs.
    func producer(of value: Int) -> ExportGraph.Node? { graph.nodes.last { $0.outputs.contains(value) } }

    private static func table<Kind>(_ kinds: [Kind], _ names: (Kind) -> FormatNames) -> [TFLite.Builtin: Kind] {
        Dictionary(kinds.compactMap { kind in names(kind).tflite.map { ($0.builtin, kind) } }) { first, _ in first }
    }

    /// Those without options that change them.
    static let unaries = table(Operation.Unary.allCases.filter { $0 != .gelu && $0 != .geluTanh }) { $0.names }
    static let binaries = table(Operation.Binary.allCases) { $0.names }
    static let reductions = table(Operation.Reduction.allCases) { $0.names }
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
