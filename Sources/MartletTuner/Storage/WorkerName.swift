import Foundation

/// The name under which a process writes into journals: its host, its number, and when it began.
///
/// The host is its name, its start, and the space of its process numbers: containers may have the same name, and each has a
/// process 1.
struct WorkerName: Sendable, Equatable {
    let text: String

    /// The last parts of the names in use in this process.
    private static let live = Guarded<Set<String>>([])

    /// A name that nobody else has.
    static func make() -> String {
        let mark = UUID().uuidString.lowercased()
        _ = live.withLock { $0.insert(mark) }
        return "martlet/\(host)/\(getpid())/\(startTime(of: getpid()) ?? 0)/\(mark)"
    }

    /// Nobody writes under the name any more.
    static func retire(_ name: String) {
        live.withLock { _ = $0.remove(String(name.split(separator: "/").last ?? "")) }
    }

    private static let host: String = {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let start = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        return "\(host).\(start.prefix(8)).\(space.filter(\.isNumber))".replacingOccurrences(of: "/", with: "_")
    }()

    /// What is known of the process of a name.
    enum Life {
        case runs
        case ended
        /// It is of another host, or not Martlet's.
        case unknown
    }

    /// Whether the process of this name runs.
    var life: Life {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "martlet", parts[1] == Self.host, let number = pid_t(parts[2]), number > 0
        else { return .unknown }
        if number == getpid(), String(Self.startTime(of: number) ?? 0) == parts[3] {
            return Self.live.withLock { $0.contains(String(parts[4])) } ? .runs : .ended
        }
        if kill(number, 0) != 0, errno == ESRCH { return .ended }
        // The number may belong to another process by now.
        guard let start = Self.startTime(of: number) else { return .unknown }
        return String(start) == parts[3] ? .runs : .ended
    }

    /// When a process began, in the clock ticks of the system.
    private static func startTime(of number: pid_t) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? Int(fields[19]) : nil
    }
}
