import MartletCore

/// The element types of files: the dtypes of tensors, and integer types that a tensor holds in a wider dtype.
package enum StoredElement: Sendable {
    case uint8, int8, int16, uint16, int32, uint32, int64, bool
    case float16, bfloat16, float32, float64

    /// The type of a tensor that holds every value exactly: `int32` for 8-bit signed and 16-bit integers, `int64` for
    /// `uint32`.
    package var dtype: DType {
        switch self {
        case .uint8: .uint8
        case .int8, .int16, .uint16, .int32: .int32
        case .uint32, .int64: .int64
        case .bool: .bool
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float32: .float32
        case .float64: .float64
        }
    }

    /// The bytes of one element in the file.
    package var byteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .float64: 8
        }
    }

    /// The element type in which a tensor of `dtype` is stored.
    package init(_ dtype: DType) {
        switch dtype {
        case .float32: self = .float32
        case .float64: self = .float64
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        case .int32: self = .int32
        case .int64: self = .int64
        case .uint8, .string: self = .uint8
        case .bool: self = .bool
        }
    }
}

/// The order of the bytes of a number.
package enum ByteOrder: Sendable {
    case big, little

    package static let host: ByteOrder = 1.littleEndian == 1 ? .little : .big
}

extension ByteStream {
    /// Reads a tensor of `shape`, row-major. Its size is checked against `bound` before memory is allocated.
    package func tensor(_ shape: Shape, _ element: StoredElement, _ order: ByteOrder) throws -> Tensor {
        let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: element.byteCount)
        guard !overflow, size <= bound else {
            throw error(
                "Expected \(shape.elementCount) elements of \(element) for shape \(shape). "
                    + "At most \(bound) bytes follow: the data is cut short, or its header is wrong.")
        }
        try Settings.requireMemory(shape.elementCount * element.dtype.byteCount, at: name)
        let result = Tensor(uninitialized: TensorSpec(shape, element.dtype))
        let memory = UnsafeMutableRawBufferPointer(
            start: result.mutablePointer, count: shape.elementCount * element.dtype.byteCount)
        switch element {
        case .int8: try widen(Int8.self, to: Int32.self, memory, order)
        case .int16: try widen(Int16.self, to: Int32.self, memory, order)
        case .uint16: try widen(UInt16.self, to: Int32.self, memory, order)
        case .uint32: try widen(UInt32.self, to: Int64.self, memory, order)
        default:
            try fill(memory, "elements")
            if order != .host { memory.reverseBytes(ofElements: element.byteCount) }
        }
        if element == .bool, memory.contains(where: { $0 > 1 }) {
            throw error("Expected 0 or 1 for every element of bool. Received another byte.")
        }
        return result
    }

    private func widen<Stored: FixedWidthInteger, Held: FixedWidthInteger>(
        _: Stored.Type, to _: Held.Type, _ memory: UnsafeMutableRawBufferPointer, _ order: ByteOrder
    ) throws {
        let target = memory.bindMemory(to: Held.self)
        try withUnsafeTemporaryAllocation(of: Stored.self, capacity: 1 << 14) { chunk in
            for start in stride(from: 0, to: target.count, by: chunk.count) {
                let count = min(chunk.count, target.count - start)
                try fill(
                    UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: chunk[..<count])), "elements")
                for i in 0..<count {
                    target[start + i] = Held(order == .host ? chunk[i] : chunk[i].byteSwapped)
                }
            }
        }
    }
}

extension ByteSink {
    /// Writes the elements of `tensor`, row-major, as they are held.
    package func write(elementsOf tensor: Tensor, _ order: ByteOrder) throws {
        let size = tensor.dtype.byteCount
        try tensor.withUnsafeBytes { bytes in
            guard order != .host, size > 1 else { return try write(bytes) }
            let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
            defer { chunk.deallocate() }
            for start in stride(from: 0, to: bytes.count, by: chunk.count) {
                let part = UnsafeMutableRawBufferPointer(rebasing: chunk[..<min(chunk.count, bytes.count - start)])
                part.copyBytes(from: bytes[start..<start + part.count])
                part.reverseBytes(ofElements: size)
                try write(UnsafeRawBufferPointer(part))
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Reverses the bytes of every element of `size` bytes.
    fileprivate func reverseBytes(ofElements size: Int) {
        func swap<Bits: FixedWidthInteger>(_: Bits.Type) {
            let elements = bindMemory(to: Bits.self)
            for i in elements.indices { elements[i] = elements[i].byteSwapped }
        }
        switch size {
        case 2: swap(UInt16.self)
        case 4: swap(UInt32.self)
        case 8: swap(UInt64.self)
        default: break
        }
    }
}
