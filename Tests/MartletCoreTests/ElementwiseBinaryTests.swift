import Foundation
import MartletCore
import TestSupport
import Testing

/// Functions of two tensors and more: broadcasting, promotion, integers, choices.
@Suite(.ownSession) struct ElementwiseBinaryTests {
    let a = Tensor([1, -2, 3.5, 0], dtype: .float64)
    let b = Tensor([2, 4, -0.5, 8], dtype: .float64)

    @Test func arithmetic() {
        #expect((a + b).scalars() == [3.0, 2, 3, 8])
        #expect((a - b).scalars() == [-1.0, -6, 4, -8])
        #expect((a * b).scalars() == [2.0, -8, -1.75, 0])
        #expect((a / b).scalars() == [0.5, -0.5, -7, 0])
        #expect((a % b).scalars() == [1.0, 2, 0, 0])
        #expect(floorDivide(a, b).scalars() == [0.0, -1, -7, 0])
        #expect(maximum(a, b).scalars() == [2.0, 4, 3.5, 8] && minimum(a, b).scalars() == [1.0, -2, -0.5, 0])
        // A negative base to a fractional power.
        #expect(`where`(b.pow(a).isNaN(), -1, b.pow(a)).scalars() == [2.0, 0.0625, -1, 1])
        #expect(a.pow(2).scalars() == [1.0, 4, 12.25, 0] && a.pow(3).scalars() == [1.0, -8, 42.875, 0])
        #expect(pow(2, b).scalars() == [4.0, 16, 0.5.squareRoot(), 256])
        #expect(hypot(Tensor([3.0, 1e200], dtype: .float64), 4).scalars() == [5.0, 1e200])
        let (y, x) = (Tensor([1, 0, -1], dtype: .float64), Tensor([0, -1, 0], dtype: .float64))
        #expect(atan2(y, x).scalars() == [Double.pi / 2, .pi, -.pi / 2])
        var c = a
        c += b
        c *= 2
        c -= 1
        c /= 5
        #expect(c.scalars() == [1.0, 0.6, 1, 3])
    }

    @Test func numbersBesideTensors() {
        #expect((2 - a).scalars() == [1.0, 4, -1.5, 2] && (a - 2).scalars() == [-1.0, -4, 1.5, -2])
        #expect((1 / b).scalars() == [0.5, 0.25, -2, 0.125])
        #expect(maximum(a, 1).scalars() == [1.0, 1, 3.5, 1] && minimum(0.5, a).scalars() == [0.5, -2, 0.5, 0])
        #expect((a .> 0).scalars() == [true, false, true, false] && (0 .> a).scalars() == [false, true, false, false])
        #expect((Tensor([1, 2]) * 2).dtype == .int64 && (Tensor([1, 2]) * 2.0).dtype == .float32)
        #expect((Tensor([1, 2], dtype: .float16) + 0.5).dtype == .float16)
        #expect((Tensor([true, false]) + 1).scalars() == [2, 1])
    }

    @Test func promotion() {
        let pairs: [(DType, DType, DType)] = [
            (.float32, .float64, .float64), (.int32, .int64, .int64), (.uint8, .int32, .int32),
            (.int64, .float16, .float16), (.float16, .bfloat16, .float32), (.bool, .float32, .float32),
            (.float16, .float32, .float32),
        ]
        for (left, right, result) in pairs {
            #expect((Tensor.ones([2], dtype: left) + Tensor.ones([2], dtype: right)).dtype == result)
            #expect((Tensor.ones([2], dtype: right) * Tensor.ones([2], dtype: left)).dtype == result)
        }
        #expect((Tensor([1, 2]) / Tensor([2, 4])).dtype == .float32)
        #expect((Tensor([1, 2]) / Tensor([2, 4])).scalars() == [Float(0.5), 0.5])
    }

