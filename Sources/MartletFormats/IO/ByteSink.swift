import CZlib
import MartletCore

/// A destination for bytes: a file, memory, or a compressor in front of another sink.
package protocol ByteSink: AnyObject {
    /// Writes all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension ByteSink {
    package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}

/// Bytes in memory.
package final class MemorySink: ByteSink {
    package private(set) var bytes: [UInt8] = []
    package init() {}
    package func write(_ new: UnsafeRawBufferPointer) { bytes += new }

    /// Forgets the bytes, and keeps the memory.
    package func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// Compresses its bytes into one gzip member, without a name or a time, so that the same bytes give the same file, or into
/// zlib's format.
package final class DeflateSink: ByteSink {
    private let target: any ByteSink
    // zlib keeps the address of its stream, so the stream must not move.
    private let z = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    package init(_ target: any ByteSink, _ format: Compression.Format = .gzip) {
        self.target = target
        z.initialize(to: z_stream())
        let status = deflateInit2_(
            z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        require(status == Z_OK, "DeflateSink", "zlib does not start: status \(status).")
    }

    deinit {
        deflateEnd(z)
        z.deallocate()
        output.deallocate()
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        // zlib counts in 32 bits.
        for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
            let part = bytes[start..<min(start + (1 << 30), bytes.count)]
            try deflate(UnsafeRawBufferPointer(rebasing: part), flush: Z_NO_FLUSH)
        }
    }

    /// Writes the bytes that zlib still holds, and the checksum. Nothing may be written afterwards.
    package func finish() throws { try deflate(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH) }

    private func deflate(_ bytes: UnsafeRawBufferPointer, flush: Int32) throws {
        z.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        z.pointee.avail_in = UInt32(bytes.count)
        repeat {
            z.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
            z.pointee.avail_out = UInt32(output.count)
            _ = CZlib.deflate(z, flush)
            let produced = output.count - Int(z.pointee.avail_out)
            try target.write(UnsafeRawBufferPointer(rebasing: output[..<produced]))
        } while z.pointee.avail_out == 0
    }
}
