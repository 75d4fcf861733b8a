import CKernels
import Foundation
import Synchronization

extension Settings {
    /// The most bytes that tensors may take together, nil for what the machine has free. A call that needs more fails before
    /// anything is allocated: it throws within `withErrors` (so in `fit`, `evaluate` and `predict`) and stops the program
    /// elsewhere.
    ///
    /// When it is nil, only calls that need 64 MiB or more look at what is free: the machine's memory and swap, as far as the
    /// process's control groups (a container's, a service's) and its address limit let it have them.
    public static var memoryLimit: Int? {
        get {
            let limit = MemoryBudget.limit.load(ordering: .relaxed)
            return limit < 0 ? nil : limit
        }
        set { MemoryBudget.limit.store(newValue.map { max(0, $0) } ?? -1, ordering: .relaxed) }
    }
}

/// Whether there is memory for what a call asks for.
enum MemoryBudget {
    /// The limit that was set, negative when there is none.
    static let limit = Atomic(-1)

    /// Where no limit is set, less than this is not looked at.
    private static let small = 64 << 20

    /// Fails when there is no memory for tensors of these specs.
    static func check(_ specs: [TensorSpec]) throws(OpFailure) {
        var total = 0
        for spec in specs { total = min(try byteCount(of: spec) + total, .max / 4) }
        try check(byteCount: total)
    }

    /// Fails when there is no memory for so many bytes.
    static func check(byteCount: Int) throws(OpFailure) {
        let limit = Self.limit.load(ordering: .relaxed)
        if limit < 0 && byteCount < small { return }
        let available = limit < 0 ? free : limit - Int(mk_memory_stats().bytes_live)
        if byteCount > available {
            throw OpFailure(
                "Out of memory: \(format(byteCount)) are needed, and \(format(max(0, available))) "
                    + (limit < 0 ? "are free." : "are left of Settings.memoryLimit.")
                    + " Take smaller batches or a smaller model.")
        }
    }

    /// The bytes of a tensor. Fails when no memory holds as many.
    static func byteCount(of spec: TensorSpec) throws(OpFailure) -> Int {
        var count = spec.dtype.byteCount
        var isEmpty = false
        for size in spec.shape.dimensions {
            isEmpty = isEmpty || size == 0
            // A size of 0 must not hide an overflow of the others: strides are computed from them.
            let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
            if overflow || product > 1 << 48 {
                throw OpFailure("The result, \(spec), would not fit into any memory.")
            }
            count = product
        }
        return isEmpty ? 0 : count
    }

    private static func format(_ byteCount: Int) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(byteCount), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return "\((value * 10).rounded() / 10) \(units[unit])"
    }

    /// What the process can still have, the allocator's cached blocks included.
    private static var free: Int {
        let cached = Int(mk_memory_stats().bytes_cached)
        // Cached blocks that nobody has touched are no part of what is used, and limits may be the largest of integers.
        func room(below most: Int, used: Int) -> Int { most - max(0, used - cached) }
        var found = machine.map { $0 + cached } ?? .max
        found = min(found, Int(mk_group_room("/proc/self/cgroup", "/sys/fs/cgroup", Int64(cached))))
        var limit = rlimit()
        // Of all that is mapped, and of what is private and can be written.
        for (resource, used) in [(RLIMIT_AS, addressSpace), (RLIMIT_DATA, data)]
        where getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 && limit.rlim_cur < UInt64(Int.max) {
            found = min(found, room(below: Int(limit.rlim_cur), used: used))
        }
        return max(0, found)
    }

    /// The memory and swap that the machine has free, nil where it does not say.
    private static var machine: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
        var total: Int?
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") || line.hasPrefix("SwapFree:") {
            let words = line.split(separator: " ")
            if words.count > 1, let kibibytes = Int(words[1]) { total = (total ?? 0) + kibibytes * 1024 }
        }
        return total
    }

    private static var addressSpace: Int { pages(0) }
    private static var data: Int { pages(5) }

    private static func pages(_ field: Int) -> Int {
        let words = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return words.count > field ? (Int(words[field]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}

extension Settings {
    /// Throws when there is no memory for so many bytes, which something from outside asks for.
    package static func requireMemory(_ byteCount: Int, at place: String) throws(MartletError) {
        do throws(OpFailure) {
            try MemoryBudget.check(byteCount: byteCount)
        } catch {
            throw MartletError(error.message, at: place)
        }
    }
}

extension Tensor {
    /// Takes uninitialised memory for `function` to fill; nil after a failure, when there is none.
    init?(filledLater spec: TensorSpec, _ function: String) {
        if Context.current.hasFailed { return nil }
        do throws(OpFailure) {
            try MemoryBudget.check([spec])
        } catch {
            fail(function, error.message)
            return nil
        }
        self.init(uninitialized: spec)
    }
}
