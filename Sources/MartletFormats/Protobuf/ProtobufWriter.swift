/// Writes a protocol buffer message.
package struct ProtobufWriter {
    /// The message so far.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A message that `body` writes.
    package static func message(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        body(&writer)
        return writer.bytes
    }

    /// A number in groups of seven bits, without a field.
    package mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A field of bytes: also a message, or numbers that are packed together.
    package mutating func write(_ field: Int, _ content: some Collection<UInt8>) {
        write(UInt64(field << 3 | 2))
        write(UInt64(content.count))
        bytes += content
    }

    /// A field of text.
    package mutating func write(_ field: Int, text: String) { write(field, text.utf8) }

    /// A field of an integer, a `bool`, or the number of a case.
    package mutating func write(_ field: Int, integer: Int) {
        write(UInt64(field << 3))
        write(UInt64(bitPattern: Int64(integer)))
    }

    /// A field of a `double`.
    package mutating func write(_ field: Int, double: Double) {
        write(UInt64(field << 3 | 1))
        append(double.bitPattern)
    }

    /// A field of a `float`.
    package mutating func write(_ field: Int, float: Float) {
        write(UInt64(field << 3 | 5))
        append(float.bitPattern)
    }

    /// A field of a message.
    package mutating func write(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        write(field, ProtobufWriter.message(body))
    }

    private mutating func append(_ bits: some FixedWidthInteger) {
        withUnsafeBytes(of: bits.littleEndian) { bytes += $0 }
    }
}
