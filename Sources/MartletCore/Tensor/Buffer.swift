import CKernels

/// A block of the host's memory on a 64-byte boundary, or of another device's.
package final class Buffer: @unchecked Sendable {
    package let pointer: UnsafeMutableRawPointer
    package let byteCount: Int
    /// The memory of another device; nil for the host's.
    package let storage: (any DeviceStorage)?
    private let isOwned: Bool
    /// Keeps memory that is neither the allocator's nor forever.
    private let keeper: AnyObject?

    /// Takes uninitialised memory from the caching allocator, freed with the last owner.
    package init(byteCount: Int) {
        guard let pointer = mk_alloc(byteCount) else {
            stop("Tensor", "Out of memory: \(byteCount) bytes were asked for.")
        }
        self.pointer = pointer
        self.byteCount = byteCount
        storage = nil
        isOwned = true
        keeper = nil
    }

    /// Memory that someone else owns and keeps for as long as the buffer is used, or as long as `keeper` lives.
    package init(borrowing pointer: UnsafeMutableRawPointer, byteCount: Int, keeper: AnyObject? = nil) {
        self.pointer = pointer
        self.byteCount = byteCount
        storage = nil
        isOwned = false
        self.keeper = keeper
    }

    /// Memory of another device: an access to it as the host's faults.
    package init(_ storage: any DeviceStorage, byteCount: Int) {
        pointer = Buffer.none.pointer
        self.byteCount = byteCount
        self.storage = storage
        isOwned = false
        keeper = nil
    }

    /// No memory: an access faults. It lies in the page at address 0, which is never mapped.
    package static let none = Buffer(borrowing: UnsafeMutableRawPointer(bitPattern: 64)!, byteCount: 0)

    deinit { if isOwned { mk_free(pointer, byteCount) } }
}
