import CZlib
import MartletCore

/// Decompresses a stream in gzip's format (RFC 1952), any number of members one after another, or in zlib's (RFC 1950), one
/// alone. Checksums are verified. What comes before an error is handed out first: the next reading throws it, and so do all
/// later ones.
package final class InflateStream: ByteStream {
    private let source: any ByteStream
    private let format: Compression.Format
    // zlib keeps the address of its stream, so the stream must not move.
    private let z = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    private var members = 0
    private var isBetweenMembers = false
    private var failure: MartletError?

    /// Decompresses `source`, which begins as `format` does.
    package init(_ source: any ByteStream, _ format: Compression.Format = .gzip) {
        (self.source, self.format) = (source, format)
        z.initialize(to: z_stream())
        let status = inflateInit2_(z, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        require(status == Z_OK, "InflateStream", "zlib does not start: status \(status).")
    }

    deinit {
        inflateEnd(z)
        z.deallocate()
        input.deallocate()
    }

    package var name: String { source.name }

    /// Deflate makes at most 1,032 bytes from one. zlib's own buffer is far below the constant.
    package var bound: Int {
        let (most, overflow) = (source.bound + Int(z.pointee.avail_in)).multipliedReportingOverflow(by: 1032)
        return overflow ? .max : most.addingReportingOverflow(1 << 16).overflow ? .max : most + (1 << 16)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var written = 0
        do {
            if let failure { throw failure }
            try inflate(into: buffer, &written)
        } catch let error as MartletError {
            failure = error
            guard written > 0 else { throw error }
        }
        return written
    }

    private func inflate(into buffer: UnsafeMutableRawBufferPointer, _ written: inout Int) throws {
        while written < buffer.count {
            if z.pointee.avail_in == 0 { try takeInput() }
            if isBetweenMembers {
                if z.pointee.avail_in == 0 { break }
                guard format == .gzip else { throw error("Expected nothing after the zlib data. Received more bytes.") }
                inflateReset(z)
                isBetweenMembers = false
            }
            // zlib counts in 32 bits.
            let room = min(buffer.count - written, 1 << 30)
            z.pointee.next_out = (buffer.baseAddress! + written).assumingMemoryBound(to: UInt8.self)
            z.pointee.avail_out = UInt32(room)
            let isStarved = z.pointee.avail_in == 0
            let status = CZlib.inflate(z, Z_NO_FLUSH)
            let produced = room - Int(z.pointee.avail_out)
            written += produced
            switch status {
            case Z_STREAM_END:
                members += 1
                isBetweenMembers = true
            case Z_OK, Z_BUF_ERROR:
                if isStarved && produced == 0 { throw error("The \(format.rawValue) data is cut short.") }
            default:
                if members > 0 && z.pointee.total_out == 0 {
                    throw error("Expected nothing after the gzip data. Received bytes that are no gzip member.")
                }
                let reason = z.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
                throw error("The \(format.rawValue) data is corrupt (zlib: \(reason)).")
            }
        }
    }

    private func takeInput() throws {
        z.pointee.avail_in = UInt32(try source.read(into: input))
        z.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
    }
}
