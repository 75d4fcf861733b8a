import Martlet

extension ONNXOperator {
    static func addPooling(_ table: inout [String: ONNXOperator]) {
        table["MaxPool"] = ONNXOperator(inputCounts: 1...1) { try $0.maxPooled() }
        table["AveragePool"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 3)
            let (windows, sizes) = (try call.pooling(x), Array(x.shape.dimensions[2...]))
            let countsPadding = try call.flag("count_include_pad")
            let around = windows.extension_(of: sizes)
            if !countsPadding, windows.dilations.allSatisfy({ $0 == 1 }), call.isCovered(windows, around) {
                let y = averagePool(
                    x.movingAxis(1, to: -1), size: windows.kernel, strides: windows.strides, padding: .explicit(around))
                return try call.result(y.movingAxis(-1, to: 1))
            }
            let parts = try call.slices(x, windows, fill: 0)
            let sum = parts.dropFirst().reduce(parts[0]) { $0 + $1 }
            // How many elements count is a product over the axes.
            var counts = Tensor.ones([Int](repeating: 1, count: x.rank).shape, dtype: x.dtype)
            for axis in sizes.indices {
                let pad = windows.pads[axis]
                let range = countsPadding ? -pad.before..<sizes[axis] + pad.after : 0..<sizes[axis]
                let line = (0..<windows.counts[axis]).map { place in
                    let start = place * windows.strides[axis] - pad.before
                    return Double((0..<windows.kernel[axis]).count { range.contains(start + $0 * windows.dilations[axis]) })
                }
                let shape = (0..<x.rank).map { $0 == axis + 2 ? line.count : 1 }
                counts = counts * Tensor(line, shape: Shape(shape)).cast(to: x.dtype)
            }
            return try call.result(sum / counts)
        }
        table["LpPool"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 3)
            let p = Double(try call.int("p", default: 2))
            let powers = x.abs().pow(p)
            let parts = try call.slices(powers, try call.pooling(x), fill: 0)
            let sum = parts.dropFirst().reduce(parts[0]) { $0 + $1 }
            return try call.result(sum.pow(1 / p))
        }
        table["GlobalMaxPool"] = global { $0.max(axes: $1, keepDims: true) }
        table["GlobalAveragePool"] = global { $0.mean(axes: $1, keepDims: true) }
        table["GlobalLpPool"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 3)
            let p = Double(try call.int("p", default: 2))
            return try call.result(x.abs().pow(p).sum(axes: Array(2..<x.rank), keepDims: true).pow(1 / p))
        }
        table["MaxUnpool"] = ONNXOperator(inputCounts: 2...3, settings: [1, 2]) { call in
            let (x, places) = (try call.tensor(0, rank: 3), try call.integral(1))
            let rank = x.rank - 2
            let kernel = try call.numbers("kernel_shape", count: rank, default: 1, in: 1...1 << 24)
            let strides = try call.numbers("strides", count: rank, default: 1, in: 1...1 << 24)
            let pads = try call.numbers("pads", count: 2 * rank, default: 0, in: 0...1 << 24)
            let own = Array(x.shape.dimensions[..<2]) + (0..<rank).map {
                (x.shape[$0 + 2] - 1) * strides[$0] + kernel[$0] - pads[$0] - pads[$0 + rank]
            }
            let shape = try call.shape(call.optionalIntegers(2) ?? own)
            guard places.shape == x.shape, shape.rank == x.rank else {
                throw MartletError("Expected a place for each element of \(x.spec).")
            }
            // Places count in an output without the given shape; they move with its lines.
            var tuples = places.flattened()
            if shape.dimensions != own {
                let (old, new) = (try call.shape(own).strides, shape.strides)
                var (rest, moved) = (tuples, tuples * 0)
                for axis in 0..<x.rank {
                    moved = moved + floorDivide(rest, old[axis]) * new[axis]
                    rest = rest % old[axis]
                }
                tuples = moved
            }
            let flat = Tensor.scatterAdd(shape: [shape.elementCount], indices: tuples.reshaped([-1, 1]), updates: x.flattened())
            return try call.result(flat.reshaped(to: shape))
        }
    }

    private static func global(_ function: @escaping @Sendable (Tensor, [Int]) -> Tensor) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 3)
            return try call.result(function(x, Array(2..<x.rank)))
        }
    }
}

