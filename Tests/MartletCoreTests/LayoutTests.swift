import MartletCore
import TestSupport
import Testing

/// Expected values follow from the definitions; NumPy gives the same.
@Suite(.ownSession) struct LayoutTests {
    let x = Tensor.range(0..<24).reshaped(2, 3, 4)

    /// <f(x), w> = <x, adjoint(w)> for every op that says it is linear, at every sample that stays in float64.
    @Test(arguments: OpRegistry.all.filter { $0.isLinear }.map { $0.name }) func adjoints(_ name: String) throws {
        let type = try #require(OpRegistry.all.first { $0.name == name })
        for sample in type.samples {
            let tape = GradientTape()
            let checked = zip(sample.inputs, sample.checked).filter(\.1).map(\.0)
            checked.forEach(tape.watch)
            let outputs = tape.record { run(sample.op, sample.inputs) }.filter(\.dtype.isFloatingPoint)
            guard outputs.allSatisfy({ $0.dtype == .float64 }) else { continue }
            let weights = outputs.enumerated().map { SampleInput.uniform($1.shape, seed: UInt64(90 + $0)) }
            let gradients = tape.gradients(of: outputs, withRespectTo: checked, outputGradients: weights)
            var forward = 0.0
            for (output, weight) in zip(outputs, weights) { forward += (output * weight).sum().item() }
            var backward = 0.0
            for (input, gradient) in zip(checked, gradients) {
                backward += try (input * #require(gradient)).sum().item()
            }
            #expect(abs(forward - backward) <= 1e-12 * max(1, abs(forward)), "\(name) \(sample.label)")
        }
    }

    private func run(_ op: some Op, _ inputs: [Tensor]) -> [Tensor] { perform(op, inputs) }

    @Test func reshaping() {
        #expect(x.reshaped(-1, 6).shape == [4, 6])
        #expect(x.flattened().scalars(as: Int.self) == Array(0..<24))
        #expect(Tensor.zeros([0, 3]).reshaped(-1, 3).shape == [0, 3])
        #expect(x.expandingDims(at: -1).shape == [2, 3, 4, 1])
        #expect(x.expandingDims(at: 0).shape == [1, 2, 3, 4])
        #expect(Tensor.zeros([1, 3, 1]).squeezed().shape == [3])
        #expect(Tensor.zeros([1, 3, 1]).squeezed(axis: -1).shape == [1, 3])
    }

    @Test func wrongCallsStop() async {
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).reshaped(to: [4]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).transposed(permutation: [0, 0]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).broadcast(to: [2]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).split(sizes: [1, 2]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.concatenate([.zeros([2, 3]), .zeros([2, 2])]) }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[2] }
        await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3])[0, 0, 0] }
    }

    @Test(arguments: DType.allCases) func transposing(_ dtype: DType) {
        let y = Tensor([0, 1, 1, 0, 1, 0], dtype: .int64).reshaped(2, 3).cast(to: dtype)
        #expect(y.transposed().cast(to: .int64).scalars(as: Int.self) == [0, 0, 1, 1, 1, 0])
        #expect(y.transposed().dtype == dtype)
    }

    @Test func transposingAxes() {
        let y = x.transposed(permutation: [2, 0, 1])
        #expect(y.shape == [4, 2, 3])
        #expect(y[3, 1, 2].item() == 23 && y[1, 0, 2].item() == 9)
        #expect(x.transposed(0, -1).shape == [4, 3, 2])
        #expect(x.movingAxis(0, to: -1).shape == [3, 4, 2])
        #expect(x.movingAxis(0, to: -1)[2, 1, 1].item() == 21)
    }

    /// Pictures whose pixels keep their channels while rows or columns change places, on one thread and on several.
    @Test(arguments: [1, 2, 3, 4, 5], [DType.uint8, .float16, .float32, .float64]) func pixels(_ channels: Int, _ dtype: DType) {
        let (height, width) = (301, 203)
        func number(_ y: Int, _ x: Int, _ c: Int) -> Int { (y * 7 + x * 3 + c) % 251 }
        func picture(_ height: Int, _ width: Int, _ number: (Int, Int, Int) -> Int) -> [Int] {
            var all: [Int] = []
            all.reserveCapacity(height * width * channels)
            for y in 0..<height { for x in 0..<width { for c in 0..<channels { all.append(number(y, x, c)) } } }
            return all
        }
        let image = Tensor(picture(height, width, number)).reshaped(height, width, channels).cast(to: dtype)
        #expect(
            image.reversed(axes: [1]).scalars(as: Int.self) == picture(height, width) { number($0, width - 1 - $1, $2) })
        #expect(
            image.reversed(axes: [0]).scalars(as: Int.self) == picture(height, width) { number(height - 1 - $0, $1, $2) })
        #expect(
            image.transposed(permutation: [1, 0, 2]).scalars(as: Int.self)
                == picture(width, height) { number($1, $0, $2) })
        #expect(
            image[3..<height, 5..<8].scalars(as: Int.self) == picture(height - 3, 3) { number($0 + 3, $1 + 5, $2) })
    }

    @Test func joiningAndSplitting() {
        let a = Tensor([[1, 2], [3, 4]])
        let b = Tensor([[5.5, 6]])
        #expect(Tensor.concatenate([a, b]).scalars(as: Double.self) == [1, 2, 3, 4, 5.5, 6])
        #expect(Tensor.concatenate([a, b]).dtype == .float32)
        #expect(Tensor.concatenate([a, a], axis: -1).scalars(as: Int.self) == [1, 2, 1, 2, 3, 4, 3, 4])
        #expect(Tensor.stack([a, a], axis: -1).scalars(as: Int.self) == [1, 1, 2, 2, 3, 3, 4, 4])
        let parts = x.split(sizes: [1, 0, 2], axis: 1)
        #expect(parts.map(\.shape) == [[2, 1, 4], [2, 0, 4], [2, 2, 4]])
        #expect(parts[2].scalars(as: Int.self) == Array(4..<12) + Array(16..<24))
        #expect(x.split(count: 2, axis: -1)[1].scalars(as: Int.self) == [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23])
        #expect(x.unstacked(axis: 1)[2].scalars(as: Int.self) == [8, 9, 10, 11, 20, 21, 22, 23])
    }

    @Test func padding() {
        let row = Tensor([1, 2, 3])
        func pad(_ mode: PadMode, _ before: Int, _ after: Int) -> [Int] {
            row.padded([(before, after)], mode: mode).scalars()
        }
        #expect(pad(.constant(7), 2, 1) == [7, 7, 1, 2, 3, 7])
        #expect(pad(.reflect, 2, 4) == [3, 2, 1, 2, 3, 2, 1, 2, 3])
        #expect(pad(.symmetric, 2, 4) == [2, 1, 1, 2, 3, 3, 2, 1, 1])
        #expect(pad(.edge, 2, 1) == [1, 1, 1, 2, 3, 3])
        let square = Tensor([[1, 2], [3, 4]]).padded([(1, 0), (0, 1)], mode: .reflect)
        #expect(square.scalars(as: Int.self) == [3, 4, 3, 1, 2, 1, 3, 4, 3])
        #expect(Tensor.zeros([0]).padded([(1, 2)], mode: .constant(5)).scalars(as: Int.self) == [5, 5, 5])
    }

    static let paddingCases: [(mode: PadMode, after: Int, expected: [Double])] = [
        (.constant(3), 1, [3, 4, 5]),
        (.edge, 1, [6, 4, 11]),
        // 3 2 1 2 3 2 1 2 3: each element gets the weights 1, 2, ... of the places that show it
        (.reflect, 4, [10, 20, 15]),
        // 2 1 1 2 3 3 2 1 1
        (.symmetric, 4, [22, 12, 11]),
    ]

    @Test(arguments: paddingCases.indices) func paddingGradients(_ index: Int) throws {
        let (mode, after, expected) = Self.paddingCases[index]
        let row = Tensor([1.0, 2, 3])
        let tape = GradientTape()
        tape.watch(row)
        let weights = Tensor.range(from: 1, to: 6 + after, by: 1, dtype: .float32)
        let loss = tape.record { (row.padded([(2, after)], mode: mode) * weights).sum() }
        let gradient = try #require(tape.gradient(of: loss, withRespectTo: row))
        #expect(gradient.scalars(as: Double.self) == expected)
    }

    @Test func repeating() {
        let a = Tensor([[1, 2]])
        #expect(a.broadcast(to: [2, 2, 2]).scalars(as: Int.self) == [1, 2, 1, 2, 1, 2, 1, 2])
        #expect(a.tiled([2, 2]).scalars(as: Int.self) == [1, 2, 1, 2, 1, 2, 1, 2])
        #expect(a.tiled([2]).shape == [1, 4])
        #expect(a.tiled([2, 1, 1]).shape == [2, 1, 2])
        #expect(a.tiled([0, 1]).shape == [0, 2])
        #expect(a.repeated(2, axis: 1).scalars(as: Int.self) == [1, 1, 2, 2])
        #expect(Tensor([[1, 2], [3, 4]]).repeated([2, 1], axis: 0).scalars(as: Int.self) == [1, 2, 1, 2, 3, 4])
        #expect(Tensor([[1, 2], [3, 4]]).repeated(2).scalars(as: Int.self) == [1, 1, 2, 2, 3, 3, 4, 4])
    }

    @Test func reversingAndRolling() {
        let a = Tensor([[1, 2, 3], [4, 5, 6]])
        #expect(a.reversed().scalars(as: Int.self) == [6, 5, 4, 3, 2, 1])
        #expect(a.reversed(axes: [-1]).scalars(as: Int.self) == [3, 2, 1, 6, 5, 4])
        #expect(a.rolled(shift: 1, axis: 1).scalars(as: Int.self) == [3, 1, 2, 6, 4, 5])
        #expect(a.rolled(shift: -4, axis: 1).scalars(as: Int.self) == [2, 3, 1, 5, 6, 4])
        #expect(a.rolled(shift: 2).scalars(as: Int.self) == [5, 6, 1, 2, 3, 4])
    }

    @Test func triangles() {
        let a = Tensor.range(1..<10).reshaped(3, 3)
        #expect(a.upperTriangle().scalars(as: Int.self) == [1, 2, 3, 0, 5, 6, 0, 0, 9])
        #expect(a.lowerTriangle(k: -1).scalars(as: Int.self) == [0, 0, 0, 4, 0, 0, 7, 8, 0])
        #expect(a.diagonal().scalars(as: Int.self) == [1, 5, 9])
        #expect(a.diagonal(offset: 1).scalars(as: Int.self) == [2, 6])
        #expect(a.diagonal(offset: -2).scalars(as: Int.self) == [7])
        #expect(a.diagonal(offset: 3).shape == [0])
        #expect(x.diagonal().scalars(as: Int.self) == [0, 5, 10, 12, 17, 22])
        #expect(Tensor.diagonal(Tensor([1, 2]), offset: 1).scalars(as: Int.self) == [0, 1, 0, 0, 0, 2, 0, 0, 0])
        #expect(Tensor.eye(2, 3, k: 1).scalars(as: Int.self) == [0, 1, 0, 0, 0, 1])
        #expect(Tensor.identity(2, dtype: .int32).scalars(as: Int.self) == [1, 0, 0, 1])
    }

    @Test func sequences() {
        #expect(Tensor.range(from: 5, to: 0, by: -2).scalars(as: Int.self) == [5, 3, 1])
        #expect(Tensor.range(from: 0.0, to: 1.0, by: 0.25).scalars(as: Double.self) == [0, 0.25, 0.5, 0.75])
        #expect(Tensor.range(from: 0, to: -1, by: 1).shape == [0])
        #expect(Tensor.range(0..<3, dtype: .uint8).dtype == .uint8)
        #expect(Tensor.range(from: 0.5, to: 3.0, by: 1.0, dtype: .int32).scalars(as: Int.self) == [0, 1, 2])
        #expect(Tensor.range(from: 0.0, to: 3.0, by: 1.0, dtype: .uint8).scalars(as: Int.self) == [0, 1, 2])
        #expect(Tensor.linearSpace(from: 0, to: 1, count: 5).scalars(as: Double.self) == [0, 0.25, 0.5, 0.75, 1])
        #expect(
            Tensor.linearSpace(from: 0, to: 1, count: 4, endpoint: false).scalars(as: Double.self) == [
                0, 0.25, 0.5, 0.75,
            ])
        #expect(Tensor.linearSpace(from: 3, to: 9, count: 1).scalars(as: Double.self) == [3])
        let grid = Tensor.meshgrid([Tensor([1, 2, 3]), Tensor([4, 5])])
        #expect(
            grid[0].scalars(as: Int.self) == [1, 2, 3, 1, 2, 3] && grid[1].scalars(as: Int.self) == [4, 4, 4, 5, 5, 5])
        #expect(Tensor.meshgrid([Tensor([1, 2, 3]), Tensor([4, 5])], indexing: .ij)[0].shape == [3, 2])
    }

    @Test func oneHot() {
        let hot = Tensor.oneHot(Tensor([2, 0, 3, -1]), depth: 3)
        #expect(hot.scalars(as: Int.self) == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        let columns = Tensor.oneHot(Tensor([1, 0] as [Int32]), depth: 3, on: 5, off: -1, axis: 0, dtype: .int64)
        #expect(columns.scalars(as: Int.self) == [-1, 5, 5, -1, -1, -1])
    }

    @Test func subscripts() {
        func check(_ part: Tensor, _ shape: Shape, _ values: [Int]) {
            #expect(part.shape == shape && part.scalars(as: Int.self) == values)
        }
        check(x[1], [3, 4], Array(12..<24))
        check(x[-1, -1, -1], [], [23])
        check(x[0, 1..<3, 0], [2], [4, 8])
        check(x[.all, 2, 1...2], [2, 2], [9, 10, 21, 22])
        check(x[.ellipsis, 0], [2, 3], [0, 4, 8, 12, 16, 20])
        check(x[0, .ellipsis, .newAxis, 2...], [3, 1, 2], [2, 3, 6, 7, 10, 11])
        check(x[..<1, ...0, (-1)...], [1, 1, 1], [3])
        check(x[0, 0, .stride(from: -1, by: -2)], [2], [3, 1])
        check(x[0, 0, .stride(from: 5, to: 0, by: -1)], [3], [3, 2, 1])
        check(x[0, .stride(by: 2), 0], [2], [0, 8])
        check(x[0, 0, -3 ... -1], [3], [1, 2, 3])
        check(x[0, 0, 3..<9], [1], [3])
        check(x[0, 0, 9...], [0], [])
        check(Tensor.zeros([0], dtype: .int64)[.stride(by: -1)], [0], [])
        check(x[0, 0][Tensor([true, false, false, true])], [2], [0, 3])
        check(x[1][Tensor([2, 0])], [2, 4], Array(20..<24) + Array(12..<16))
        let row = 1
        check(x[row, row], [4], [16, 17, 18, 19])
    }

    @Test func stopGradient() {
        let a = Tensor([2.0, 3])
        let tape = GradientTape()
        tape.watch(a)
        let loss = tape.record { (a * a.stopGradient()).sum() }
        #expect(tape.gradient(of: loss, withRespectTo: a)?.scalars(as: Double.self) == [2, 3])
    }
}
