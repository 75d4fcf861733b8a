import MartletCore

/// The type of the elements of a dataset or an attribute.
enum HDF5Datatype {
    case number(StoredElement, ByteOrder)
    /// Strings of a fixed number of bytes.
    case fixedString(Int)
    /// Strings that are stored in the file's global heap.
    case variableString
    /// Something that tensors and texts cannot hold.
    case unsupported(String)

    init(_ cursor: inout HDF5Cursor, depth: Int = 0) throws {
        let head = try cursor.uint(1)
        let (type, version) = (head & 15, head >> 4)
        let bits = try cursor.uint(3)
        let size = try cursor.int(4)
        guard (1...3).contains(version), depth < 4 else {
            self = .unsupported("a type of version \(version)")
            return
        }
        let order: ByteOrder = bits & 1 == 0 ? .little : .big
        switch type {
        case 0:
            let (offset, precision) = (try cursor.uint(2), try cursor.int(2))
            let isSigned = bits & 8 != 0
            let element: StoredElement? =
                switch (size, isSigned) {
                case (1, true): .int8
                case (1, false): .uint8
                case (2, true): .int16
                case (2, false): .uint16
                case (4, true): .int32
                case (4, false): .uint32
                case (8, true): .int64
                default: nil
                }
            guard let element, offset == 0, precision == 8 * size else {
                self = .unsupported("integers of \(precision) bits")
                return
            }
            self = .number(element, order)
        case 1:
            let layout = try (0..<5).map { _ in try cursor.int(1) } + [cursor.int(1), cursor.int(1), cursor.int(1)]
            let bias = try cursor.uint(4)
            // Offset and precision as bytes, place and size of exponent and mantissa.
            let element: StoredElement? =
                switch (size, layout, bias) {
                case (2, [0, 0, 16, 0, 10, 5, 0, 10], 15): .float16
                case (2, [0, 0, 16, 0, 7, 8, 0, 7], 127): .bfloat16
                case (4, [0, 0, 32, 0, 23, 8, 0, 23], 127): .float32
                case (8, [0, 0, 64, 0, 52, 11, 0, 52], 1023): .float64
                default: nil
                }
            guard let element, bits & 0x40 == 0 else {
                self = .unsupported("floating-point numbers of \(size) bytes in an unusual layout")
                return
            }
            self = .number(element, order)
        case 3: self = size > 0 ? .fixedString(size) : .unsupported("strings of no bytes")
        case 5 where size == 2: self = .number(.uint16, .little)
        case 8: self = try HDF5Datatype.enumeration(&cursor, count: Int(bits & 0xFFFF), version: version, depth: depth)
        case 9 where bits & 15 == 1: self = size == 16 ? .variableString : .unsupported("strings of an unusual layout")
        default: self = .unsupported("elements of HDF5's type class \(type)")
        }
    }

    /// `bool` as h5py stores it: FALSE and TRUE of 8 bits.
    private static func enumeration(
        _ cursor: inout HDF5Cursor, count: Int, version: UInt64, depth: Int
    ) throws -> HDF5Datatype {
        guard case .number(.int8, _) = try HDF5Datatype(&cursor, depth: depth + 1), count == 2 else {
            return .unsupported("an enumeration")
        }
        var names: [String] = []
        for _ in 0..<count {
            let name = try cursor.text()
            names.append(name)
            let size = name.utf8.count + 1
            try cursor.skip(version == 3 ? size : (size + 7) & ~7)
        }
        let values = try (0..<count).map { _ in try cursor.uint(1) }
        return names == ["FALSE", "TRUE"] && values == [0, 1] ? .number(.bool, .little) : .unsupported("an enumeration")
    }

    /// The bytes of an element in the file; 0 when it cannot be read.
    var byteCount: Int {
        switch self {
        case .number(let element, _): element.byteCount
        case .fixedString(let size): size
        case .variableString: 16
        case .unsupported: 0
        }
    }
}

/// The shape of a dataset or an attribute.
enum HDF5Dataspace {
    /// The sizes; nil when there is no element at all.
    static func read(_ cursor: HDF5Cursor) throws -> Shape? {
        var cursor = cursor
        let version = try cursor.uint(1)
        let rank = try cursor.int(1)
        _ = try cursor.uint(1)
        switch version {
        case 1: try cursor.skip(5)
        case 2: if try cursor.uint(1) == 2 { return nil }
        default: throw cursor.file.error("Expected version 1 or 2 of a dataspace. Received: \(version).")
        }
        let sizes = try (0..<rank).map { _ in try cursor.int(8) }
        do {
            return try Shape(validating: sizes)
        } catch {
            throw cursor.file.error("Expected the sizes of an array. \(error.message)")
        }
    }
}
