import Foundation
import MartletCore
import TestSupport
import Testing

/// A profile counts ops, operations and bytes as their formulas say, eager and compiled, and hides nothing of the time.
@Suite(.ownSession) struct ProfilerTests {
    private static func row(_ profile: Profile, _ name: String) -> Profile.Row? {
        profile.rows(by: .name).first { $0.key == [name] }
    }

    @Test func countsEagerOps() throws {
        let (x, w) = (Tensor.ones([7, 5]), Tensor.ones([5, 3]))
        let profile = Profiler.profile { for _ in 0..<3 { _ = matmul(x, w).tanh() + 1 } }
        #expect(profile.events.map(\.name) == ["matmul", "tanh", "add", "matmul", "tanh", "add", "matmul", "tanh", "add"])
        let product = try #require(Self.row(profile, "matmul"))
        #expect(product.calls == 3)
        #expect(product.flops == 3 * 2 * 7 * 5 * 3)
        #expect(product.bytes == 3 * 4 * (35 + 15 + 21))
        let tanh = try #require(Self.row(profile, "tanh"))
        #expect(tanh.flops == 3 * 21)
        #expect(tanh.bytes == 3 * 4 * 42)
        #expect(profile.events[0].inputs == [x.spec, w.spec])
        #expect(profile.rows().first { $0.key[0] == "matmul" }?.key[1] == "(7, 5) (5, 3) > (7, 3)")
    }

    /// A training step of a linear model by hand: one product forward, one for the kernel's gradient.
    @Test func countsOpsOfACompiledStep() throws {
        let weight = Variable(Tensor.ones([5, 3]))
        let step = compiled(name: "step") { (x: Tensor) -> Tensor in
            let tape = GradientTape()
            let loss = tape.record { Context.current.inLayer("head") { matmul(x, weight.value) }.square().sum() }
            weight.assignSubtract(tape.gradient(of: loss, withRespectTo: weight)! * 0.1)
            return loss
        }
        let x = Tensor.ones([7, 5])
        let first = Profiler.profile { _ = step(x) }
        #expect(first.events.count { $0.kind == .compilation } == 1)
        let profile = Profiler.profile { for _ in 0..<4 { _ = step(x) } }
        #expect(profile.events.count { $0.kind == .function } == 4)
        #expect(profile.events.allSatisfy { $0.kind != .compilation })
        let products = try #require(Self.row(profile, "matmul"))
        #expect(products.calls == 4 * 2)
        #expect(products.flops == 4 * 2 * (2 * 7 * 5 * 3))
        // The product and its gradient belong to the layer.
        #expect(profile.rows(by: .layer).first { $0.key == ["head", "matmul"] }?.calls == 8)
        for event in profile.events where event.kind == .op {
            #expect(profile.events.contains { $0.kind == .function && $0.start <= event.start })
        }
    }

    /// Own durations add up to what the outermost events took, so no time counts twice.
    @Test func ownDurationsAddUp() {
        let x = Tensor.ones([64, 64])
        let loop = compiled(name: "loop") { (x: Tensor) -> Tensor in
            scan(x, over: Tensor.ones([5, 1])) { carry, row in (matmul(carry, x) * row, row) }.0
        }
        _ = loop(x)
        let profile = Profiler.profile {
            _ = loop(x)
            _ = x + x
        }
        #expect(profile.events.contains { $0.name == "scan" && $0.ownDuration < $0.duration })
        #expect(profile.events.count { $0.name == "matmul" } == 5)
        let outermost = profile.events.filter { event in
            !profile.events.contains {
                $0.duration > event.duration && $0.start <= event.start
                    && $0.start + $0.duration >= event.start + event.duration - 1e-12
            }
        }
        let own = profile.events.reduce(0) { $0 + $1.ownDuration }
        #expect(abs(own - outermost.reduce(0) { $0 + $1.duration }) < 1e-9)
        #expect(own <= profile.duration)
        #expect(profile.events.allSatisfy { $0.ownDuration >= 0 && $0.ownDuration <= $0.duration })
    }

    @Test func notesNothingWhenOff() {
        #expect(Context.current.recorder == nil)
        let profile = Profiler.profile {}
        _ = Tensor.ones([3]) + 1
        #expect(profile.events.isEmpty)
        #expect(Context.current.recorder == nil)
        struct Failure: Error {}
        #expect(throws: Failure.self) { _ = try Profiler.profile { throw Failure() } }
        #expect(Context.current.recorder == nil)
    }

