import Foundation
import MartletCore
import MartletFormats

extension ONNX {
    /// Reads a tensor, with its name.
    static func tensor(_ message: ProtobufReader, _ source: Source) throws -> (name: String, value: Value) {
        var data = TensorData()
        try message.forEachField { field in
            switch field.number {
            case 1: try field.integers(into: &data.sizes)
            case 2: data.type = Int(try field.integer())
            case 4: try field.floats(into: &data.floats)
            case 5, 7, 11: try field.integers(into: &data.integers)
            case 6: data.strings.append(Array(try field.bytes()))
            case 8: data.name = try field.string()
            case 9: data.raw = try field.bytes()
            case 10: try field.doubles(into: &data.doubles)
            case 13:
                let (key, value) = try pair(field.message())
                data.external[key] = value
            case 14: data.isExternal = try field.integer() == 1
            default: break
            }
        }
        do {
            return (data.name, try data.value(source))
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location ?? "tensor \"\(data.name)\"")
        }
    }

    /// Reads a tensor that lists the elements that are not zero, as one that has all.
    static func sparseTensor(_ message: ProtobufReader, _ source: Source) throws -> (name: String, value: Value) {
        var sizes = [Int64]()
        var (values, indices) = ((name: String, value: Value)?.none, Value?.none)
        try message.forEachField { field in
            switch field.number {
            case 1: values = try tensor(field.message(), source)
            case 2: indices = try tensor(field.message(), source).value
            case 3: try field.integers(into: &sizes)
            default: break
            }
        }
        guard let (name, value) = values, case .tensor(let elements, let type) = value, let places = indices?.tensor else {
            throw message.malformed("a sparse tensor without values or indices")
        }
        let shape = try Shape(validating: sizes.map { Int($0) })
        try Settings.requireMemory(shape.elementCount.multipliedReportingOverflow(by: 8).partialValue, at: "tensor \"\(name)\"")
        guard places.dtype == .int64, elements.dtype != .string, elements.dtype != .bool, elements.rank == 1 else {
            throw MartletError("Expected numbers at places of int64 in a sparse tensor.", at: "tensor \"\(name)\"")
        }
        let dense = try withErrors {
            places.rank == 2
                ? Tensor.scatterAdd(shape: shape, indices: places, updates: elements)
                : Tensor.scatterAdd(
                    shape: [shape.elementCount], indices: places.reshaped([-1, 1]), updates: elements).reshaped(to: shape)
        }
        return (name, .tensor(dense, type))
    }

    private static func pair(_ message: ProtobufReader) throws -> (String, String) {
        var (key, value) = ("", "")
        try message.forEachField { field in
            switch field.number {
            case 1: key = try field.string()
            case 2: value = try field.string()
            default: break
            }
        }
        return (key, value)
    }
}

/// The fields of a tensor's message.
private struct TensorData {
    var name = ""
    var type = 0
    var sizes: [Int64] = []
    var floats: [Float] = []
    var doubles: [Double] = []
    var integers: [Int64] = []
    var strings: [[UInt8]] = []
    var raw: UnsafeRawBufferPointer?
    var external: [String: String] = [:]
    var isExternal = false

    func value(_ source: ONNX.Source) throws -> ONNX.Value {
        guard let element = ONNX.ElementType(rawValue: type), let dtype = element.dtype else {
            throw MartletError("Expected elements of numbers or strings. Received: the type \(type).")
        }
        let shape = try Shape(validating: sizes.map { Int($0) })
        if element == .string {
            guard strings.count == shape.elementCount else { throw mismatch(shape, strings.count) }
            // Each string takes as many bytes as the longest.
            let width = strings.reduce(1) { max($0, $1.count) }
            try Settings.requireMemory(width.multipliedReportingOverflow(by: strings.count).partialValue, at: "strings")
            return .tensor(try withErrors { Tensor(utf8: strings, shape: shape) }, element)
        }
        if isExternal { return .tensor(try externalTensor(element, shape, source), element) }
        if let raw { return .tensor(try TensorData.tensor(raw, element, shape), element) }
        // What has a field of its own stands there, all else among the integers.
        switch element {
        case .float:
            guard floats.count == shape.elementCount else { throw mismatch(shape, floats.count) }
            return .tensor(Tensor(floats, shape: shape), element)
        case .double:
            guard doubles.count == shape.elementCount else { throw mismatch(shape, doubles.count) }
            return .tensor(Tensor(doubles, shape: shape), element)
        default:
            return .tensor(try tensorOfIntegers(element, dtype, shape), element)
        }
    }

    private func tensorOfIntegers(_ element: ONNX.ElementType, _ dtype: DType, _ shape: Shape) throws -> Tensor {
        guard let bits = element.storedBits else { throw mismatch(shape, 0) }
        if bits < 8 {
            // Several in one number.
            let bytes = integers.map { UInt8(truncatingIfNeeded: $0) }
            return try bytes.withUnsafeBytes { try TensorData.tensor($0, element, shape) }
        }
        guard integers.count == shape.elementCount else { throw mismatch(shape, integers.count) }
        func packed<Bits: FixedWidthInteger>(_: Bits.Type) throws -> Tensor {
            let elements = integers.map { Bits(truncatingIfNeeded: $0).littleEndian }
            return try elements.withUnsafeBytes { try TensorData.tensor($0, element, shape) }
        }
        switch bits {
        case 8: return try packed(UInt8.self)
        case 16: return try packed(UInt16.self)
        case 32: return try packed(UInt32.self)
        default: return try packed(UInt64.self)
        }
    }

