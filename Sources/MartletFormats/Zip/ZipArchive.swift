import CZip
import Foundation
import MartletCore

/// A zip archive in a file or in memory, read through libzip.
///
/// Names that lead out of the archive (absolute names, `..`, backslashes) are refused. So are names that come twice, and
/// entries that claim to be larger than deflate can make of their bytes.
public final class ZipArchive {
    /// The names of the entries, in the archive's order, without folders.
    public let names: [String]

    private let name: String
    private let archive: OpaquePointer
    private let entries: [String: Entry]

    private struct Entry {
        let index: UInt64
        let size: Int
        let packedSize: Int
    }

    /// Reads the archive at `path`.
    /// - Throws: `MartletError` when it cannot be read, is not an archive, or is refused.
    public convenience init(_ path: String) throws {
        let file = try FileStream(path)
        let size = file.bound
        try self.init(ZipArchive.open(file.bytes(min(2, size), "the file"), path) { zip_source_file_create(path, 0, -1, $0) },
            size, name: path)
    }

    /// Reads an archive in memory.
    package convenience init(_ bytes: [UInt8], name: String) throws {
        let archive = try ZipArchive.open(bytes, name) { error in
            // libzip frees its own copy: the array may move.
            guard let copy = malloc(max(1, bytes.count)) else { return nil }
            bytes.withUnsafeBytes { if let base = $0.baseAddress { copy.copyMemory(from: base, byteCount: $0.count) } }
            let source = zip_source_buffer_create(copy, UInt64(bytes.count), 1, error)
            if source == nil { free(copy) }
            return source
        }
        try self.init(archive, bytes.count, name: name)
    }

    /// Takes over an archive that was opened, of so many bytes.
    private init(_ archive: OpaquePointer, _ byteCount: Int, name: String) throws {
        (self.archive, self.name) = (archive, name)
        var entries: [String: Entry] = [:]
        var names: [String] = []
        // Entries that lie over each other would each unpack the same bytes.
        var rest = byteCount
        do {
            for index in 0..<UInt64(max(0, zip_get_num_entries(archive, 0))) {
                guard let (entry, place) = try ZipArchive.entry(index, of: archive, total: rest, name) else { continue }
                rest -= place.packedSize
                guard entries.updateValue(place, forKey: entry) == nil else {
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
    public func read(_ entry: String) throws -> [UInt8] { try read(entry, limit: .max) }

    /// The bytes of an entry. One that announces more than `limit` is refused before it is unpacked.
    package func read(_ entry: String, limit: Int) throws -> [UInt8] {
        let stream = try stream(entry)
        guard stream.bound <= limit else {
            throw stream.error("Expected at most \(limit) bytes. The archive announces \(stream.bound).")
        }
        let bytes = try stream.bytes(stream.bound, "the entry")
        try stream.expectEnd(after: "the entry")
        return bytes
    }

    /// The size that the archive announces for an entry, and the size of its packed form.
    package func sizes(of entry: String) throws -> (unpacked: Int, packed: Int) {
        let place = try place(of: entry)
        return (place.size, place.packedSize)
    }

    /// The bytes of an entry, unpacked as they are read. The checksum is compared where the end is expected.
    package func stream(_ entry: String) throws -> any ByteStream {
        let place = try place(of: entry)
        guard let file = zip_fopen_index(archive, place.index, 0) else {
            let text = String(cString: zip_error_strerror(zip_get_error(archive)))
            throw MartletError("Cannot read \"\(entry)\" from the archive: \(text.lowercased()).", at: name)
        }
        return ZipEntryStream(file, of: self, name: "\(name):\(entry)", size: place.size)
    }

    private func place(of entry: String) throws -> Entry {
        guard let place = entries[entry] else {
            throw MartletError("Expected \"\(entry)\" in the archive. It holds: \(names.prefix(6)).", at: name)
        }
        return place
    }

    /// Opens the archive of a source, which begins with `start`.
    private static func open(
        _ start: [UInt8], _ name: String, _ makeSource: (UnsafeMutablePointer<zip_error_t>) -> OpaquePointer?
    ) throws -> OpaquePointer {
        guard start.starts(with: "PK".utf8) else {
            throw MartletError("Expected a zip archive. It does not begin with zip's signature.", at: name)
        }
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        func problem() -> MartletError {
            let text = String(cString: zip_error_strerror(&error)).lowercased()
            return MartletError("Expected a zip archive. Received other or damaged data: \(text).", at: name)
        }
        guard let source = makeSource(&error) else { throw problem() }
        guard let archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) else {
            zip_source_free(source)
            throw problem()
        }
        return archive
    }

    /// The name and the size of an entry, nil for a folder.
    private static func entry(
        _ index: UInt64, of archive: OpaquePointer, total: Int, _ name: String
    ) throws -> (String, Entry)? {
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
        return (entry, Entry(index: index, size: Int(status.size), packedSize: Int(status.comp_size)))
    }
}

/// An entry of an archive as a stream.
private final class ZipEntryStream: ByteStream {
    let name: String
    private(set) var bound: Int
    private let file: OpaquePointer
    /// Kept, since libzip reads through it.
    private let archive: ZipArchive

    init(_ file: OpaquePointer, of archive: ZipArchive, name: String, size: Int) {
        self.file = file
        self.archive = archive
        self.name = name
        bound = size
    }

    deinit { zip_fclose(file) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        while count < buffer.count {
            let received = zip_fread(file, buffer.baseAddress! + count, UInt64(buffer.count - count))
            // libzip compares checksums at the end.
            guard received >= 0, received <= bound else {
                throw error(
                    "Expected bytes with the size and the checksum that the archive gives. Received others: the archive is "
                        + "damaged.")
            }
            if received == 0 { break }
            bound -= Int(received)
            count += Int(received)
        }
        return count
    }
}

extension ZipArchive: CustomStringConvertible, CustomDebugStringConvertible {
    /// The file, and how many entries it has.
    public var description: String {
        "ZipArchive(\(name.debugDescription), \(names.count) \(names.count == 1 ? "entry" : "entries"))"
    }
    public var debugDescription: String { description }
}
