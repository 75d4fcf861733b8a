import CZlib
import MartletCore

/// Compresses and decompresses bytes in memory.
package enum Compression {
    /// The version of zlib in use.
    package static var zlibVersion: String { String(cString: CZlib.zlibVersion()) }

    /// Decompresses gzip data of any number of members.
    ///
    /// - Parameters:
    ///   - limit: the largest allowed size of the result.
    ///   - name: a name of the data, for errors.
    /// - Throws: `MartletError` when the data is cut short, corrupt, followed by other bytes, or larger than `limit`.
    package static func gunzip(_ bytes: [UInt8], limit: Int, name: String) throws -> [UInt8] {
        try GunzipStream(MemoryStream(bytes, name: name)).allBytes(limit: limit)
    }

    /// Compresses into one gzip member; the same bytes give the same result.
    package static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let target = MemorySink()
        let sink = GzipSink(target)
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

    /// Compresses into a zlib stream.
    package static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        let bound = compressBound(uLong(bytes.count))
        return [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, initialized in
            var length = bound
            let status = compress2(buffer.baseAddress, &length, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
            require(status == Z_OK, "deflate", "zlib refuses to compress: status \(status).")
            initialized = Int(length)
        }
    }
}
