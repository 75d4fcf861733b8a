import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// Functions that move elements.
    static func layout(_ table: inout [String: Maker]) {
        table["reshape"] = { call in
            let sizes = try call.sizes(call.operand("shape"), "shape")
            if call.first.tensor == nil, call.first.graphSizes != nil, sizes.count == 1 { return [call.first] }
            return [try call.reshaped(call.first, sizes)]
        }
        table["expand_dims"] = { call in
            let axis: Int = try call.json("axis")?.value(at: []) ?? call.constant("dim", 0)
            if case .sizes(let sizes, isList: false) = call.first { return [.sizes(sizes, isList: true)] }
            return [try call.expand(call.first, axis)]
        }
        table["squeeze"] = { call in
            let axes = try call.axes(of: call.first) ?? call.axes("squeeze_dims", of: call.first)
            if case .sizes(let sizes, isList: true) = call.first, sizes.count == 1 { return [.sizes(sizes, isList: false)] }
            return [try call.op("Squeeze", call.first, with: ["axis": axes == [] ? .null : TensorFlowCall.json(axes)])]
        }
        table["transpose"] = { call in
            _ = call["conjugate"]
            let order = try call.axes("perm", of: call.first) ?? (0..<call.rank(call.first)).reversed()
            return [try call.op("Transpose", call.first, with: ["axes": .array(order.map { .int($0) })])]
        }
        for name in ["linalg.matrix_transpose", "linalg.transpose"] {
            table[name] = { call in
                try call.expect(["conjugate": false])
                return [try call.op("Swapaxes", call.first, with: ["axis1": -2, "axis2": -1])]
            }
        }
        table["tile"] = { call in [try call.tiled(call.first, call.sizes(call.operand("multiples"), "multiples"))] }
        table["broadcast_to"] = { call in [try call.broadcast(call.first, to: call.sizes(call.operand("shape"), "shape"))] }
        table["repeat"] = { call in
            var x = call.first
            let axis = try call.axes(of: x)?.first
            if axis == nil, try call.rank(x) != 1 { x = try call.op("Reshape", x, with: ["newshape": [-1]]) }
            guard let counts = try call.numbers("repeats"), counts.allSatisfy({ (0..<1 << 31).contains($0) }),
                counts.reduce(0, +) < (counts.count == 1 ? 1 << 31 : 1 << 20)
            else {
                throw MartletError("Expected numbers of repeats from 0.")
            }
            if counts.count == 1 {
                return [try call.op("Repeat", x, with: ["repeats": .int(counts[0]), "axis": .int(axis ?? 0)])]
            }
            let places = counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
            return [try call.take(x, .ints(places), axis ?? 0)]
        }
        table["roll"] = { call in
            guard let shifts = try call.numbers("shift"), let axes = try call.axes(of: call.first), shifts.count == axes.count
            else {
                throw MartletError("Expected a shift for each axis.")
            }
            return [
                try zip(shifts, axes).reduce(call.first) { x, move in
                    try call.op("Roll", x, with: ["shift": .int(move.0), "axis": .int(move.1)])
                }
            ]
        }
        table["reverse"] = { call in
            let axes = try call.axes(of: call.first) ?? []
            if case .sizes(let sizes, isList: true) = call.first { return [.sizes(sizes.reversed(), isList: true)] }
            return [try axes.reduce(call.first) { try call.op("Flip", $0, with: ["axis": .int($1)]) }]
        }
        table["reverse_v2"] = table["reverse"]
        table["reverse_sequence"] = { call in
            let (x, lengths) = (call.first, try call.operand("seq_lengths"))
            let (axis, batch) = (try call.axis(0, of: x, named: "seq_axis"), try call.axis(0, of: x, named: "batch_axis"))
            guard batch == 0, axis == 1 else {
                throw MartletError("Expected seq_axis: 1, batch_axis: 0. Received: \(axis), \(batch).")
            }
            let places = GraphValue.ints(Array(0..<(try call.size(x, 1))))
            let length = try call.cast(
                call.expand(lengths.tensor == nil ? .tensor(call.graph.tensor(lengths, .int32)) : lengths, -1), .int32)
            let back = try call.sub(call.sub(length, 1), places)
            let order = try call.select(call.op("Less", places, length), back, call.add(call.mul(back, 0), places))
            return [try call.taken(x, order, batchDims: 1, axis: 1)]
        }
        table["pad"] = { call in
            let widths: [[Int]] = try call.required("paddings")
            let mode: String = try call.constant("mode", "CONSTANT").lowercased()
            let value = try call.json("constant_values") ?? 0
            guard mode == "constant" else {
                let pairs = JSONValue.array(widths.map { .array($0.map { .int($0) }) })
                return [try call.op("Pad", call.first, with: ["pad_width": pairs, "mode": .string(mode)])]
            }
            return [try call.pad(call.first, widths, value: value)]
        }
        table["concat"] = { call in
            if let sizes = try call.joinedSizes() { return [sizes] }
            guard case .list(let values) = call.first else { throw MartletError("Expected a list of tensors.") }
            let axis: Int = try call.json("axis")?.value(at: []) ?? call.constant("concat_dim", 0)
            return [try call.op("Concatenate", .list(values.map(call.constantAsTensor)), with: ["axis": .int(axis)])]
        }
        table["stack"] = { call in
            let axis: Int = try call.constant("axis", 0)
            guard case .list(let values) = call.first else { return [call.first] }
            let isSize = values.allSatisfy { value in
                guard value.tensor == nil, let (_, isList) = value.graphSizes else { return false }
                return !isList
            }
            if isSize { return [.sizes(try values.flatMap { try call.sizes($0, "values") }, isList: true)] }
            return [try call.op("Stack", .list(values.map(call.constantAsTensor)), with: ["axis": .int(axis)])]
        }
        table["unstack"] = { call in
            let axis: Int = try call.constant("axis", 0)
            if case .sizes(let sizes, isList: true) = call.first { return sizes.map { .sizes([$0], isList: false) } }
            let num = try call.json("num") ?? .null
            return try call.graph.node("Unstack", [call.first], ["num": num, "axis": .int(axis)]).outputs.map { .tensor($0) }
        }
        table["split"] = { call in
            let axis = try call.axis(0, of: call.first)
            _ = call["num"]
            guard case .array? = try call.json("num_or_size_splits") else {
                let count: Int = try call.required("num_or_size_splits")
                return try call.graph.node("Split", [call.first], ["indices_or_sections": .int(count), "axis": .int(axis)])
                    .outputs.map { .tensor($0) }
            }
            var sizes: [Int] = try call.required("num_or_size_splits")
            if let open = sizes.firstIndex(of: -1) {
                sizes[open] = try call.size(call.first, axis) - sizes.reduce(1, +)
            }
            guard sizes.allSatisfy({ (0..<1 << 31).contains($0) }) else {
                throw MartletError("Expected the sizes of all parts but one. Received: \(sizes).")
            }
            let ends = sizes.dropLast().reduce(into: [Int]()) { $0.append(($0.last ?? 0) + $1) }
            guard !ends.isEmpty else { return [.tensor(try call.graph.tensor(call.first))] }
            return try call.graph.node(
                "Split", [call.first], ["indices_or_sections": .array(ends.map { .int($0) }), "axis": .int(axis)]
            ).outputs.map { .tensor($0) }
        }
    }

    private func constantAsTensor(_ value: GraphValue) throws -> GraphValue {
        if case .sizes = value { return .tensor(try graph.tensor(value)) }
        return value
    }

    /// Sizes one after the other, nil unless all are.
    private func joinedSizes() throws -> GraphValue? {
        guard case .list(let values) = first, values.contains(where: { $0.tensor == nil && $0.graphSizes != nil }),
            values.allSatisfy({ $0.tensor == nil && $0.graphSizes?.isList == true })
        else { return nil }
        _ = (self["axis"], self["concat_dim"])
        return .sizes(values.flatMap { $0.graphSizes?.sizes ?? [] }, isList: true)
    }

    /// Elements of an axis.
    func take(_ x: GraphValue, _ indices: GraphValue, _ axis: Int) throws -> GraphValue {
        guard indices.tensor == nil else { return try op("Take", x, indices, with: ["axis": .int(axis)]) }
        var values = indices
        if case .constant(let json) = indices, case .int = json { values = .constant(json) }
        return try graph.op(
            "Take", x.tensor == nil ? .tensor(graph.tensor(x)) : x, values, with: ["axis": .int(axis)], type: .int32)
    }

    // MARK: - New shapes

    /// `x` with other sizes. Keras 3's operation computes one size, its layer one beside the batch's.
    func reshaped(_ x: GraphValue, _ sizes: [GraphSize]) throws -> GraphValue {
        func numbers(_ sizes: some Sequence<GraphSize>) -> [JSONValue] { sizes.map { .int($0.known ?? -1) } }
        let open = sizes.filter { ($0.known ?? -1) == -1 }.count
        if open <= 1 { return try op("Reshape", x, with: ["newshape": .array(numbers(sizes))]) }
        let tensor = try graph.tensor(x)
        let rest = sizes.dropFirst()
        if open == 2, sizes[0].isAxis(0), tensor.shape.rank > 0, tensor.shape[0] == nil {
            return .tensor(try graph.layer("Reshape", ["target_shape": .array(numbers(rest))], tensor).output(0))
        }
        // Sizes that stay need not be computed.
        var result = sizes
        for (axis, size) in sizes.enumerated() where axis < tensor.shape.rank && size.isAxis(axis) {
            guard let known = tensor.shape[axis] else { continue }
            result[axis] = .known(known)
        }
        if result.filter({ ($0.known ?? -1) == -1 }).count < open { return try reshaped(x, result) }
        if sizes.count == tensor.shape.rank,
            sizes.indices.allSatisfy({ sizes[$0].isAxis($0) || sizes[$0].known == tensor.shape[$0] })
        {
            return x
        }
        throw MartletError(
            "Expected a new shape of which at most one size beside the batch's follows from the data, which is what Keras 3's "
                + "operations compute. Received: a tensor of shape \(tensor.shape) for "
                + "\(PartialShape(sizes.map { $0.known == -1 ? nil : $0.known })).")
    }

    /// `x` as often as it is said along each axis.
    private func tiled(_ x: GraphValue, _ counts: [GraphSize]) throws -> GraphValue {
        let known = counts.compactMap(\.known)
        if known.count == counts.count { return try op("Tile", x, with: ["repeats": .array(known.map { .int($0) })]) }
        var x = x.tensor == nil ? GraphValue.tensor(try graph.tensor(x)) : x
        let shape = try shape(x)
        guard shape.rank == counts.count else {
            throw MartletError("Expected \(shape.rank) numbers. Received: \(counts.count).")
        }
        if known.contains(where: { $0 != 1 }) {
            x = try op("Tile", x, with: ["repeats": .array(counts.map { .int($0.known ?? 1) })])
        }
        for (axis, count) in counts.enumerated() where count.known == nil {
            guard shape[axis] == 1 else {
                // Copies in an axis of their own, which then joins this one.
                let copies = try times(expand(x, axis), ones: count, axis: axis, rank: shape.rank + 1)
                var sizes = try (0..<shape.rank).map { try size(of: x, axis: $0) }
                sizes[axis] = .known(-1)
                x = try reshaped(copies, sizes)
                continue
            }
            x = try times(x, ones: count, axis: axis, rank: shape.rank)
        }
        return x
    }

    /// The product with ones along an axis, which has size 1 or theirs.
    private func times(_ x: GraphValue, ones count: GraphSize, axis: Int, rank: Int) throws -> GraphValue {
        let type = type(x)
        var ones = try graph.ones(count, type: type == .bool ? .int32 : type)
        if rank > 1 {
            let shape = (0..<rank).map { JSONValue.int($0 == axis ? -1 : 1) }
            ones = try op("Reshape", ones, with: ["newshape": .array(shape)])
        }
        return type == .bool ? try op("LogicalAnd", x, op("Cast", ones, with: ["dtype": "bool"])) : try mul(x, ones)
    }

    /// `x` broadcast to sizes.
    func broadcast(_ x: GraphValue, to sizes: [GraphSize]) throws -> GraphValue {
        var x = x.tensor == nil ? GraphValue.tensor(try graph.tensor(x)) : x
        let known = sizes.compactMap(\.known)
        if known.count == sizes.count, try shape(x).known != nil {
            return try op("BroadcastTo", x, with: ["shape": .array(known.map { .int($0) })])
        }
        while try rank(x) < sizes.count { x = try expand(x, 0) }
        let shape = try shape(x)
        guard shape.rank == sizes.count else {
            throw MartletError("Expected \(shape.rank) sizes or more. Received: \(sizes.count).")
        }
        let copies = zip(shape.dimensions, sizes).map { own, size in own == 1 ? max(0, size.known ?? 1) : 1 }
        if copies.contains(where: { $0 != 1 }) { x = try op("Tile", x, with: ["repeats": .array(copies.map { .int($0) })]) }
        for (axis, size) in sizes.enumerated() {
            // A size that both know has been dealt with, and an axis of a tensor's own is as it should be.
            if size.known != nil, shape[axis] != nil { continue }
            if case .axis(let tensor, axis, times: 1, plus: 0) = size, tensor.node === x.tensor?.node { continue }
            x = try times(x, ones: size, axis: axis, rank: sizes.count)
        }
        return x
    }

    /// Elements that each batch names for itself.
    /// - Parameters:
    ///   - indices: the batch's axes and one more.
    ///   - batchDims: the number of the batch's axes.
    func taken(_ x: GraphValue, _ indices: GraphValue, batchDims: Int, axis: Int) throws -> GraphValue {
        let rank = try rank(x)
        var places = try cast(indices, .int32)
        // Its elements stand for those along all other axes.
        for place in batchDims..<axis { places = try expand(places, place) }
        for place in (axis + 1)..<max(axis + 1, rank) { places = try expand(places, place) }
        if rank > batchDims + 1 {
            let zero = try op("ZerosLike", cast(part(x, axis, nil, 1), .int32))
            places = try add(places, zero)
        }
        return try op("TakeAlongAxis", x, places, with: ["axis": .int(axis)])
    }
}
