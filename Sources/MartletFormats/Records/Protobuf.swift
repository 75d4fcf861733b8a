import MartletCore

/// Reads the fields of a protocol buffer message. Nothing is trusted: a length may not pass the message.
struct ProtobufReader {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// A field: its number, and its value.
    struct Field {
        enum Value {
            case number(UInt64)
            case fixed32(UInt32)
            case bytes(UnsafeRawBufferPointer)
        }
        let number: Int
        let value: Value

        func bytes() throws -> UnsafeRawBufferPointer {
            guard case .bytes(let bytes) = value else { throw ProtobufReader.malformed("field \(number) has no bytes") }
            return bytes
        }

        func message() throws -> ProtobufReader { ProtobufReader(try bytes()) }

        /// Appends the value of a repeated `float`: one, or several packed together.
        func floats(into values: inout [Float]) throws {
            switch value {
            case .fixed32(let bits): values.append(Float(bitPattern: bits))
            case .bytes(let bytes):
                guard bytes.count % 4 == 0 else { throw ProtobufReader.malformed("packed floats of \(bytes.count) bytes") }
                let count = bytes.count / 4
                values.reserveCapacity(values.count + count)
                for index in 0..<count {
                    let bits = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                    values.append(Float(bitPattern: UInt32(littleEndian: bits)))
                }
            case .number: throw ProtobufReader.malformed("an integer in the place of floats")
            }
        }

        /// Appends the value of a repeated `int64`.
        func integers(into values: inout [Int64]) throws {
            switch value {
            case .number(let number): values.append(Int64(bitPattern: number))
            case .bytes(let bytes):
                var packed = ProtobufReader(bytes)
                while packed.place < bytes.count { values.append(Int64(bitPattern: try packed.varint())) }
            case .fixed32: throw ProtobufReader.malformed("a float in the place of integers")
            }
        }
    }

    static func malformed(_ what: String) -> MartletError {
        MartletError("Expected a tf.train.Example. Received bytes that are none: \(what).")
    }

    private mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard place < bytes.count else { throw Self.malformed("they end within a number") }
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw Self.malformed("a number of more than 64 bits")
    }

    /// The next field, nil at the end.
    mutating func next() throws -> Field? {
        guard place < bytes.count else { return nil }
        let key = try varint()
        guard let number = Int(exactly: key >> 3), number > 0 else { throw Self.malformed("a field without a number") }
        func part(_ count: UInt64) throws -> UnsafeRawBufferPointer {
            guard count <= UInt64(bytes.count - place) else { throw Self.malformed("field \(number) passes the end") }
            defer { place += Int(count) }
            return UnsafeRawBufferPointer(rebasing: bytes[place..<place + Int(count)])
        }
        switch key & 7 {
        case 0: return Field(number: number, value: .number(try varint()))
        case 1: return Field(number: number, value: .bytes(try part(8)))
        case 2: return Field(number: number, value: .bytes(try part(try varint())))
        case 5:
            let bits = try part(4).loadUnaligned(as: UInt32.self)
            return Field(number: number, value: .fixed32(UInt32(littleEndian: bits)))
        default: throw Self.malformed("field \(number) has the type \(key & 7)")
        }
    }
}

/// Writes a protocol buffer message.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    /// A number in groups of seven bits.
    mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A field of bytes.
    mutating func write(_ field: Int, _ content: [UInt8]) {
        write(UInt64(field << 3 | 2))
        write(UInt64(content.count))
        bytes += content
    }
}
