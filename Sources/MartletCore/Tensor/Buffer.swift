import CKernels

/// A block of memory on a 64-byte boundary.
package final class Buffer: @unchecked Sendable {
    package let pointer: UnsafeMutableRawPointer
    package let byteCount: Int
    private let isOwned: Bool

    /// Takes uninitialised memory from the caching allocator, freed with the last owner.
    package init(byteCount: Int) {
        guard let pointer = mk_alloc(byteCount) else {
            stop("Tensor", "Out of memory: \(byteCount) bytes were asked for.")
        }
        self.pointer = pointer
        self.byteCount = byteCount
        isOwned = true
    }

    /// Memory that someone else owns and keeps for as long as the buffer is used.
    package init(borrowing pointer: UnsafeMutableRawPointer, byteCount: Int) {
        self.pointer = pointer
        self.byteCount = byteCount
        isOwned = false
    }

    /// No memory: an access faults. It lies in the page at address 0, which is never mapped.
    package static let none = Buffer(borrowing: UnsafeMutableRawPointer(bitPattern: 64)!, byteCount: 0)

    deinit { if isOwned { mk_free(pointer, byteCount) } }
}