    private func mismatch(_ shape: Shape, _ count: Int) -> MartletError {
        MartletError("Expected \(shape.elementCount) elements for shape \(shape). Received: \(count).")
    }

    /// The elements in `raw_data`: little-endian, those of less than a byte packed together, the lower bits first.
    static func tensor(_ raw: UnsafeRawBufferPointer, _ element: ONNX.ElementType, _ shape: Shape) throws -> Tensor {
        let count = shape.elementCount
        guard let bits = element.storedBits, let dtype = element.dtype,
            count <= (Int.max - 7) / max(bits, 1), raw.count == (count * bits + 7) / 8
        else {
            throw MartletError(
                "Expected \(count) elements of \(element) for shape \(shape). Received: \(raw.count) bytes.")
        }
        func integers<Stored: FixedWidthInteger & BitwiseCopyable, Held: FixedWidthInteger & TensorElement>(
            _: Stored.Type, _: Held.Type
        ) -> Tensor {
            let size = MemoryLayout<Stored>.size
            return Tensor(
                (0..<count).map {
                    Held(truncatingIfNeeded: Stored(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)))
                }, shape: shape)
        }
        switch element {
        case .int8: return integers(Int8.self, Int32.self)
        case .int16: return integers(Int16.self, Int32.self)
        case .uint16: return integers(UInt16.self, Int32.self)
        case .uint32: return integers(UInt32.self, Int64.self)
        case .uint4, .int4, .uint2, .int2, .float4e2m1:
            let mask = UInt8(1 << bits - 1)
            let codes = (0..<count).map { raw[$0 * bits / 8] >> UInt8($0 * bits % 8) & mask }
            if let small = element.smallFloat {
                let table = small.values
                return Tensor(codes.map { table[Int($0)] }, shape: shape)
            }
            let isSigned = element.integer?.isSigned ?? false
            return Tensor(
                codes.map { isSigned && $0 >> UInt8(bits - 1) == 1 ? Int32($0) - 1 << bits : Int32($0) }, shape: shape)
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0:
            let table = element.smallFloat?.values ?? []
            return Tensor(raw.map { table[Int($0)] }, shape: shape)
        case .bool:
            return Tensor(raw.map { $0 != 0 }, shape: shape)
        default:
            guard ByteOrder.host == .little else { throw MartletError("Expected a machine of little-endian byte order.") }
            return Tensor(bytes: raw, shape: shape, dtype: dtype)
        }
    }

    /// The elements in a file beside the model's. Nothing outside of the model's folder is read.
    private func externalTensor(_ element: ONNX.ElementType, _ shape: Shape, _ source: ONNX.Source) throws -> Tensor {
        guard let folder = source.folder, let location = external["location"] else {
            throw MartletError("Expected the elements of the tensor in the file itself. They are in another file.")
        }
        let parts = location.split(separator: "/", omittingEmptySubsequences: false)
        let path = folder + "/" + location
        let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        guard !location.isEmpty, !location.hasPrefix("/"), !parts.contains(".."), !location.utf8.contains(0),
            URL(fileURLWithPath: path).resolvingSymlinksInPath().path.hasPrefix(root == "/" ? root : root + "/")
        else {
            throw MartletError("Expected a file in the model's folder. Received: \"\(location)\".")
        }
        let bits = element.storedBits ?? 0
        guard shape.elementCount <= 1 << 48 else {
            throw MartletError("Expected at most 2^48 elements. Received: \(shape.elementCount).")
        }
        let (offset, byteCount) = (Int(external["offset"] ?? "0") ?? -1, (shape.elementCount * bits + 7) / 8)
        guard offset >= 0, Int(external["length"] ?? "\(byteCount)") == byteCount else {
            throw MartletError("Expected \(byteCount) bytes of elements from an offset of 0 or more in \"\(location)\".")
        }
        let bytes = try FileIO.read(path)
        guard offset <= bytes.count, byteCount <= bytes.count - offset else {
            throw MartletError("Expected \(byteCount) bytes from \(offset) on in \"\(location)\". It has \(bytes.count).")
        }
        return try bytes.withUnsafeBytes {
            try TensorData.tensor(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + byteCount]), element, shape)
        }
    }
}

extension ONNX.Value {
    /// Reads a value in a file of its own: a tensor, a sequence or an optional, as the node tests of ONNX keep them.
    package init(_ bytes: [UInt8], as type: ONNX.ValueType?) throws {
        self = try bytes.withUnsafeBytes { bytes in
            try Self.read(ProtobufReader(bytes, of: "value in ONNX's format"), type, ONNX.Source())
        }
    }

    private static func read(_ message: ProtobufReader, _ type: ONNX.ValueType?, _ source: ONNX.Source) throws -> ONNX.Value {
        try source.nested(message) {
            switch type {
            case .sequence(let inner):
                var values = [ONNX.Value]()
                try message.forEachField { field in
                    if field.number == 3 { values.append(try ONNX.tensor(field.message(), source).value) }
                    if field.number == 5 { values.append(try read(field.message(), inner, source)) }
                }
                var element = ONNX.ElementType.float
                if case .tensor(let named?, _) = inner { element = named }
                return .sequence(values, of: element)
            case .optional(let inner):
                var value = ONNX.Value.nothing
                try message.forEachField { field in
                    if field.number == 3 { value = try ONNX.tensor(field.message(), source).value }
                    if field.number == 5 { value = try read(field.message(), inner, source) }
                }
                return value
            case .tensor, nil: return try ONNX.tensor(message, source).value
            case .other(let kind): throw MartletError("Expected a tensor, a sequence or an optional. Received: a \(kind).")
            }
        }
    }
}
