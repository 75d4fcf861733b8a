import Martlet

extension ONNXOperator {
    static func addScattering(_ table: inout [String: ONNXOperator]) {
        let elements = ONNXOperator(inputCounts: 3...3, settings: [1]) { call in
            let (x, indices) = (try call.tensor(0, rank: 1), try call.integral(1))
            let axis = try call.axis(call.int("axis", default: 0), rank: x.rank)
            guard indices.rank == x.rank else {
                throw MartletError("Expected indices of \(x.rank) axes. Received: \(indices.spec).")
            }
            let strides = x.shape.strides
            let size = x.shape[axis]
            var places = `where`(indices .< 0, indices + size, indices) * strides[axis]
            for other in 0..<x.rank where other != axis {
                let line = Tensor.range(0..<indices.shape[other], dtype: .int64) * strides[other]
                places = places + line.reshaped((0..<x.rank).map { $0 == other ? -1 : 1 })
            }
            return try call.result(call.scattered(x, at: places.flattened(), try call.number(2).flattened()))
        }
        table["Scatter"] = elements
        table["ScatterElements"] = elements
        table["ScatterND"] = ONNXOperator(inputCounts: 3...3, settings: [1]) { call in
            let (x, indices) = (try call.tensor(0, rank: 1), try call.integral(1))
            guard indices.rank > 0, (1...x.rank).contains(indices.shape[-1]) else {
                throw MartletError("Expected tuples of at most \(x.rank) indices. Received: \(indices.spec).")
            }
            let depth = indices.shape[-1]
            let sizes = Tensor(Array(x.shape.dimensions[..<depth]))
            let wrapped = `where`(indices .< 0, indices + sizes, indices)
            // Slices are as many elements, one after another.
            let width = x.shape.dimensions[depth...].reduce(1, *)
            let starts = (wrapped * Tensor(Array(x.shape.strides[..<depth]))).sum(axis: -1).flattened()
            let places = starts.reshaped([-1, 1]) + Tensor.range(0..<width, dtype: .int64).reshaped([1, -1])
            let updates = try call.number(2)
            guard updates.elementCount == places.elementCount else {
                throw MartletError("Expected updates of \(places.elementCount) elements. Received: \(updates.spec).")
            }
            return try call.result(call.scattered(x, at: places.flattened(), updates.flattened()))
        }
        table["TensorScatter"] = ONNXOperator(inputCounts: 2...3, settings: [2]) { call in
            let (x, update) = (try call.tensor(0, rank: 2), try call.number(1))
            let axis = try call.axis(call.int("axis", default: -2), rank: x.rank)
            let (size, count) = (x.shape[axis], update.shape[axis])
            guard axis > 0, update.rank == x.rank, count <= size, update.elementCount > 0 else {
                throw MartletError("Expected updates that fit into \(x.spec). Received: \(update.spec).")
            }
            let starts = try call.optionalIntegers(2) ?? [Int](repeating: 0, count: x.shape[0])
            let isCircular = try call.string("mode", default: "linear") == "circular"
            guard starts.count == x.shape[0], starts.allSatisfy({ $0 >= 0 && (isCircular || $0 <= size - count) }) else {
                throw MartletError("Expected \(x.shape[0]) starts in 0...\(size - count). Received: \(starts).")
            }
            let lines = starts.flatMap { start in (0..<count).map { (start % size + $0) % size } }
            var sizes = [Int](repeating: 1, count: x.rank)
            (sizes[0], sizes[axis]) = (starts.count, count)
            let strides = x.shape.strides
            var places = Tensor(lines, shape: Shape(sizes)) * strides[axis]
            for other in 0..<x.rank where other != axis {
                let line = Tensor.range(0..<update.shape[other], dtype: .int64) * strides[other]
                places = places + line.reshaped((0..<x.rank).map { $0 == other ? -1 : 1 })
            }
            return try call.result(call.scattered(x, at: places.flattened(), update.flattened()))
        }
    }
}

extension ONNXCall {
    /// A tensor with others in places of its elements, or joined with them as `reduction` says.
    fileprivate func scattered(_ x: Tensor, at places: Tensor, _ updates: Tensor) throws -> Tensor {
        guard updates.elementCount == places.elementCount else {
            throw MartletError("Expected \(places.elementCount) updates. Received: \(updates.elementCount).")
        }
        let isBool = x.dtype == .bool
        let numbers = (isBool ? x.cast(to: .int32) : x).flattened()
        let values = updates.cast(to: numbers.dtype)
        let tuples = places.reshaped([-1, 1])
        let shape: Shape = [x.elementCount]
        switch try string("reduction", default: "none") {
        case "none":
            let sum = Tensor.scatterAdd(shape: shape, indices: tuples, updates: values)
            let counts = Tensor.scatterAdd(shape: shape, indices: tuples, updates: .ones(places.shape, dtype: .int32))
            return `where`(counts .> 0, sum, numbers).reshaped(to: x.shape)
        case "add":
            return (numbers + Tensor.scatterAdd(shape: shape, indices: tuples, updates: values)).reshaped(to: x.shape)
        case "mul": return try joined(numbers, places, values, x.shape) { $0 * $1 }
        case "max": return try joined(numbers, places, values, x.shape) { maximum($0, $1) }
        case "min": return try joined(numbers, places, values, x.shape) { minimum($0, $1) }
        case let other: throw MartletError("Expected the reduction none, add, mul, max or min. Received: \"\(other)\".")
        }
    }

    /// Joins updates with elements in rounds: in each no place occurs twice.
    private func joined(
        _ numbers: Tensor, _ places: Tensor, _ values: Tensor, _ shape: Shape, _ function: (Tensor, Tensor) -> Tensor
    ) throws -> Tensor {
        guard places.symbol == nil else { throw MartletError("Expected indices that are known. Compile with runEagerly: true.") }
        var (rest, result) = (Array(places.scalars(as: Int.self).enumerated()), numbers)
        var rounds = 0
        while !rest.isEmpty {
            rounds += 1
            guard rounds <= 4096 else { throw MartletError("Expected at most 4096 updates of one element.") }
            var seen: Set<Int> = []
            var later: [(offset: Int, element: Int)] = []
            var round: [(offset: Int, element: Int)] = []
            for item in rest { if seen.insert(item.element).inserted { round.append(item) } else { later.append(item) } }
            let (targets, sources) = (Tensor(round.map(\.element)), Tensor(round.map(\.offset)))
            guard round.allSatisfy({ (0..<numbers.elementCount).contains($0.element) }) else {
                throw MartletError("Expected indices within the tensor.")
            }
            let joined = function(result.gathered(at: targets), values.gathered(at: sources))
            let tuples = targets.reshaped([-1, 1])
            let count = numbers.elementCount
            let hit = Tensor.scatterAdd(shape: [count], indices: tuples, updates: .ones(targets.shape, dtype: .int32))
            result = `where`(hit .> 0, Tensor.scatterAdd(shape: [count], indices: tuples, updates: joined), result)
            rest = later
        }
        return result.reshaped(to: shape)
    }
}
