import Martlet
import MartletCore

/// Writes a graph that ``ExportGraph/preparedForTFLite()`` made as a TFLite file: one operator for each operation, but for
/// shapes that are open, which are computed when the model runs.
struct TFLiteWriter {
    let graph: ExportGraph
    private var tensors: [FlatTable] = []
    /// The first one is empty, for tensors without elements of their own.
    var buffers = [FlatTable()]
    private var operators: [FlatTable] = []
    var codes: [(builtin: TFLite.Builtin, version: Int32)] = []
    /// The subgraphs of loops, which come behind the model's own.
    var parts: [FlatTable] = []
    var tensorOf: [Int: Int32] = [:]
    private var shapes: [[Int]: Int32] = [:]
    /// Open sizes, scalars.
    private var openSizes: [ExportGraph.Dimension: Int32] = [:]
    /// The values that are there already.
    private var emitted: [Int] = []
    var layer = ""

    /// The bytes of the file.
    static func file(_ graph: ExportGraph) throws -> [UInt8] {
        var writer = TFLiteWriter(graph: graph)
        return try writer.model().file(identifier: TFLite.identifier)
    }

    init(graph: ExportGraph) { self.graph = graph }

    private mutating func model() throws -> FlatTable {
        let inputs = try graph.inputs.map { try tensor($0) }
        for node in graph.nodes {
            try write(node)
        }
        let outputs = try graph.outputs.map { try tensor($0) }
        let main = subgraph("main", inputs, outputs)
        var model = FlatTable()
        model.set(0, UInt32(3))
        model.set(1, codes.map { code in
            var table = FlatTable()
            // Older readers know codes up to 127 by a field of a byte.
            table.set(0, Int8(min(code.builtin.rawValue, 127)))
            table.set(2, code.version)
            table.set(3, code.builtin.rawValue)
            return table
        })
        model.set(2, [main] + parts)
        model.set(3, "Martlet")
        model.set(4, buffers)
        var signature = FlatTable()
        func maps(_ names: [String], _ tensors: [Int32]) -> [FlatTable] {
            zip(names, tensors).map { name, tensor in
                var map = FlatTable()
                map.set(0, name)
                map.set(1, UInt32(tensor))
                return map
            }
        }
        signature.set(0, maps(graph.inputNames, inputs))
        signature.set(1, maps(graph.outputNames, outputs))
        signature.set(2, "serving_default")
        signature.set(4, UInt32(0))
        model.set(7, [signature])
        return model
    }

    func subgraph(_ name: String, _ inputs: [Int32], _ outputs: [Int32]) -> FlatTable {
        var subgraph = FlatTable()
        subgraph.set(0, tensors)
        subgraph.set(1, inputs)
        subgraph.set(2, outputs)
        subgraph.set(3, operators)
        subgraph.set(4, name)
        return subgraph
    }

    // MARK: - Tensors

    /// The tensor of a value.
    mutating func tensor(_ value: Int) throws -> Int32 {
        if let known = tensorOf[value] { return known }
        let content = graph.values[value]
        let index: Int32
        if let constant = content.constant {
            index = try add(constant: constant, content)
        } else {
            index = add(
                content.name, content.quantization.map(\.type) ?? TFLite.ElementType(content.dtype), content.shape,
                quantization: content.quantization)
        }
        tensorOf[value] = index
        return index
    }

    mutating func add(
        _ name: String, _ type: TFLite.ElementType, _ shape: [ExportGraph.Dimension], data: [UInt8]? = nil,
        quantization: ExportGraph.Quantization? = nil
    ) -> Int32 {
        var table = FlatTable()
        table.set(0, shape.map { Int32($0.size ?? 1) })
        if type != .float32 { table.set(1, type.rawValue) }
        if let data {
            var buffer = FlatTable()
            buffer[0] = .vector(data, count: data.count, alignment: 16)
            buffers.append(buffer)
            table.set(2, UInt32(buffers.count - 1))
        }
        table.set(3, name)
        if let quantization {
            var parameters = FlatTable()
            parameters.set(2, quantization.scales)
            parameters.set(3, quantization.zeroPoints.map(Int64.init))
            if quantization.scales.count > 1 { parameters.set(6, Int32(quantization.axis)) }
            table.set(4, parameters)
        }
        if shape.contains(where: { $0.size == nil }) { table.set(7, shape.map { Int32($0.sizeOrUnknown) }) }
        table.set(8, true)
        tensors.append(table)
        return Int32(tensors.count - 1)
    }

