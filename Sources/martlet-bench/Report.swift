import Foundation
import Martlet

/// What a run reports: the fields of the peers' runner.
struct Report: Encodable {
    var peer = "martlet"
    var workload: String
    var threads = Settings.threadCount
    /// Seconds from the start of the process to the first line of the program.
    var import_s = Clock.processAge.rounded(to: 3)
    var params: Int?
    var first_step_s: Double?
    /// Seconds from the start of the process to the end of the first step; the peers' `import_s` and `first_step_s`
    /// together leave out the start of the interpreter and the making of data and model.
    var process_to_first_step_s: Double?
    var loss_first: Double?
    var loss_last: Double?
    var steps: Int?
    var ms_per_step_median: Double?
    var ms_per_step_min: Double?
    var samples_per_s: Double?
    /// Of `ops`: the times of each operation.
    var ops: [String: Operation]?
    /// Of `scaling`: step times over batch sizes and widths.
    var scaling: [ScalingPoint]?
    /// Of `overhead`: nanoseconds by what was done.
    var overhead_ns: [String: Double]?
    /// The cores that other processes used meanwhile.
    var other_cores = 0.0
    var peak_rss_mib = 0

    struct Operation: Encodable {
        var ms_median: Double
        var ms_min: Double
        var other_cores: Double
    }

    struct ScalingPoint: Encodable {
        var batch: Int
        var width: Int
        var ms_median: Double
        var ms_min: Double
        /// At the median, of the matrix products alone.
        var gflop_per_s: Double
    }

    init(_ workload: String) { self.workload = workload }

    mutating func noteFirstStep(since start: Double) {
        let end = Clock.now
        first_step_s = (end - start).rounded(to: 4)
        process_to_first_step_s = (Clock.processAge + end - Clock.programStart).rounded(to: 4)
    }

    /// Adds the times of steps.
    mutating func add(_ timing: Timing, batch: Int) {
        steps = timing.seconds.count
        ms_per_step_median = timing.medianMilliseconds
        ms_per_step_min = timing.leastMilliseconds
        samples_per_s = (1000 * Double(batch) / timing.medianMilliseconds).rounded(to: 1)
        other_cores = timing.otherCores
        peak_rss_mib = Self.peakMemory
    }

    private static var peakMemory: Int { Int(Settings.peakMemory / 1_048_576) }

    /// Adds what is known when all is done of a report that has no steps.
    mutating func finish(_ others: OtherProcesses) {
        other_cores = others.cores
        peak_rss_mib = Self.peakMemory
    }
}

/// The times of calls, one after the other.
struct Timing {
    let seconds: [Double]
    let otherCores: Double

    var medianMilliseconds: Double {
        let sorted = seconds.sorted()
        return (500 * (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2])).rounded(to: 4)
    }
    var leastMilliseconds: Double { (1000 * seconds.min()!).rounded(to: 4) }

    var operation: Report.Operation {
        .init(ms_median: medianMilliseconds, ms_min: leastMilliseconds, other_cores: otherCores)
    }
}

extension Double {
    func rounded(to places: Int) -> Double {
        let scale = Foundation.pow(10, Double(places))
        return (self * scale).rounded() / scale
    }
}
