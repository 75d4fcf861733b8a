import Martlet

/// How the time of a training step grows with the work, and what an op without work costs.
struct Scaling {
    private static let features = 784
    private static let batches = [1, 4, 16, 64, 256, 1024]
    private static let widths = [16, 64, 256, 1024, 4096]

    /// Compiled training steps of two hidden layers of each width, on batches of each size.
    /// - Parameter seconds: the total time. Each case runs at least 5 steps.
    static func steps(seconds: Double) throws -> Report {
        let others = OtherProcesses()
        let clock = Clock(steps: 1000, seconds: seconds / 10, least: 5)
        let points = try widths.flatMap { width in
            try batches.map { try point(batch: $0, width: width, clock) }
        }
        var report = Report("scaling")
        report.scaling = points
        report.finish(others)
        return report
    }

    private static func point(batch: Int, width: Int, _ clock: Clock) throws -> Report.ScalingPoint {
        let generator = RandomGenerator(seed: 0)
        let x = generator.uniform([batch, features], dtype: .float32)
        let y = generator.integers([batch], in: 0..<10)
        let model = Sequential([
            InputLayer([features]), Dense(width, activation: .relu), Dense(width, activation: .relu),
            Dense(10, activation: .softmax),
        ])
        try model.compile(optimizer: Adam(), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
        let data = Batch(inputs: [x], targets: [y])
        let step = try model.makeTrainFunction(for: TensorDataset(inputs: [x], targets: [y]))
        for _ in 0..<3 { step(data) }
        let timing = clock.time { _ in step(data) }
        // Forward, gradient of the kernel and, except in the first layer, of the input: 2 operations for each weight.
        let products = 3 * (features * width + width * width + width * 10) - features * width
        let operations = 2 * Double(batch * products)
        return Report.ScalingPoint(
            batch: batch, width: width, ms_median: timing.medianMilliseconds, ms_min: timing.leastMilliseconds,
            gflop_per_s: (operations / timing.medianMilliseconds / 1e6).rounded(to: 1))
    }

    /// Nanoseconds for ops on one element: the least of many repetitions.
    static func overhead() -> Report {
        let others = OtherProcesses()
        let x = Variable(Tensor([0.5], dtype: .float32))
        let one = x.value
        let matrix = one.reshaped(to: [1, 1])
        var results: [String: Double] = [
            "eager add": nanoseconds { _ = one + one },
            "eager matmul": nanoseconds { _ = matmul(matrix, matrix) },
            "eager cumulativeSum": nanoseconds { _ = one.cumulativeSum(axis: 0) },
            "eager add on a tape": nanoseconds {
                let tape = GradientTape()
                _ = tape.record { x.value + one }
            },
            "eager add and its gradient": nanoseconds {
                let tape = GradientTape()
                let y = tape.record { x.value + one }
                _ = tape.gradient(of: y, withRespectTo: x)
            },
        ]
        let chains: [(String, Tensor, (Tensor) -> Tensor)] = [
            ("add, fused", one, { $0 + one }), ("matmul", matrix, { matmul($0, matrix) }),
            ("cumulativeSum", one, { $0.cumulativeSum(axis: 0) }),
        ]
        for (name, input, op) in chains {
            let (short, long) = (10, 110)
            let times = [short, long].map { count in
                let function = compiled(name: name) { (x: Tensor) -> Tensor in
                    (0..<count).reduce(x) { y, _ in op(y) }
                }
                return nanoseconds { _ = function(input) }
            }
            results["compiled \(name)"] = ((times[1] - times[0]) / Double(long - short)).rounded(to: 1)
        }
        let single = compiled(name: "call") { (x: Tensor) -> Tensor in x + one }
        results["compiled call of one add"] = nanoseconds { _ = single(one) }
        var report = Report("overhead")
        report.overhead_ns = results
        report.finish(others)
        return report
    }

    /// The least time of a call, over 50 rounds of 1000.
    private static func nanoseconds(_ call: () -> Void) -> Double {
        let (rounds, calls) = (50, 1000)
        let times = (0..<rounds).map { _ in
            let start = Clock.now
            for _ in 0..<calls { call() }
            return Clock.now - start
        }
        return (times.min()! / Double(calls) * 1e9).rounded(to: 1)
    }
}
