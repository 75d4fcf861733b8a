import Martlet

extension ONNXOperator {
    static func addShapes(_ table: inout [String: ONNXOperator]) {
        table["Shape"] = ONNXOperator(inputCounts: 1...1) { call in
            let sizes = try call.tensor(0).stringShape.dimensions
            func bound(_ place: Int) -> Int { min(max(place < 0 ? place &+ sizes.count : place, 0), sizes.count) }
            let (start, end) = (bound(try call.int("start", default: 0)), bound(try call.int("end", default: sizes.count)))
            return [ONNX.Value(Tensor(start < end ? Array(sizes[start..<end]) : []))]
        }
        table["Size"] = ONNXOperator(inputCounts: 1...1) { [ONNX.Value(Tensor(try $0.tensor(0).stringShape.elementCount))] }
        table["Constant"] = ONNXOperator(inputCounts: 0...0) { call in
            if let value = try call.tensor("value") ?? call.tensor("sparse_value") { return [value] }
            if let value = try call.float("value_float") { return [ONNX.Value(Tensor(value, dtype: .float32))] }
            if let values = try call.floats("value_floats") { return [ONNX.Value(Tensor(values, dtype: .float32))] }
            if let value = try call.int("value_int") { return [ONNX.Value(Tensor(value))] }
            if let values = try call.ints("value_ints") { return [ONNX.Value(Tensor(values))] }
            if let values = try call.strings("value_strings") { return [ONNX.Value(Tensor(strings: values))] }
            if call.attribute("value_string") != nil {
                return [ONNX.Value(Tensor(strings: [try call.string("value_string")], shape: []))]
            }
            throw MartletError("Expected a value as attribute.")
        }
        table["ConstantOfShape"] = ONNXOperator(inputCounts: 1...1, settings: [0]) { call in
            let shape = try call.shape(call.integers(0))
            let value = try call.tensor("value") ?? ONNX.Value(Tensor([Float(0)]))
            guard let tensor = value.tensor, tensor.elementCount == 1, tensor.dtype != .string else {
                throw MartletError("Expected one number as attribute \"value\".")
            }
            return [.tensor(tensor.reshaped(to: []).broadcast(to: shape), like: value)]
        }
        table["Range"] = ONNXOperator(inputCounts: 3...3, settings: [0, 1, 2]) { call in
            let bounds = try (0..<3).map { try call.elements($0) }
            guard bounds.allSatisfy({ $0.elementCount == 1 }) else { throw MartletError("Expected scalars.") }
            let result: Tensor
            if bounds[0].dtype.isInteger {
                let values = bounds.map { $0.item(as: Int.self) }
                guard values[2] != 0 else { throw MartletError("Expected a step other than 0.") }
                let count = Double(values[1]) / Double(values[2]) - Double(values[0]) / Double(values[2])
                guard count < 0x1p40 else { throw MartletError("Expected fewer elements. Received: \(count).") }
                result = .range(from: values[0], to: values[1], by: values[2], dtype: .int64)
            } else {
                let values = bounds.map { $0.item() }
                let count = ((values[1] - values[0]) / values[2]).rounded(.up)
                guard values[2] != 0, count < 0x1p40 else {
                    throw MartletError("Expected a step that leads to the end. Received: \(values).")
                }
                // Multiples of the step, as the specification says; sums would drift.
                let steps = Tensor.range(0..<max(Int(count), 0), dtype: .int64).cast(to: bounds[0].dtype)
                result = steps * values[2] + values[0]
            }
            return try call.result(result)
        }
        table["EyeLike"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 2)
            guard x.rank == 2 else { throw MartletError("Expected a matrix. Received: \(x.spec).") }
            let type = try call.elementType("dtype") ?? call.type(0)
            let k = try call.int("k", default: 0)
            let limit = max(x.shape[0], x.shape[1])
            let eye = Tensor.eye(x.shape[0], x.shape[1], k: min(max(k, -limit), limit), dtype: .float32)
            return [.tensor(eye.cast(to: type.dtype ?? .float32), type)]
        }
        table["Reshape"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0)
            let old = x.stringShape
            var sizes = call.version >= 5 ? try call.integers(1) : try call.ints("shape") ?? []
            if try !call.flag("allowzero") {
                for place in sizes.indices where sizes[place] == 0 && place < old.rank { sizes[place] = old[place] }
            }
            if let free = sizes.firstIndex(of: -1) {
                let known = sizes.filter { $0 != -1 }.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
                sizes[free] = known > 0 ? old.elementCount / known : 0
            }
            return [.tensor(try call.reshaped(x, to: sizes), like: try call.value(0))]
        }
        table["Flatten"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0)
            let axis = try call.int("axis", default: 1)
            let place = axis < 0 ? axis &+ x.rank : axis
            guard (0...x.rank).contains(place) else { throw MartletError("Expected an axis of \(x.spec). Received: \(axis).") }
            let sizes = x.shape.dimensions
            return try call.result(x.reshaped([sizes[..<place].reduce(1, *), sizes[place...].reduce(1, *)]))
        }
        table["Squeeze"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0)
            let sizes = x.stringShape.dimensions
            let given = call.version >= 13 ? try call.optionalIntegers(1) : try call.ints("axes")
            let axes = try given.map { try call.axes($0, rank: sizes.count) } ?? sizes.indices.filter { sizes[$0] == 1 }
            if let axis = axes.first(where: { sizes[$0] != 1 }) {
                throw MartletError("Expected a size of 1 along axis \(axis). Received: \(x.spec).")
            }
            let rest = sizes.indices.filter { !axes.contains($0) }.map { sizes[$0] }
            return [.tensor(try call.reshaped(x, to: rest), like: try call.value(0))]
        }
        table["Unsqueeze"] = ONNXOperator(inputCounts: 1...2, settings: [1]) { call in
            let x = try call.tensor(0)
            let given = call.version >= 13 ? try call.integers(1) : try call.ints("axes") ?? []
            let old = x.stringShape.dimensions
            let axes = try call.axes(given, rank: old.count + given.count)
            var rest = old[...]
            let sizes = (0..<old.count + axes.count).map { axes.contains($0) ? 1 : rest.removeFirst() }
            return [.tensor(try call.reshaped(x, to: sizes), like: try call.value(0))]
        }
        table["Expand"] = ONNXOperator(inputCounts: 2...2, settings: [1]) { call in
            let x = try call.number(0)
            let target = try call.shape(call.integers(1))
            guard let shape = Shape.broadcast(x.shape, target) else {
                throw MartletError("Expected a shape that \(x.spec) broadcasts to. Received: \(target).")
            }
            return try call.result(x.broadcast(to: shape))
        }
    }
}

extension ONNXCall {
    /// The tensor in another shape. Of strings the axis of the bytes stays.
    func reshaped(_ x: Tensor, to sizes: [Int]) throws -> Tensor {
        let shape = try shape(sizes)
        guard shape.elementCount == x.stringShape.elementCount else {
            throw MartletError("Expected a shape of \(x.stringShape.elementCount) elements. Received: \(shape).")
        }
        return x.reshaped(to: x.dtype == .string ? Shape(shape.dimensions + [x.shape[-1]]) : shape)
    }
}
