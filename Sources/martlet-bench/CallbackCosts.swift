import Foundation
import Martlet

/// What callbacks cost: steps of mlp_mnist_b32 by `fit`, with and without them, in turn.
struct CallbackCosts {
    private static let rounds = 9
    private static let steps = 2000
    private static let stepsOfEpoch = 200

    /// Microseconds of a step without callbacks, and how many more each set of them takes.
    static func report() throws -> Report {
        let others = OtherProcesses()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        var number = 0
        func path() -> String {
            number += 1
            return folder.appendingPathComponent("\(number)").path
        }
        let sets: [(name: String, make: () -> [Callback])] = [
            ("none", { [] }),
            ("TensorBoard, scalars of batches", {
                [TensorBoard(logDirectory: path(), writeGraph: false, updateFrequency: .batch)]
            }),
            ("RunRecorder", { [RunRecorder(path())] }),
            ("CSVLogger, EarlyStopping, ReduceLROnPlateau", {
                [CSVLogger(path() + ".csv"), EarlyStopping(monitor: "loss", patience: 99), ReduceLROnPlateau(monitor: "loss")]
            }),
        ]
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let generator = RandomGenerator(seed: 0)
        let x = generator.uniform([32 * stepsOfEpoch, 28, 28, 1], dtype: .float32)
        let y = generator.integers([32 * stepsOfEpoch], in: 0..<10)
        var times = [[Double]](repeating: [], count: sets.count)
        for _ in 0..<rounds {
            for (place, set) in sets.enumerated() {
                let model = try Workload.mlp("mlp_mnist_b32", batch: 32).compiledModel()
                let callbacks = set.make()
                // The first epoch compiles.
                try model.fit(x, y, verbosity: .silent, callbacks: callbacks)
                let start = Clock.now
                try model.fit(x, y, epochs: steps / stepsOfEpoch, verbosity: .silent, callbacks: callbacks)
                times[place].append((Clock.now - start) / Double(steps) * 1e6)
            }
        }
        // Rounds of one machine drift together.
        let differences = times.map { own in zip(own, times[0]).map { $0 - $1 }.sorted()[rounds / 2].rounded(to: 2) }
        var report = Report("callbacks")
        report.callbacks_us = Dictionary(uniqueKeysWithValues: zip(sets.map(\.name), differences))
        report.callbacks_us?["none"] = times[0].sorted()[rounds / 2].rounded(to: 2)
        report.finish(others)
        return report
    }
}
