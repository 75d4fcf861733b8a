import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// Parts of tensors by places, and rows of tables.
    static func indexing(_ table: inout [String: Maker]) {
        table["__operators__.getitem"] = { call in
            let key = try call.operand("slice_spec")
            var items = [key]
            switch key {
            case .list(let list): items = list
            case .constant(.array(let values)): items = values.map { .constant($0) }
            default: break
            }
            return [try call.indexed(call.first, items)]
        }
        table["slice"] = { call in
            let begins = try call.sizes(call.operand("begin"), "begin")
            let sizes = try call.sizes(call.operand("size"), "size")
            guard begins.count == sizes.count else { throw MartletError("Expected as many sizes as places.") }
            let items = try zip(begins, sizes).enumerated().map { axis, part -> GraphValue in
                let (begin, size) = part
                if size.known == -1 { return .slice(.sizes([begin], isList: false), .null, .null) }
                guard let start = begin.known, let end = try size.plus(start) else {
                    throw MartletError("Expected a place that is known. Received: one that follows from the data.")
                }
                return .slice(.int(start), .sizes([end], isList: false), .null)
            }
            return [try call.indexed(call.first, items)]
        }
        table["strided_slice"] = { call in
            let begins: [Int] = try call.required("begin")
            let ends: [Int] = try call.required("end")
            let steps = try call.numbers("strides") ?? [Int](repeating: 1, count: begins.count)
            try call.expect(["var": .null])
            func bits(_ name: String) throws -> Int { try call.constant(name, 0) }
            let (noBegin, noEnd, dots) = (try bits("begin_mask"), try bits("end_mask"), try bits("ellipsis_mask"))
            let (new, one) = (try bits("new_axis_mask"), try bits("shrink_axis_mask"))
            guard begins.count == ends.count, begins.count == steps.count, begins.count < 32 else {
                throw MartletError("Expected as many ends and steps as places.")
            }
            let items = begins.indices.map { place -> GraphValue in
                let bit = 1 << place
                if dots & bit != 0 { return .constant(ellipsis) }
                if new & bit != 0 { return .null }
                if one & bit != 0 { return .int(begins[place]) }
                return .slice(
                    noBegin & bit != 0 ? .null : .int(begins[place]), noEnd & bit != 0 ? .null : .int(ends[place]),
                    .int(steps[place]))
            }
            return [try call.indexed(call.first, items)]
        }
        table["gather"] = { call in
            _ = call["validate_indices"]
            let (x, indices) = (call.first, try call.operand("indices"))
            let batchDims: Int = try call.constant("batch_dims", 0)
            let axis = try call.axis(batchDims, of: x)
            if case .sizes(let sizes, isList: true) = x, let places = indices.graphSizes {
                let chosen = places.sizes.compactMap { place in
                    place.known.flatMap { sizes.indices.contains($0) ? sizes[$0] : nil }
                }
                guard chosen.count == places.sizes.count else {
                    throw MartletError("Expected places among \(sizes.count) sizes.")
                }
                return [.sizes(chosen, isList: places.isList)]
            }
            guard batchDims != 0 else { return [try call.take(x, indices, axis)] }
            return [
                try call.gathered(x, indices, batchDims: batchDims < 0 ? batchDims + call.rank(indices) : batchDims, axis: axis)
            ]
        }
        table["gather_nd"] = { call in
            let (x, indices) = (call.first, try call.operand("indices"))
            return [try call.gatheredPoints(x, indices, batchDims: call.constant("batch_dims", 0))]
        }
        table["one_hot"] = { call in [try call.oneHot()] }
        table["nn.embedding_lookup"] = { call in
            // Of one table, each way to divide it among several is the same.
            _ = (call["partition_strategy"], call["validate_indices"])
            let rows = try call.take(call.first, call.operand("ids"), 0)
            guard let limit = call["max_norm"] else { return [rows] }
            let own = try call.rank(call.operand("ids"))
            return [try call.clipped(rows, norm: limit, Array(own..<(try call.rank(rows))))]
        }
    }

    static let ellipsis: JSONValue = ["class_name": "__ellipsis__", "config": [:]]

    /// `x[items]`. Keras 3 reads no ellipsis in all kinds of files, so that axes stand in its place.
    private func indexed(_ x: GraphValue, _ items: [GraphValue]) throws -> GraphValue {
        func isEllipsis(_ item: GraphValue) -> Bool {
            if case .constant(let json) = item { json["class_name"] == "__ellipsis__" } else { false }
        }
        let rank = try rank(x)
        let own = items.filter { !$0.isNull && !isEllipsis($0) }.count
        guard own <= rank else { throw MartletError("Expected at most \(rank) indices. Received: \(own).") }
        if case .sizes(let sizes, isList: true) = x { return try part(of: sizes, items) }
        var x = x
        var key: [JSONValue] = []
        var (axis, result) = (0, 0)
        var ranges: [(axis: Int, end: GraphSize)] = []
        for item in items {
            if isEllipsis(item) {
                key += [JSONValue](repeating: GraphBuilder.all, count: rank - own)
                (axis, result) = (axis + rank - own, result + rank - own)
                continue
            }
            switch item {
            case .constant(.null):
                key.append(.null)
                result += 1
            case .slice(let from, let to, let by):
                let step = try number(by, "step") ?? .null
                var parts: [JSONValue] = []
                for end in [from, to] {
                    guard let (sizes, _) = end.graphSizes, let size = sizes.first, size.known == nil else {
                        parts.append(try number(end, "slice") ?? .null)
                        continue
                    }
                    // The end of the axis itself, or so far before it.
                    if case .axis(_, axis, times: 1, let plus) = size, try self.size(of: x, axis: axis).known == nil, plus <= 0
                    {
                        parts.append(plus == 0 && parts.count == 1 ? .null : .int(plus))
                    } else if parts.count == 1, parts[0] == .null || parts[0] == 0, step == .null || step == 1 {
                        parts = [.null, .null]
                        ranges.append((result, size))
                    } else {
                        throw MartletError("Expected a slice whose ends are known, or end with its axis.")
                    }
                }
                key.append(GraphBuilder.slice(parts[0], parts[1], step))
                (axis, result) = (axis + 1, result + 1)
            default:
                if let tensor = item.tensor {
                    guard !tensor.dtype.isFloatingPoint, tensor.shape.rank == 0, items.count == axis + 1,
                        key.allSatisfy({ $0 == GraphBuilder.all })
                    else {
                        throw MartletError("Expected numbers and slices between brackets. Received: \(item.summary).")
                    }
                    return try take(x, item, axis)
                }
                guard let place = try number(item, "index") else {
                    throw MartletError("Expected a number. Received: \(item.summary).")
                }
                key.append(place)
                axis += 1
            }
        }
        x = try graph.item(x, key)
        for range in ranges { x = try take(x, graph.range(range.end), range.axis) }
        return x
    }

    /// A number of a slice.
    private func number(_ value: GraphValue, _ name: String) throws -> JSONValue? {
        if value.isNull { return nil }
        guard let (sizes, _) = value.graphSizes, let known = sizes.first?.known else {
            throw MartletError("Expected a known number as \(name). Received: \(value.summary).")
        }
        return .int(known)
    }

    /// A part of a list of sizes.
    private func part(of sizes: [GraphSize], _ items: [GraphValue]) throws -> GraphValue {
        let items = items.filter { if case .constant(.object) = $0 { false } else { true } }
        guard items.count <= 1 else {
            return try graph.item(.tensor(graph.tensor(.sizes(sizes, isList: true))), items.map { try keyItem($0) })
        }
        switch items.first {
        case nil: return .sizes(sizes, isList: true)
        case .slice(let from, let to, let by)?:
            func known(_ value: GraphValue) throws -> Int? { try number(value, "slice")?.value(at: []) }
            let step = try known(by) ?? 1
            guard step != 0 else { throw MartletError("Expected a step other than 0.") }
            let (first, last) = (try known(from), try known(to))
            let count = sizes.count
            func place(_ value: Int?, _ fallback: Int) -> Int {
                guard let value else { return fallback }
                return step > 0
                    ? min(max(value < 0 ? value + count : value, 0), count)
                    : min(max(value < 0 ? value + count : value, -1), count - 1)
            }
            let (start, end) = (place(first, step > 0 ? 0 : count - 1), place(last, step > 0 ? count : -1))
            return .sizes(stride(from: start, to: end, by: step).map { sizes[$0] }, isList: true)
        case let item?:
            guard case .int(let place)? = try number(item, "index"), (-sizes.count..<sizes.count).contains(place) else {
                throw MartletError("Expected a place among \(sizes.count) sizes. Received: \(item.summary).")
            }
            return .sizes([sizes[place < 0 ? place + sizes.count : place]], isList: false)
        }
    }

    private func keyItem(_ item: GraphValue) throws -> JSONValue {
        if case .slice(let from, let to, let by) = item {
            return GraphBuilder.slice(
                try number(from, "slice") ?? .null, try number(to, "slice") ?? .null, try number(by, "slice") ?? .null)
        }
        return try number(item, "index") ?? .null
    }

    /// Elements along an axis that each batch names for itself.
    private func gathered(_ x: GraphValue, _ indices: GraphValue, batchDims: Int, axis: Int) throws -> GraphValue {
        let x = GraphValue.tensor(try graph.tensor(x))
        let indices = GraphValue.tensor(try graph.tensor(indices, .int32))
        let (rank, inner) = (try rank(x), try rank(indices) - batchDims)
        guard batchDims >= 1, batchDims < rank, axis >= batchDims, inner >= 0 else {
            throw MartletError("Expected batch_dims below \(rank), and no axis before. Received: \(batchDims), axis \(axis).")
        }
        if inner == 0 {
            let row = try taken(x, expand(indices, batchDims), batchDims: batchDims, axis: axis)
            return try op("Squeeze", row, with: ["axis": .int(axis)])
        }
        if inner == 1 { return try taken(x, indices, batchDims: batchDims, axis: axis) }
        let own = try (0..<batchDims + inner).map { try size(of: indices, axis: $0) }
        let places = own.dropFirst(batchDims)
        let count = places.contains { $0.known == nil } ? -1 : places.compactMap(\.known).reduce(1, *)
        let list = try reshaped(indices, Array(own.prefix(batchDims)) + [.known(count)])
        let rows = try taken(x, list, batchDims: batchDims, axis: axis)
        var sizes = try (0..<rank).map { try size(of: rows, axis: $0) }
        sizes.replaceSubrange(axis...axis, with: own.dropFirst(batchDims))
        return try reshaped(rows, sizes)
    }

    /// Parts that vectors of places name.
    private func gatheredPoints(_ x: GraphValue, _ indices: GraphValue, batchDims: Int) throws -> GraphValue {
        let x = GraphValue.tensor(try graph.tensor(x))
        let indices = GraphValue.tensor(try graph.tensor(indices, .int32))
        let (rank, last) = (try rank(x), try self.rank(indices) - 1)
        let count = try size(indices, last)
        guard batchDims >= 0, count >= 1, batchDims + count <= rank, last >= batchDims else {
            throw MartletError("Expected vectors of 1 to \(rank - batchDims) places. Received: \(count).")
        }
        var (flat, places) = (x, indices)
        if count == 1 {
            places = try op("Squeeze", indices, with: ["axis": .int(last)])
        } else {
            // The places within one axis made of theirs.
            let sizes = try (batchDims + 1..<batchDims + count).map { try size(x, $0) }
            let strides = (0..<count).map { sizes.dropFirst($0).reduce(1, *) }
            places = try reduce("Sum", mul(indices, .ints(strides)), [last])
            var target = try (0..<rank).map { try size(of: x, axis: $0) }
            let joined = target[batchDims].known.map { $0 * strides[0] } ?? -1
            target.replaceSubrange(batchDims..<batchDims + count, with: [.known(joined)])
            flat = try reshaped(x, target)
        }
        if batchDims == 0 { return try take(flat, places, 0) }
        return try gathered(flat, places, batchDims: batchDims, axis: batchDims)
    }

    private func oneHot() throws -> GraphValue {
        let (on, off) = (try json("on_value"), try json("off_value"))
        let given = try dtype()
        let isFraction = [on, off].contains { if case .double? = $0 { true } else { false } }
        let isTruth = [on, off].contains { if case .bool? = $0 { true } else { false } }
        let type = given ?? (isTruth ? .bool : on == nil && off == nil || isFraction ? .float32 : .int32)
        let axis: Int = try constant("axis", -1)
        let depth = try scalar(operand("depth"), "depth")
        let x = GraphValue.tensor(try graph.tensor(first, .int32))
        var hot: GraphValue
        if let count = depth.known {
            let plain: DType = type == .bool ? .int32 : type
            hot = try op("OneHot", x, with: ["num_classes": .int(count), "axis": .int(axis), "dtype": .string(plain.name)])
        } else {
            guard axis == -1 else { throw MartletError("Expected axis: -1 beside a depth that follows from the data.") }
            hot = try op(
                "Cast", op("Equal", expand(x, -1), cast(graph.range(depth), self.type(x))),
                with: ["dtype": .string(type == .bool ? "int32" : type.name)])
        }
        if type == .bool {
            hot = try op("Cast", hot, with: ["dtype": "bool"])
            return on == false ? try op("LogicalNot", hot) : hot
        }
        let high: JSONValue = on ?? (type.isFloatingPoint ? 1.0 : 1)
        let low: JSONValue = off ?? (type.isFloatingPoint ? 0.0 : 0)
        guard Double(json: high) != 1 || Double(json: low) != 0 else { return hot }
        return try cast(select(op("Greater", hot, 0), .constant(high), .constant(low)), type)
    }
}
