import Foundation
import MartletCore
import Synchronization
import TestSupport
import Testing

/// One thing that several threads use at once.
@Suite(.ownSession) struct SharedUseTests {
    /// Eager and compiled draws of one generator are those that a single thread would get, each once.
    @Test func noDrawTwice() {
        let (threads, draws, size) = (6, 40, 32)
        let generator = RandomGenerator(seed: 5)
        let found = Guarded([[Float]]())
        onThreads(threads) { number in
            let draw = compiled { (x: Tensor) -> Tensor in x + generator.uniform([size]) }
            let zero = Tensor.zeros([size])
            for _ in 0..<draws {
                let values: [Float] = (number % 2 == 0 ? draw(zero) : generator.uniform([size])).scalars()
                found.withLock { $0.append(values) }
            }
        }
        let alone = RandomGenerator(seed: 5)
        let expected = (0..<threads * draws).map { _ in alone.uniform([size]).scalars() as [Float] }
        #expect(Set(found.withLock { $0 }) == Set(expected))
        #expect(found.withLock { $0.count } == expected.count)
    }

    /// Additions and subtractions, eager and compiled, are all there in the end.
    @Test func noUpdateIsLost() {
        let variable = Variable(Tensor([0, 0]))
        onThreads(8) { number in
            let add = compiled { () -> [Tensor] in
                variable.assignAdd(Tensor([1, 2]))
                return []
            }
            for _ in 0..<100 {
                switch number % 3 {
                case 0: variable.assignAdd(Tensor([3, 1]))
                case 1: variable.assignSubtract(Tensor([1, 1]))
                default: _ = add()
                }
            }
        }
        // Three threads add (3, 1), three subtract (1, 1), two add (1, 2).
        #expect(variable.value.scalars(as: Int.self) == [800, 400])
    }

    /// Calls with several shapes, loops inside, and results that are still held, give every thread what one would get.
    @Test func oneCompiledFunction() {
        nonisolated(unsafe) let function = compiled { (x: Tensor) -> [Tensor] in
            let (_, y) = whileLoop((Tensor(0), x), while: { count, _ in count .< 5 }) { ($0 + 1, ($1 * 2 + 1).tanh()) }
            return [y, matmul(y, y, transposeB: true).sum(axis: -1)]
        }
        let inputs = (0..<4).map { RandomGenerator(seed: $0).uniform([5 + $0, 17]) }
        let plain = compiled { (x: Tensor) -> [Tensor] in
            let y = (0..<5).reduce(x) { y, _ in (y * 2 + 1).tanh() }
            return [y, matmul(y, y, transposeB: true).sum(axis: -1)]
        }
        let expected = inputs.map { plain($0).map { $0.scalars() as [Float] } }
        let wrong = Atomic(0)
        onThreads(8) { number in
            var kept: [(Int, [Tensor])] = []
            for round in 0..<30 {
                let index = (number + round) % inputs.count
                kept.append((index, function(inputs[index])))
                if kept.count > 3 { kept.removeFirst() }
                for (index, results) in kept where results.map({ $0.scalars() as [Float] }) != expected[index] {
                    wrong.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(function.traceCount == inputs.count)
    }

    /// The runs of one function do not wait for each other: this op ends when as many threads as are expected are in it.
    @Test(.timeLimit(.minutes(10))) func callsRunSideBySide() {
        nonisolated(unsafe) let function = compiled { (x: Tensor) -> Tensor in perform(Meeting(), x) + 1 }
        Meeting.expected.store(1, ordering: .relaxed)
        _ = function(Tensor([1.0]))
        Meeting.present.store(0, ordering: .relaxed)
        Meeting.expected.store(4, ordering: .relaxed)
        let sums = Guarded([Double]())
        onThreads(4) { number in
            let value = function(Tensor([Double(number)])).item()
            sums.withLock { $0.append(value) }
        }
        #expect(sums.withLock { $0.sorted() } == [1, 2, 3, 4])
    }

    /// What threads record on one tape adds up.
    @Test func oneTape() {
        let variable = Variable(Tensor([1.0, 2.0]))
        nonisolated(unsafe) let tape = GradientTape(persistent: true)
        let targets = Guarded([Int: Tensor]())
        onThreads(6) { number in
            for round in 0..<20 {
                let factor = Double(number * 20 + round)
                let target = tape.record { (variable.value.square() * factor).sum() }
                targets.withLock { $0[number * 20 + round] = target }
            }
        }
        for number in 0..<120 {
            let target = targets.withLock { $0[number]! }
            let gradient: [Double] = tape.gradient(of: target, withRespectTo: variable)!.scalars()
            let factor = Double(number)
            #expect(gradient == [2 * factor, 4 * factor])
        }
        #expect(tape.watchedVariables.count == 1)
    }
}

/// Copies its input when as many threads as are expected run it.
private struct Meeting: KernelOp, MovingOp {
    static let name = "meeting"
    static let expected = Atomic(1)
    static let present = Atomic(0)

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] { inputs }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        Kernel { memory in
            Meeting.present.add(1, ordering: .relaxed)
            while Meeting.present.load(ordering: .relaxed) < Meeting.expected.load(ordering: .relaxed) { sched_yield() }
            memory.output(0).copyMemory(from: memory.input(0), byteCount: inputs[0].shape.elementCount * inputs[0].dtype.byteCount)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }
    static var samples: [OpSample] { [] }
}
