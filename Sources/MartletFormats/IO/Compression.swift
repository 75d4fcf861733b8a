import CZlib
import MartletCore

/// Compresses and decompresses bytes in memory.
package enum Compression {
    /// What is around the compressed bytes.
    package enum Format: String, Sendable {
        /// RFC 1952.
        case gzip
        /// RFC 1950.
        case zlib

        /// How zlib's functions are told.
        var windowBits: Int32 { self == .gzip ? 15 + 16 : 15 }

        /// The format that the first bytes of a file are those of, nil when of none.
        package init?(firstBytes bytes: [UInt8]) {
            guard bytes.count >= 2 else { return nil }
            if bytes[0] == 0x1F, bytes[1] == 0x8B {
                self = .gzip
            } else if bytes[0] & 15 == 8, bytes[0] >> 4 <= 7, bytes[1] & 32 == 0, (Int(bytes[0]) << 8 + Int(bytes[1])) % 31 == 0 {
                self = .zlib
            } else {
                return nil
            }
        }
    }

    /// The version of zlib in use.
    package static var zlibVersion: String { String(cString: CZlib.zlibVersion()) }

    /// Decompresses gzip data of any number of members.
    ///
    /// - Parameters:
    ///   - limit: the largest allowed size of the result.
    ///   - name: a name of the data, for errors.
    /// - Throws: `MartletError` when the data is cut short, corrupt, followed by other bytes, or larger than `limit`.
    package static func gunzip(_ bytes: [UInt8], limit: Int, name: String) throws -> [UInt8] {
        try InflateStream(MemoryStream(bytes, name: name)).allBytes(limit: limit)
    }

    /// Compresses into one gzip member; the same bytes give the same result.
    package static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let target = MemorySink()
        let sink = DeflateSink(target)
        try sink.write(bytes)
        try sink.finish()
        return target.bytes
    }

    /// Decompresses a zlib stream (RFC 1950) that holds exactly `size` bytes.
    package static func inflate(_ bytes: [UInt8], size: Int, name: String) throws -> [UInt8] {
        var length = uLong(size)
        var sourceLength = uLong(bytes.count)
        var status = Z_OK
        let result = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, initialized in
            status = uncompress2(buffer.baseAddress, &length, bytes, &sourceLength)
            initialized = status == Z_OK ? Int(length) : 0
        }
        guard status == Z_OK, result.count == size, sourceLength == bytes.count else {
            throw MartletError(
                "Expected a zlib stream of \(size) bytes. Received other data (status \(status)).", at: name)
        }
        return result
    }

    /// The CRC-32 of gzip, zip and PNG.
    package static func crc32(_ bytes: [UInt8]) -> UInt32 { UInt32(CZlib.crc32(0, bytes, uInt(bytes.count))) }

    /// How `deflate` looks for what repeats.
    package enum Strategy {
        /// For equal bytes anywhere before.
        case anywhere
        /// For equal bytes in a row only: much faster where there is nothing else.
        case runs
    }

    /// Compresses into a zlib stream (RFC 1950); the same bytes give the same result.
    /// - Parameter level: from 1, the fastest, to 9, the smallest.
    package static func deflate(_ bytes: [UInt8], level: Int32 = 9, _ strategy: Strategy = .anywhere) -> [UInt8] {
        var stream = z_stream()
        let begun = deflateInit2_(
            &stream, level, Z_DEFLATED, MAX_WBITS, 8, strategy == .runs ? Z_RLE : Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        require(begun == Z_OK, "deflate", "zlib refuses to compress: status \(begun).")
        defer { deflateEnd(&stream) }
        var source = bytes
        return source.withUnsafeMutableBufferPointer { source in
            let bound = Int(deflateBound(&stream, uLong(source.count)))
            return [UInt8](unsafeUninitializedCapacity: bound) { buffer, initialized in
                var (read, status) = (0, Z_OK)
                // zlib counts bytes in 32 bits.
                repeat {
                    let (part, room) = (min(source.count - read, 1 << 30), min(bound - initialized, 1 << 30))
                    stream.next_in = source.baseAddress.map { $0 + read }
                    stream.avail_in = uInt(part)
                    stream.next_out = buffer.baseAddress.map { $0 + initialized }
                    stream.avail_out = uInt(room)
                    status = CZlib.deflate(&stream, read + part == source.count ? Z_FINISH : Z_NO_FLUSH)
                    read += part - Int(stream.avail_in)
                    initialized += room - Int(stream.avail_out)
                } while status == Z_OK
                require(status == Z_STREAM_END, "deflate", "zlib refuses to compress: status \(status).")
            }
        }
    }
}
