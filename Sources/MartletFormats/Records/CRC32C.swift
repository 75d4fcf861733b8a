/// The checksum of records: CRC-32C (Castagnoli), eight bytes at a time.
///
/// Source: RFC 3720, appendix B.4; M. Kounavis, F. Berry, *A systematic approach to building high performance software-based
/// CRC generators*, 2005.
package enum CRC32C {
    /// Table k has the remainders of a byte with k zero bytes behind it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
            tables[byte] = remainder
        }
        for place in 256..<8 * 256 {
            let before = tables[place - 256]
            tables[place] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    /// The checksum of `bytes`.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var (crc, place) = (~UInt32(0), 0)
            while place + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) ^ UInt64(crc)
                crc = 0
                for k in 0..<8 { crc ^= tables[(7 - k) << 8 + Int(truncatingIfNeeded: word >> (8 * k) & 0xFF)] }
                place += 8
            }
            while place < bytes.count {
                crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[place])) & 0xFF)]
                place += 1
            }
            return ~crc
        }
    }

    /// The checksum in the form in which files of records store it: a checksum of bytes that hold checksums would be weak.
    package static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let crc = checksum(bytes)
        return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    }
}
