import Foundation
import Martlet

/// The report of a run, with the fields of the peers' runner.
struct Report: Encodable {
    var peer = "martlet"
    var workload: String
    var threads = Settings.threadCount
    /// Seconds from the start of the process to the first line of the program.
    var import_s = Clock.processAge.rounded(to: 3)
    var params: Int?
    var first_step_s: Double?
    /// Seconds from the start of the process to the end of the first step. The sum of the peers' `import_s` and
    /// `first_step_s` excludes the start of the interpreter and the creation of data and model.
    var process_to_first_step_s: Double?
    var loss_first: Double?
    var loss_last: Double?
    var steps: Int?
    var ms_per_step_median: Double?
    var ms_per_step_min: Double?
    var samples_per_s: Double?
    /// For `ops`: the times of each operation.
    var ops: [String: Operation]?
    /// For `scaling`: step times by batch size and width.
    var scaling: [ScalingPoint]?
    /// For `overhead`: nanoseconds for each measured call.
    var overhead_ns: [String: Double]?
    /// For `callbacks` and `callbacks_long`: microseconds of a step without any, and how many more there are with some.
    var callbacks_us: [String: Double]?
    /// For `pipeline_step`: milliseconds of a step on tensors and through a pipeline.
    var step_ms: [String: Double]?
    /// The number of cores that other processes used during the run.
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
        /// At the median time, counting only the matrix products.
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

    /// Completes a report without steps.
    mutating func finish(_ others: OtherProcesses) {
        other_cores = others.cores
        peak_rss_mib = Self.peakMemory
    }
}

/// The times of successive calls.
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
