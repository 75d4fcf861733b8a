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
    var other_cores: Double
    var peak_rss_mib = Int(Settings.peakMemory / 1_048_576)

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

    /// A report of what is not a step.
    init(_ workload: String, _ others: OtherProcesses) {
        self.workload = workload
        other_cores = others.cores
    }

    /// A report of steps.
    init(_ workload: String, _ timing: Timing, batch: Int) {
        self.workload = workload
        steps = timing.seconds.count
        ms_per_step_median = timing.medianMilliseconds
        ms_per_step_min = timing.leastMilliseconds
        samples_per_s = (1000 * Double(batch) / timing.medianMilliseconds).rounded(to: 1)
        other_cores = timing.otherCores
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
