import Foundation
import MartletCore

/// A file as memory. What is written there stays in this process.
final class FileMapping {
    let start: UnsafeMutableRawPointer
    private let byteCount: Int

    init(_ path: String, byteCount: Int) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileStream.failure("read", path) }
        defer { close(descriptor) }
        // Writable: the owner of a tensor may overwrite it.
        guard let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0),
            start != MAP_FAILED
        else { throw FileStream.failure("map", path) }
        self.start = start
        self.byteCount = byteCount
    }

    deinit { munmap(start, byteCount) }
}
