import MartletCore

/// Reads the fields of a protocol buffer message. Nothing is trusted: a length may not pass the message.
package struct ProtobufReader {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0
    /// The whole message, of which this one may be a part, and what it should be, for errors.
    private let origin: UnsafeRawPointer?
    private let subject: StaticString

    /// - Parameter subject: what the message should be, for errors.
    package init(_ bytes: UnsafeRawBufferPointer, of subject: StaticString) {
        self.init(bytes, origin: bytes.baseAddress, subject)
    }

    private init(_ bytes: UnsafeRawBufferPointer, origin: UnsafeRawPointer?, _ subject: StaticString) {
        (self.bytes, self.origin, self.subject) = (bytes, origin, subject)
    }

    /// A field: its number, and its value.
    package struct Field {
        package enum Value {
            case number(UInt64)
            case fixed32(UInt32)
            case fixed64(UInt64)
            case bytes(UnsafeRawBufferPointer)
        }
        package let number: Int
        package let value: Value
        private let reader: ProtobufReader

        fileprivate init(_ number: Int, _ value: Value, _ reader: ProtobufReader) {
            (self.number, self.value, self.reader) = (number, value, reader)
        }

        package func bytes() throws -> UnsafeRawBufferPointer {
            guard case .bytes(let bytes) = value else { throw malformed("field \(number) has no bytes") }
            return bytes
        }

        package func message() throws -> ProtobufReader {
            ProtobufReader(try bytes(), origin: reader.origin, reader.subject)
        }

        /// Bytes that are not UTF-8 become U+FFFD.
        package func string() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

        /// An integer, a `bool`, or the number of a case of an enumeration.
        package func integer() throws -> Int64 {
            guard case .number(let number) = value else { throw malformed("field \(self.number) is no integer") }
            return Int64(bitPattern: number)
        }

        package func double() throws -> Double {
            guard case .fixed64(let bits) = value else { throw malformed("field \(number) is no double") }
            return Double(bitPattern: bits)
        }

        package func float() throws -> Float {
            guard case .fixed32(let bits) = value else { throw malformed("field \(number) is no float") }
            return Float(bitPattern: bits)
        }

        /// Appends the value of a repeated `float`: one, or several packed together.
        package func floats(into values: inout [Float]) throws {
            switch value {
            case .fixed32(let bits): values.append(Float(bitPattern: bits))
            case .bytes(let bytes): try append(bytes, "floats", to: &values) { Float(bitPattern: UInt32(littleEndian: $0)) }
            case .number, .fixed64: throw malformed("a number of another type in the place of floats")
            }
        }

        /// Appends the value of a repeated `double`.
        package func doubles(into values: inout [Double]) throws {
            switch value {
            case .fixed64(let bits): values.append(Double(bitPattern: bits))
            case .bytes(let bytes): try append(bytes, "doubles", to: &values) { Double(bitPattern: UInt64(littleEndian: $0)) }
            case .number, .fixed32: throw malformed("a number of another type in the place of doubles")
            }
        }

        private func append<Bits: FixedWidthInteger & BitwiseCopyable, Number>(
            _ bytes: UnsafeRawBufferPointer, _ name: String, to values: inout [Number], _ number: (Bits) -> Number
        ) throws {
            let size = MemoryLayout<Bits>.size
            guard bytes.count % size == 0 else { throw malformed("packed \(name) of \(bytes.count) bytes") }
            values.reserveCapacity(values.count + bytes.count / size)
            for start in stride(from: 0, to: bytes.count, by: size) {
                values.append(number(bytes.loadUnaligned(fromByteOffset: start, as: Bits.self)))
            }
        }

        /// Appends the value of a repeated `int64`.
        package func integers(into values: inout [Int64]) throws {
            switch value {
            case .number(let number): values.append(Int64(bitPattern: number))
            case .bytes(let bytes):
                var packed = ProtobufReader(bytes, origin: reader.origin, reader.subject)
                while packed.place < bytes.count { values.append(Int64(bitPattern: try packed.varint())) }
            case .fixed32, .fixed64: throw malformed("a number of another type in the place of integers")
            }
        }

        /// An error at this field.
        package func malformed(_ what: String) -> MartletError { reader.malformed(what) }
    }

    /// An error at the place that is being read.
    package func malformed(_ what: String) -> MartletError {
        let offset = bytes.baseAddress.flatMap { start in origin.map { start + place - $0 } } ?? 0
        return MartletError("Expected a \(subject). Received bytes that are none: \(what), before byte \(offset).")
    }

    private mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard place < bytes.count else { throw malformed("they end within a number") }
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw malformed("a number of more than 64 bits")
    }

    /// Calls `body` for each field of the message.
    package func forEachField(_ body: (Field) throws -> Void) throws {
        var reader = self
        while let field = try reader.next() { try body(field) }
    }

    /// The next field, nil at the end.
    package mutating func next() throws -> Field? {
        guard place < bytes.count else { return nil }
        let key = try varint()
        guard let number = Int(exactly: key >> 3), number > 0 else { throw malformed("a field without a number") }
        func part(_ count: UInt64) throws -> UnsafeRawBufferPointer {
            guard count <= UInt64(bytes.count - place) else { throw malformed("field \(number) passes the end") }
            defer { place += Int(count) }
            return UnsafeRawBufferPointer(rebasing: bytes[place..<place + Int(count)])
        }
        switch key & 7 {
        case 0: return Field(number, .number(try varint()), self)
        case 1: return Field(number, .fixed64(UInt64(littleEndian: try part(8).loadUnaligned(as: UInt64.self))), self)
        case 2: return Field(number, .bytes(try part(try varint())), self)
        case 5: return Field(number, .fixed32(UInt32(littleEndian: try part(4).loadUnaligned(as: UInt32.self))), self)
        default: throw malformed("field \(number) has the type \(key & 7)")
        }
    }
}
