import MartletCore
import TestSupport
import Testing

/// Devices as programs name them, and a second one (`ReferenceBackend`) on which the ops run.
@Suite(.serialized, .ownSession) struct DeviceTests {
    /// What the reference device has neither a kernel nor a formula for.
    static let missing: Set<String> = [
        "argmax", "argmin", "averagePool", "averagePoolGradient", "checkedIndices", "cholesky", "cond", "cumulativeMax",
        "cumulativeMin", "cumulativeProduct", "cumulativeSum", "custom", "determinant", "digamma", "erfinv", "gatherND",
        "lgamma", "linearRecurrence", "logDeterminant", "maxPool", "maxPoolGradient", "polygamma", "qr", "random",
        "resample", "sampleImages", "scan", "scatterAddAlong", "scatterND", "searchSorted", "solve", "solveTriangular",
        "sort", "spreadImages", "takeAlong", "topK", "while", "whileGradient",
    ]

    static let allOps = OpRegistry.all.map { $0.name }

    /// Two computations of one formula in float64 differ by a few roundings of sums of some dozen terms.
    private func expectEqual(_ a: Tensor, _ b: Tensor, _ label: String) {
        #expect(a.spec == b.spec, "\(label)")
        for (x, y) in zip(a.scalars(as: Double.self), b.scalars(as: Double.self)) {
            let isEqual = x == y || (x.isNaN && y.isNaN) || (x - y).magnitude <= 1e-12 * max(1, x.magnitude)
            #expect(isEqual, "\(label): \(x), \(y)")
        }
    }

    /// The outputs of every op, on all of its samples, are those of the CPU.
    @Test(arguments: allOps) func opsRunOnAnotherDevice(_ name: String) throws {
        let type = try #require(OpRegistry.all.first { $0.name == name })
        guard !Self.missing.contains(name) else { return }
        for sample in type.samples {
            let expected = try sample.op.computed(sample.inputs)
            let results = try withDevice(ReferenceBackend.shared.device) { performAny(sample.op, sample.inputs) }
            for (number, (a, b)) in zip(expected, results).enumerated() {
                // What only a kernel's own gradient reads.
                if name == "recurrentSequence" && number == expected.count - 1 { continue }
                #expect(b.device == ReferenceBackend.shared.device)
                expectEqual(a, b, "\(name) \(sample.label) \(number)")
            }
        }
    }

    /// The gradients that a tape takes there are those that it takes on the CPU.
    @Test(arguments: allOps) func gradientsRunOnAnotherDevice(_ name: String) throws {
        let type = try #require(OpRegistry.all.first { $0.name == name })
        // Their gradients are ops that are missing there.
        guard type.isDifferentiable, !Self.missing.union(["product", "attention", "attentionGradient", "recurrentSequenceGradient"]).contains(name) else { return }
        for sample in type.samples where OpCheck.hasDerivative(sample) {
            let here = gradients(sample)
            let there = try withDevice(ReferenceBackend.shared.device) { gradients(sample) }
            for (a, b) in zip(here, there) { expectEqual(a, b, "\(name) \(sample.label)") }
        }
    }

    private func gradients(_ sample: OpSample) -> [Tensor] {
        let sources = zip(sample.inputs, sample.checked).filter { $0.1 }.map { $0.0 }
        let tape = GradientTape()
        let outputs = tape.record {
            for source in sources { tape.watch(source) }
            return performAny(sample.op, sample.inputs)
        }.filter(\.dtype.isFloatingPoint)
        let upstream = outputs.enumerated().map { SampleInput.uniform($1.shape, seed: UInt64(31 + $0)).cast(to: $1.dtype) }
        return tape.gradients(of: outputs, withRespectTo: sources, outputGradients: upstream, unconnected: .zeros).map { $0! }
    }

    private func performAny(_ op: some Op, _ inputs: [Tensor]) -> [Tensor] { perform(op, inputs) }

    /// What is said to be missing is; so the list only shrinks.
    @Test(arguments: missing.sorted()) func theRestHasNoFormula(_ name: String) async throws {
        let type = try #require(OpRegistry.all.first { $0.name == name })
        let sample = try #require(type.samples.first)
        #expect(throws: OpFailure.self) {
            try ReferenceBackend.shared.lower(sample.op, sample.inputs)
        }
    }

    @Test func aModelTrainsOnAnotherDevice() throws {
        func losses() -> [Double] {
            let (x, y) = (SampleInput.uniform([8, 3], seed: 1), SampleInput.uniform([8, 1], seed: 2))
            let weights = [Variable(SampleInput.uniform([3, 4], seed: 3)), Variable(SampleInput.uniform([4, 1], seed: 4))]
            return (0..<5).map { _ in
                let tape = GradientTape()
                let loss = tape.record {
                    (matmul(matmul(x, weights[0].value).tanh(), weights[1].value) - y).square().mean()
                }
                for (weight, gradient) in zip(weights, tape.gradient(of: loss, withRespectTo: weights)) {
                    weight.assignSubtract(gradient! * 0.1)
                }
                return loss.item()
            }
        }
        let (here, there) = (losses(), try withDevice(ReferenceBackend.shared.device, losses))
        #expect(zip(here, there).allSatisfy { abs($0 - $1) < 1e-12 } && here[4] < here[0])
    }

    @Test func tensorsMove() throws {
        let x = Tensor([1.5, -2], dtype: .float32)
        #expect(x.device == .cpu)
        let there = try x.to(ReferenceBackend.shared.device)
        #expect(there.device == ReferenceBackend.shared.device && there.spec == x.spec)
        // Where nothing is said, an op runs where its inputs lie.
        let sum = there + 1
        #expect(sum.device == there.device && sum.scalars(as: Float.self) == [2.5, -1])
        #expect(try sum.to(.cpu).device == .cpu)
        // Compiled functions run on the CPU.
        let double = compiled { (x: Tensor) in x * 2 }
        #expect(double(there).scalars(as: Float.self) == [3, -4])
    }

    @Test(arguments: [
        ("cpu", Device.cpu), ("CPU:0", .cpu), ("/CPU:0", .cpu), ("/device:GPU:1", Device(.gpu, index: 1)), ("gpu", Device(.gpu)),
    ])
    func namesOfDevices(_ name: String, _ device: Device) throws { #expect(try Device(named: name) == device) }

    @Test(arguments: ["", "tpu", "gpu:", "gpu:-1", "gpu:1:2", "cpu:x"]) func wrongNames(_ name: String) {
        #expect(throws: MartletError.self) { try Device(named: name) }
    }

    @Test func whatIsNotThereThrows() throws {
        let absent = Device(.gpu, index: 3)
        #expect(!absent.isAvailable && Device.cpu.isAvailable && Device.all(.cpu) == [.cpu])
        #expect(throws: MartletError.self) { try withDevice(absent) { Issue.record("ran") } }
        #expect(throws: MartletError.self) { try Tensor(1.0).to(absent) }
        #expect(throws: MartletError.self) { try absent.setMemoryGrowth(true) }
        #expect(throws: MartletError.self) { try absent.setMemoryLimit(bytes: 1 << 30) }
        #expect(throws: MartletError.self) { try Device.cpu.setMemoryLimit(bytes: 1 << 30) }
        #expect(throws: MartletError.self) { try Device.cpu.setMemoryGrowth(false) }
        try Device.cpu.setMemoryGrowth(true)
        #expect(try withDevice(.cpu) { (Tensor(1.0) + 1).item() } == 2)
    }
}
