import Foundation
import MartletCore
import TestSupport
import Testing

/// Calls that do not fit, within `withErrors`: they throw, and leave everything as it was.
@Suite(.ownSession) struct FailureTests {
    static let vector = Tensor([1.0, 2, 3])
    static let matrix = Tensor([[1.0, 2], [3, 4]])

    /// Wrong calls, each followed by uses of what it returns.
    static let calls: [(String, @Sendable () -> Any)] = [
        ("add", { (vector + matrix).sum().item() }),
        ("matmul", { matmul(vector, matrix).transposed().shape[1] }),
        ("matmul of scalars", { matmul(Tensor(1.0), matrix)[0].item() }),
        ("axis", { matrix.sum(axis: 5).item() }),
        ("axis of a scalar", { Tensor(1.0).max(axis: 0).squeezed(axis: 0) }),
        ("axes", { matrix.mean(axes: [0, 0]).scalars() as [Double] }),
        ("reshape", { vector.reshaped(2, -1).shape[1] }),
        ("reshape to a product that overflows", { vector.reshaped([-1, 1 << 40, 1 << 40]).shape[1] }),
        ("shape", { matrix.shape[7] }),
        ("negative shape", { Tensor.zeros([-1]).scalars() as [Double] }),
        ("subscript", { matrix[5, 5].item() }),
        ("too many indices", { matrix[0, 0, 0].item() }),
        ("split", { matrix.split(count: 3, axis: 1).map { $0.sum().item() } }),
        ("split into none", { matrix.split(count: 0)[0] }),
        ("split by sizes", { matrix.split(sizes: [1, 2, 3], axis: 1)[2].item() }),
        ("concatenate", { Tensor.concatenate([vector, matrix]).shape[1] }),
        ("concatenate none", { Tensor.concatenate([]).item() }),
        ("stack", { Tensor.stack([vector, matrix]).shape[2] }),
        ("gather", { vector.gathered(at: Tensor([9])).item() }),
        ("one hot", { Tensor.oneHot(vector, depth: 2).shape[1] }),
        ("top k", { vector.topK(9).values.shape[0] }),
        ("sorting a scalar", { Tensor(1.0).sorted(axis: 2).item() }),
        ("percentile", { vector.percentile(120).item() }),
        ("tiled", { vector.tiled([-1]).item() }),
        ("tiled beyond memory", { vector.tiled([1 << 62]).item() }),
        ("repeated beyond memory", { vector.repeated(1 << 40).item() }),
        ("zeros beyond memory", { Tensor.zeros([1 << 30, 1 << 30]).sum().item() }),
        ("padded beyond memory", { vector.padded([(0, 1 << 50)]).shape[0] }),
        ("resized beyond memory", { resize(Tensor.ones([1, 2, 2, 1]), to: [1 << 24, 1 << 24]).shape[1] }),
        ("conv", { conv(vector, matrix).shape[3] }),
        ("conv strides", { conv(Tensor.ones([1, 4, 4, 1]), .ones([2, 2, 1, 1]), strides: [1]).shape[3] }),
        ("conv stride 0", { conv(Tensor.ones([1, 4, 4, 1]), .ones([2, 2, 1, 1]), strides: [0, 1]).shape[3] }),
        ("transposed conv", { convTransposed(vector, matrix, strides: [2, 2]).shape[3] }),
        ("pool", { maxPool(vector, size: [2, 2]).shape[3] }),
        ("depthwise conv", { depthwiseConv(vector, vector).shape[0] }),
        ("einsum", { einsum("ij,jk->il", matrix, matrix).shape[1] }),
        ("einsum of none", { einsum("i->", []).item() }),
        ("tensordot", { tensordot(vector, matrix, axes: 7).item() }),
        ("tensordot axes", { tensordot(vector, matrix, axes: ([0], [9])).item() }),
        ("trace", { vector.trace().item() }),
        ("diagonal", { vector.diagonal().shape[1] }),
        ("items", { vector.item() }),
        ("values", { Tensor([1.0, 2], shape: [3]).sum().item() }),
        ("rows", { Tensor([[1.0], [1.0, 2]]).shape[1] }),
        ("full", { Tensor.full([2], 300, dtype: .uint8).item() }),
        ("range", { Tensor.range(from: 0.0, to: 1, by: 0).shape[0] }),
        ("range beyond memory", { Tensor.range(0..<(1 << 50)).shape[0] }),
        ("bincount", { Tensor([-1]).bincount().shape[0] }),
        ("boolean mask", { vector.booleanMask(matrix .> 1).shape[0] }),
        ("cond", { cond(vector, { vector }, { matrix }).shape[1] }),
        ("while loop", { whileLoop(vector, while: { $0 .> 0 }) { $0 - 1 }.item() }),
        ("scan", { scan(vector, over: matrix) { a, b in (b, a) }.1.shape[2] }),
        ("bernoulli", { RandomGenerator().bernoulli([2], probability: 2).shape[1] }),
        ("integers", { RandomGenerator().integers([2], in: 5..<5).shape[1] }),
        ("jacobian", {
            let tape = GradientTape()
            let y = tape.record { vector * 2 }
            return tape.jacobian(of: y, withRespectTo: vector)?.shape[2] ?? 0
        }),
        ("unconnected gradient", {
            let tape = GradientTape()
            return tape.connectedGradient(of: vector.sum(), withRespectTo: matrix).shape[1]
        }),
        ("gradient of integers", {
            let tape = GradientTape()
            return tape.gradient(of: Tensor(1), withRespectTo: vector)?.shape[1] ?? 0
        }),
    ]

