import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// The axes of a reduction and whether they stay.
    private func reduced(_ x: GraphValue, _ name: String = "axis") throws -> (axes: [Int]?, keepDims: Bool) {
        let axes = try axes(name, of: x) ?? axes("reduction_indices", of: x)
        return (axes, try constant("keepdims", false) || constant("keep_dims", false))
    }

    /// Reductions over axes.
    static func reductions(_ table: inout [String: Maker]) {
        for (kind, name) in [
            ("Sum", "reduce_sum"), ("Max", "reduce_max"), ("Min", "reduce_min"), ("Prod", "reduce_prod"), ("Any", "reduce_any"),
            ("All", "reduce_all"), ("Var", "reduce_variance"), ("Std", "reduce_std"), ("Logsumexp", "reduce_logsumexp"),
        ] {
            table["math.\(name)"] = { call in
                let (axes, keepDims) = try call.reduced(call.first)
                if let sizes = try call.sizes(kind), axes == nil || axes == [0], !keepDims { return [sizes] }
                let result = try call.reduce(kind, call.first, axes, keepDims: keepDims)
                // Keras 3 sums small integers in a wider type.
                let type = call.type(call.first)
                return [type.isFloatingPoint || type == .bool ? result : try call.cast(result, type)]
            }
        }
        table["math.reduce_mean"] = { call in
            let (axes, keepDims) = try call.reduced(call.first)
            return [try call.mean(call.first, axes, keepDims: keepDims)]
        }
        for name in ["argmax", "argmin"] {
            table["math.\(name)"] = { call in
                // Keras 3 counts in 32 bits.
                if let type = try call.dtype("output_type"), ![.int32, .int64].contains(type) {
                    throw MartletError("Expected integers as output_type. Received: \(type).")
                }
                let axis = try call.axis(0, of: call.first)
                return [try call.op(name == "argmax" ? "Argmax" : "Argmin", call.first, with: ["axis": .int(axis)])]
            }
        }
        table["math.reduce_euclidean_norm"] = { call in
            let (axes, keepDims) = try call.reduced(call.first)
            return [try call.norm(call.first, axes, keepDims: keepDims)]
        }
        table["norm"] = { call in
            var (axes, keepDims) = try call.reduced(call.first)
            let order = try call.json("ord") ?? "euclidean"
            if order == "euclidean" || order == "fro" || Double(json: order) == 2 && axes?.count == 1 {
                return [try call.norm(call.first, axes, keepDims: keepDims)]
            }
            guard let power = Double(json: order), power > 0, axes?.count ?? 1 == 1 else {
                throw MartletError("Expected the norm of vectors, or \"euclidean\". Received: ord: \(order.serialized()).")
            }
            let size = try call.op("Absolute", call.first)
            if power == .infinity { return [try call.reduce("Max", size, axes, keepDims: keepDims)] }
            if power == 1 { return [try call.reduce("Sum", size, axes, keepDims: keepDims)] }
            let sum = try call.reduce("Sum", call.op("Power", size, .constant(.double(power))), axes, keepDims: keepDims)
            axes = nil
            return [try call.op("Power", sum, .constant(.double(1 / power)))]
        }
        table["linalg.normalize"] = { call in
            let axes = try call.axes(of: call.first)
            try call.expect(["ord": "euclidean"])
            let norm = try call.norm(call.first, axes, keepDims: true)
            return [try call.div(call.first, norm), norm]
        }
        table["clip_by_norm"] = { call in
            let axes = try call.axes("axes", of: call.first)
            return [try call.clipped(call.first, norm: call.operand("clip_norm"), axes)]
        }
        for name in ["math.l2_normalize", "nn.l2_normalize"] {
            table[name] = { call in
                let axes = try call.axes(of: call.first) ?? call.axes("dim", of: call.first)
                let epsilon: Double = try call.constant("epsilon", 1e-12)
                if let axes, axes.count == 1, epsilon == 1e-12 {
                    return [try call.op("Normalize", call.first, with: ["axis": .int(axes[0])])]
                }
                let sum = try call.reduce("Sum", call.op("Square", call.first), axes, keepDims: true)
                return [try call.mul(call.first, call.op("Rsqrt", call.op("Maximum", sum, .constant(.double(epsilon)))))]
            }
        }
        table["math.count_nonzero"] = { call in
            let (axes, keepDims) = try call.reduced(call.first)
            let type = try call.dtype() ?? .int32
            let isOther = call.type(call.first) == .bool ? call.first : try call.op("NotEqual", call.first, 0)
            // Keras 3 counts in 32 bits.
            return [try call.reduce("Sum", call.cast(isOther, type == .int64 ? .int32 : type), axes, keepDims: keepDims)]
        }
        table["math.zero_fraction"] = { call in
            _ = call["dtype"]
            return [try call.reduce("Mean", call.cast(call.op("Equal", call.first, 0), .float32), nil)]
        }
        table["nn.l2_loss"] = { [try $0.mul($0.reduce("Sum", $0.op("Square", $0.first), nil), 0.5)] }
        table["nn.moments"] = { call in
            try call.expect(["shift": .null])
            let (axes, keepDims) = try call.reduced(call.first, "axes")
            return [
                try call.reduce("Mean", call.first, axes, keepDims: keepDims),
                try call.reduce("Var", call.first, axes, keepDims: keepDims),
            ]
        }
        table["nn.weighted_moments"] = { call in
            let (axes, keepDims) = try call.reduced(call.first, "axes")
            let weights = try call.mul(call.op("OnesLike", call.first), call.operand("frequency_weights"))
            let sum = try call.reduce("Sum", weights, axes, keepDims: true)
            func mean(_ x: GraphValue) throws -> GraphValue {
                try call.div(call.reduce("Sum", call.mul(x, weights), axes, keepDims: true), sum)
            }
            let center = try mean(call.first)
            let both = [center, try mean(call.op("Square", call.sub(call.first, center)))]
            return keepDims ? both : try both.map { try call.op("Squeeze", $0, with: ["axis": json(axes)]) }
        }
    }

    /// The mean over axes, of integers a whole number towards 0.
    func mean(_ x: GraphValue, _ axes: [Int]?, keepDims: Bool) throws -> GraphValue {
        let type = type(x)
        if type.isFloatingPoint { return try reduce("Mean", x, axes, keepDims: keepDims) }
        let sum = try reduce("Sum", cast(x, type == .int64 ? .int64 : .int32), axes, keepDims: keepDims)
        let sizes = try (axes ?? Array(0..<rank(x))).map { try size(of: x, axis: $0) }
        var count = GraphValue.int(
            try sizes.compactMap(\.known).reduce(1) { try GraphSize.checked($0.multipliedReportingOverflow(by: $1)) })
        for size in sizes where size.known == nil { count = try mul(graph.count(size), count) }
        let whole = try op("FloorDivide", op("Absolute", sum), count.tensor == nil ? count : cast(count, self.type(sum)))
        return try cast(mul(op("Sign", sum), whole), type)
    }

    private func norm(_ x: GraphValue, _ axes: [Int]?, keepDims: Bool) throws -> GraphValue {
        try op("Sqrt", reduce("Sum", op("Square", x), axes, keepDims: keepDims))
    }

    /// What is longer than a norm shortened to it.
    func clipped(_ x: GraphValue, norm limit: GraphValue, _ axes: [Int]?) throws -> GraphValue {
        let sum = try reduce("Sum", op("Square", x), axes, keepDims: true)
        // The root of 0 has no gradient.
        let isPositive = try op("Greater", sum, 0.0)
        let length = try select(isPositive, op("Sqrt", select(isPositive, sum, op("OnesLike", sum))), sum)
        return try div(mul(x, limit), op("Maximum", length, limit))
    }

    /// A sum or a product of sizes.
    private func sizes(_ kind: String) throws -> GraphValue? {
        guard first.tensor == nil, let (sizes, isList) = first.graphSizes, isList else { return nil }
        switch kind {
        case "Prod":
            let known = try sizes.compactMap(\.known).reduce(1) {
                try GraphSize.checked($0.multipliedReportingOverflow(by: $1))
            }
            let rest = sizes.filter { $0.known == nil }
            guard rest.count <= 1 else { return nil }
            return try (rest.first.map { try $0.times(known) } ?? .known(known)).map { .sizes([$0], isList: false) }
        case "Sum":
            let known = try sizes.compactMap(\.known).reduce(0) { try GraphSize.checked($0.addingReportingOverflow($1)) }
            let rest = sizes.filter { $0.known == nil }
            guard rest.count <= 1 else { return nil }
            return try (rest.first.map { try $0.plus(known) } ?? .known(known)).map { .sizes([$0], isList: false) }
        default: return nil
        }
    }

    /// What runs along an axis: cumulative functions, and orders.
    static func running(_ table: inout [String: Maker]) {
        for (kind, name) in [("Cumsum", "cumsum"), ("Cumprod", "cumprod")] {
            table["math.\(name)"] = { call in
                let axis = try call.axis(0, of: call.first)
                let isReversed: Bool = try call.constant("reverse", false)
                func turned(_ x: GraphValue) throws -> GraphValue {
                    isReversed ? try call.op("Flip", x, with: ["axis": .int(axis)]) : x
                }
                var x = try turned(call.first)
                if try call.constant("exclusive", false) {
                    let start = try call.op(kind == "Cumsum" ? "ZerosLike" : "OnesLike", call.part(x, axis, nil, 1))
                    x = try call.op("Concatenate", .list([start, call.part(x, axis, nil, -1)]), with: ["axis": .int(axis)])
                }
                return [try turned(call.op(kind, x, with: ["axis": .int(axis)]))]
            }
        }
        table["math.cumulative_logsumexp"] = { call in
            try call.expect(["exclusive": false, "reverse": false])
            let axis = try call.axis(0, of: call.first)
            let largest = try call.op("StopGradient", call.reduce("Max", call.first, [axis], keepDims: true))
            let sums = try call.op("Cumsum", call.op("Exp", call.sub(call.first, largest)), with: ["axis": .int(axis)])
            return [try call.add(call.op("Log", sums), largest)]
        }
        for name in ["math.top_k", "nn.top_k"] {
            table[name] = { call in
                _ = call["index_type"]
                let node = try call.graph.node(
                    "TopK", [call.first], ["k": .int(call.constant("k", 1)), "sorted": .bool(call.constant("sorted", true))])
                return [.tensor(node.output(0)), .tensor(node.output(1))]
            }
        }
        table["math.in_top_k"] = { call in
            [try call.op("InTopK", call.operand("targets"), call.first, with: ["k": .int(call.required("k"))])]
        }
        table["nn.in_top_k"] = table["math.in_top_k"]
        table["sort"] = { call in
            let axis = try call.axis(-1, of: call.first)
            let sorted = try call.op("Sort", call.first, with: ["axis": .int(axis)])
            return [try call.isDescending() ? call.op("Flip", sorted, with: ["axis": .int(axis)]) : sorted]
        }
        table["argsort"] = { call in
            _ = call["stable"]
            let axis = try call.axis(-1, of: call.first)
            // Of equal elements the first is first in both directions.
            let x = try call.isDescending() ? call.op("Negative", call.first) : call.first
            return [try call.op("Argsort", x, with: ["axis": .int(axis)])]
        }
        table["searchsorted"] = { call in
            let side: String = try call.constant("side", "left")
            _ = call["out_type"]
            let values = try call.operand("values")
            let rows = try call.expand(.tensor(call.graph.tensor(call.first, call.type(values))), -2)
            let isBefore = try call.op(side == "left" ? "Less" : "LessEqual", rows, call.expand(values, -1))
            return [try call.reduce("Sum", call.cast(isBefore, .int32), [try call.rank(isBefore) - 1])]
        }
        table["sequence_mask"] = { call in
            guard let length = call["maxlen"] else {
                throw MartletError("Expected an argument \"maxlen\": without it the width would be that of the batch at hand.")
            }
            let places = try call.graph.range(call.scalar(length, "maxlen"))
            let mask = try call.op("Greater", call.expand(call.first, -1), places)
            return [try call.cast(mask, call.dtype() ?? .bool)]
        }
    }

    private func isDescending() throws -> Bool { try constant("direction", "ASCENDING") == "DESCENDING" }
}
