import CZip
import MartletCore

/// Writes zip archives through libzip, without times, so that the same entries give the same bytes.
public enum ZipWriter {
    /// Writes an archive at `path`. It appears whole or not at all.
    /// - Parameter compressed: whether the entries are deflated; Keras and NumPy store them as they are.
    /// - Throws: `MartletError` when the file cannot be written.
    public static func write(
        _ entries: [(name: String, bytes: [UInt8])], to path: String, compressed: Bool = false
    ) throws {
        try FileIO.write(bytes(of: entries, compressed: compressed, name: path), to: path)
    }

    /// The bytes of an archive.
    package static func bytes(
        of entries: [(name: String, bytes: [UInt8])], compressed: Bool = false, name: String
    ) throws -> [UInt8] {
        // libzip writes nothing for an archive without entries. These bytes are an empty directory.
        if entries.isEmpty { return [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18) }
        let failure = MartletError("libzip cannot write the archive.", at: name)
        guard let target = zip_source_buffer_create(nil, 0, 0, nil) else { throw failure }
        defer { zip_source_free(target) }
        zip_source_keep(target)
        guard let archive = zip_open_from_source(target, ZIP_TRUNCATE, nil) else {
            zip_source_free(target)
            throw failure
        }
        // The entries' memory must stay until the archive is closed.
        let copies = entries.map { entry in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, entry.bytes.count), alignment: 16)
            copy.copyBytes(from: entry.bytes)
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        for (entry, copy) in zip(entries, copies) {
            let source = zip_source_buffer(archive, copy.baseAddress, UInt64(entry.bytes.count), 0)
            let index = source == nil ? -1 : zip_file_add(archive, entry.name, source, ZIP_FL_ENC_UTF_8)
            guard index >= 0 else {
                zip_source_free(source)
                zip_discard(archive)
                throw MartletError("libzip cannot add \"\(entry.name)\": its name comes twice?", at: name)
            }
            zip_set_file_compression(archive, UInt64(index), compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 9)
            // 1 January 1980, where time begins for zip.
            zip_file_set_dostime(archive, UInt64(index), 0, 0x21, 0)
        }
        guard zip_close(archive) == 0 else {
            zip_discard(archive)
            throw failure
        }
        var status = zip_stat_t()
        guard zip_source_stat(target, &status) == 0, zip_source_open(target) == 0 else { throw failure }
        defer { zip_source_close(target) }
        return [UInt8](unsafeUninitializedCapacity: Int(status.size)) { buffer, count in
            count = max(0, Int(zip_source_read(target, buffer.baseAddress, status.size)))
        }
    }
}
