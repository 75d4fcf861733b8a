import MartletCore

/// The bytes of an HDF5 file. The addresses come from the file itself, so every access is checked.
final class HDF5Bytes: Sendable {
    /// The file's path, or a description of the source.
    let name: String
    let bytes: [UInt8]

    init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    /// The value in the file that means "no address".
    static let undefined = UInt64.max

    func error(_ message: String) -> MartletError { MartletError(message, at: name) }

    /// The place of an address. `size` bytes from there must be in the file.
    func place(_ address: UInt64, size: Int, _ what: String) throws -> Int {
        guard let start = Int(exactly: address), size >= 0, start <= bytes.count, size <= bytes.count - start else {
            throw error(
                "Expected \(size) bytes of \(what) at \(address). The file has \(bytes.count) bytes: it is cut short or "
                    + "damaged.")
        }
        return start
    }

    /// A cursor over the `size` bytes at `address`.
    func cursor(_ address: UInt64, size: Int, _ what: String) throws -> HDF5Cursor {
        let start = try place(address, size: size, what)
        return HDF5Cursor(self, start..<start + size, what)
    }

    /// A cursor from `address` to the end of the file.
    func cursor(from address: UInt64, _ what: String) throws -> HDF5Cursor {
        let start = try place(address, size: 0, what)
        return HDF5Cursor(self, start..<bytes.count, what)
    }
}

/// Reads little-endian numbers one after another, within bounds.
struct HDF5Cursor {
    let file: HDF5Bytes
    let range: Range<Int>
    private(set) var position: Int
    private let what: String

    init(_ file: HDF5Bytes, _ range: Range<Int>, _ what: String) {
        self.file = file
        self.range = range
        self.what = what
        position = range.lowerBound
    }

    var remaining: Int { range.upperBound - position }

    private func check(_ count: Int) throws {
        guard count >= 0, count <= remaining else {
            throw file.error("Expected \(count) more bytes of \(what). Only \(remaining) follow: the file is damaged.")
        }
    }

    mutating func uint(_ size: Int) throws -> UInt64 {
        try check(size)
        var value: UInt64 = 0
        for offset in 0..<size { value |= UInt64(file.bytes[position + offset]) << (8 * UInt64(offset)) }
        position += size
        return value
    }

    mutating func int(_ size: Int) throws -> Int {
        guard let value = Int(exactly: try uint(size)) else { throw file.error("A size in \(what) is out of range.") }
        return value
    }

    mutating func skip(_ count: Int) throws {
        try check(count)
        position += count
    }

    mutating func take(_ count: Int) throws -> HDF5Cursor {
        try check(count)
        defer { position += count }
        return HDF5Cursor(file, position..<position + count, what)
    }

    /// Skips to the next multiple of 8 bytes from the beginning, or to the end.
    mutating func align() { position = min(range.upperBound, range.lowerBound + (position - range.lowerBound + 7) & ~7) }

    mutating func expect(_ text: StaticString) throws {
        let letters = Array("\(text)".utf8)
        guard remaining >= letters.count, file.bytes[position..<position + letters.count].elementsEqual(letters) else {
            throw file.error("Expected \"\(text)\" at byte \(position), where \(what) begins. The file is damaged.")
        }
        position += letters.count
    }

    /// The bytes that are left.
    var rest: ArraySlice<UInt8> { file.bytes[position..<range.upperBound] }

    /// Text up to its first zero, or to the end.
    func text() throws -> String {
        guard let text = String(validating: rest.prefix { $0 != 0 }, as: UTF8.self) else {
            throw file.error("Expected text in UTF-8 in \(what). The file is damaged.")
        }
        return text
    }
}
