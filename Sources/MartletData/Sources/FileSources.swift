import Foundation
import MartletCore
import MartletFormats

extension Dataset where Element == String {
    /// The paths of the files that a pattern fits, sorted: `*` and `?` stand for any characters of a name, `[...]` for one of
    /// several. They are looked up at each reading.
    /// - Throws: each reading throws a `MartletError` when there is none.
    public static func files(matching pattern: String) -> Dataset {
        Dataset(source: "files(\(pattern))", length: .unknown, identity: identity(pattern)) { _, _ in
            let paths = try Dataset.paths(matching: pattern)
            return IndexedReader(Indexed(count: paths.count) { paths[$0] }, order: nil)
        }
    }

    /// The files with their sizes and times.
    static func identity(_ pattern: String) -> @Sendable () throws -> String {
        {
            try paths(matching: pattern).map(identity(ofFile:)).joined(separator: ", ")
        }
    }

    /// A file with its size and time.
    static func identity(ofFile path: String) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let time = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return "\(path) \(attributes?[.size] ?? 0) \(time)"
    }

    package static func paths(matching pattern: String) throws -> [String] {
        // A path may hold what is special in patterns.
        if FileManager.default.fileExists(atPath: pattern) { return [pattern] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, found.gl_pathc > 0 else {
            throw MartletError("Expected files that fit the pattern. There is none.", at: pattern)
        }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }.sorted()
    }

    /// The lines of text files, one file after the other, without their ends (`\n` or `\r\n`), plain or gzip-compressed.
    /// - Parameters:
    ///   - pattern: the path of a file, or a pattern of several.
    ///   - longestLine: the most bytes that a line may have, against files that are no text.
    /// - Throws: each reading throws a `MartletError` with file and line: for a file that cannot be read, or is no UTF-8.
    public static func textLines(_ pattern: String, longestLine: Int = 1 << 24) -> Dataset {
        Dataset(source: "textLines(\(pattern))", length: .unknown, identity: identity(pattern)) { _, _ in
            var paths = try Dataset.paths(matching: pattern)[...]
            var (lines, path) = (LineReader?.none, "")
            return ClosureReader { _ in
                while true {
                    if let line = try lines?.next() {
                        guard let text = String(validating: line, as: UTF8.self) else {
                            throw MartletError("Expected text in UTF-8. Received other bytes.", at: "\(path):\(lines!.number)")
                        }
                        return text
                    }
                    lines = nil
                    guard let next = paths.popFirst() else { return nil }
                    path = next
                    lines = LineReader(try FileStream.openDecompressing(path), limit: longestLine)
                }
            }
        }
    }
}

extension Dataset where Element == Data {
    /// The records of TFRecord files, one file after the other, plain or compressed with gzip or zlib, which is found out from
    /// the first bytes of each. Checksums are verified.
    ///
    /// ```swift
    /// let samples = Dataset.tfRecords("data/*.tfrecord").map { record in
    ///     let example = try Example(serialized: record)
    ///     return (try example.tensor("x"), try example.tensor("y", shape: []))
    /// }
    /// ```
    /// To read several files at a time: `Dataset.files(matching: pattern).interleave(cycleLength: 4) { .tfRecords($0) }`.
    /// - Parameter pattern: the path of a file, or a pattern of several.
    /// - Throws: each reading throws a `MartletError` with file, record and place for what is damaged or cut short.
    public static func tfRecords(_ pattern: String) -> Dataset {
        Dataset(recordsOf: pattern, "tfRecords") { data, _, _, _ in data }
    }
}

/// A record of a TFRecord file, and where it is.
public struct TFRecordElement: Sendable {
    /// The bytes of the record.
    public let data: Data
    /// The file.
    public let path: String
    /// The number of the record in its file, counted from 0.
    public let number: Int
    /// The number of the record in all files, counted from 0.
    public let index: Int
}

extension TFRecordElement: Located {
    package var location: String { "\(path), record \(number)" }
}

extension Dataset where Element == TFRecordElement {
    /// The records of TFRecord files as `tfRecords` of `Data` gives them, each with its file and number: what goes wrong in a
    /// map of them names both.
    ///
    /// ```swift
    /// let samples = Dataset.locatedTFRecords("data/*.tfrecord").map { try Example(serialized: $0.data).tensor("x") }
    /// ```
    public static func locatedTFRecords(_ pattern: String) -> Dataset {
        Dataset(recordsOf: pattern, "locatedTFRecords") { TFRecordElement(data: $0, path: $1, number: $2, index: $3) }
    }
}

extension Dataset {
    /// The records of TFRecord files.
    /// - Parameters:
    ///   - name: of the stage.
    ///   - make: makes an element of the bytes, the file, the number in it, and the number in all files.
    fileprivate init(
        recordsOf pattern: String, _ name: String, _ make: @escaping @Sendable (Data, String, Int, Int) -> Element
    ) {
        self.init(
            source: "\(name)(\(pattern))", length: .unknown, identity: Dataset<String>.identity(pattern)
        ) { _, _ in
            var paths = try Dataset<String>.paths(matching: pattern)[...]
            var (records, path, index) = (RecordReader?.none, "", -1)
            return ClosureReader { _ in
                while true {
                    do {
                        let number = records?.count ?? 0
                        index += 1
                        if let record = try records?.next() { return make(Data(record), path, number, index) }
                        // That was the end of the file.
                        index -= 1
                    } catch {
                        // Where nobody knows where the next record begins, the next file follows.
                        if records?.knowsNext != true { records = nil }
                        throw error
                    }
                    records = nil
                    guard let next = paths.popFirst() else { return nil }
                    path = next
                    records = try RecordReader(path: path)
                }
            }
        }
    }
}

/// Takes the bytes of a stream apart into lines.
final class LineReader {
    private let stream: any ByteStream
    private let limit: Int
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var (start, end) = (0, 0)
    /// Whether the stream has failed: nothing follows.
    private var isBroken = false
    /// The number of the last line, counted from 1.
    private(set) var number = 0

    init(_ stream: any ByteStream, limit: Int) { (self.stream, self.limit) = (stream, limit) }

    /// The next line without its end, nil at the end.
    func next() throws -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if start == end {
                (start, end) = (0, 0)
                if !isBroken {
                    do {
                        end = try chunk.withUnsafeMutableBytes { try stream.read(into: $0) }
                    } catch let error as MartletError {
                        isBroken = true
                        throw MartletError(
                            error.message, at: error.location == stream.name ? "\(stream.name):\(number + 1)" : error.location)
                    }
                }
                if end == 0 {
                    if line.isEmpty { return nil }
                    break
                }
            }
            let stop = chunk[start..<end].firstIndex(of: 0x0A) ?? end
            guard line.count + stop - start <= limit else {
                throw MartletError(
                    "Expected lines of at most \(limit) bytes. Received a longer one.", at: "\(stream.name):\(number + 1)")
            }
            line += chunk[start..<stop]
            start = min(end, stop + 1)
            if stop < end { break }
        }
        number += 1
        if line.last == 0x0D { line.removeLast() }
        return line
    }
}
