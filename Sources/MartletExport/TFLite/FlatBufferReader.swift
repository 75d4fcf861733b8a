import Martlet
import MartletCore

/// The bytes of a FlatBuffer from anywhere. Each offset is checked before it is followed, and all that is read together is
/// not more than a multiple of the file: parts that many tables share cannot be multiplied without end.
final class FlatBuffer {
    fileprivate let bytes: [UInt8]
    /// How many elements of vectors may still be read.
    private var budget: Int

    /// - Throws: `MartletError` unless the file is one with this identifier.
    init(_ bytes: [UInt8], identifier: String) throws {
        self.bytes = bytes
        budget = 8 * bytes.count + 1024
        guard bytes.count >= 8, Array(bytes[4..<8]) == Array(identifier.utf8) else {
            throw MartletError(
                "Expected a file with the identifier \(identifier) at byte 4. Received: \(bytes.count) bytes that have none.")
        }
    }

    /// The table that the file begins with.
    func root() throws -> FlatTableReader { try table(at: offset(at: 0)) }

    fileprivate func malformed(_ what: String, _ place: Int) -> MartletError {
        MartletError("Expected a FlatBuffer. Received: \(what) at byte \(place) of \(bytes.count).")
    }

    fileprivate func check(_ place: Int, _ count: Int) throws {
        guard place >= 0, count >= 0, place <= bytes.count, count <= bytes.count - place else {
            throw malformed("something that passes the end", place)
        }
    }

    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(_ place: Int, as type: Number.Type) throws -> Number {
        try check(place, MemoryLayout<Number>.size)
        return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: type)) }
    }

    /// Where the offset at a place leads.
    fileprivate func offset(at place: Int) throws -> Int {
        let distance = try number(place, as: UInt32.self)
        guard distance > 0 else { throw malformed("an offset of 0", place) }
        let target = place + Int(distance)
        try check(target, 4)
        return target
    }

    fileprivate func table(at place: Int) throws -> FlatTableReader {
        let slots = place - Int(try number(place, as: Int32.self))
        let size = Int(try number(slots, as: UInt16.self))
        guard size >= 4, size % 2 == 0 else { throw malformed("a table of fields of \(size) bytes", slots) }
        try check(slots, size)
        return FlatTableReader(buffer: self, place: place, slots: slots, slotCount: (size - 4) / 2)
    }

    /// The place of the first element of a vector and their number.
    fileprivate func vector(at place: Int, elementSize: Int) throws -> (start: Int, count: Int) {
        let count = Int(try number(place, as: UInt32.self))
        guard count <= (bytes.count - place - 4) / elementSize else { throw malformed("a vector of \(count) elements", place) }
        budget -= count
        guard budget >= 0 else { throw malformed("parts that are referred to again and again", place) }
        return (place + 4, count)
    }
}

/// A table of a FlatBuffer.
struct FlatTableReader {
    fileprivate let buffer: FlatBuffer
    fileprivate let place: Int
    fileprivate let slots: Int
    fileprivate let slotCount: Int

    /// Where a field lies, nil where the table has none.
    private func field(_ number: Int) throws -> Int? {
        guard number < slotCount else { return nil }
        let offset = Int(try buffer.number(slots + 4 + 2 * number, as: UInt16.self))
        return offset == 0 ? nil : place + offset
    }

    /// An error about the table.
    func malformed(_ what: String) -> MartletError { buffer.malformed(what, place) }

    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ field: Int, default value: Number) throws -> Number {
        try self.field(field).map { try buffer.number($0, as: Number.self) } ?? value
    }

    func integer(_ field: Int, default value: Int32 = 0) throws -> Int { Int(try number(field, default: value)) }
    func byte(_ field: Int, default value: Int8 = 0) throws -> Int { Int(try number(field, default: value)) }
    func flag(_ field: Int) throws -> Bool { try number(field, default: UInt8(0)) != 0 }
    func float(_ field: Int, default value: Float = 0) throws -> Float {
        Float(bitPattern: try number(field, default: value.bitPattern))
    }

    func table(_ field: Int) throws -> FlatTableReader? {
        try self.field(field).map { try buffer.table(at: buffer.offset(at: $0)) }
    }

    /// The bytes of a text that are not UTF-8 become U+FFFD.
    func text(_ field: Int) throws -> String {
        guard let bytes = try bytes(field) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    func bytes(_ field: Int) throws -> ArraySlice<UInt8>? {
        guard let place = try self.field(field) else { return nil }
        let (start, count) = try buffer.vector(at: buffer.offset(at: place), elementSize: 1)
        return buffer.bytes[start..<start + count]
    }

    /// The numbers of a vector, nil where the table has none.
    func numbers<Number: FixedWidthInteger & BitwiseCopyable>(_ field: Int, as type: Number.Type) throws -> [Number]? {
        guard let place = try self.field(field) else { return nil }
        let size = MemoryLayout<Number>.size
        let (start, count) = try buffer.vector(at: buffer.offset(at: place), elementSize: size)
        return try (0..<count).map { try buffer.number(start + size * $0, as: type) }
    }

    func integers(_ field: Int) throws -> [Int]? { try numbers(field, as: Int32.self)?.map(Int.init) }
    func floats(_ field: Int) throws -> [Float]? { try numbers(field, as: UInt32.self)?.map(Float.init(bitPattern:)) }

    func tables(_ field: Int) throws -> [FlatTableReader] {
        guard let place = try self.field(field) else { return [] }
        let (start, count) = try buffer.vector(at: buffer.offset(at: place), elementSize: 4)
        return try (0..<count).map { try buffer.table(at: buffer.offset(at: start + 4 * $0)) }
    }
}