    @Test func chromeTraceNests() throws {
        let f = compiled(name: "f \"quoted\"/é") { (x: Tensor) -> Tensor in matmul(x.tanh(), x).sum() }
        let profile = Profiler.profile { for _ in 0..<3 { _ = f(Tensor.ones([4, 4])) } }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("trace-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: path) }
        try profile.writeChromeTrace(to: path.path)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
        let events = try #require(json["traceEvents"] as? [[String: Any]])
        #expect(events.count == profile.events.count)
        #expect(events.contains { $0["name"] as? String == "compile f \"quoted\"/é" })
        let spans = try events.map { event in
            #expect(event["ph"] as? String == "X")
            let (start, duration) = (try #require(event["ts"] as? Double), try #require(event["dur"] as? Double))
            #expect(start >= 0 && duration >= 0)
            return (start, start + duration)
        }
        // Of microseconds: what is left of a nanosecond when its decimals are rounded.
        let slack = 1e-6
        // Two events lie one in the other or one after the other.
        for (index, a) in spans.enumerated() {
            for b in spans[..<index] {
                let isApart = a.0 >= b.1 - slack || b.0 >= a.1 - slack
                let isInside = a.0 >= b.0 - slack && a.1 <= b.1 + slack || b.0 >= a.0 - slack && b.1 <= a.1 + slack
                #expect(isApart || isInside)
            }
        }
        #expect(throws: MartletError.self) { try profile.writeChromeTrace(to: "/no/such/folder/trace.json") }
    }

    @Test func tableHoldsEveryOpAndTheRest() {
        let x = Tensor.ones([300, 300])
        let profile = Profiler.profile { _ = (x + x).sum() }
        let ceilings = MachineCeilings(flopsPerSecond: 1e11, bytesPerSecond: 1e10, threadCount: 2)
        for grouping in Profile.Grouping.allCases {
            let lines = profile.table(by: grouping, rows: 1, ceilings: ceilings).components(separatedBy: "\n")
            let starts = lines.map { $0.prefix { $0 != " " } }
            // Head, one row, the others, all, three places outside of ops, the whole, the ceilings.
            #expect(lines.count == 9)
            #expect(starts[2] == "1")
            #expect(starts[3] == "all")
            #expect(starts[7] == "whole")
            #expect(lines[7].hasSuffix("100.0%"))
            let last =
                "Ceilings, float32, 2 threads: 100 GFLOP/s in a matrix product, 10.0 GB/s read and written by a copy."
            #expect(lines[8] == last)
        }
        let empty = Profiler.profile {}.table(ceilings: ceilings)
        #expect(!empty.contains("nan"))
    }

    @Test func ceilingsAreMeasured() {
        let ceilings = MachineCeilings.measure()
        #expect(ceilings.flopsPerSecond > 0 && ceilings.bytesPerSecond > 0)
        #expect(ceilings.threadCount == Settings.threadCount)
    }

    /// Closed forms of the ops that have more than one operation for each element.
    @Test func formulas() throws {
        func flops(_ name: String, _ body: () -> Void) throws -> Int {
            try #require(Self.row(Profiler.profile(body), name)).flops
        }
        let image = Tensor.ones([2, 6, 5, 4])
        // 2 images, 4 x 3 places, 8 filters, windows of 3 x 3 x 4.
        #expect(try flops("conv") { _ = conv(image, Tensor.ones([3, 3, 4, 8])) } == 2 * 2 * 12 * 8 * 36)
        #expect(try flops("conv") { _ = conv(image, Tensor.ones([3, 3, 2, 8]), groups: 2) } == 2 * 2 * 12 * 8 * 18)
        for (index, name) in ["convInputGradient", "convKernelGradient"].enumerated() {
            let sources = [image, Tensor.ones([3, 3, 4, 8])]
            let tape = GradientTape()
            let y = tape.record {
                for source in sources { tape.watch(source) }
                return conv(sources[0], sources[1], strides: [2, 1])
            }
            let count = try flops(name) { _ = tape.gradient(of: y, withRespectTo: sources[index]) }
            #expect(count == 2 * 2 * (2 * 3) * 8 * 36)
        }
        // 2 samples, 3 heads; depth 4: two products of 2 x 4 operations a pair, and the softmax.
        let query = Tensor.ones([2, 5, 3, 4])
        let pair = 2 * 4 + 2 * 4 + 5
        let full = try flops("attention") { _ = dotProductAttention(query: query, key: query, value: query) }
        #expect(full == 2 * 3 * 25 * pair)
        let causal = try flops("attention") {
            _ = dotProductAttention(query: query, key: query, value: query, isCausal: true)
        }
        #expect(causal == 2 * 3 * 15 * pair)
        #expect(try flops("sum") { _ = image.sum(axis: 0) } == 2 * 6 * 5 * 4)
        #expect(try flops("matmul") { _ = matmul(image, Tensor.ones([4, 7])) } == 2 * 60 * 4 * 7)
        let table = Tensor.ones([1000, 8])
        let gathered = Profiler.profile { _ = table.gathered(at: Tensor([1, 2, 3])) }
        #expect(Self.row(gathered, "gather")?.bytes == 2 * 3 * 8 * 4 + 3 * 8)
    }

    /// Every op's formulas take its samples, degenerate shapes too; arithmetic needs operands.
    @Test func formulasOfAllOps() throws {
        for type in OpRegistry.all {
            for sample in type.samples {
                let inputs = sample.inputs.map(\.spec)
                let outputs = try sample.op.outputs(for: inputs)
                let (flops, bytes) = (sample.op.flops(inputs, outputs), sample.op.bytes(inputs, outputs))
                #expect(flops >= 0 && bytes >= 0, "\(type.name) \(sample.label)")
                let isEmpty = (inputs + outputs).allSatisfy { $0.shape.elementCount == 0 }
                #expect(!isEmpty || flops == 0 && bytes == 0, "\(type.name) \(sample.label)")
            }
        }
    }
}
