import MartletCore

/// A source of bytes: a file, memory, or the decompressed bytes of another stream.
///
/// Readers read straight into the tensor that holds the result. They check every length in the data against `bound` before
/// they allocate memory.
package protocol ByteStream: AnyObject {
    /// The file's path, or a description of the source, for errors.
    var name: String { get }

    /// The most bytes that can still follow: exact for files and memory, the most that deflate can produce for compressed data.
    var bound: Int { get }

    /// Fills `buffer` from its start and returns the number of bytes read, which is below its size only at the end, or before
    /// an error that the next reading throws.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteStream {
    /// An error about these bytes.
    package func error(_ message: String) -> MartletError { MartletError(message, at: name) }

    /// Fills `buffer`, or throws an error that the data ends within `what`.
    package func fill(_ buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
        let count = try read(into: buffer)
        if count < buffer.count {
            try throwFailure()
            throw error("Expected \(buffer.count) bytes of \(what). Received \(count): the data is cut short.")
        }
    }

    /// The next `count` bytes. A count above `bound` is refused before memory is allocated.
    package func bytes(_ count: Int, _ what: String) throws -> [UInt8] {
        guard count <= bound else {
            throw error("Expected \(count) bytes of \(what). At most \(bound) follow: the data is cut short or damaged.")
        }
        // Of what is small, an error would come too late to help.
        if count >= 1 << 26 { try Settings.requireMemory(count, at: name) }
        var received = 0
        let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            received = try read(into: UnsafeMutableRawBufferPointer(buffer))
            initialized = received
        }
        if received < count {
            try throwFailure()
            throw error("Expected \(count) bytes of \(what). Received \(received): the data is cut short.")
        }
        return bytes
    }

    /// Throws what ended a reading before its end, if that was an error.
    private func throwFailure() throws {
        var byte: UInt8 = 0
        _ = try withUnsafeMutableBytes(of: &byte) { try read(into: $0) }
    }

    /// All bytes to the end. Throws when there are more than `limit`.
    package func allBytes(limit: Int) throws -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(max(bound, 1), 1 << 16))
        while true {
            let count = try chunk.withUnsafeMutableBytes { try read(into: $0) }
            if count == 0 { return result }
            if count > limit - result.count {
                throw error("Expected at most \(limit) bytes. Received more.")
            }
            result += chunk[..<count]
        }
    }

    /// Calls `body` with each chunk of bytes, to the end.
    package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { chunk.deallocate() }
        while case let count = try read(into: chunk), count > 0 {
            try body(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
        }
    }

    /// Throws when anything follows `what`.
    package func expectEnd(after what: String) throws {
        var byte: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &byte) { try read(into: $0) }
        if count > 0 { throw error("Expected nothing after \(what). Received more bytes.") }
    }
}

/// Bytes in memory as a stream.
package final class MemoryStream: ByteStream {
    package let name: String
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    package var bound: Int { bytes.count - position }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bound)
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}
