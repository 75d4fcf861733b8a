import CKernels

/// A block of memory on a 64-byte boundary.
package final class Buffer: @unchecked Sendable {
    package private(set) var pointer: UnsafeMutableRawPointer
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

    /// Stands for memory that someone else owns, and that may be another at each run of a graph. Until it is bound there
    /// is none: an access faults.
    package init(unboundOf byteCount: Int) {
        pointer = Buffer.nowhere
        self.byteCount = byteCount
        isOwned = false
    }

    /// Chooses the memory. The caller sees to it that nobody reads the buffer at the same time and that the memory
    /// outlives its use.
    package func bind(to memory: UnsafeMutableRawPointer) { pointer = memory }

    /// In the page at address 0, which is never mapped.
    private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

    deinit { if isOwned { mk_free(pointer, byteCount) } }
}
