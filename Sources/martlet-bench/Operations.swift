import Martlet

/// Single operations, each a compiled function of standard normal numbers.
struct Operations {
    private let clock: Clock
    private let generator = RandomGenerator(seed: 0)

    /// - Parameter seconds: the time for a workload. Each operation gets a quarter of it.
    init(seconds: Double) { clock = Clock(steps: 200, seconds: seconds / 4) }

    func report() -> Report {
        let others = OtherProcesses()
        var ops: [String: Report.Operation] = [:]
        for (name, makeCall) in all {
            let call = makeCall()
            for _ in 0..<3 { call() }
            ops[name] = clock.time { _ in call() }.operation
        }
        var report = Report("ops")
        report.ops = ops
        report.finish(others)
        return report
    }

    /// All operations in one call, one after another.
    func subject() -> Subject {
        let calls = all.map { $0.makeCall() }
        for call in calls { call() }
        return Subject(report: Report("ops"), batch: 1) { _ in for call in calls { call() } }
    }

    /// A closure that makes the call, so that the tensors of one operation are freed before those of the next are made.
    private typealias Entry = (name: String, makeCall: () -> () -> Void)

    private var all: [Entry] { products + convolutions + elementwise + reductions + [adam] }

    private func floats(_ shape: Shape) -> Tensor { generator.normal(shape, dtype: .float32) }

    private func entry(_ name: String, _ shapes: [Shape], _ body: @escaping ([Tensor]) -> [Tensor]) -> Entry {
        (name, {
            let inputs = shapes.map(floats)
            let function = compiled(name: name, body)
            return { _ = function(inputs) }
        })
    }

    private var products: [Entry] {
        [64, 256, 1024, 2048].map { n in entry("sgemm_\(n)", [[n, n], [n, n]]) { [matmul($0[0], $0[1])] } }
    }

    private var convolutions: [Entry] {
        let cases: [(String, input: Shape, kernel: Shape, output: Shape, Padding)] = [
            ("conv_28x28x1_32", [32, 28, 28, 1], [3, 3, 1, 32], [32, 26, 26, 32], .valid),
            ("conv_13x13x32_64", [32, 13, 13, 32], [3, 3, 32, 64], [32, 11, 11, 64], .valid),
            ("conv_56x56x64_64_same", [32, 56, 56, 64], [3, 3, 64, 64], [32, 56, 56, 64], .same),
            ("conv_28x28x128_128_same", [32, 28, 28, 128], [3, 3, 128, 128], [32, 28, 28, 128], .same),
        ]
        return cases.flatMap { name, input, kernel, output, padding in
            [
                entry("\(name)_fwd", [input, kernel]) { [conv($0[0], $0[1], padding: padding)] },
                // The gradients need no output, so the compiled function does not compute it.
                entry("\(name)_bwd", [input, kernel, output]) { inputs in
                    let tape = GradientTape()
                    let y = tape.record {
                        for source in inputs[..<2] { tape.watch(source) }
                        return conv(inputs[0], inputs[1], padding: padding)
                    }
                    return tape.gradient(of: y, withRespectTo: Array(inputs[..<2]), outputGradient: inputs[2]).map { $0! }
                },
            ]
        }
    }

    private var elementwise: [Entry] {
        [("gelu_1m", 1_000_000), ("gelu_16m", 16_000_000)].map { name, count in
            entry(name, [[count]]) { inputs in
                let x = inputs[0]
                let cubic: Tensor = x * x * x * 0.044715
                return [x * 0.5 * (((x + cubic) * 0.79788).tanh() + 1)]
            }
        }
    }

    private var reductions: [Entry] {
        let norm = LayerNormalization(epsilon: 1e-6)
        return [
            entry("softmax_4096x1000", [[4096, 1000]]) { [$0[0].softmax()] },
            entry("layernorm_4096x1024", [[4096, 1024]]) { [norm($0[0])] },
            entry("sum_axis0_4096", [[4096, 4096]]) { [$0[0].sum(axis: 0)] },
            entry("sum_axis1_4096", [[4096, 4096]]) { [$0[0].sum(axis: 1)] },
        ]
    }

    private var adam: Entry {
        ("adam_10m", {
            let parameters = Variable(floats([10_000_000]))
            let gradient = floats([10_000_000])
            let optimizer = Adam()
            let update = compiled(name: "adam") { (gradient: Tensor) -> Void in
                optimizer.apply([gradient], to: [parameters])
            }
            return { update(gradient) }
        })
    }
}
