import CKernels

/// A block of memory from the caching allocator, 64-byte aligned, freed with its last owner.
package final class Buffer: @unchecked Sendable {
    package let pointer: UnsafeMutableRawPointer
    package let byteCount: Int

    /// Takes uninitialised memory.
    package init(byteCount: Int) {
        guard let pointer = mk_alloc(byteCount) else {
            stop("Tensor", "Out of memory: \(byteCount) bytes were asked for.")
        }
        self.pointer = pointer
        self.byteCount = byteCount
    }

    deinit { mk_free(pointer, byteCount) }
}