    /// A constant in the type that the file keeps it in.
    mutating func add(constant: Tensor, _ value: ExportGraph.Value) throws -> Int32 {
        let shape = constant.shape.dimensions.map { ExportGraph.Dimension($0) }
        if let quantization = value.quantization {
            return add(
                value.name, quantization.type, shape, data: quantization.integers(of: constant), quantization: quantization)
        }
        if value.isHalf {
            let half = add("\(value.name)/float16", .float16, shape, data: constant.cast(to: .float16).rawBytes)
            let whole = add(value.name, .float32, shape)
            try emit(.dequantize, [half], [whole], .dequantize) { _ in }
            return whole
        }
        return add(value.name, TFLite.ElementType(constant.dtype), shape, data: constant.rawBytes)
    }

    mutating func constant(_ tensor: Tensor, _ name: String) -> Int32 {
        add(
            name, TFLite.ElementType(tensor.dtype), tensor.shape.dimensions.map { ExportGraph.Dimension($0) },
            data: tensor.rawBytes)
    }

    /// A vector of `int32`, the same tensor for the same numbers.
    mutating func integers(_ numbers: [Int]) -> Int32 {
        if let known = shapes[numbers] { return known }
        let tensor = constant(Tensor(numbers).cast(to: .int32), "integers")
        shapes[numbers] = tensor
        return tensor
    }

    // MARK: - Shapes that are open

    /// An open size, a scalar: what an axis has that is there, or computed of several.
    private mutating func openSize(_ dimension: ExportGraph.Dimension) throws -> Int32 {
        if let known = openSizes[dimension] { return known }
        let size: Int32
        if let (value, axis) = graph.axis(of: dimension, in: graph.inputs + emitted) {
            let shape = add("size/shape", .int32, [.init(graph.values[value].rank)])
            try emit(.shape, [try tensor(value)], [shape], .shape) { $0.set(0, TFLite.ElementType.int32.rawValue) }
            size = add("size", .int32, [])
            let operands = [shape, integers([axis]), integers([axis + 1]), integers([1])]
            try emit(.stridedSlice, operands, [size], .stridedSlice) { $0.set(4, Int32(1)) }
        } else {
            guard dimension.openNumber == nil else { throw graph.unreachable(dimension, layer) }
            size = try dimension.computed(
                size: { try $1.openSize($0) }, number: { $1.constant(Tensor($0).cast(to: .int32), "number") },
                add: { try $2.combined(.add, $0, $1) }, multiply: { try $2.combined(.mul, $0, $1) }, in: &self)
        }
        openSizes[dimension] = size
        return size
    }

    private mutating func combined(_ builtin: TFLite.Builtin, _ a: Int32, _ b: Int32) throws -> Int32 {
        let result = add("size/\(builtin)", .int32, [])
        try emit(builtin, [a, b], [result], builtin == .add ? .add : .mul) { _ in }
        return result
    }

    /// A size as a scalar.
    mutating func scalar(_ size: ExportGraph.Dimension) throws -> Int32 {
        try size.size.map { constant(Tensor($0).cast(to: .int32), "size") } ?? openSize(size)
    }

