import Foundation
import Martlet

/// What callbacks cost: steps of mlp_mnist_b32 by `fit`, with and without them.
///
/// The trainings run in turn, each for some steps, so that all see the same machine. One without callbacks runs twice: how far
/// the two lie apart is what such a measurement cannot tell.
enum CallbackCosts {
    /// Those of MNIST.
    private static let stepsOfEpoch = 1_875

    /// A training with some callbacks.
    private struct Subject: Sendable {
        let name: String
        /// Makes them; their files go to a folder.
        var callbacks: @Sendable (String) -> [Callback] = { _ in [] }
        /// Every how many steps a checkpoint is written, nil for none.
        var checkpointSteps: Int?
    }

    private static let none = [Subject(name: "none"), Subject(name: "none, again")]

    /// What single callbacks cost.
    static func report(steps: Int) throws -> Report {
        try report("callbacks", steps, none + [
            Subject(name: "TensorBoard, scalars of batches", callbacks: {
                [TensorBoard(logDirectory: $0, writeGraph: false, updateFrequency: .batch)]
            }),
            Subject(name: "RunRecorder", callbacks: { [RunRecorder($0)] }),
            Subject(name: "CSVLogger, EarlyStopping, ReduceLROnPlateau", callbacks: {
                [CSVLogger($0 + ".csv"), EarlyStopping(monitor: "loss", patience: 99), ReduceLROnPlateau(monitor: "loss")]
            }),
        ])
    }

    /// What everything that can watch a training costs in a long one, from the first graph to the last file.
    static func longReport(steps: Int) throws -> Report {
        try report("callbacks_long", steps, none + [
            Subject(name: "everything", callbacks: { folder in
                [
                    TensorBoard(
                        logDirectory: folder + "/events", histogramFrequency: 1, writeImages: true, thinHistograms: true,
                        updateFrequency: .thinned),
                    RunRecorder(folder + "/run"), CSVLogger(folder + "/log.csv"),
                    EarlyStopping(monitor: "loss", patience: 9_999), ReduceLROnPlateau(monitor: "loss", patience: 9_999),
                    TerminateOnNaN(),
                ]
            }, checkpointSteps: 5_000),
        ])
    }

    private static func report(_ workload: String, _ steps: Int, _ subjects: [Subject]) throws -> Report {
        let others = OtherProcesses()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let epochs = max(1, steps / stepsOfEpoch)
        let generator = RandomGenerator(seed: 0)
        let x = generator.uniform([32 * stepsOfEpoch, 28, 28, 1], dtype: .float32)
        let y = generator.integers([32 * stepsOfEpoch], in: 0..<10)
        let relay = Relay(of: subjects.count)
        let ends = DispatchSemaphore(value: 0)
        for (number, subject) in subjects.enumerated() {
            let thread = Thread {
                relay.take(number)
                do {
                    let own = "\(folder)/\(number)"
                    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
                    try Workload.mlp("mlp_mnist_b32", batch: 32).compiledModel().fit(
                        x, y, epochs: epochs, verbosity: .silent, callbacks: subject.callbacks(own) + [Turn(relay, number)],
                        checkpoints: subject.checkpointSteps.map { .every(steps: $0, in: own + "/checkpoints") })
                } catch {
                    relay.failure = error
                }
                relay.pass(number)
                ends.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        for _ in subjects { ends.wait() }
        if let failure = relay.failure { throw failure }
        var report = Report(workload)
        report.steps = epochs * stepsOfEpoch
        report.callbacks_us = figures(relay.turns, subjects.map(\.name), steps: epochs * stepsOfEpoch)
        report.finish(others)
        return report
    }

    /// Microseconds of a step: of the first training as such, and how many more each other one takes. By the clock, by the time
    /// of the processor, and by the median turn, which leaves out what comes seldom: other processes as well as checkpoints.
    private static func figures(_ turns: [[Relay.Time]], _ names: [String], steps: Int) -> [String: Double] {
        var figures: [String: Double] = [:]
        for (number, own) in turns.enumerated() {
            func difference(_ time: KeyPath<Relay.Time, Double>) -> [Double] {
                zip(own, turns[0]).map { number == 0 ? $0[keyPath: time] : $0[keyPath: time] - $1[keyPath: time] }
            }
            let (clock, processor) = (difference(\.clock), difference(\.processor))
            func microseconds(_ seconds: Double, of steps: Int) -> Double { (seconds / Double(steps) * 1e6).rounded(to: 2) }
            figures[names[number]] = microseconds(clock.reduce(0, +), of: steps)
            figures[names[number] + ", processor"] = microseconds(processor.reduce(0, +), of: steps)
            figures[names[number] + ", median turn"] = microseconds(
                processor.sorted()[processor.count / 2], of: Relay.steps)
        }
        return figures
    }
}

/// Lets one of several trainings run at a time, and notes how long each of its turns takes.
private final class Relay: @unchecked Sendable {
    struct Time {
        var clock = 0.0
        /// Of the thread that trains, without waits for disks and others.
        var processor = 0.0
    }

    /// The steps of a turn.
    static let steps = 75
    private let signals: [DispatchSemaphore]
    private var begun = Time()
    private(set) var turns: [[Time]]
    var failure: (any Error)?

    init(of count: Int) {
        signals = (0..<count).map { DispatchSemaphore(value: $0 == 0 ? 1 : 0) }
        turns = Array(repeating: [], count: count)
    }

    func take(_ number: Int) {
        signals[number].wait()
        begun = Self.now
    }

    func pass(_ number: Int) {
        let now = Self.now
        turns[number].append(Time(clock: now.clock - begun.clock, processor: now.processor - begun.processor))
        signals[(number + 1) % signals.count].signal()
    }

    private static var now: Time {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Time(clock: Clock.now, processor: Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
    }
}

private final class Turn: Callback {
    private let relay: Relay
    private let number: Int
    private var count = 0

    init(_ relay: Relay, _ number: Int) { (self.relay, self.number) = (relay, number) }

    override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) {
        count += 1
        guard count % Relay.steps == 0 else { return }
        relay.pass(number)
        relay.take(number)
    }
}
