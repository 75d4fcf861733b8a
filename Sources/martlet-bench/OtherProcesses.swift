import Foundation

/// How many cores other processes have used since it was made. A timing is only reliable when this is small.
struct OtherProcesses {
    private let start = Self.read()

    /// The processor time in seconds that others have used since the machine started, and the current time.
    private static func read() -> (busy: Double, at: Double) {
        let now = Clock.now
        // user nice system idle iowait irq softirq steal, in ticks, over all cores.
        guard let line = try? String(contentsOfFile: "/proc/stat", encoding: .utf8).prefix(while: { $0 != "\n" }) else {
            return (0, now)
        }
        let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard ticks.count >= 8 else { return (0, now) }
        let busy = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / Double(sysconf(Int32(_SC_CLK_TCK)))
        var own = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own)
        return (busy - Double(own.tv_sec) - Double(own.tv_nsec) * 1e-9, now)
    }

    var cores: Double {
        let end = Self.read()
        return max(0, ((end.busy - start.busy) / (end.at - start.at))).rounded(to: 2)
    }
}
