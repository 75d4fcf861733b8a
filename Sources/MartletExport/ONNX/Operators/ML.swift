import Martlet

extension ONNXOperator {
    /// Of the domain `ai.onnx.ml`, what prepares inputs.
    static func addML(_ table: inout [String: ONNXOperator]) {
        let domain = "ai.onnx.ml."
        table[domain + "ArrayFeatureExtractor"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let x = try call.tensor(0)
            let rows = x.stringShape.rank == 1 ? x.expandingDims(at: 0) : x
            return try call.result(rows.gathered(at: call.integral(1).flattened(), axis: rows.stringShape.rank - 1))
        }
        table[domain + "Binarizer"] = ONNXOperator(inputCounts: 1...1) { call in
            try call.result(call.number(0) .> call.float("threshold", default: 0))
        }
        table[domain + "Scaler"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0).cast(to: .float32)
            let (offset, scale) = (try call.floats("offset") ?? [0], try call.floats("scale") ?? [1])
            return [ONNX.Value((x - Tensor(offset, dtype: .float32)) * Tensor(scale, dtype: .float32))]
        }
        table[domain + "Normalizer"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0).cast(to: .float32)
            switch try call.string("norm", default: "MAX") {
            case "L1": return [ONNX.Value(x / x.abs().sum(axis: -1, keepDims: true))]
            case "L2": return [ONNX.Value(x / x.square().sum(axis: -1, keepDims: true).squareRoot())]
            default: return [ONNX.Value(x / x.abs().max(axis: -1, keepDims: true))]
            }
        }
        table[domain + "LabelEncoder"] = ONNXOperator(inputCounts: 1...1) { try $0.encodedLabels() }
    }
}

extension ONNXCall {
    /// What an attribute of keys or values holds: `keys_int64s`, or `keys_tensor`.
    private func labels(_ kind: String) throws -> ONNX.Value? {
        if let texts = try strings(kind + "_strings") { return ONNX.Value(Tensor(strings: texts)) }
        if let numbers = try ints(kind + "_int64s") { return ONNX.Value(Tensor(numbers)) }
        if let numbers = try floats(kind + "_floats") { return ONNX.Value(Tensor(numbers, dtype: .float32)) }
        return try tensor(kind + "_tensor")
    }

    fileprivate func encodedLabels() throws -> [ONNX.Value] {
        let x = try tensor(0)
        guard let keys = try labels("keys")?.tensor, let kind = try labels("values"), let values = kind.tensor,
            keys.stringShape.elementCount == values.stringShape.elementCount, (keys.dtype == .string) == (x.dtype == .string)
        else { throw MartletError("Expected as many values as keys, of the type of the input.") }
        func texts(_ tensor: Tensor) -> [String] {
            // A NaN equals itself here.
            tensor.dtype == .string ? tensor.strings() : tensor.scalars(as: Double.self).map { "\($0)" }
        }
        let places = Dictionary(texts(keys).enumerated().map { ($1, $0) }) { first, _ in first }
        let found = texts(x).map { places[$0] }
        let count = values.stringShape.elementCount
        var rest: Tensor
        switch values.dtype {
        case .string: rest = Tensor(strings: [try string("default_string", default: "_Unused")])
        case _ where values.dtype.isFloatingPoint: rest = Tensor([try float("default_float", default: -0.0)])
        default: rest = Tensor([try int("default_int64", default: -1)])
        }
        if let given = try tensor("default_tensor")?.tensor { rest = given.reshaped(given.dtype == .string ? [1, -1] : [1]) }
        let table = Tensor.concatenate(Tensor.withOneWidth([values, rest.dtype == .string ? rest : rest.cast(to: values.dtype)]))
        return [.tensor(table.gathered(at: Tensor(found.map { $0 ?? count }, shape: x.stringShape)), like: kind)]
    }
}
