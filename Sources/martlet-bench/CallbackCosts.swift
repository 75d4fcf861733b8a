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
        let files = try Files()
        func path() -> String { files.next() }
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
        let (x, y) = samples(32 * stepsOfEpoch)
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

    static func samples(_ count: Int) -> (x: Tensor, y: Tensor) {
        let generator = RandomGenerator(seed: 0)
        return (generator.uniform([count, 28, 28, 1], dtype: .float32), generator.integers([count], in: 0..<10))
    }

    /// Names for files, which go with the object.
    private final class Files {
        private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        private var count = 0

        init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: folder) }

        func next() -> String {
            count += 1
            return folder.appendingPathComponent("\(count)").path
        }
    }
}

/// What everything that can watch a training costs in a long one, but for images of kernels: to compress 100,000 pixels of noise
/// takes as long as 100 steps.
enum LongTraining {
    /// Those of MNIST.
    private static let stepsOfEpoch = 1_875

    private static func everything(in folder: String) -> [Callback] {
        [
            TensorBoard(
                logDirectory: folder + "/events", histogramFrequency: 1, thinHistograms: true, updateFrequency: .thinned),
            RunRecorder(folder + "/run"), CSVLogger(folder + "/log.csv"), EarlyStopping(monitor: "loss", patience: 9_999),
            ReduceLROnPlateau(monitor: "loss", patience: 9_999), TerminateOnNaN(),
        ]
    }

    /// Two trainings, one of which may run. Each has the time between its turns.
    private final class Turns: @unchecked Sendable {
        private let signals = [DispatchSemaphore(value: 1), DispatchSemaphore(value: 0)]
        private var begun = (time: 0.0, busy: 0.0)
        private(set) var seconds = [0.0, 0.0]
        /// The processor time of the threads that train, without waits for disks and others.
        private(set) var busySeconds = [0.0, 0.0]
        var failure: (any Error)?

        func take(_ training: Int) {
            signals[training].wait()
            begun = (Clock.now, Self.busy)
        }

        func pass(_ training: Int) {
            seconds[training] += Clock.now - begun.time
            busySeconds[training] += Self.busy - begun.busy
            signals[1 - training].signal()
        }

        private static var busy: Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
    }

    private final class Turn: Callback {
        private let turns: Turns
        private let training: Int

        init(_ turns: Turns, _ training: Int) { (self.turns, self.training) = (turns, training) }

        override func onEpochEnd(_ epoch: Int, logs: Logs) {
            turns.pass(training)
            turns.take(training)
        }
    }

    /// Trains two models, with everything and without callbacks, in turn for an epoch, so that both see the same machine. All
    /// counts, from the first graph to the last file.
    static func report(steps: Int) throws -> Report {
        let others = OtherProcesses()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let epochs = max(1, steps / stepsOfEpoch)
        let (x, y) = CallbackCosts.samples(32 * stepsOfEpoch)
        let turns = Turns()
        let ends = DispatchSemaphore(value: 0)
        for training in 0..<2 {
            let thread = Thread {
                turns.take(training)
                do {
                    let callbacks = training == 0 ? [] : everything(in: folder)
                    try Workload.mlp("mlp_mnist_b32", batch: 32).compiledModel().fit(
                        x, y, epochs: epochs, verbosity: .silent, callbacks: callbacks + [Turn(turns, training)],
                        checkpoints: training == 0 ? nil : .every(steps: 5_000, in: folder + "/checkpoints"))
                } catch {
                    turns.failure = error
                }
                turns.pass(training)
                ends.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        for _ in 0..<2 { ends.wait() }
        if let failure = turns.failure { throw failure }
        var report = Report("callbacks_long")
        report.steps = epochs * stepsOfEpoch
        func ofStep(_ seconds: Double) -> Double { (seconds / Double(epochs * stepsOfEpoch) * 1e6).rounded(to: 2) }
        report.callbacks_us = [
            "none": ofStep(turns.seconds[0]), "everything": ofStep(turns.seconds[1] - turns.seconds[0]),
            "none, processor": ofStep(turns.busySeconds[0]),
            "everything, processor": ofStep(turns.busySeconds[1] - turns.busySeconds[0]),
        ]
        report.finish(others)
        return report
    }
}
