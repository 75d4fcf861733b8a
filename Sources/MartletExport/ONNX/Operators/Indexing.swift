import Martlet

extension ONNXOperator {
    static func addIndexing(_ table: inout [String: ONNXOperator]) {
        table["Gather"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let (x, indices) = (try call.tensor(0), try call.integral(1))
            let axis = try call.axis(call.int("axis", default: 0), rank: x.stringShape.rank)
            return try call.result(x.gathered(at: indices, axis: axis))
        }
        table["GatherElements"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            var x = try call.tensor(0, rank: 1)
            let indices = try call.integral(1)
            let axis = try call.axis(call.int("axis", default: 0), rank: x.rank)
            guard indices.rank == x.rank else {
                throw MartletError("Expected indices of \(x.rank) axes. Received: \(indices.spec).")
            }
            for other in 0..<x.rank where other != axis && indices.shape[other] < x.shape[other] {
                x = x.sliced(0..<indices.shape[other], axis: other)
            }
            return try call.result(x.takenAlong(axis: axis, indices: indices))
        }
        table["GatherND"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let (x, indices) = (try call.tensor(0), try call.integral(1))
            let count = try call.int("batch_dims", default: 0)
            guard count >= 0, count < min(x.rank, indices.rank), indices.shape[-1] + count <= x.rank else {
                throw MartletError("Expected tuples of indices into \(x.spec). Received: \(indices.spec), batch_dims \(count).")
            }
            return try call.result(x.gatheredND(at: call.withBatchIndices(indices, count)))
        }
        table["NonZero"] = ONNXOperator(inputCounts: 1...1, needsElements: true) { call in
            let x = try call.elements(0)
            // A scalar counts as a vector.
            let line = x.rank == 0 ? x.reshaped([1]) : x
            return [ONNX.Value(line.nonZeroIndices().transposed())]
        }
        table["Compress"] = ONNXOperator(inputCounts: 2...2, settings: [1], needsElements: true) { call in
            var x = try call.number(0)
            let axis = try call.int("axis").map { try call.axis($0, rank: x.rank) }
            if axis == nil { x = x.flattened() }
            let flags = try call.elements(1).scalars(as: Bool.self)
            let places = flags.indices.filter { flags[$0] }
            guard (places.last ?? 0) < max(x.shape[axis ?? 0], 1) else {
                throw MartletError("Expected at most \(x.shape[axis ?? 0]) flags.")
            }
            return try call.result(x.gathered(at: Tensor(places), axis: axis ?? 0))
        }
        table["OneHot"] = ONNXOperator(inputCounts: 3...3, settings: [1, 2]) { call in
            let indices = try call.number(0).cast(to: .int64)
            guard let depth = try call.doubles(1).first.flatMap({ Int(exactly: $0) }), depth > 0, depth < 1 << 40 else {
                throw MartletError("Expected a depth from 1 to 2^40.")
            }
            let values = try call.number(2)
            guard values.elementCount == 2 else { throw MartletError("Expected two values. Received: \(values.spec).") }
            let axis = try call.axis(call.int("axis", default: -1), rank: indices.rank + 1)
            let wrapped = `where`((indices .< 0).logicalAnd(indices .>= -depth), indices + depth, indices)
            let hot = Tensor.oneHot(wrapped, depth: depth, axis: axis, dtype: .float32).cast(to: .bool)
            let (off, on) = (values.flattened()[0], values.flattened()[1])
            return [.tensor(`where`(hot, on, off), like: try call.value(2))]
        }
        table["Unique"] = ONNXOperator(inputCounts: 1...1, needsElements: true) { call in try call.unique() }
    }
}

extension ONNXCall {
    /// An input of integers.
    func integral(_ place: Int) throws -> Tensor {
        let tensor = try number(place)
        guard tensor.dtype.isInteger else { throw MartletError("Expected integers as input \(place). Received: \(tensor.spec).") }
        return tensor.cast(to: .int64)
    }

    /// Tuples of indices with the indices of the first axes, which run together, before them.
    func withBatchIndices(_ indices: Tensor, _ count: Int) -> Tensor {
        let sizes = Array(indices.shape.dimensions.dropLast()) + [1]
        let before = (0..<count).map { axis in
            let shape = sizes.indices.map { $0 == axis ? sizes[axis] : 1 }
            return Tensor.range(0..<sizes[axis], dtype: .int64).reshaped(shape).broadcast(to: Shape(sizes))
        }
        return before.isEmpty ? indices : .concatenate(before + [indices], axis: -1)
    }

    /// The different slices, or elements, in order or as they come, and where they are.
    fileprivate func unique() throws -> [ONNX.Value] {
        let x = try elements(0)
        let axis = try int("axis").map { try self.axis($0, rank: x.rank) }
        let rows = axis.map { axis in
            let first = x.movingAxis(axis, to: 0)
            return first.reshaped([first.shape[0], first.elementCount / max(first.shape[0], 1)])
        } ?? x.reshaped([x.elementCount, 1])
        let (count, width) = (rows.shape[0], rows.shape[1])
        let isFloat = x.dtype.isFloatingPoint
        let (numbers, integers) = (isFloat ? rows.scalars(as: Double.self) : [], isFloat ? [] : rows.scalars(as: Int.self))
        func compare(_ a: Int, _ b: Int) -> Int {
            for place in 0..<width {
                let (i, j) = (a * width + place, b * width + place)
                if isFloat ? numbers[i] < numbers[j] : integers[i] < integers[j] { return -1 }
                if isFloat ? numbers[j] < numbers[i] : integers[j] < integers[i] { return 1 }
            }
            return 0
        }
        // Equal rows stand together, the first one first.
        let order = (0..<count).sorted { a, b in
            let sign = compare(a, b)
            return sign == 0 ? a < b : sign < 0
        }
        var groups: [[Int]] = []
        for row in order {
            let isNew = groups.last.map { compare($0[0], row) != 0 } ?? true
            if isNew { groups.append([row]) } else { groups[groups.count - 1].append(row) }
        }
        if try !flag("sorted", default: true) { groups.sort { $0[0] < $1[0] } }
        var inverse = [Int](repeating: 0, count: count)
        for (place, group) in groups.enumerated() { for row in group { inverse[row] = place } }
        let first = Tensor(groups.map { $0[0] })
        let values = axis.map { x.gathered(at: first, axis: $0) } ?? x.flattened().gathered(at: first)
        return try result(values) + [first, Tensor(inverse), Tensor(groups.map(\.count))].map { ONNX.Value($0) }
    }
}