    /// The sizes of a shape as a tensor. One of them may be -1 where the reader fills it in.
    mutating func sizes(_ shape: [ExportGraph.Dimension], fillsIn: Bool) throws -> Int32 {
        let unknown = shape.count { $0.size == nil }
        // Of no elements, no size follows from the others.
        if unknown == 0 || (unknown == 1 && fillsIn && !shape.contains(.init(0))) {
            return integers(shape.map(\.sizeOrUnknown))
        }
        return try packed(try shape.map { try scalar($0) }, "shape")
    }

    /// Scalars of `int32` as a vector.
    mutating func packed(_ parts: [Int32], _ name: String) throws -> Int32 {
        let vector = add(name, .int32, [.init(parts.count)])
        try emit(.pack, parts, [vector], .pack) { options in
            options.set(0, Int32(parts.count))
            options.set(1, Int32(0))
        }
        return vector
    }

    // MARK: - Operators

    mutating func emit(
        _ builtin: TFLite.Builtin, _ inputs: [Int32], _ outputs: [Int32], _ type: TFLite.Options, version: Int32 = 1,
        _ fill: (inout FlatTable) -> Void
    ) throws {
        let code = codes.firstIndex { $0.builtin == builtin && $0.version == version } ?? codes.count
        if code == codes.count { codes.append((builtin, version)) }
        var table = FlatTable()
        table.set(0, UInt32(code))
        table.set(1, inputs)
        table.set(2, outputs)
        if type != .none {
            var options = FlatTable()
            fill(&options)
            table.set(3, type.rawValue)
            table.set(4, options)
        }
        operators.append(table)
    }

    /// The version of an operator: which of its kernels a reader must have.
    func version(_ node: ExportGraph.Node, float: Int32 = 1, int8: Int32 = 2) -> Int32 {
        let quantization = graph.values[node.outputs[0]].quantization
            ?? node.inputs.first.flatMap { graph.values[$0].quantization }
        return quantization == nil ? float : int8
    }

    /// Adds the operators of a node.
    mutating func write(_ node: ExportGraph.Node) throws {
        layer = node.layer
        try emit(node)
        emitted += node.outputs
    }

    private mutating func emit(_ node: ExportGraph.Node) throws {
        switch node.operation {
        case .dense, .convolution, .transposedConvolution, .maxPool, .averagePool: try emitProduct(node)
        case .unary(let unary): try emitFunction(node, unary.names)
        case .binary(let binary): try emitFunction(node, binary.names)
        default: try emitOther(node)
        }
    }

    func unsupported(_ node: ExportGraph.Node, _ reason: String) -> MartletError {
        MartletError("TFLite has no operator for \(node.operation.name): \(reason)", at: "layer \(node.layer)")
    }
}

extension Tensor {
    /// The elements' memory.
    var rawBytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension ExportGraph.Quantization {
    var type: TFLite.ElementType {
        switch bits {
        case 16: .int16
        case 32: .int32
        case 64: .int64
        default: .int8
        }
    }

    /// The integers nearest to the numbers of a tensor.
    func integers(of tensor: Tensor) -> [UInt8] {
        let largest = Double(bits == 64 ? 1 << 62 : 1 << (bits - 1)) - 1
        // Weights are symmetric: the least number has no counterpart.
        let least = zeroPoints.allSatisfy { $0 == 0 } ? -largest : -largest - 1
        let inner = scales.count > 1 ? tensor.shape.dimensions[(axis + 1)...].reduce(1, *) : 1
        let numbers: [Double] = tensor.scalars()
        let integers = numbers.enumerated().map { place, number -> Int64 in
            let index = scales.count > 1 ? place / inner % scales.count : 0
            let value = (number / Double(scales[index])).rounded(.toNearestOrEven) + Double(zeroPoints[index])
            return Int64(min(max(value, least), largest))
        }
        switch type {
        case .int8: return integers.map { UInt8(bitPattern: Int8($0)) }
        case .int16: return integers.flatMap { Int16($0).littleEndianBytes }
        case .int32: return integers.flatMap { Int32($0).littleEndianBytes }
        default: return integers.flatMap(\.littleEndianBytes)
        }
    }
}
