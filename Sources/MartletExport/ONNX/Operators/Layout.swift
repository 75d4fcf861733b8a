import Martlet

extension ONNXOperator {
    static func addLayout(_ table: inout [String: ONNXOperator]) {
        table["Transpose"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0)
            let rank = x.stringShape.rank
            let order = try call.ints("perm") ?? (0..<rank).reversed()
            guard order.sorted() == Array(0..<rank) else {
                throw MartletError("Expected an order of \(rank) axes as attribute \"perm\". Received: \(order).")
            }
            return try call.result(x.transposed(permutation: order + (x.dtype == .string ? [rank] : [])))
        }
        table["Concat"] = ONNXOperator(inputCounts: 1...Int.max) { call in
            let parts = Tensor.withOneWidth(try call.inputs.indices.map { try call.tensor($0) })
            let axis = call.version < 4 ? try call.int("axis", default: 1) : try call.requiredInt("axis")
            return try call.result(.concatenate(parts, axis: try call.axis(axis, rank: parts[0].stringShape.rank)))
        }
        table["Split"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0)
            let axis = try call.axis(call.int("axis", default: 0), rank: x.stringShape.rank)
            let size = x.shape[axis]
            var sizes = call.version >= 13 ? try call.optionalIntegers(1) : try call.ints("split")
            if sizes == nil {
                let count = try call.int("num_outputs", default: call.node.outputs.count)
                guard (1...1 << 20).contains(count) else { throw MartletError("Expected 1 output at least. Received: \(count).") }
                let part = (size + count - 1) / count
                sizes = (0..<count).map { max(0, min(part, size - $0 * part)) }
            }
            guard let sizes, sizes.allSatisfy({ (0...size).contains($0) }), sizes.reduce(0, +) == size else {
                throw MartletError("Expected parts of \(size) together along axis \(axis). Received: \(sizes ?? []).")
            }
            return try x.split(sizes: sizes, axis: axis).map { .tensor($0, like: try call.value(0)) }
        }
        table["Slice"] = ONNXOperator(inputCounts: 1...5, settings: [1, 2, 3, 4]) { call in
            let x = try call.tensor(0)
            let rank = x.stringShape.rank
            func list(_ name: String, _ place: Int) throws -> [Int]? {
                call.version >= 10 ? try call.optionalIntegers(place) : try call.ints(name)
            }
            guard let starts = try list("starts", 1), let ends = try list("ends", 2) else {
                throw MartletError("Expected starts and ends.")
            }
            let axes = try call.axes(list("axes", 3) ?? Array(starts.indices), rank: rank)
            let steps = try call.version >= 10 ? call.optionalIntegers(4) ?? starts.map { _ in 1 } : starts.map { _ in 1 }
            guard [ends.count, axes.count, steps.count].allSatisfy({ $0 == starts.count }), !steps.contains(0) else {
                throw MartletError(
                    "Expected as many starts, ends, axes and steps other than 0. "
                        + "Received: \(starts), \(ends), \(axes), \(steps).")
            }
            var indices = [TensorIndex](repeating: .all, count: rank)
            for (place, axis) in axes.enumerated() {
                let (size, step) = (x.shape[axis], min(max(steps[place], -1 << 40), 1 << 40))
                func bound(_ value: Int, _ range: ClosedRange<Int>) -> Int {
                    min(max(value < 0 ? value + size : value, range.lowerBound), range.upperBound)
                }
                let isForward = step > 0
                let start = bound(starts[place], isForward ? 0...size : -1...(size - 1))
                let end = bound(ends[place], isForward ? 0...size : -1...(size - 1))
                let isEmpty = isForward ? start >= end : start <= end
                indices[axis] = isEmpty ? .stride(from: 0, to: 0) : .stride(from: start, to: end < 0 ? nil : end, by: step)
            }
            return try call.result(x.indexed(by: indices))
        }
        table["Tile"] = ONNXOperator(inputCounts: 2...3, settings: [1, 2]) { call in
            let x = try call.number(0)
            var repeats = try call.integers(1)
            if call.version < 6 {
                let axis = try call.axis(call.integer(2), rank: x.rank)
                repeats = (0..<x.rank).map { $0 == axis ? repeats[0] : 1 }
            }
            guard repeats.count == x.rank, repeats.allSatisfy({ (0...1 << 40).contains($0) }) else {
                throw MartletError("Expected \(x.rank) counts of 0 or more. Received: \(repeats).")
            }
            return try call.result(x.tiled(repeats))
        }
        table["Pad"] = ONNXOperator(inputCounts: 1...4, settings: [1, 2, 3]) { call in try call.result(call.padded()) }
        table["DepthToSpace"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 4)
            let block = try call.requiredInt("blocksize")
            let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
            guard (1...1 << 15).contains(block), c % (block * block) == 0 else {
                throw MartletError("Expected channels that \(block)² divides. Received: \(x.spec).")
            }
            let rest = c / (block * block)
            let isColumnFirst = try call.string("mode", default: "DCR") == "CRD"
            let parts = isColumnFirst
                ? x.reshaped([n, rest, block, block, h, w]).transposed(permutation: [0, 1, 4, 2, 5, 3])
                : x.reshaped([n, block, block, rest, h, w]).transposed(permutation: [0, 3, 4, 1, 5, 2])
            return try call.result(parts.reshaped([n, rest, h * block, w * block]))
        }
        table["SpaceToDepth"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 4)
            let block = try call.requiredInt("blocksize")
            let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
            guard (1...1 << 15).contains(block), h % block == 0, w % block == 0 else {
                throw MartletError("Expected sizes that \(block) divides. Received: \(x.spec).")
            }
            let parts = x.reshaped([n, c, h / block, block, w / block, block]).transposed(permutation: [0, 3, 5, 1, 2, 4])
            return try call.result(parts.reshaped([n, c * block * block, h / block, w / block]))
        }
        table["Trilu"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0, rank: 2)
            let limit = max(x.shape[-1], x.shape[-2]) + 1
            let k = min(max(try call.has(1) ? call.integer(1) : 0, -limit), limit)
            let numbers = x.dtype == .bool ? x.cast(to: .uint8) : x
            return try call.result(
                call.flag("upper", default: true) ? numbers.upperTriangle(k: k) : numbers.lowerTriangle(k: k))
        }
        table["ReverseSequence"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let x = try call.tensor(0, rank: 2)
            let batch = try call.axis(call.int("batch_axis", default: 1), rank: x.rank)
            let time = try call.axis(call.int("time_axis", default: 0), rank: x.rank)
            let (lengths, size) = (try call.integers(1), x.shape[time])
            guard batch != time, lengths.count == x.shape[batch], lengths.allSatisfy({ (0...size).contains($0) }) else {
                throw MartletError("Expected \(x.shape[batch]) lengths of at most \(size). Received: \(lengths).")
            }
            let places = lengths.flatMap { length in (0..<size).map { $0 < length ? length - 1 - $0 : $0 } }
            var sizes = [Int](repeating: 1, count: x.rank)
            (sizes[batch], sizes[time]) = (lengths.count, size)
            let lines = Tensor(places, shape: [lengths.count, size])
            let indices = (batch < time ? lines : lines.transposed()).reshaped(sizes)
            return try call.result(x.takenAlong(axis: time, indices: indices.broadcast(to: x.shape)))
        }
        table["CenterCropPad"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            var x = try call.number(0)
            let sizes = try call.integers(1)
            let axes = try call.axes(call.ints("axes") ?? Array(0..<x.rank), rank: x.rank)
            guard sizes.count == axes.count, sizes.allSatisfy({ (0...1 << 40).contains($0) }) else {
                throw MartletError("Expected \(axes.count) sizes. Received: \(sizes).")
            }
            for (axis, size) in zip(axes, sizes) {
                let extra = size - x.shape[axis]
                if extra < 0 {
                    let start = -extra / 2
                    x = x.sliced(start..<start + size, axis: axis)
                } else if extra > 0 {
                    var pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
                    pads[axis] = (extra / 2, extra - extra / 2)
                    x = x.padded(pads)
                }
            }
            return try call.result(x)
        }
    }
}

