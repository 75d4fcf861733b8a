import Martlet

extension ONNXOperator {
    /// A reduction over axes, which are an attribute before `inputSince`, and an input since.
    private static func reduction(
        inputSince: Int = 18, _ function: @escaping @Sendable (Tensor, [Int]?, Bool) -> Tensor
    ) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.number(0)
            let given = call.version >= inputSince ? try call.optionalIntegers(1) : try call.ints("axes")
            var axes = try given.map { try call.axes($0, rank: x.rank) }
            if axes?.isEmpty ?? true { axes = try call.flag("noop_with_empty_axes") ? [] : nil }
            return try call.result(function(x, axes, try call.flag("keepdims", default: true)))
        }
    }

    static func addReductions(_ table: inout [String: ONNXOperator]) {
        table["ReduceSum"] = reduction(inputSince: 13) { $0.sum(axes: $1, keepDims: $2) }
        table["ReduceMean"] = reduction { $0.mean(axes: $1, keepDims: $2) }
        table["ReduceProd"] = reduction { $0.product(axes: $1, keepDims: $2) }
        table["ReduceL1"] = reduction { $0.abs().sum(axes: $1, keepDims: $2) }
        table["ReduceL2"] = reduction { $0.floating.square().sum(axes: $1, keepDims: $2).squareRoot() }
        table["ReduceLogSum"] = reduction { $0.sum(axes: $1, keepDims: $2).log() }
        table["ReduceSumSquare"] = reduction { $0.square().sum(axes: $1, keepDims: $2) }
        table["ReduceLogSumExp"] = reduction { x, axes, keeps in
            if let axes, axes.isEmpty { return x }
            return isEmpty(x, axes)
                ? x.floating.exp().sum(axes: axes, keepDims: keeps).log() : x.logSumExp(axes: axes, keepDims: keeps)
        }
        table["ReduceMax"] = reduction { extreme($0, $1, $2, isMaximum: true) }
        table["ReduceMin"] = reduction { extreme($0, $1, $2, isMaximum: false) }
        table["ArgMax"] = place { $0.argmax(axis: $1) }
        table["ArgMin"] = place { $0.argmin(axis: $1) }
        table["CumSum"] = accumulation { $0.cumulativeSum(axis: $1, exclusive: $2, reverse: $3) }
        table["CumProd"] = accumulation { $0.cumulativeProduct(axis: $1, exclusive: $2, reverse: $3) }
        table["TopK"] = ONNXOperator(inputCounts: 1...2, settings: [1], needsElements: false) { call in
            let x = try call.tensor(0, rank: 1)
            let axis = try call.axis(call.int("axis", default: -1), rank: x.rank)
            let count = call.version >= 10 ? try call.integer(1) : try call.requiredInt("k")
            guard (0...x.shape[axis]).contains(count) else {
                throw MartletError("Expected at most \(x.shape[axis]) elements, the size of axis \(axis). Received: \(count).")
            }
            let (values, places): (Tensor, Tensor)
            if try call.flag("largest", default: true) {
                (values, places) = x.topK(count, axis: axis)
            } else {
                places = x.argsorted(axis: axis).sliced(0..<count, axis: axis)
                values = x.takenAlong(axis: axis, indices: places)
            }
            return try call.result(values) + [ONNX.Value(places.cast(to: .int64))]
        }
    }

    private static func isEmpty(_ x: Tensor, _ axes: [Int]?) -> Bool {
        (axes ?? Array(0..<x.rank)).contains { x.shape[$0] == 0 }
    }

    private static func extreme(_ x: Tensor, _ axes: [Int]?, _ keeps: Bool, isMaximum: Bool) -> Tensor {
        if let axes, axes.isEmpty { return x }
        guard isEmpty(x, axes) else {
            if x.dtype == .bool { return isMaximum ? x.any(axes: axes, keepDims: keeps) : x.all(axes: axes, keepDims: keeps) }
            return isMaximum ? x.max(axes: axes, keepDims: keeps) : x.min(axes: axes, keepDims: keeps)
        }
        // Of nothing: what every element exceeds.
        let shape = x.cast(to: .float32).sum(axes: axes, keepDims: keeps).shape
        switch x.dtype {
        case .bool: return .full(shape, isMaximum ? 0 : 1, dtype: .bool)
        case .uint8: return .full(shape, isMaximum ? 0 : 255, dtype: .uint8)
        case .int32: return .full(shape, isMaximum ? Int(Int32.min) : Int(Int32.max), dtype: .int32)
        case .int64: return .full(shape, isMaximum ? Int.min : Int.max, dtype: .int64)
        default: return .full(shape, isMaximum ? -Double.infinity : .infinity, dtype: x.dtype)
        }
    }

    /// The place of an extreme element along an axis: the first, or with `select_last_index` the last of several.
    private static func place(_ function: @escaping @Sendable (Tensor, Int) -> Tensor) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 1)
            let axis = try call.axis(call.int("axis", default: 0), rank: x.rank)
            guard x.shape[axis] > 0 else { throw MartletError("Expected elements along axis \(axis). Received: \(x.spec).") }
            var places = function(x, axis)
            if try call.flag("select_last_index") { places = x.shape[axis] - 1 - function(x.reversed(axes: [axis]), axis) }
            if try call.flag("keepdims", default: true) { places = places.expandingDims(at: axis) }
            return [ONNX.Value(places.cast(to: .int64))]
        }
    }

    private static func accumulation(
        _ function: @escaping @Sendable (Tensor, Int, Bool, Bool) -> Tensor
    ) -> ONNXOperator {
        ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let x = try call.tensor(0, rank: 1)
            let axis = try call.axis(call.integer(1), rank: x.rank)
            return try call.result(function(x, axis, call.flag("exclusive"), call.flag("reverse")))
        }
    }
}
