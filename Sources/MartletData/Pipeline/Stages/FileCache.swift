import Foundation
import MartletCore
import MartletFormats

extension Dataset where Element: Storable {
    /// Keeps the elements in a file. The first reading that gets to the end writes it; later ones, also of other processes, take
    /// the elements from there, also with what was random before this stage.
    ///
    /// The file appears when it is whole, so one that was interrupted is never taken. It says what it was made of: the stages
    /// and their numbers, the type of the elements, the contents of tensors, and sizes and times of files. If one of these is
    /// another, it is made anew. Of closures it knows nothing: say with `version` that one has changed.
    /// - Parameters:
    ///   - file: the path.
    ///   - version: a text of your choice.
    /// - Throws: readings throw a `MartletError` when the file cannot be written, or is damaged.
    public func cache(file: String, version: String = "") -> Dataset {
        fileCache(file, version, store: { $0.store(in: &$1) }, read: { try Element(from: &$0) })
    }
}

extension Dataset {
    /// Keeps tuples in a file. See `cache(file:)` for single elements.
    public func cache<each Part: Storable>(
        file: String, version: String = ""
    ) -> Dataset where Element == (repeat each Part) {
        fileCache(file, version) { element, storage in
            repeat (each element).store(in: &storage)
        } read: { storage in
            (repeat try (each Part)(from: &storage))
        }
    }

    fileprivate func fileCache(
        _ file: String, _ version: String, store: @escaping @Sendable (Element, inout Storage) -> Void,
        read: @escaping @Sendable (inout Storage) throws -> Element
    ) -> Dataset {
        then("cache(file)", stage.length) { opening, _, stage in
            let header = Array("martlet cache 1\n\(Element.self)\n\(version)\n\(try stage.identity())".utf8)
            if let cached = try CacheFile(file, header) {
                return ClosureReader { _ in
                    guard let record = try cached.next() else { return nil }
                    var storage = Storage(record)
                    return try read(&storage)
                }
            }
            // Whichever reading writes it, the elements are those of the first.
            var first = opening
            first.epoch = 0
            var inlet = Inlet(try stage.open(first))
            var writer: NewCacheFile? = try NewCacheFile(file, header)
            return ClosureReader { count in
                // What is passed over is not there to be written.
                if count > 0 { writer = nil }
                return try inlet.skip(count)
            } next: { wanted in
                do {
                    guard let element = try inlet.next(ahead: wanted) else {
                        try writer?.finish()
                        writer = nil
                        return nil
                    }
                    var storage = Storage()
                    store(element, &storage)
                    try writer?.write(storage.bytes)
                    return element
                } catch {
                    writer = nil
                    throw error
                }
            }
        }
    }
}

/// A cache that is whole: a header, a record for each element, and their number.
private final class CacheFile {
    private let records: RecordReader
    private let path: String
    private var pending: [UInt8]?
    private var count = 0

    /// Nil when there is no such file, or it was made of something else.
    init?(_ path: String, _ header: [UInt8]) throws {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        self.path = path
        records = RecordReader(try FileStream(path))
        let first: [UInt8]?
        do { first = try records.next() } catch {
            throw MartletError(
                "Expected a cache that Martlet wrote, to be used or replaced. Received another file: delete it, or name another. "
                    + "(\(error))", at: path)
        }
        guard let first, first.starts(with: "martlet cache".utf8) else {
            throw MartletError(
                "Expected a cache that Martlet wrote, to be used or replaced. Received another file: delete it, or name another.",
                at: path)
        }
        guard first == header else {
            Settings.logger.notice("The cache \(path) was made of other data and is made anew.")
            return nil
        }
        pending = try records.next()
    }

    /// The next element's bytes, nil at the end.
    func next() throws -> [UInt8]? {
        guard let record = pending else { return nil }
        pending = try records.next()
        guard pending == nil else {
            count += 1
            return record
        }
        guard record == NewCacheFile.end(count) else {
            throw MartletError("The cache ends before its end: it is damaged. Delete it.", at: path)
        }
        return nil
    }
}

private final class NewCacheFile {
    private let file: AtomicFile
    private let buffer: BufferedSink
    private var count = 0

    init(_ path: String, _ header: [UInt8]) throws {
        file = try AtomicFile(path)
        buffer = BufferedSink(file)
        try append(header)
    }

    private func append(_ record: [UInt8]) throws { try record.withUnsafeBytes { try RecordWriter(buffer).write($0) } }

    func write(_ record: [UInt8]) throws {
        try append(record)
        count += 1
    }

    func finish() throws {
        try append(NewCacheFile.end(count))
        try buffer.flush()
        try file.commit()
    }

    static func end(_ count: Int) -> [UInt8] { Array("end of \(count) elements".utf8) }
}
