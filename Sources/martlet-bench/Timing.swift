import Foundation
import Martlet

/// Times steps by the rules of the workloads: they cycle through the batches, up to a number of steps or of seconds, but
/// at least 20.
struct Clock {
    let steps: Int
    let seconds: Double
    var least = 20

    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Taken once, when the program's first line runs.
    static let processAge: Double = {
        // Field 22 of /proc/self/stat: the start time, in clock ticks since the machine started.
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 19,
            let ticks = Double(fields[19])
        else { return 0 }
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    /// When the program's first line ran.
    static let programStart = {
        _ = processAge
        return now
    }()

    /// Times a subject until there is enough.
    func report(_ subject: Subject) throws -> Report {
        let calls = Clock(steps: min(steps, subject.mostCalls), seconds: seconds, least: least)
        let timing = try calls.time(subject.call)
        let perStep = Double(subject.stepsPerCall)
        var report = subject.report
        report.add(
            Timing(seconds: timing.seconds.map { $0 / perStep }, otherCores: timing.otherCores), batch: subject.batch)
        return report
    }

    /// Times `step` until there is enough.
    func time(_ step: (Int) throws -> Void) rethrows -> Timing {
        let others = OtherProcesses()
        var times: [Double] = []
        var total = 0.0
        while times.count < steps, times.count < least || total < seconds {
            let start = Clock.now
            try step(times.count)
            times.append(Clock.now - start)
            total += times.last!
        }
        return Timing(seconds: times, otherCores: others.cores)
    }
}
