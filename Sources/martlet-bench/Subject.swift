import Martlet

/// A warmed-up call to time or profile: a training step, a prediction, a run of eager steps.
struct Subject {
    /// The report, with what is known before timing.
    var report: Report
    let batch: Int
    /// The number of steps in a call. Times are reported per step.
    var stepsPerCall = 1
    /// The most calls to time.
    var mostCalls = Int.max
    /// Makes a call, given its number.
    let call: (Int) throws -> Void

    static func training(_ workload: Workload) throws -> Subject {
        let batches = workload.batches()
        let model = try workload.compiledModel()
        var report = Report(workload.name)
        let start = Clock.now
        let step = try model.makeTrainFunction(
            for: TensorDataset(inputs: batches[0].inputs, targets: batches[0].targets))
        for number in 1...workload.warmUp {
            // A warm-up step reports only the loss of its own batch.
            for metric in model.metrics { metric.reset() }
            step(batches[0])
            if number == 1 { report.noteFirstStep(since: start) }
            let loss = model.metrics[0].result().item().rounded(to: 4)
            if number == 1 { report.loss_first = loss }
            if number == workload.warmUp { report.loss_last = loss }
        }
        report.params = try workload.countParameters(of: model)
        return Subject(report: report, batch: workload.batch) { step(batches[$0 % batches.count]) }
    }

    static func prediction(_ workload: Workload) throws -> Subject {
        let inputs = workload.batches()[0].inputs
        var report = Report(workload.name)
        let start = Clock.now
        let model = workload.makeModel()
        _ = try model.predictOnBatch(inputs)
        report.noteFirstStep(since: start)
        for _ in 1..<workload.warmUp { _ = try model.predictOnBatch(inputs) }
        report.params = try workload.countParameters(of: model)
        if workload.isQuantized {
            try model.quantize("int8")
            for _ in 0..<workload.warmUp { _ = try model.predictOnBatch(inputs) }
        }
        return Subject(report: report, batch: workload.batch) { _ in _ = try model.predictOnBatch(inputs) }
    }

    /// 50 eager steps of sum((x - 2)^2) from 0.
    static func quadratic(_ name: String, updates: Bool) -> Subject {
        let steps = 50
        func run() -> (first: Tensor, last: Tensor) {
            let x = Variable(Tensor([0.0, 0.0], dtype: .float32))
            let optimizer = Adam(learningRate: 0.1)
            let losses = (0..<steps).map { _ in
                let tape = GradientTape()
                let loss = tape.record { (x.value - 2).square().sum() }
                let gradient = tape.gradient(of: loss, withRespectTo: x)
                if updates { optimizer.apply([gradient], to: [x]) }
                return loss
            }
            return (losses[0], losses[steps - 1])
        }
        var report = Report(name)
        for _ in 0..<3 {
            let (first, last) = run()
            (report.loss_first, report.loss_last) = (first.item().rounded(to: 4), last.item().rounded(to: 4))
        }
        return Subject(report: report, batch: 1, stepsPerCall: steps, mostCalls: 100) { _ in _ = run() }
    }
}
