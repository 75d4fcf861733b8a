import Foundation
import Synchronization

// The standard library's mutex is built on futexes, which ThreadSanitizer does not see: it would take everything that is guarded
// for a race. `scripts/check-threads.sh` defines THREAD_SANITIZER.
#if THREAD_SANITIZER
    /// A value behind a lock that ThreadSanitizer sees.
    package final class Guarded<Value>: @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        // A value without a size would have the place of something else, whose accesses would count as its own.
        private var content: (value: Value, place: UInt8)

        package init(_ value: Value) {
            content = (value, 0)
            pthread_mutex_init(mutex, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }

        package func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&content.value)
        }

        package func withLockIfAvailable<Result, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            guard pthread_mutex_trylock(mutex) == 0 else { return nil }
            defer { pthread_mutex_unlock(mutex) }
            return try body(&content.value)
        }
    }
#else
    /// A value behind a lock.
    package typealias Guarded<Value: ~Copyable> = Mutex<Value>
#endif
