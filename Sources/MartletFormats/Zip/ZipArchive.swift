import CZip
import Foundation
import MartletCore

/// A zip archive in memory, read through libzip.
///
/// Names that lead out of the archive (absolute names, `..`, backslashes) are refused. So are names that come twice, and
/// entries that claim to be larger than deflate can make of their bytes.
public final class ZipArchive {
    /// The names of the entries, in the archive's order, without folders.
    public let names: [String]

    private let name: String
    private let bytes: [UInt8]
    private let archive: OpaquePointer
    private let entries: [String: (index: UInt64, size: Int)]

    /// Reads the archive at `path`.
    /// - Throws: `MartletError` when it cannot be read, is not an archive, or is refused.
    public convenience init(_ path: String) throws { try self.init(FileIO.read(path), name: path) }

    /// Reads an archive in memory.
    package init(_ bytes: [UInt8], name: String) throws {
        self.name = name
        self.bytes = bytes
        archive = try ZipArchive.open(bytes, name)
        var entries: [String: (index: UInt64, size: Int)] = [:]
        var names: [String] = []
        do {
            for index in 0..<UInt64(max(0, zip_get_num_entries(archive, 0))) {
                guard let (entry, size) = try ZipArchive.entry(index, of: archive, total: bytes.count, name) else {
                    continue
                }
                guard entries.updateValue((index, size), forKey: entry) == nil else {
                    throw MartletError("The archive holds \"\(entry)\" twice.", at: name)
                }
                names.append(entry)
            }
        } catch {
            // No deinit runs when an initializer throws before all is set.
            zip_discard(archive)
            throw error
        }
        self.names = names
        self.entries = entries
    }

    deinit { zip_discard(archive) }

    /// Whether there is an entry of this name.
    public func contains(_ entry: String) -> Bool { entries[entry] != nil }

    /// The bytes of an entry. Its checksum is verified.
    /// - Throws: `MartletError` when there is none, or it is damaged, encrypted or compressed in an unknown way.
    public func read(_ entry: String) throws -> [UInt8] {
        guard let (index, size) = entries[entry] else {
            throw MartletError("Expected \"\(entry)\" in the archive. It holds: \(names.prefix(6)).", at: name)
        }
        guard let file = zip_fopen_index(archive, index, 0) else { throw problem("\(entry)") }
        defer { zip_fclose(file) }
        var received: Int64 = 0
        // One byte more than announced: this finds longer entries, and reaches the end, where libzip compares checksums.
        let result = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            while count <= size {
                received = zip_fread(file, buffer.baseAddress! + count, UInt64(size + 1 - count))
                if received <= 0 { break }
                count += Int(received)
            }
        }
        guard received >= 0, result.count == size else {
            throw MartletError(
                "Expected \(size) bytes of \"\(entry)\" with the checksum that the archive gives. Received others: the "
                    + "archive is damaged.", at: name)
        }
        return result
    }

    private func problem(_ what: String) -> MartletError {
        let text = String(cString: zip_error_strerror(zip_get_error(archive)))
        return MartletError("Cannot read \"\(what)\" from the archive: \(text.lowercased()).", at: name)
    }

    private static func open(_ bytes: [UInt8], _ name: String) throws -> OpaquePointer {
        guard bytes.starts(with: "PK".utf8) else {
            throw MartletError("Expected a zip archive. It does not begin with zip's signature.", at: name)
        }
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        func problem() -> MartletError {
            let text = String(cString: zip_error_strerror(&error)).lowercased()
            return MartletError("Expected a zip archive. Received other or damaged data: \(text).", at: name)
        }
        // libzip frees its own copy: the array may move.
        guard let copy = malloc(max(1, bytes.count)) else { throw problem() }
        bytes.withUnsafeBytes { if let base = $0.baseAddress { copy.copyMemory(from: base, byteCount: $0.count) } }
        guard let source = zip_source_buffer_create(copy, UInt64(bytes.count), 1, &error) else {
            free(copy)
            throw problem()
        }
        guard let archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) else {
            zip_source_free(source)
            throw problem()
        }
        return archive
    }

    /// The name and the size of an entry, nil for a folder.
    private static func entry(
        _ index: UInt64, of archive: OpaquePointer, total: Int, _ name: String
    ) throws -> (String, Int)? {
        var status = zip_stat_t()
        guard zip_stat_index(archive, index, 0, &status) == 0, let pointer = status.name else {
            throw MartletError("The archive's entry \(index) is damaged.", at: name)
        }
        let entry = String(cString: pointer)
        let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
        guard !entry.isEmpty, !entry.contains("\\"), !entry.hasPrefix("/"), !parts.contains("..") else {
            throw MartletError("The archive holds an entry whose name leads out of it: \"\(entry)\".", at: name)
        }
        if entry.hasSuffix("/") { return nil }
        // Deflate reaches 1032 to 1.
        let limit = status.comp_size.multipliedReportingOverflow(by: 1032)
        guard status.comp_size <= UInt64(total), status.size <= (limit.overflow ? .max : limit.partialValue) else {
            throw MartletError(
                "The archive's entry \"\(entry)\" claims \(status.size) bytes, more than \(status.comp_size) can hold.",
                at: name)
        }
        return (entry, Int(status.size))
    }
}
