import Martlet
import MartletCore

extension TensorFlowOperator {
    private static func unary(_ function: @escaping @Sendable (Tensor) -> Tensor) -> TensorFlowOperator {
        TensorFlowOperator { [function(try $0.tensor(0))] }
    }

    private static func binary(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> TensorFlowOperator {
        TensorFlowOperator { [function(try $0.tensor(0), try $0.tensor(1))] }
    }

    static func addElementwise(_ table: inout [String: TensorFlowOperator]) {
        for operation in Operation.Unary.allCases {
            if let name = operation.names.tensorFlow { table[name] = unary { operation.apply($0) } }
        }
        for operation in Operation.Binary.allCases {
            if let name = operation.names.tensorFlow { table[name] = binary { operation.apply($0, $1) } }
        }
        for name in ["Identity", "StopGradient", "PreventGradient", "CheckNumerics", "EnsureShape", "Snapshot"] {
            table[name] = unary { $0 }
        }
        table["Add"] = table["AddV2"]
        table["Elu"] = unary { x in `where`(x .> 0, x, minimum(x, 0).expm1()) }
        table["Selu"] = unary { x in `where`(x .> 0, x, minimum(x, 0).expm1() * 1.6732632423543772) * 1.0507009873554805 }
        table["Softsign"] = unary { $0 / ($0.abs() + 1) }
        table["LeakyRelu"] = TensorFlowOperator { call in
            let x = try call.tensor(0)
            return [`where`(x .> 0, x, x * call.number("alpha", default: 0.2))]
        }
        table["SquaredDifference"] = binary { ($0 - $1).square() }
        table["DivNoNan"] = binary { x, y in `where`(y .== 0, Tensor.zeros(like: x / y), x / `where`(y .== 0, 1, y)) }
        table["Xdivy"] = binary { x, y in `where`(x .== 0, Tensor.zeros(like: x / y), x / y) }
        table["TruncateDiv"] = binary { x, y in x.dtype.isInteger ? (x.cast(to: .float64) / y).trunc().cast(to: x.dtype) : x / y }
        table["Cast"] = TensorFlowOperator { call in
            let (x, type) = (try call.tensor(0), try call.type("DstT"))
            // A check of gradients computes everything in one dtype.
            let isWide = !Context.current.castsInputs && x.dtype == .float64 && type.isFloatingPoint
            return [isWide ? x : x.cast(to: type)]
        }
        let select = TensorFlowOperator { call in
            let parts = try call.tensors(3)
            return [`where`(parts[0].cast(to: .bool), parts[1], parts[2])]
        }
        table["SelectV2"] = select
        table["Select"] = select
        table["ClipByValue"] = TensorFlowOperator { call in
            [minimum(maximum(try call.tensor(0), try call.tensor(1)), try call.tensor(2))]
        }
        table["AddN"] = TensorFlowOperator { call in
            [try call.tensors(call.inputs.count).dropFirst().reduce(try call.tensor(0)) { $0 + $1 }]
        }
    }

    static func addLayout(_ table: inout [String: TensorFlowOperator]) {
        table["Reshape"] = TensorFlowOperator { call in [try call.tensor(0).reshaped(call.integers(1))] }
        table["Transpose"] = TensorFlowOperator { call in
            let x = try call.tensor(0)
            let order = try call.axes(1, rank: x.rank)
            guard order.count == x.rank else { throw MartletError("Expected an order of \(x.rank) axes. Received: \(order).") }
            return [x.transposed(permutation: order)]
        }
        table["ReverseV2"] = TensorFlowOperator { call in
            let x = try call.tensor(0)
            return [x.reversed(axes: try call.axes(1, rank: x.rank))]
        }
        table["ExpandDims"] = TensorFlowOperator(value: { call in
            if let blocks = try call.blocks(0)?.widened(at: call.integer(1)) { return .blocks(blocks) }
            let x = try call.tensor(0)
            return .tensor(x.expandingDims(at: try call.axis(1, rank: x.rank + 1)))
        })
        table["Squeeze"] = TensorFlowOperator(value: { call in
            if let blocks = try call.blocks(0)?.narrowed(axes: call.integers("squeeze_dims") ?? []) { return .blocks(blocks) }
            let x = try call.tensor(0)
            let axes = try call.integers("squeeze_dims").map { try $0.map { try call.axis($0, in: x.rank) } } ?? []
            return .tensor(x.squeezed(axes: axes.isEmpty ? nil : axes))
        })
        table["ConcatV2"] = TensorFlowOperator { call in
            let parts = try call.tensors(call.inputs.count - 1)
            guard let first = parts.first else { throw MartletError("Expected something to join.") }
            return [Tensor.concatenate(parts, axis: try call.axis(parts.count, rank: first.rank))]
        }
        table["Pack"] = TensorFlowOperator { call in
            let parts = try call.tensors(call.inputs.count)
            guard let first = parts.first else { throw MartletError("Expected something to stack.") }
            return [Tensor.stack(parts, axis: try call.axis(call.integer("axis", default: 0), in: first.rank + 1))]
        }
        table["Unpack"] = TensorFlowOperator { call in
            let x = try call.tensor(0)
            return x.unstacked(axis: try call.axis(call.integer("axis", default: 0), in: x.rank))
        }
        table["Split"] = TensorFlowOperator { call in
            let x = try call.tensor(1)
            return x.split(count: try call.integer("num_split", default: 1), axis: try call.axis(0, rank: x.rank))
        }
        table["SplitV"] = TensorFlowOperator { call in
            let x = try call.tensor(0)
            let axis = try call.axis(2, rank: x.rank)
            var sizes = try call.integers(1)
            if let open = sizes.firstIndex(of: -1) { sizes[open] = x.shape[axis] - sizes.reduce(1, +) }
            return x.split(sizes: sizes, axis: axis)
        }
        table["Shape"] = TensorFlowOperator { call in
            let type = if case .type(let type)? = call.node.attribute("out_type") { type } else { DType.int32 }
            return [Tensor(try call.tensor(0).shape.dimensions).cast(to: type)]
        }
        table["Size"] = TensorFlowOperator { [Tensor(try $0.tensor(0).elementCount).cast(to: .int32)] }
        table["Rank"] = TensorFlowOperator { [Tensor(try $0.tensor(0).rank).cast(to: .int32)] }
        table["Fill"] = TensorFlowOperator { call in [try call.tensor(1).broadcast(to: Shape(validating: call.integers(0)))] }
        table["BroadcastTo"] = TensorFlowOperator { call in
            [try call.tensor(0).broadcast(to: Shape(validating: call.integers(1)))]
        }
        table["ZerosLike"] = unary { .zeros(like: $0) }
        table["OnesLike"] = unary { .ones(like: $0) }
        table["Tile"] = TensorFlowOperator { call in [try call.tensor(0).tiled(call.integers(1))] }
        table["Range"] = TensorFlowOperator { call in
            let (start, end, step) = (try call.integer(0), try call.integer(1), try call.integer(2))
            guard step != 0, (end - start) / step < 1 << 28 else { throw MartletError("Expected a shorter range.") }
            return [Tensor(Array(stride(from: start, to: end, by: step))).cast(to: try call.tensor(0).dtype)]
        }
        let pad = TensorFlowOperator { call in
            let (x, flat) = (try call.tensor(0), try call.integers(1))
            guard flat.count == 2 * x.rank, flat.allSatisfy({ (0...1 << 31).contains($0) }) else {
                throw MartletError("Expected two numbers of 0 or more for each of \(x.rank) axes. Received: \(flat).")
            }
            let pads = (0..<x.rank).map { (before: flat[2 * $0], after: flat[2 * $0 + 1]) }
            if call.node.operation == "MirrorPad" {
                return [x.padded(pads, mode: call.text("mode") == "SYMMETRIC" ? .symmetric : .reflect)]
            }
            guard call.inputs.count > 2 else { return [x.padded(pads)] }
            let value = try call.tensor(2)
            guard value.symbol == nil, value.elementCount == 1 else { throw MartletError("Expected a number to pad with.") }
            return [x.padded(pads, mode: .constant(value.item()))]
        }
        for name in ["Pad", "PadV2", "MirrorPad"] { table[name] = pad }
        table["Slice"] = TensorFlowOperator { call in
            let (x, begin, sizes) = (try call.tensor(0), try call.integers(1), try call.integers(2))
            guard begin.count == x.rank, sizes.count == x.rank, begin.allSatisfy({ $0 >= 0 }) else {
                throw MartletError("Expected a place and a size for each of \(x.rank) axes. Received: \(begin), \(sizes).")
            }
            return [x.indexed(by: zip(begin, sizes).map { .stride(from: $0, to: $1 < 0 ? nil : $0 &+ $1) })]
        }
        table["StridedSlice"] = TensorFlowOperator { try $0.stridedSlice() }
        table["GatherV2"] = TensorFlowOperator(weights: [0]) { call in
            let x = try call.tensor(0)
            guard try call.integer("batch_dims", default: 0) == 0 else {
                throw MartletError("Expected a gather without batch axes.")
            }
            let axis = call.inputs.count > 2 ? try call.axis(2, rank: x.rank) : 0
            return [x.gathered(at: try call.tensor(1).cast(to: .int64), axis: axis)]
        }
        table["ResourceGather"] = TensorFlowOperator { [try $0.tensor(0).gathered(at: try $0.tensor(1).cast(to: .int64))] }
        table["GatherNd"] = TensorFlowOperator { [try $0.tensor(0).gatheredND(at: try $0.tensor(1).cast(to: .int64))] }
        table["TensorScatterUpdate"] = TensorFlowOperator(value: { call in
            let (x, known) = try call.rows(0)
            let (places, rows) = (try call.tensor(1), try call.tensor(2))
            guard places.rank == 2, places.shape[1] == 1, x.rank > 0,
                rows.shape.dimensions == [places.shape[0]] + x.shape.dimensions.dropFirst()
            else { throw MartletError("Martlet reads updates of whole elements of the first axis. Received: \(places.spec).") }
            guard places.symbol != nil else {
                var changed = known
                for (row, place) in places.cast(to: .int64).scalars(as: Int.self).enumerated() {
                    guard changed.indices.contains(place) else {
                        throw MartletError("Expected places below \(changed.count). Received: \(place).")
                    }
                    changed[place] = rows[row]
                }
                return .rows(x, changed)
            }
            var shape = [Int](repeating: 1, count: x.rank)
            shape[0] = x.shape[0]
            let numbers = Tensor.range(0..<x.shape[0]).reshaped(to: Shape(shape))
            // Step after step: of two updates of one element, the later one holds.
            return .tensor(
                (0..<places.shape[0]).reduce(x.replacing(known)) { y, row in
                    `where`(numbers .== places[row, 0].cast(to: .int64), rows[row].expandingDims(at: 0), y)
                })
        })
        table["OneHot"] = TensorFlowOperator { call in
            let (on, off) = (try call.tensor(2), try call.tensor(3))
            guard try call.integer("axis", default: -1) == -1 else { throw MartletError("Expected a new last axis.") }
            let marks = Tensor.oneHot(
                try call.tensor(0).cast(to: .int64), depth: try call.integer(1), on: 1.0, off: 0.0, dtype: .bool)
            return [`where`(marks, on, off)]
        }
    }

    static func addReductions(_ table: inout [String: TensorFlowOperator]) {
        for operation in Operation.Reduction.allCases {
            table[operation.names.tensorFlow!] = TensorFlowOperator { call in
                let x = try call.tensor(0)
                return [operation.apply(x, try call.axes(1, rank: x.rank), call.flag("keep_dims"))]
            }
        }
        for (name, isMax) in [("ArgMax", true), ("ArgMin", false)] {
            table[name] = TensorFlowOperator { call in
                let x = try call.tensor(0)
                let axis = try call.axis(1, rank: x.rank)
                let type = if case .type(let type)? = call.node.attribute("output_type") { type } else { DType.int64 }
                return [(isMax ? x.argmax(axis: axis) : x.argmin(axis: axis)).cast(to: type)]
            }
        }
        for (name, isSum) in [("Cumsum", true), ("Cumprod", false)] {
            table[name] = TensorFlowOperator { call in
                let x = try call.tensor(0)
                let (axis, exclusive, reverse) = (try call.axis(1, rank: x.rank), call.flag("exclusive"), call.flag("reverse"))
                return [
                    isSum
                        ? x.cumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse)
                        : x.cumulativeProduct(axis: axis, exclusive: exclusive, reverse: reverse)
                ]
            }
        }
        table["Softmax"] = unary { $0.softmax(axis: -1) }
        table["LogSoftmax"] = unary { $0.logSoftmax(axis: -1) }
        table["L2Loss"] = unary { $0.square().sum() / 2 }
        table["TopKV2"] = TensorFlowOperator { call in
            let found = try call.tensor(0).topK(call.integer(1))
            return [found.values, found.indices.cast(to: .int32)]
        }
    }
}

extension TensorFlowCall {
    /// The indices of NumPy's `x[a:b:c]`, each bit of a mask for one of them.
    fileprivate func stridedSlice() throws -> [Tensor] {
        let (x, begin, end, steps) = (try tensor(0), try integers(1), try integers(2), try integers(3))
        guard begin.count == end.count, begin.count == steps.count, begin.count < 32, steps.allSatisfy({ $0 != 0 }) else {
            throw MartletError("Expected a begin, an end and a step for each axis. Received: \(begin), \(end), \(steps).")
        }
        func has(_ mask: String, _ place: Int) throws -> Bool { try integer(mask, default: 0) >> place & 1 == 1 }
        let indices = try begin.indices.map { place -> TensorIndex in
            if try has("ellipsis_mask", place) { return .ellipsis }
            if try has("new_axis_mask", place) { return .newAxis }
            if try has("shrink_axis_mask", place) { return TensorIndex(integerLiteral: begin[place]) }
            return .stride(
                from: try has("begin_mask", place) ? nil : begin[place], to: try has("end_mask", place) ? nil : end[place],
                by: steps[place])
        }
        return [x.indexed(by: indices)]
    }
}
