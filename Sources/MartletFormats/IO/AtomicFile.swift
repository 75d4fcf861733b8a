import Foundation
import MartletCore

/// A file that appears whole or not at all: a temporary file in the same folder is written, flushed to disk, then renamed.
///
/// Until `commit()` succeeds, the file at the path stays as it was. The temporary file is deleted with the object. One that a
/// killed process left is deleted by the next process that writes into the folder.
package final class AtomicFile: ByteSink {
    /// The file that `path` names, by one name for all paths to it.
    package let target: String
    private let path: String
    private let temporary: String
    private var descriptor: Int32
    private var isCommitted = false

    /// Begins a file at `path`. Throws when its folder is missing or not writable, and when `path` is a folder or a device.
    /// If `path` is a symbolic link, the file that it points to is replaced, or made where there is none.
    package init(_ path: String) throws {
        guard !path.isEmpty, !path.hasSuffix("/") else {
            throw MartletError("Expected the name of a file to write. Received: \"\(path)\".", at: path)
        }
        var status = stat()
        let exists = stat(path, &status) == 0
        guard exists || errno != ELOOP else { throw FileStream.failure("write", path) }
        if exists && status.st_mode & S_IFMT != S_IFREG {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "folder" : "pipe or device"
            throw MartletError("Expected a file to write. Received a \(kind).", at: path)
        }
        self.path = path
        target = FileIO.resolved(path)
        let folder = FileIO.folder(of: target)
        let name = AtomicFile.stem(of: (target as NSString).lastPathComponent)
        if AtomicFile.swept.withLock({ $0.insert(folder).inserted }) { AtomicFile.sweep(folder.isEmpty ? "." : folder) }
        var temporary: String
        repeat {
            let number = UInt32.random(in: 0...UInt32.max)
            temporary = (folder as NSString).appendingPathComponent(
                ".\(name).\(number)\(AtomicFile.suffix)")
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw FileStream.failure("write", path) }
        } while !AtomicFile.isLocked(descriptor)
        self.temporary = temporary
        if exists { fchmod(descriptor, status.st_mode & 0o7777) }
    }

    private static let suffix = ".martlet.tmp"

    /// What a temporary file has of the name of its target: what leaves room for the rest of its own, as names have 255 bytes
    /// at most, or fewer. So it is no longer than a long name, and no path is too long that is not so already.
    private static func stem(of name: String) -> String {
        let most = max(16, name.utf8.count - suffix.utf8.count - 12)
        var (stem, size) = ("", 0)
        for character in name.unicodeScalars {
            size += String(character).utf8.count
            if size > most { break }
            stem.unicodeScalars.append(character)
        }
        return stem
    }
    /// The folders that this process has swept.
    private static let swept = Guarded<Set<String>>([])

    /// Deletes the temporary files in a folder that processes left which were killed: those that nobody has locked.
    package static func sweep(_ folder: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(".") && name.hasSuffix(suffix) {
            let path = (folder as NSString).appendingPathComponent(name)
            let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard file >= 0 else { continue }
            if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            close(file)
        }
    }

    /// Locks a new file. The system lets go of it when the process ends, however it does. False, with the file closed, when
    /// `sweep` came first.
    private static func isLocked(_ file: Int32) -> Bool {
        let wasFree = flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        var status = stat()
        if wasFree, fstat(file, &status) == 0, status.st_nlink > 0 { return true }
        close(file)
        return false
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isCommitted { unlink(temporary) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard FileIO.write(bytes, to: descriptor) else { throw FileStream.failure("write", path) }
    }

    /// Moves the file to its path.
    package func commit() throws {
        guard fsync(descriptor) == 0 else { throw FileStream.failure("write", path) }
        // Closed, it would be no longer locked.
        guard rename(temporary, target) == 0 else { throw FileStream.failure("write", path) }
        isCommitted = true
    }
}

/// Whole files and folders.
package enum FileIO {
    /// The bytes of the file at `path`. Throws when there are more than `limit`.
    package static func read(_ path: String, limit: Int = .max) throws -> [UInt8] {
        let file = try FileStream(path)
        guard file.bound <= limit else {
            throw file.error("Expected a file of at most \(limit) bytes. Received \(file.bound).")
        }
        return try file.bytes(file.bound, "the file")
    }

    /// Writes a file with what `body` writes to the sink. It appears whole or not at all.
    package static func write(to path: String, _ body: (any ByteSink) throws -> Void) throws {
        let file = try AtomicFile(path)
        try body(file)
        try file.commit()
    }

    /// Writes `bytes` to a file, which appears whole or not at all.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { try $0.write(bytes) }
    }

    /// Writes `text` in UTF-8 to a file, which appears whole or not at all.
    package static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Brings a folder's names to the disk, where its file system can.
    /// - Throws: `MartletError` when the disk fails or is full.
    package static func syncFolder(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Other errors mean that folders cannot be synced here.
        if fsync(descriptor) != 0, [EIO, ENOSPC, EDQUOT].contains(errno) { throw FileStream.failure("write", path) }
    }

    /// Cuts a file that is longer than `byteCount`.
    package static func truncate(_ path: String, to byteCount: Int) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileStream.failure("write", path) }
        guard status.st_size > byteCount else { return }
        guard Foundation.truncate(path, off_t(max(0, byteCount))) == 0 else { throw FileStream.failure("write", path) }
    }

    /// Writes all of `bytes` to an open file, which may be a pipe that is full for a while. If it returns false, `errno` says
    /// why.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var position = 0
        while position < bytes.count {
            let written = Foundation.write(descriptor, bytes.baseAddress! + position, bytes.count - position)
            if written < 0 && errno == EAGAIN {
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&room, 1, -1)
            } else if written < 0 && errno != EINTR {
                return false
            }
            position += max(0, written)
        }
        return true
    }

    /// The file that `path` names, by one name for all paths to it: symbolic links are followed, to a file that need not
    /// exist yet.
    package static func resolved(_ path: String) -> String {
        var path = path
        // A ring of links has no end.
        for _ in 0..<40 {
            guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            path = link.hasPrefix("/") ? link : (folder(of: path) as NSString).appendingPathComponent(link)
        }
        let folder = folder(of: path)
        guard let real = realpath(folder.isEmpty ? "." : folder, nil) else { return path }
        defer { free(real) }
        return (String(cString: real) as NSString).appendingPathComponent((path as NSString).lastPathComponent)
    }

    /// The folder that a path names a file in, empty where it names none. Foundation's `deletingLastPathComponent` traps for
    /// names of one character.
    package static func folder(of path: String) -> String {
        var rest = Substring(path)
        while rest.count > 1, rest.last == "/" { rest.removeLast() }
        guard let slash = rest.lastIndex(of: "/") else { return "" }
        rest = rest[..<slash]
        while rest.last == "/" { rest.removeLast() }
        return rest.isEmpty ? "/" : String(rest)
    }

    /// The names in a folder, sorted by their bytes, as Python sorts them.
    /// - Throws: `MartletError` when it cannot be read, or a name is not UTF-8: Foundation would leave it out.
    package static func entries(of folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw FileStream.failure("read", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else { throw MartletError("Expected names in UTF-8. One is not: rename it.", at: folder) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Creates the folder `path` and missing folders above it, and checks that files can be created there.
    package static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            let isBlocked = exists && !isFolder.boolValue
            let reason = isBlocked ? "a file is in its place" : "it or a folder above it cannot be made"
            throw MartletError("Expected a folder to write into: \(reason). Choose another.", at: path)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw MartletError("Expected a folder to write into: it is not writable. Choose another.", at: path)
        }
    }
}