    @Test(arguments: calls.indices) func throwsOnce(_ index: Int) {
        let (name, call) = Self.calls[index]
        let error = #expect(throws: MartletError.self, "\(name)") { try withErrors { _ = call() } }
        #expect(error.map { $0.message.count > 15 } ?? false, "\(name): \(error?.description ?? "")")
        // The scope is over.
        #expect((Self.vector + 1).sum().item() == 9)
    }

    @Test(arguments: calls.indices) func throwsWhenTraced(_ index: Int) {
        let (name, call) = Self.calls[index]
        let variable = Variable(Tensor(5.0))
        let function = compiled { (x: Tensor) -> Tensor in
            variable.assign(x)
            _ = call()
            return x + 1
        }
        #expect(throws: MartletError.self, "\(name)") { try withErrors { _ = function(Tensor(1.0)).item() } }
        #expect(variable.value.item() == 5)
    }

    @Test func nothingHappensAfterAFailure() throws {
        let variable = Variable(Tensor([1.0, 2]))
        var reached = false
        let error = #expect(throws: MartletError.self) {
            try withErrors {
                variable.assign(Tensor([3.0, 4]))
                let bad = variable.value + Self.vector
                variable.assign(bad)
                variable.assign(Tensor([7.0, 8]))
                #expect(bad.scalars(as: Double.self).allSatisfy { $0 == 0 })
                reached = true
            }
        }
        #expect(reached && error?.location == "add")
        #expect(variable.value.scalars(as: Double.self) == [3, 4])
    }

    @Test func scopesNest() throws {
        let value = try withErrors {
            let inner = try? withErrors { (Self.vector + Self.matrix).item() }
            #expect(inner == nil)
            // The failure inside ended with its scope.
            return Self.vector.sum().item()
        }
        #expect(value == 6)
        #expect(throws: CancellationError.self) { try withErrors { throw CancellationError() } }
    }

    /// An index that is found out of range when the compiled function runs.
    @Test func compiledFunctionsThrowAndKeepTheirVariables() throws {
        let table = Variable(Tensor([[1.0, 2], [3, 4]]))
        let count = Variable(Tensor(0.0))
        let step = compiled { (indices: Tensor) -> Tensor in
            let rows = table.value.gathered(at: indices)
            count.assign(count.value + 1)
            table.assign(table.value * 2)
            return rows.sum()
        }
        #expect(try withErrors { step(Tensor([0, 1])) }.item() == 10)
        // Somebody holds the value, so the step writes the next one elsewhere.
        let held = table.value
        let error = #expect(throws: MartletError.self) { try withErrors { step(Tensor([0, 2])).item() } }
        #expect(error?.message.contains("..<2") == true, "\(error?.message ?? "")")
        #expect(table.value.scalars(as: Double.self) == [2, 4, 6, 8] && count.value.item() == 1)
        #expect(try withErrors { step(Tensor([1, 1])) }.item() == 28)
        #expect(held.scalars(as: Double.self) == [2, 4, 6, 8])
    }

    /// Blocks that nobody touched are cached, and are more than the process uses. Groups without a limit have one near the
    /// largest integer (cgroups of version 1), of which nothing may be subtracted that is below 0.
    @Test func cachedMemoryThatNobodyTouched() throws {
        do {
            let blocks = (0..<16).map { _ in Tensor(uninitialized: TensorSpec([1 << 25], .float32)) }
            #expect(blocks.count == 16)
        }
        try Settings.requireMemory(65 << 20, at: "a test")
    }

    @Test func whatStandsForAResultIsOfNoUseOutside() async {
        await #expect(processExitsWith: .failure) {
            var kept: Tensor?
            try? withErrors { kept = Tensor([1.0, 2, 3]) + Tensor([1.0, 2]) }
            _ = kept! * 2
        }
    }
}
