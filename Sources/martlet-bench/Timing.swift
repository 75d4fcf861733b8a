import Foundation
import Martlet

/// Timing by the rules of the workloads: 50 untimed steps on the first batch, then steps that cycle through the batches, up to
/// a number of steps or of seconds, but 20 at least.
struct Clock {
    static let warmUp = 50
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
        // Field 22 of /proc/self/stat: the start, in clock ticks since the machine's.
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 19,
            let ticks = Double(fields[19])
        else { return 0 }
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

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

    func train(_ workload: Workload) throws -> Report {
        let batches = workload.batches()
        let start = Clock.now
        let model = try workload.compiledModel()
        let losses = [1, Clock.warmUp]
        var seen: [Double] = []
        var first = 0.0
        for step in 1...Clock.warmUp {
            // A warm-up step reports the loss of its own batch alone.
            let logs = try model.trainOnBatch(batches[0].inputs[0], batches[0].targets[0])
            if step == 1 { first = Clock.now - start }
            if losses.contains(step) { seen.append(logs["loss"]!) }
        }
        let step = try model.makeTrainFunction(for: TensorDataset(inputs: batches[0].inputs, targets: batches[0].targets))
        var report = Report(workload.name, time { step(batches[$0 % batches.count]) }, batch: workload.batch)
        report.params = model.trainableVariables.reduce(0) { $0 + $1.shape.elementCount }
        report.first_step_s = first.rounded(to: 4)
        (report.loss_first, report.loss_last) = (seen[0].rounded(to: 4), seen[1].rounded(to: 4))
        return report
    }

    func predict(_ workload: Workload) throws -> Report {
        let x = workload.batches()[0].inputs[0]
        let start = Clock.now
        let model = workload.makeModel()
        _ = try model.predictOnBatch(x)
        let first = Clock.now - start
        for _ in 1..<Clock.warmUp { _ = try model.predictOnBatch(x) }
        var report = Report(workload.name, try time { _ in _ = try model.predictOnBatch(x) }, batch: workload.batch)
        report.first_step_s = first.rounded(to: 4)
        return report
    }

    /// 50 eager steps of sum((x - 2)^2) from 0; the times are per step.
    func quadratic(_ name: String, updates: Bool) -> Report {
        var losses: [Double] = []
        func run() {
            let x = Variable(Tensor([0.0, 0.0], dtype: .float32))
            let optimizer = Adam(learningRate: 0.1)
            for step in 0..<50 {
                let tape = GradientTape()
                let loss = tape.record { (x.value - 2).square().sum() }
                let gradient = tape.gradient(of: loss, withRespectTo: x)
                if updates { optimizer.apply([gradient], to: [x]) }
                if losses.count < 2, step == 0 || step == 49 { losses.append(loss.item()) }
            }
        }
        for _ in 0..<3 { run() }
        let runs = Clock(steps: min(steps, 100), seconds: seconds).time { _ in run() }
        var report = Report(
            name, Timing(seconds: runs.seconds.map { $0 / 50 }, otherCores: runs.otherCores), batch: 1)
        (report.loss_first, report.loss_last) = (losses[0].rounded(to: 4), losses[1].rounded(to: 4))
        return report
    }
}
