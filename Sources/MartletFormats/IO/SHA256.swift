import CCrypto
import MartletCore

/// Computes a SHA-256 digest (FIPS 180-4) of the bytes that are written to it.
package final class SHA256: ByteSink {
    private let context = EVP_MD_CTX_new()

    package init() {
        let started = EVP_DigestInit_ex(context, EVP_sha256(), nil)
        require(started == 1, "SHA256", "libcrypto does not start SHA-256.")
    }

    deinit { EVP_MD_CTX_free(context) }

    package func write(_ bytes: UnsafeRawBufferPointer) {
        _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest in 64 lower-case hexadecimal digits. Nothing may be written afterwards.
    package func hexDigest() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = EVP_DigestFinal_ex(context, &digest, nil)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of `bytes`.
    package static func hexDigest(of bytes: [UInt8]) -> String {
        let hash = SHA256()
        bytes.withUnsafeBytes { hash.write($0) }
        return hash.hexDigest()
    }

    /// The digest of the rest of `stream`.
    package static func hexDigest(of stream: any ByteStream) throws -> String {
        let hash = SHA256()
        try stream.forEachChunk { hash.write($0) }
        return hash.hexDigest()
    }
}
