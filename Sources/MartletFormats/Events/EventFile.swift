import Foundation
import MartletCore

/// Writes an event file. Events are gathered in memory until `flush`.
///
/// A file that cannot be written any more, because the disk is full, keeps its whole records; what comes later is refused with
/// the same error.
package final class EventFile {
    package let path: String
    private let descriptor: Int32
    private let pending = MemorySink()
    private var failure: MartletError?
    /// The bytes in the file.
    package private(set) var byteCount = 0
    /// The events that wait for `flush`.
    package private(set) var pendingCount = 0

    /// The files that this process has begun.
    private static let count = Guarded(0)

    /// Begins a file in `folder`, which is made where it is missing, under the name that TensorFlow would choose.
    /// - Parameters:
    ///   - suffix: the end of the name.
    ///   - writer: the program that writes, for the first event.
    /// - Throws: `MartletError` when it cannot be made.
    package init(in folder: String, suffix: String, writer: String) throws {
        try FileIO.makeFolder(folder)
        var (path, descriptor) = ("", Int32(-1))
        repeat {
            let number = EventFile.count.withLock { count in
                defer { count += 1 }
                return count
            }
            let start = "events.out.tfevents.\(Int(EventFile.now)).\(EventFile.host).\(getpid()).\(number)"
            path = (folder as NSString).appendingPathComponent(start + suffix)
            descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
        } while descriptor < 0 && errno == EEXIST
        guard descriptor >= 0 else { throw FileStream.failure("write", path) }
        (self.path, self.descriptor) = (path, descriptor)
        try append(SummaryEvent(time: EventFile.now, .begin(version: "brain.Event:2", writer: writer)).record)
        try flush()
    }

    deinit {
        try? flush()
        close(descriptor)
    }

    private static let host: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.replacing("/", with: "_")
    }()

    /// Seconds since 1970.
    package static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Takes an event: the bytes of a record.
    package func append(_ record: [UInt8]) throws {
        if let failure { throw failure }
        try record.withUnsafeBytes { try RecordWriter(pending).write($0) }
        pendingCount += 1
    }

    /// Writes what waits to the file.
    package func flush() throws {
        if let failure { throw failure }
        guard pendingCount > 0 else { return }
        defer {
            pending.removeAll()
            pendingCount = 0
        }
        guard pending.bytes.withUnsafeBytes({ FileIO.write($0, to: descriptor) }) else {
            let error = FileStream.failure("write", path)
            ftruncate(descriptor, off_t(byteCount))
            failure = error
            throw error
        }
        byteCount += pending.bytes.count
    }
}
