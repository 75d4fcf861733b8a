import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// Sizes of tensors, and tensors of sizes.
    static func shapes(_ table: inout [String: Maker]) {
        for name in ["shape", "shape_v2"] {
            table[name] = { call in
                _ = call["out_type"]
                let x = call.first
                return [.sizes(try (0..<call.rank(x)).map { try call.size(of: x, axis: $0) }, isList: true)]
            }
        }
        table["rank"] = { [.sizes([.known(try $0.rank($0.first))], isList: false)] }
        table["size"] = { call in
            _ = call["out_type"]
            let sizes = try (0..<call.rank(call.first)).map { try call.size(of: call.first, axis: $0) }
            let known = try sizes.compactMap(\.known).reduce(1) {
                try GraphSize.checked($0.multipliedReportingOverflow(by: $1))
            }
            let open = sizes.filter { $0.known == nil }
            if open.count <= 1, let size = try open.first.map({ try $0.times(known) }) ?? .known(known) {
                return [.sizes([size], isList: false)]
            }
            return [try open.reduce(.int(known)) { try call.mul(call.graph.count($1), $0) }]
        }
        for (name, value) in [("zeros", 0), ("ones", 1)] {
            table[name] = { call in
                [try call.filled(call.sizes(call.first, "shape"), .int(value), call.dtype() ?? .float32)]
            }
        }
        table["fill"] = { call in
            let value = try call.operand("value")
            return [try call.filled(call.sizes(call.first, "dims"), value, call.type(value))]
        }
        table["eye"] = { call in
            try call.expect(["batch_shape": .null])
            let rows = try call.scalar(call.first, "num_rows")
            let columns = try call["num_columns"].map { try call.scalar($0, "num_columns") } ?? rows
            let isOn = try call.op(
                "Equal", call.expand(.tensor(call.graph.tensor(call.graph.range(rows), .int32)), 1), call.graph.range(columns))
            return [try call.cast(isOn, call.dtype() ?? .float32)]
        }
        table["range"] = { call in
            let start = try call.scalar(call.first, "start")
            let limit = try call["limit"].map { try call.scalar($0, "limit") }
            let step: Int = try call.constant("delta", 1)
            let (from, to) = limit.map { (start, $0) } ?? (.known(0), start)
            guard step != 0 else { throw MartletError("Expected a step other than 0.") }
            var values: GraphValue
            if let from = from.known, let to = to.known {
                guard abs(to - from) <= 1 << 20 else {
                    throw MartletError("Expected up to 1048576 numbers. Received: \(from) to \(to).")
                }
                values = .sizes(stride(from: from, to: to, by: step).map { .known($0) }, isList: true)
            } else {
                guard let first = from.known, let count = try to.plus(-first), step > 0 else {
                    throw MartletError("Expected a known start, and a step above 0.")
                }
                guard let steps = try step == 1 ? count : TensorFlowCall.size("FloorDivide", count, .known(step)) else {
                    throw MartletError("Expected a step of 1. Received: \(step).")
                }
                values = try call.graph.range(steps)
                if step != 1 { values = try call.mul(values, .int(step)) }
                if first != 0 { values = try call.add(values, .int(first)) }
            }
            guard let type = try call.dtype(), type != .int32, type != .int64 else { return [values] }
            return [try call.cast(.tensor(call.graph.tensor(values)), type)]
        }
    }

    /// A value in all places of a tensor.
    private func filled(_ sizes: [GraphSize], _ value: GraphValue, _ type: DType) throws -> GraphValue {
        let plain: DType = type == .bool ? .int32 : type
        let one = GraphValue.constant(sizes.indices.reduce(JSONValue.int(1)) { inner, _ in [inner] })
        let unit = GraphValue.tensor(try graph.tensor(sizes.isEmpty ? .int(1) : one, plain))
        let ones = sizes.isEmpty ? unit : try broadcast(unit, to: sizes)
        if case .constant(let json) = value {
            if Double(json: json) == 1 || json == true { return try cast(ones, type) }
            if Double(json: json) == 0 || json == false { return try cast(op("ZerosLike", ones), type) }
        }
        return try cast(mul(ones, value), type)
    }

    /// Products, parts and inverses of matrices.
    static func matrices(_ table: inout [String: Maker]) {
        table["linalg.matmul"] = { call in
            try call.expect(["a_is_sparse": false, "b_is_sparse": false, "output_type": .null])
            func flag(_ name: String) throws -> Bool {
                try call.constant("transpose_\(name)", false) || call.constant("adjoint_\(name)", false)
            }
            let (a, b) = (try flag("a"), try flag("b"))
            let y = try call.operand("b")
            guard a || b else { return [try call.op("Matmul", call.first, y)] }
            let subscripts = "...\(a ? "ki" : "ik"),...\(b ? "jk" : "kj")->...ij"
            return [try call.op("Einsum", call.first, y, with: ["subscripts": .string(subscripts)])]
        }
        table["linalg.matvec"] = { call in
            try call.expect(["transpose_a": false, "adjoint_a": false, "a_is_sparse": false, "b_is_sparse": false])
            let product = try call.op("Matmul", call.first, call.expand(.tensor(call.graph.tensor(call.operand("b"))), -1))
            return [try call.op("Squeeze", product, with: ["axis": -1])]
        }
        table["tensordot"] = { call in
            [try call.op("Tensordot", call.first, call.operand("b"), with: ["axes": call.required("axes")])]
        }
        table["linalg.cross"] = { [try $0.op("Cross", $0.first, $0.operand("b"))] }
        table["linalg.det"] = { [try $0.op("Det", $0.first)] }
        table["linalg.cholesky"] = { [try $0.op("Cholesky", $0.first)] }
        table["linalg.inv"] = { call in
            try call.expect(["adjoint": false])
            return [try call.op("Inv", call.first)]
        }
        table["linalg.solve"] = { call in
            try call.expect(["adjoint": false])
            return [try call.op("Solve", call.first, call.operand("rhs"))]
        }
        table["linalg.triangular_solve"] = { call in
            try call.expect(["adjoint": false])
            let lower: Bool = try call.constant("lower", true)
            return [try call.op("SolveTriangular", call.first, call.operand("rhs"), with: ["lower": .bool(lower)])]
        }
        table["linalg.lstsq"] = { call in
            // The normal equations, which TensorFlow solves too.
            try call.expect(["fast": true])
            let (a, b) = (call.first, try call.operand("rhs"))
            guard try call.size(a, -2) >= call.size(a, -1) else {
                throw MartletError("Expected at least as many rows as columns.")
            }
            func product(_ other: GraphValue) throws -> GraphValue {
                try call.op("Einsum", a, other, with: ["subscripts": "...ki,...kj->...ij"])
            }
            let penalty: Double = try call.constant("l2_regularizer", 0)
            var square = try product(a)
            if penalty != 0 {
                let eye = try unit(call.size(a, -1), penalty)
                square = try call.add(square, eye)
            }
            return [try call.op("Solve", square, product(b))]
        }
        table["linalg.qr"] = { call in
            try call.expect(["full_matrices": false])
            return try call.graph.node("Qr", [call.first], ["mode": "reduced"]).outputs.map { .tensor($0) }
        }
        table["linalg.band_part"] = { call in
            let (lower, upper): (Int, Int) = (try call.required("num_lower"), try call.required("num_upper"))
            guard lower.magnitude < 1 << 31, upper.magnitude < 1 << 31 else {
                throw MartletError("Expected numbers below 2^31.")
            }
            var x = GraphValue.tensor(try call.graph.tensor(call.first))
            if lower >= 0 { x = try call.op("Triu", x, with: ["k": .int(-lower)]) }
            if upper >= 0 { x = try call.op("Tril", x, with: ["k": .int(upper)]) }
            return [x]
        }
        table["linalg.diag_part"] = { call in
            try call.expect(["k": 0, "padding_value": 0])
            _ = call["align"]
            return [try call.op("Diagonal", call.first, with: ["offset": 0, "axis1": -2, "axis2": -1])]
        }
        table["linalg.trace"] = { [try $0.op("Trace", $0.first, with: ["offset": 0, "axis1": -2, "axis2": -1])] }
        table["linalg.tensor_diag_part"] = table["linalg.diag_part"]
        table["linalg.diag"] = { call in
            try call.expect(["k": 0, "num_rows": -1, "num_cols": -1, "padding_value": 0])
            _ = call["align"]
            return [try call.mul(call.expand(call.first, -1), unit(call.size(call.first, -1), 1))]
        }
        table["linalg.set_diag"] = { call in
            try call.expect(["k": 0])
            _ = call["align"]
            let (rows, columns) = (try call.size(call.first, -2), try call.size(call.first, -1))
            guard rows == columns else { throw MartletError("Expected square matrices. Received: \(rows) by \(columns).") }
            let isOn = try call.op("Greater", unit(rows, 1), 0)
            return [try call.select(isOn, call.expand(call.operand("diagonal"), -1), call.first)]
        }
    }

    /// A matrix with a number on its diagonal.
    private static func unit(_ size: Int, _ value: Double) throws -> GraphValue {
        guard size <= 1 << 10 else { throw MartletError("Expected matrices of up to 1024 rows. Received: \(size).") }
        return .constant(.array((0..<size).map { row in .array((0..<size).map { .double($0 == row ? value : 0) }) }))
    }
}
