import Foundation
import MartletCore

/// What `cache(file:)` can store: tensors, numbers, strings, bytes, lists of such; tuples of them; and your own structs.
public protocol Storable: Sendable {
    /// Appends the value.
    func store(in storage: inout Storage)
    /// Reads what `store` appended.
    /// - Throws: `MartletError` when the bytes are others.
    init(from storage: inout Storage) throws
}

/// The bytes of stored values.
public struct Storage: Sendable {
    var bytes: [UInt8] = []
    private var place = 0

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func append(_ content: UnsafeRawBufferPointer) {
        append(content.count)
        bytes += content
    }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws -> Number {
        let size = MemoryLayout<Number>.size
        let part = try take(size)
        return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: part, as: Number.self)) }
    }

    /// The bytes of the next value.
    mutating func content() throws -> ArraySlice<UInt8> {
        let count = try number(Int.self)
        let start = try take(count)
        return bytes[start..<start + count]
    }

    private mutating func take(_ count: Int) throws -> Int {
        guard (0...bytes.count - place).contains(count) else { throw Storage.damaged }
        defer { place += count }
        return place
    }

    static var damaged: MartletError { MartletError("Expected a stored element. Received other bytes.") }
}

extension Tensor: Storable {
    public func store(in storage: inout Storage) {
        storage.append(dtype.rawValue)
        storage.append(rank)
        for size in shape.dimensions { storage.append(size) }
        withUnsafeBytes { storage.append($0) }
    }

    public init(from storage: inout Storage) throws {
        guard let dtype = DType(rawValue: try storage.number()), case let rank: Int = try storage.number(),
            (0...Shape.maximumRank).contains(rank)
        else { throw Storage.damaged }
        let shape = try Shape(validating: try (0..<rank).map { _ in try storage.number() })
        let content = try storage.content()
        guard content.count == shape.elementCount * dtype.byteCount else { throw Storage.damaged }
        self = content.withUnsafeBytes { Tensor(bytes: $0, shape: shape, dtype: dtype) }
    }
}

/// A number that is stored by its bits.
public protocol StorableInteger: Storable, FixedWidthInteger {}
extension StorableInteger {
    public func store(in storage: inout Storage) { storage.append(self) }
    public init(from storage: inout Storage) throws { self = try storage.number() }
}
extension Int: StorableInteger {}
extension Int64: StorableInteger {}
extension Int32: StorableInteger {}
extension UInt8: StorableInteger {}

extension Bool: Storable {
    public func store(in storage: inout Storage) { storage.append(UInt8(self ? 1 : 0)) }
    public init(from storage: inout Storage) throws { self = try storage.number(UInt8.self) != 0 }
}

extension Float: Storable {
    public func store(in storage: inout Storage) { storage.append(bitPattern) }
    public init(from storage: inout Storage) throws { self.init(bitPattern: try storage.number()) }
}

extension Double: Storable {
    public func store(in storage: inout Storage) { storage.append(bitPattern) }
    public init(from storage: inout Storage) throws { self.init(bitPattern: try storage.number()) }
}

extension String: Storable {
    public func store(in storage: inout Storage) { Array(utf8).withUnsafeBytes { storage.append($0) } }
    public init(from storage: inout Storage) throws { self.init(decoding: try storage.content(), as: UTF8.self) }
}

extension Data: Storable {
    public func store(in storage: inout Storage) { withUnsafeBytes { storage.append($0) } }
    public init(from storage: inout Storage) throws { self.init(try storage.content()) }
}

extension Array: Storable where Element: Storable {
    public func store(in storage: inout Storage) {
        storage.append(count)
        for element in self { element.store(in: &storage) }
    }

    public init(from storage: inout Storage) throws {
        let count: Int = try storage.number()
        guard count >= 0 else { throw Storage.damaged }
        self = []
        // One by one: a count that is none meets the end of the bytes before it takes memory.
        for _ in 0..<count { append(try Element(from: &storage)) }
    }
}