extension [Int] {
    var shape: Shape { Shape(self) }
}

extension ONNXCall {
    fileprivate func pooling(_ x: Tensor) throws -> ONNXWindows {
        guard let kernel = try ints("kernel_shape") else { throw MartletError("Expected sizes as attribute \"kernel_shape\".") }
        return try windows(kernel: kernel, over: Array(x.shape.dimensions[2...]))
    }

    /// Whether no window lies in the padding alone.
    fileprivate func isCovered(_ windows: ONNXWindows, _ around: [(before: Int, after: Int)]) -> Bool {
        zip(around, windows.kernel).allSatisfy { max($0.before, $0.after) < $1 }
    }

    /// For each position in the window, the element of every window.
    fileprivate func slices(_ x: Tensor, _ windows: ONNXWindows, fill: Double) throws -> [Tensor] {
        guard windows.kernel.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) <= 1 << 14,
            windows.kernel.allSatisfy({ $0 <= 1 << 14 })
        else {
            throw MartletError("Expected a window of at most 16384 positions. Received: \(windows.kernel).")
        }
        let sizes = Array(x.shape.dimensions[2...])
        let around = windows.extension_(of: sizes)
        let padded = around.allSatisfy { $0 == (0, 0) } ? x : x.padded([(0, 0), (0, 0)] + around, mode: .constant(fill))
        let positions = windows.kernel.reduce([[]]) { found, size in found.flatMap { head in (0..<size).map { head + [$0] } } }
        return positions.map { position in
            var indices: [TensorIndex] = [.all, .all]
            for axis in sizes.indices {
                let start = position[axis] * windows.dilations[axis]
                let (count, stride) = (windows.counts[axis], windows.strides[axis])
                indices.append(.stride(from: start, to: start + (count - 1) * stride + 1, by: stride))
            }
            return padded.indexed(by: indices)
        }
    }

    fileprivate func maxPooled() throws -> [ONNX.Value] {
        let x = try tensor(0, rank: 3)
        let (windows, sizes) = (try pooling(x), Array(x.shape.dimensions[2...]))
        let around = windows.extension_(of: sizes)
        let numbers = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
        if !wants(1), windows.dilations.allSatisfy({ $0 == 1 }), isCovered(windows, around) {
            let y = maxPool(
                numbers.movingAxis(1, to: -1), size: windows.kernel, strides: windows.strides, padding: .explicit(around))
            return try result(y.movingAxis(-1, to: 1))
        }
        let parts = try Tensor.stack(slices(numbers, windows, fill: -.infinity))
        let best = parts.argmax(axis: 0).cast(to: .int64)
        let y = parts.takenAlong(axis: 0, indices: best.expandingDims(at: 0)).squeezed(axis: 0)
        // The place in the whole input, its axes in the order that is asked for.
        let isColumnMajor = try int("storage_order", default: 0) == 1
        var place = Tensor.range(0..<x.shape[0] * x.shape[1], dtype: .int64) * sizes.reduce(1, *)
        place = place.reshaped([x.shape[0], x.shape[1]] + sizes.map { _ in 1 })
        for axis in sizes.indices {
            let inner = windows.kernel[(axis + 1)...].reduce(1, *)
            let inside = floorDivide(best, inner) % windows.kernel[axis] * windows.dilations[axis]
            let line = Tensor.range(0..<windows.counts[axis], dtype: .int64) * windows.strides[axis] - windows.pads[axis].before
            let coordinate = inside + line.reshaped((0..<x.rank).map { $0 == axis + 2 ? -1 : 1 })
            let stride = isColumnMajor ? sizes[..<axis].reduce(1, *) : sizes[(axis + 1)...].reduce(1, *)
            place = place + coordinate * stride
        }
        return try result(y) + [ONNX.Value(place)]
    }
}