extension ONNXCall {
    /// The first input with elements around it, or without its outermost ones where the amounts are negative.
    fileprivate func padded() throws -> Tensor {
        var x = try number(0)
        let amounts = version >= 11 ? try integers(1) : try ints(version >= 2 ? "pads" : "paddings") ?? []
        let axes = try axes(version >= 18 ? optionalIntegers(3) ?? Array(0..<x.rank) : Array(0..<x.rank), rank: x.rank)
        guard amounts.count == 2 * axes.count, amounts.allSatisfy({ $0.magnitude < 1 << 40 }) else {
            throw MartletError("Expected \(2 * axes.count) amounts. Received: \(amounts).")
        }
        var pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
        for (place, axis) in axes.enumerated() { pads[axis] = (amounts[place], amounts[place + axes.count]) }
        for (axis, pad) in pads.enumerated() where pad.before < 0 || pad.after < 0 {
            let (start, end) = (max(0, -pad.before), x.shape[axis] - max(0, -pad.after))
            guard start <= end else {
                throw MartletError("Expected amounts that leave something. Received: \(amounts) for \(x.spec).")
            }
            x = x.sliced(start..<end, axis: axis)
        }
        let outside = pads.map { (before: max(0, $0.before), after: max(0, $0.after)) }
        switch try string("mode", default: "constant") {
        case "constant":
            let value = version >= 11 ? try has(2) ? doubles(2).first ?? 0 : 0 : try float("value", default: 0)
            return x.padded(outside, mode: .constant(value))
        case "reflect": return x.padded(outside, mode: .reflect)
        case "edge": return x.padded(outside, mode: .edge)
        case "wrap":
            for (axis, pad) in outside.enumerated() where pad.before + pad.after > 0 {
                let size = x.shape[axis]
                guard size > 0 else { throw MartletError("Expected elements along axis \(axis). Received: \(x.spec).") }
                let places = (Tensor.range(-pad.before..<size + pad.after, dtype: .int64) % size)
                x = x.gathered(at: places, axis: axis)
            }
            return x
        case let mode: throw MartletError("Expected the mode constant, reflect, edge or wrap. Received: \"\(mode)\".")
        }
    }
}