    /// Every combination of an axis, an axis of size 1 and no axis, against indices.
    @Test func broadcasting() {
        let shapes: [(Shape, Shape)] = [
            ([2, 3], [2, 3]), ([2, 3], [3]), ([2, 3], [1]), ([2, 3], []), ([], []), ([3, 1], [1, 4]),
            ([2, 1, 2], [3, 1]),
            ([1, 1, 1], [2]), ([4, 1, 3, 1, 2], [2, 1, 5, 1]), ([0, 3], [3]), ([0], [1]), ([1, 0], [3, 1]),
            ([1], [0, 1]),
            ([7, 129], [7, 1]), ([129, 7], [7]), ([2, 1, 3, 1, 2, 1, 3], [1, 2, 1, 2, 1, 2, 1]),
        ]
        for (left, right) in shapes {
            let (x, y) = (SampleInput.uniform(left, seed: 1), SampleInput.uniform(right, seed: 2))
            let shape = Shape.broadcast(left, right)!
            let (xs, ys): ([Double], [Double]) = (x.scalars(), y.scalars())
            func offset(_ index: Int, in part: Shape) -> Int {
                var (rest, offset, stride) = (index, 0, 1)
                for axis in (0..<shape.rank).reversed() {
                    let place = rest % shape.dimensions[axis]
                    rest /= shape.dimensions[axis]
                    let own = axis - shape.rank + part.rank
                    guard own >= 0 else { continue }
                    offset += part.dimensions[own] == 1 ? 0 : place * stride
                    stride *= part.dimensions[own]
                }
                return offset
            }
            let expected = (0..<shape.elementCount).map { xs[offset($0, in: left)] - ys[offset($0, in: right)] }
            let difference = x - y
            #expect(difference.shape == shape && difference.scalars() == expected, "\(left) \(right)")
            let chosen = `where`(x .> y, x, y)
            #expect(chosen.scalars() == maximum(x, y).scalars(as: Double.self) && chosen.shape == shape)
        }
    }

    @Test(arguments: [DType.int32, .int64]) func integers(_ type: DType) {
        let x = Tensor([7, -7, 7, -7, 5]).cast(to: type)
        let y = Tensor([2, 2, -2, -2, 0]).cast(to: type)
        #expect(floorDivide(x, y).scalars(as: Int.self) == [3, -4, -4, 3, 0])
        #expect((x % y).scalars(as: Int.self) == [1, 1, -1, -1, 0])
        #expect(x.pow(y).scalars(as: Int.self) == [49, 49, 0, 0, 1] && x.pow(3).dtype == type)
        let lowest = Tensor.full([1], type == .int32 ? Int(Int32.min) : .min, dtype: type)
        #expect((lowest - 1).scalars(as: Int.self)[0] > 0)
        #expect(floorDivide(lowest, -1).scalars(as: Int.self) == lowest.scalars(as: Int.self))
        #expect((lowest % -1).scalars(as: Int.self) == [0])
    }

    @Test func comparisonsAndLogic() {
        let x = Tensor([1, 2, 3, .nan], shape: [4])
        let y = Tensor([2, 2, 2, .nan], shape: [4])
        #expect((x .== y).scalars() == [false, true, false, false])
        #expect((x .!= y).scalars() == [true, false, true, true])
        #expect((x .< y).scalars() == [true, false, false, false])
        #expect((x .<= y).scalars() == [true, true, false, false])
        #expect((x .> y).scalars() == [false, false, true, false])
        #expect((x .>= y).scalars() == [false, true, true, false])
        let (p, q) = (Tensor([true, true, false, false]), Tensor([true, false, true, false]))
        #expect(p.logicalAnd(q).scalars() == [true, false, false, false])
        #expect(p.logicalOr(q).scalars() == [true, true, true, false])
        #expect(p.logicalXor(q).scalars() == [false, true, true, false])
        #expect((p .== q).scalars() == [true, false, false, true])
        #expect(Tensor([0, 2]).logicalOr(Tensor([0.0, 0])).scalars() == [false, true])
        // Whole 64-bit numbers, not their nearest doubles.
        #expect((Tensor([Int.max]) .== Tensor([Int.max - 1])).scalars() == [false])
    }

