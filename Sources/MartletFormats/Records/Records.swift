import Foundation
import MartletCore

/// Reads a file of records, as TensorFlow writes them (TFRecord, event files): for each record its length, a checksum of the
/// length, the bytes, and a checksum of the bytes.
package final class RecordReader {
    private let stream: any ByteStream
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private var (start, end) = (0, 0)
    /// The place of the next record in the uncompressed bytes.
    package private(set) var offset = 0
    /// The number of records that were read.
    package private(set) var count = 0
    /// Whether the last error was that the file ends within a record, as one does that is still being written.
    package private(set) var isCutShort = false
    /// Whether it is known where the next record begins: also behind one whose bytes are damaged and whose length is not.
    package private(set) var knowsNext = true

    package init(_ stream: any ByteStream) { self.stream = stream }

    /// Reads the file at `path`, plain or compressed, whichever its first bytes say: those of a plain file are a length with
    /// its checksum.
    package convenience init(path: String) throws {
        self.init(
            try FileStream.openDecompressing(path) { first in
                guard first.count == 12 else { return false }
                let checksum = first[8...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                return first.withUnsafeBytes { CRC32C.masked(UnsafeRawBufferPointer(rebasing: $0[..<8])) } == checksum
            })
    }

    deinit { buffer.deallocate() }

    private var place: String { "record \(count) at byte \(offset)" }

    /// Fills `target` and returns the number of bytes, which is below its size only at the end.
    private func take(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
        var taken = 0
        while taken < target.count {
            if start == end {
                if target.count - taken >= buffer.count {
                    let count = try received(UnsafeMutableRawBufferPointer(rebasing: target[taken...]))
                    if count == 0 { break }
                    taken += count
                    continue
                }
                (start, end) = (0, try received(buffer))
                if end == 0 { break }
            }
            let part = min(end - start, target.count - taken)
            (target.baseAddress! + taken).copyMemory(from: buffer.baseAddress! + start, byteCount: part)
            start += part
            taken += part
        }
        return taken
    }

    /// Reads from the stream, whose errors get the place.
    private func received(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
        do {
            return try stream.read(into: target)
        } catch let error as MartletError {
            throw MartletError("\(error.message) That is at \(place).", at: error.location)
        }
    }

    private func fill(_ target: UnsafeMutableRawBufferPointer) throws {
        if try take(target) < target.count { throw cutShort("The file ends within \(place): it is cut short.") }
    }

    private func cutShort(_ message: String) -> MartletError {
        isCutShort = true
        return stream.error(message)
    }

    /// The next record, nil at the end.
    package func next() throws -> [UInt8]? {
        var header = (UInt64(0), UInt32(0))
        knowsNext = false
        let size = try withUnsafeMutableBytes(of: &header.0) { try take($0) }
        if size == 0 {
            knowsNext = true
            return nil
        }
        guard size == 8 else { throw cutShort("The file ends within \(place): it is cut short.") }
        try withUnsafeMutableBytes(of: &header.1) { try fill($0) }
        guard withUnsafeBytes(of: header.0, CRC32C.masked) == UInt32(littleEndian: header.1) else {
            throw stream.error("The length of \(place) does not have its checksum: it is no file of records, or damaged.")
        }
        let length = UInt64(littleEndian: header.0)
        guard length <= UInt64(stream.bound) + UInt64(end - start) else {
            throw cutShort("Expected \(length) bytes of \(place). The file ends before: it is cut short.")
        }
        try Settings.requireMemory(Int(length), at: "\(stream.name), \(place)")
        var checksum: UInt32 = 0
        let record = try [UInt8](unsafeUninitializedCapacity: Int(length)) { target, initialized in
            try fill(UnsafeMutableRawBufferPointer(target))
            initialized = Int(length)
        }
        try withUnsafeMutableBytes(of: &checksum) { try fill($0) }
        knowsNext = true
        let damaged = "The bytes of \(place) do not have their checksum: the file is damaged there."
        offset += 16 + record.count
        count += 1
        guard record.withUnsafeBytes(CRC32C.masked) == UInt32(littleEndian: checksum) else { throw stream.error(damaged) }
        return record
    }
}

/// Writes records.
package struct RecordWriter {
    private let sink: any ByteSink

    package init(_ sink: any ByteSink) { self.sink = sink }

    /// Writes one record.
    package func write(_ record: UnsafeRawBufferPointer) throws {
        func number<Number: FixedWidthInteger>(_ value: Number) throws {
            try withUnsafeBytes(of: value.littleEndian) { try sink.write($0) }
        }
        let length = UInt64(record.count)
        try number(length)
        try number(withUnsafeBytes(of: length.littleEndian, CRC32C.masked))
        try sink.write(record)
        try number(CRC32C.masked(record))
    }
}

/// Files of records that TensorFlow reads, `.tfrecord`.
public enum TFRecord {
    /// How a file is compressed, as `tf.io.TFRecordOptions` has it.
    public enum CompressionType: String, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// With gzip, `"GZIP"`.
        case gzip
        /// With zlib, `"ZLIB"`.
        case zlib

        fileprivate func compressor(_ file: any ByteSink) -> DeflateSink? {
            Compression.Format(rawValue: rawValue).map { DeflateSink(file, $0) }
        }
    }

    /// Writes records to the file at `path`, which appears whole or not at all.
    /// - Parameter compression: how the file is compressed. TensorFlow has to be told when it reads; `Dataset.tfRecords` finds
    ///   out by itself.
    /// - Throws: `MartletError` when the file cannot be written, and the errors of `records`.
    public static func write(
        _ records: some Sequence<Data>, to path: String, compression: CompressionType = .none
    ) throws {
        try FileIO.write(to: path) { file in
            let compressor = compression.compressor(file)
            let buffered = BufferedSink(compressor ?? file)
            let writer = RecordWriter(buffered)
            for record in records { try record.withUnsafeBytes { try writer.write($0) } }
            try buffered.flush()
            try compressor?.finish()
        }
    }

    /// Writes records to several files, the first to the first file, the second to the second, and so on in turn. The files are
    /// called as TensorFlow calls them, `data.tfrecord-00000-of-00004`, and all of them appear whole, or none: a pattern such as
    /// `data.tfrecord-*` reads them.
    /// - Parameters:
    ///   - path: what the names begin with.
    ///   - shards: the number of files, 1 to 99,999.
    ///   - compression: how the files are compressed.
    /// - Returns: the paths of the files.
    /// - Throws: `MartletError` when a file cannot be written, and the errors of `records`.
    @discardableResult
    public static func write(
        _ records: some Sequence<Data>, to path: String, shards: Int, compression: CompressionType = .none
    ) throws -> [String] {
        guard (1...99_999).contains(shards) else {
            throw MartletError("Expected 1 to 99,999 files. Received: \(shards).", at: "shards")
        }
        func digits(_ number: Int) -> String { String(repeating: "0", count: 5 - String(number).count) + String(number) }
        let paths = (0..<shards).map { "\(path)-\(digits($0))-of-\(digits(shards))" }
        let files = try paths.map { path in
            let file = try AtomicFile(path)
            let compressor = compression.compressor(file)
            return (file: file, compressor: compressor, buffered: BufferedSink(compressor ?? file))
        }
        for (number, record) in records.enumerated() {
            try record.withUnsafeBytes { try RecordWriter(files[number % shards].buffered).write($0) }
        }
        for (_, compressor, buffered) in files {
            try buffered.flush()
            try compressor?.finish()
        }
        for (file, _, _) in files { try file.commit() }
        return paths
    }
}

/// Gathers small writes.
package final class BufferedSink: ByteSink {
    private let target: any ByteSink
    private var bytes: [UInt8] = []

    package init(_ target: any ByteSink) {
        self.target = target
        bytes.reserveCapacity(1 << 16)
    }

    package func write(_ new: UnsafeRawBufferPointer) throws {
        bytes += new
        if bytes.count >= 1 << 16 { try flush() }
    }

    /// Passes on what is held.
    package func flush() throws {
        try target.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
