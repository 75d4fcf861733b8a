import Foundation

/// What the machine can do at most at the present number of threads, measured: the scale on which a profile is read.
public struct MachineCeilings: Sendable {
    /// Floating-point operations per second of a large `float32` matrix product.
    public let flopsPerSecond: Double
    /// Bytes per second, read and written, of a copy that is larger than the caches.
    public let bytesPerSecond: Double
    /// The number of threads that was measured.
    public let threadCount: Int

    /// Takes ceilings that were measured before.
    public init(flopsPerSecond: Double, bytesPerSecond: Double, threadCount: Int) {
        self.flopsPerSecond = flopsPerSecond
        self.bytesPerSecond = bytesPerSecond
        self.threadCount = threadCount
    }

    /// Measures: the best of many runs, in about half a second and with 128 MiB of memory.
    public static func measure() -> MachineCeilings {
        MachineCeilings(
            flopsPerSecond: best(MatMul(), [[768, 768], [768, 768]]) { op, inputs, outputs in
                op.flops(inputs, outputs)
            },
            bytesPerSecond: best(Copy(), [[1 << 24]]) { op, inputs, outputs in op.bytes(inputs, outputs) },
            threadCount: Settings.threadCount)
    }

    /// The most work per second that an op did in a run, of a quarter of a second's runs: short ones, so that some are not
    /// interrupted.
    private static func best<O: Op>(
        _ op: O, _ shapes: [Shape], _ work: (O, [TensorSpec], [TensorSpec]) -> Int
    ) -> Double {
        // Numbers of their own and not one zeroed page, which a cache would hold.
        let inputs = shapes.map { Tensor(uninitialized: TensorSpec($0, .float32)) }
        for input in inputs {
            input.mutablePointer.bindMemory(to: Float.self, capacity: input.elementCount)
                .initialize(repeating: 0.5, count: input.elementCount)
        }
        do {
            let specs = inputs.map(\.spec)
            let results = try op.outputs(for: specs)
            let outputs = results.map(Tensor.init(uninitialized:))
            guard let kernel = op.makeKernel(specs, results) else { throw OpFailure("The CPU has no kernel for it.") }
            let clock = ContinuousClock()
            let end = clock.now + .milliseconds(250)
            var least = Duration.seconds(1000)
            var runs = 0
            // The first run also gets the output's pages from the system.
            while runs < 8 || clock.now < end {
                let time = try KernelMemory.with(inputs, outputs) { memory in
                    try clock.measure { try inKernelMode { try kernel.run(memory) } }
                }
                least = min(least, time)
                runs += 1
            }
            return Double(work(op, specs, results)) / (least / .seconds(1))
        } catch {
            stop(O.name, "\(error)")
        }
    }
}