    @Test func maximumHandsNaNOn() {
        let x = Tensor([.nan, 1], shape: [2])
        #expect(maximum(x, 0).isNaN().scalars() == [true, false] && minimum(0, x).isNaN().scalars() == [true, false])
    }

    @Test func choices() {
        let condition = Tensor([true, false])
        #expect(`where`(condition, 1, 2).scalars() == [1, 2] && `where`(condition, 1, 2).dtype == .int64)
        #expect(`where`(condition, 1.5, 2).dtype == .float32)
        #expect(`where`(Tensor([0, 3]), Tensor([1.0, 2]), 7).scalars() == [Float(7), 2])
        #expect(`where`(condition, Tensor([1, 2]), Tensor([0.5, 0.5])).scalars() == [Float(1), 0.5])
        let half = Tensor([1, 2], dtype: .bfloat16)
        #expect(`where`(condition, half, 0).dtype == .bfloat16)
    }

    @Test func clipping() {
        let x = Tensor([-3, -1, 0.5, 2, .nan, .infinity], shape: [6])
        let clipped: [Double] = x.clipped(to: -1.0...1).scalars()
        #expect(clipped[0..<4] == [-1, -1, 0.5, 1] && clipped[4].isNaN && clipped[5] == 1)
        #expect(x.clipped(min: 0.0).scalars(as: Double.self)[0] == 0)
        #expect(x.clipped(max: 0.0).scalars(as: Double.self)[3] == 0)
        #expect(Tensor([1, 5, 9]).clipped(to: 2...6).scalars() == [2, 5, 6])
        #expect(a.clipped(min: Tensor([0.0, 0, 0, 0], dtype: .float64), max: Tensor(1.0)).scalars() == [1.0, 0, 1, 0])
    }

    @Test func closeness() {
        let x = Tensor([1, 100, .infinity, .nan, 0], shape: [5])
        let y = Tensor([1.00001, 100.1, .infinity, .nan, 1e-9], shape: [5])
        #expect(x.isClose(to: y).scalars() == [true, false, true, false, true])
        #expect(x.isClose(to: y, equalNaN: true).scalars() == [true, false, true, true, true])
        #expect(!x.isClose(to: -x).scalars(as: Bool.self)[2])
        #expect(Tensor([1.0, 2]).allClose(to: Tensor([1.0, 2.00001])) && !Tensor([1.0]).allClose(to: Tensor([1.1])))
        #expect(Tensor([Double]()).allClose(to: Tensor([Double]())))
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() {
        let x = SampleInput.uniform([700, 1, 301]).cast(to: .float32)
        let y = SampleInput.uniform([2, 301], in: 0.5...3, seed: 4).cast(to: .float32)
        let threads = Settings.threadCount
        defer { Settings.threadCount = threads }
        let results = [1, 2].map { count -> [[UInt32]] in
            Settings.threadCount = count
            return [x + y, y.pow(x), atan2(x, y), `where`(x .> 0, y, x)].map {
                $0.scalars(as: Float.self).map(\.bitPattern)
            }
        }
        #expect(results[0] == results[1])
    }

    @Test func shapeRules() {
        let float = TensorSpec([2, 3], .float32)
        #expect(throws: OpFailure.self) { try outputs("add", [float, TensorSpec([2], .float32)]) }
        #expect(throws: OpFailure.self) { try outputs("add", [float, TensorSpec([2, 3], .float64)]) }
        #expect(throws: OpFailure.self) { try outputs("add", [TensorSpec([2], .bool), TensorSpec([2], .bool)]) }
        #expect(throws: OpFailure.self) { try outputs("exp", [TensorSpec([2], .int32)]) }
        #expect(throws: OpFailure.self) { try outputs("where", [float, float, float]) }
        #expect(throws: OpFailure.self) { try outputs("logicalAnd", [float, float]) }
    }

    private func outputs(_ name: String, _ specs: [TensorSpec]) throws -> [TensorSpec] {
        let type = OpRegistry.all.first { $0.name == name }!
        return try type.samples[0].op.outputs(for: specs)
    }
}
