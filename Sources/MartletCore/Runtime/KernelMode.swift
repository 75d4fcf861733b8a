import CKernels

extension Settings {
    /// Runs `body` with denormal numbers flushed or kept by the kernels that this thread calls, whatever the rest of the
    /// process does.
    package static func withDenormals<R>(flushed: Bool, _ body: () throws -> R) rethrows -> R {
        let before = mk_set_thread_flushes_denormals(flushed ? 1 : 0)
        defer { _ = mk_set_thread_flushes_denormals(before) }
        return try body()
    }
}

/// Runs `body`, which calls kernels, in the floating-point mode that results are promised for: rounding to nearest, and
/// denormal numbers as `Settings.flushesDenormals` says. The thread has its own mode back afterwards. Nothing that a
/// user wrote may run inside.
@inline(__always)
package func inKernelMode<R, Failure: Error>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
    let before = mk_enter_float_mode()
    defer { mk_leave_float_mode(before) }
    return try body()
}
