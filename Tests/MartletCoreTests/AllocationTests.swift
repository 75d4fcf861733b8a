import CAllocationCounter
import MartletCore
import TestSupport
import Testing

/// Steps that are repeated take no memory.
@Suite(.ownSession) struct AllocationTests {
    /// The calls of `malloc` by this thread while `body` runs: the fewest of some runs, since tests that run beside this one
    /// may have taken the block that a kernel gave back to the cache.
    private func allocations(_ body: () throws -> Void) rethrows -> Int {
        var fewest = Int.max
        for _ in 0..<5 {
            let before = allocation_count()
            try body()
            fewest = min(fewest, Int(allocation_count() - before))
        }
        return fewest
    }

    @Test func theCounterCounts() {
        #expect(allocations { withExtendedLifetime([Int](repeating: 1, count: allocations {} + 100)) {} } == 1)
    }

    /// All but the decomposition, for which LAPACK takes memory, and the loops, which put the arguments of their bodies
    /// together once a run, and functions in Swift.
    static let kernels = OpRegistry.all.map { $0.name }.filter {
        !["qr", "cond", "custom", "scan", "while", "whileGradient"].contains($0)
    }

    @Test(arguments: kernels) func kernelsTakeNoMemory(_ name: String) throws {
        let type = try #require(OpRegistry.all.first { $0.name == name })
        for sample in type.samples {
            let specs = sample.inputs.map(\.spec)
            let results = try sample.op.outputs(for: specs)
            guard let kernel = sample.op.makeKernel(specs, results) else { continue }
            let outputs = results.map(Tensor.init(uninitialized:))
            try KernelMemory.with(sample.inputs, outputs) { memory in
                // The first run may make scratch memory, which is kept.
                try kernel.run(memory)
                let count = try allocations { try kernel.run(memory) }
                #expect(count == 0, "\(name) \(sample.label)")
            }
        }
    }

    @Test func stepsOfALoopTakeNoMemory() {
        func count(_ length: Int) -> Int {
            let sums = compiled { (x: Tensor) -> Tensor in
                scan(Tensor(0.0), over: x) { sum, x in ((sum + x).tanh(), sum * x) }.1
            }
            let x = Tensor.ones([length])
            for _ in 0..<3 { _ = sums(x) }
            return allocations { _ = sums(x) }
        }
        #expect(count(3) == count(40))
    }

    /// A training step written by hand: products, a gradient, updates.
    @Test func compiledStepsTakeNoMemory() {
        let weights = [
            Variable(SampleInput.uniform([6, 5], seed: 1).cast(to: .float32)),
            Variable(SampleInput.uniform([5, 3], seed: 2).cast(to: .float32)),
        ]
        let step = compiled { (x: Tensor, labels: Tensor) -> Tensor in
            let tape = GradientTape()
            let loss = tape.record {
                let logits = matmul(matmul(x, weights[0].value).tanh(), weights[1].value)
                return -(logits.logSoftmax() * labels).sum(axis: -1).mean()
            }
            let gradients = tape.gradient(of: loss, withRespectTo: weights)
            for (weight, gradient) in zip(weights, gradients) { weight.assignSubtract(gradient! * 0.1) }
            return loss
        }
        let x = SampleInput.uniform([4, 6], seed: 3).cast(to: .float32)
        let labels = Tensor.oneHot(Tensor([0, 2, 1, 1]), depth: 3)
        var losses: [Float] = []
        for _ in 0..<3 { losses.append(step(x, labels).item()) }
        // A result that somebody holds gives way to a new one; these are dropped.
        let count = allocations { for _ in 0..<20 { _ = step(x, labels) } }
        #expect(count == 0)
        #expect(step(x, labels).item() < losses[0])
    }
}
