import Martlet

/// What a training step costs more when its batches come from a pipeline: steps of cnn_mnist_b32 by `fit`, on tensors in memory and
/// through shuffle, a map that casts, scales and flips at random, batch and prefetch.
///
/// Epochs of the trainings take turns, so that all see the same machine. One on tensors runs twice: how far the two lie apart is
/// what such a measurement cannot tell.
enum PipelineCost {
    private static let stepsOfEpoch = 300
    private static let names = ["tensors", "tensors, again", "pipeline"]

    /// The medians of the epochs, in milliseconds for each step.
    static func report(steps: Int) throws -> Report {
        let others = OtherProcesses()
        let generator = RandomGenerator(seed: 0)
        let count = 32 * stepsOfEpoch
        let images = generator.integers([count, 28, 28], in: 0..<256).cast(to: .uint8)
        let labels = generator.integers([count], in: 0..<10)
        let scaled = images.cast(to: .float32).expandingDims(at: -1) / 255
        let pipeline = Dataset.fromTensorSlices(images, labels).shuffle(bufferSize: .all, seed: 0).randomMap(seed: 0) {
            sample, random in
            let image = sample.0.cast(to: .float32).expandingDims(at: -1) / 255
            return (Bool.random(using: &random) ? image.reversed(axes: [1]) : image, sample.1)
        }.batch(32).prefetch()
        let models = try names.map { _ in try Workload.cnn("cnn_mnist_b32", batch: 32).compiledModel() }
        var times = [[Double]](repeating: [], count: names.count)
        // The first epochs compile.
        for epoch in 0...max(1, steps / stepsOfEpoch) {
            for (number, model) in models.enumerated() {
                let start = Clock.now
                if names[number] == "pipeline" {
                    try model.fit(pipeline, epochs: 1, verbosity: .silent)
                } else {
                    try model.fit(scaled, labels, batchSize: 32, epochs: 1, verbosity: .silent)
                }
                if epoch > 0 { times[number].append((Clock.now - start) / Double(stepsOfEpoch) * 1e3) }
            }
        }
        var report = Report("pipeline_step")
        report.steps = times[0].count * stepsOfEpoch
        report.step_ms = Dictionary(uniqueKeysWithValues: zip(names, times).map { name, own in
            (name, own.sorted()[own.count / 2].rounded(to: 4))
        })
        report.finish(others)
        return report
    }
}
