import Foundation
import MartletCore

/// A regular file that is read from its start.
package final class FileStream: ByteStream {
    package let name: String
    private let descriptor: Int32
    private let size: Int
    private var position = 0

    /// Opens `path`. Throws when it is missing, not a regular file, or not readable.
    package init(_ path: String) throws {
        // Without O_NONBLOCK, opening a pipe without a writer would wait forever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileStream.failure("read", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "folder" : "pipe or device"
            throw MartletError("Expected a file. Received a \(kind).", at: path)
        }
        self.descriptor = descriptor
        name = path
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    package var bound: Int { max(0, size - position) }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        while count < buffer.count {
            // Linux reads at most 2 GiB at a time, so fewer bytes are not an error.
            let received = pread(
                descriptor, buffer.baseAddress! + count, buffer.count - count, off_t(position))
            if received < 0 && errno == EINTR { continue }
            guard received >= 0 else { throw FileStream.failure("read", name) }
            if received == 0 { break }
            count += received
            position += received
        }
        return count
    }

    /// An error with the system's reason for a call that has just failed.
    package static func failure(_ verb: String, _ path: String) -> MartletError {
        MartletError("Cannot \(verb) it: \(String(cString: strerror(errno)).lowercased()).", at: path)
    }

    /// Opens `path`. Decompresses it if it begins as gzip's format does, whatever its name.
    /// - Parameter isPlain: tells of the first 12 bytes whether the file is not compressed, for formats that can tell. Then
    ///   files in zlib's format are decompressed as well: its first bytes may also be those of a text.
    package static func openDecompressing(
        _ path: String, isPlain: (([UInt8]) -> Bool)? = nil
    ) throws -> any ByteStream {
        let file = try FileStream(path)
        let first = try file.bytes(min(12, file.bound), "the file")
        file.position = 0
        guard let format = Compression.Format(firstBytes: first) else { return file }
        if isPlain?(first) ?? (format != .gzip) { return file }
        return InflateStream(file, format)
    }
}
