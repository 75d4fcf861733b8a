import Foundation
import MartletCore
import MartletFormats

/// The files of backups and checkpoints: HDF5, with weights where Keras puts them, and the SHA-256 digest of all bytes, so that a
/// file that was cut short or changed is known for one.
package enum StateFile {
    /// The file is not what was written.
    package struct Damaged: Error, CustomStringConvertible {
        package let description: String
    }

    private static let attribute = "sha256"
    /// Stands in the digest's place while it is computed.
    private static let blank = Array(("martlet" + String(repeating: "0", count: 57)).utf8)

    /// Writes a file, which appears whole or not at all.
    /// - Throws: `MartletError` when it cannot be written. Then the file at `path` is as it was.
    package static func write(_ content: HDF5GroupContent, to path: String) throws {
        content.attributes.append((attribute, .text(String(decoding: blank, as: UTF8.self))))
        defer { content.attributes.removeLast() }
        var bytes = try HDF5Writer.bytes(of: content, name: path)
        guard let place = bytes.firstPlace(of: blank) else { stop("StateFile.write", "The digest has no place.") }
        let digest = Array(SHA256.hexDigest(of: bytes).utf8)
        bytes.replaceSubrange(place..<place + digest.count, with: digest)
        try FileIO.write(bytes, to: path)
    }

    /// Reads a file.
    /// - Returns: its content, and whether it has a digest. Files of other programs and of earlier versions have none.
    /// - Throws: `Damaged`, or `MartletError` when the file cannot be read at all.
    package static func read(_ path: String) throws -> (root: HDF5Group, hasDigest: Bool) {
        let bytes = try FileIO.read(path)
        let root: HDF5Group
        let digest: String?
        do {
            root = try HDF5File(bytes, name: path).root
            digest = try root.attribute(attribute)?.text
        } catch {
            throw Damaged(description: "\(error)")
        }
        guard let digest else { return (root, false) }
        guard let place = bytes.firstPlace(of: Array(digest.utf8)), digest.utf8.count == blank.count else {
            throw Damaged(description: "\(path): The digest is damaged.")
        }
        let hash = SHA256()
        bytes.withUnsafeBytes { all in
            hash.write(UnsafeRawBufferPointer(rebasing: all[..<place]))
            blank.withUnsafeBytes { hash.write($0) }
            hash.write(UnsafeRawBufferPointer(rebasing: all[(place + blank.count)...]))
        }
        guard hash.hexDigest() == digest else {
            throw Damaged(description: "\(path): The bytes are not those that were written.")
        }
        return (root, true)
    }
}

extension [UInt8] {
    /// Where `pattern` first stands, nil when it does not.
    fileprivate func firstPlace(of pattern: [UInt8]) -> Int? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        return withUnsafeBytes { bytes in
            let start = bytes.baseAddress!
            var place = 0
            // Most bytes are those of weights, which are looked through at the speed of memory.
            while let found = memchr(start + place, Int32(first), bytes.count - pattern.count + 1 - place) {
                place = UnsafeRawPointer(found) - start
                if memcmp(start + place, pattern, pattern.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }
}
