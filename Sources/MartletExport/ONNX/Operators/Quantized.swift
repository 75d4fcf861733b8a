import Martlet

extension ONNXOperator {
    static func addQuantized(_ table: inout [String: ONNXOperator]) {
        table["QuantizeLinear"] = ONNXOperator(inputCounts: 2...3, settings: [1, 2]) { call in
            let type = try call.has(2) ? call.type(2) : call.elementType("output_dtype") ?? .uint8
            return [try call.quantized(call.number(0), scale: 1, zero: call.has(2) ? 2 : nil, to: type)]
        }
        table["DequantizeLinear"] = ONNXOperator(inputCounts: 2...3, settings: [1, 2]) { call in
            let dtype = try call.elementType("output_dtype")?.dtype ?? call.tensor(1).dtype
            let wide = dtype.isHalf ? DType.float32 : dtype
            return [ONNX.Value(try call.dequantized(0, scale: 1, zero: 2, as: wide).cast(to: dtype))]
        }
        table["DynamicQuantizeLinear"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.floating(0)
            let (low, high) = (minimum(x.min(), 0.0), maximum(x.max(), 0.0))
            let scale = (high - low) / 255.0
            let safe = `where`(scale .== 0.0, scale + 1, scale)
            let zero = (-low / safe).round().clipped(to: 0.0...255.0)
            let y = ((x / safe).round() + zero).clipped(to: 0.0...255.0)
            return [ONNX.Value(y.cast(to: .uint8)), ONNX.Value(scale), ONNX.Value(zero.cast(to: .uint8))]
        }
        table["MatMulInteger"] = ONNXOperator(inputCounts: 2...4, settings: [2, 3]) { call in
            [ONNX.Value(try call.integerProduct(0, 1, zeros: (2, 3)).cast(to: .int32))]
        }
        table["QLinearMatMul"] = ONNXOperator(inputCounts: 8...8, settings: [1, 2, 4, 5, 6, 7]) { call in
            let product = try call.integerProduct(0, 3, zeros: (2, 5))
            let scale = try call.rowScale(1, of: 0).cast(to: .float64) * call.number(4).cast(to: .float64)
            return [try call.requantized(product * scale, scale: 6, zero: 7)]
        }
        table["ConvInteger"] = ONNXOperator(inputCounts: 2...4, settings: [2, 3]) { call in
            [ONNX.Value(try call.integerConvolution(0, 1, zeros: (2, 3)).cast(to: .int32))]
        }
        table["QLinearConv"] = ONNXOperator(inputCounts: 8...9, settings: [1, 2, 4, 5, 6, 7]) { call in
            var sum = try call.integerConvolution(0, 3, zeros: (2, 5))
            let channels = [1, -1] + [Int](repeating: 1, count: sum.rank - 2)
            if let bias = try call.optional(8) { sum = sum + bias.cast(to: .float64).reshaped(channels) }
            let weight = try call.number(4).cast(to: .float64)
            let scale = try call.number(1).cast(to: .float64)
                * (weight.elementCount > 1 ? weight.reshaped(channels) : weight.reshaped([]))
            return [try call.requantized(sum * scale, scale: 6, zero: 7)]
        }
    }
}

extension ONNXCall {
    /// A scale or zero point in a shape that broadcasts to `x`: a scalar, one for each slice of an axis, or one for each block.
    private func spread(_ place: Int, over x: Tensor) throws -> Tensor {
        let tensor = try number(place)
        if tensor.elementCount == 1 && tensor.rank <= 1 { return tensor.reshaped(to: []) }
        let axis = try axis(int("axis", default: 1), rank: x.rank)
        if tensor.rank == 1 { return tensor.reshaped((0..<x.rank).map { $0 == axis ? -1 : 1 }) }
        let block = try int("block_size", default: 0)
        guard block > 0, tensor.rank == x.rank, tensor.shape[axis] > 0, block < 1 << 40 else {
            throw MartletError("Expected one for each slice or block of \(x.spec) in input \(place). Received: \(tensor.spec).")
        }
        return tensor.repeated(block, axis: axis).sliced(0..<x.shape[axis], axis: axis)
    }

    /// Numbers divided by a scale, rounded, and cut to the range of a type.
    fileprivate func quantized(_ x: Tensor, scale: Int, zero: Int?, to type: ONNX.ElementType) throws -> ONNX.Value {
        let wide = x.dtype == .float64 ? DType.float64 : .float32
        let scaled = try x.cast(to: wide) / spread(scale, over: x).cast(to: wide)
        let shift = try zero.map { try spread($0, over: x).cast(to: wide) }
        if let small = type.smallFloat {
            let saturates = try flag("saturate", default: true)
            let shifted = shift.map { scaled + $0 } ?? scaled
            guard shifted.symbol == nil else {
                throw MartletError("Expected numbers that are known. Compile with runEagerly: true.")
            }
            let values = shifted.scalars(as: Float.self).map { small.rounded($0, saturate: saturates) }
            return .tensor(Tensor(values, shape: x.shape), type)
        }
        let rounded = scaled.round()
        return try saturated(shift.map { rounded + $0 } ?? rounded, to: type)
    }

    private func saturated(_ x: Tensor, to type: ONNX.ElementType) throws -> ONNX.Value {
        guard let (bits, isSigned) = type.integer, bits <= 32, let dtype = type.dtype else {
            throw MartletError("Expected integers of at most 32 bits as the quantized type. Received: \(type).")
        }
        let count = Double(1 << bits)
        let range = isSigned ? -count / 2...count / 2 - 1 : 0...count - 1
        return .tensor(x.clipped(to: range).cast(to: dtype), type)
    }

    fileprivate func dequantized(_ place: Int, scale: Int, zero: Int, as dtype: DType) throws -> Tensor {
        let x = try number(place)
        var y = x.cast(to: dtype)
        if has(zero) { y = y - (try spread(zero, over: x).cast(to: dtype)) }
        return try y * spread(scale, over: x).cast(to: dtype)
    }

    fileprivate func requantized(_ x: Tensor, scale: Int, zero: Int) throws -> ONNX.Value {
        let scaled = try (x / number(scale).cast(to: .float64).reshaped(to: [])).round()
        return try saturated(scaled + number(zero).cast(to: .float64).reshaped(to: []), to: type(zero))
    }

    /// A scale or zero point of the left factor, of one for each row.
    fileprivate func rowScale(_ place: Int, of factor: Int) throws -> Tensor {
        let tensor = try number(place)
        if tensor.elementCount == 1 { return tensor.reshaped(to: []) }
        return tensor.rank == 1 ? tensor.expandingDims(at: 1) : tensor
    }

    /// The product of integers without their zero points, in `float64`.
    fileprivate func integerProduct(_ a: Int, _ b: Int, zeros: (Int, Int)) throws -> Tensor {
        var (left, right) = (try tensor(a, rank: 1).cast(to: .float64), try tensor(b, rank: 1).cast(to: .float64))
        if has(zeros.0) { left = left - (try rowScale(zeros.0, of: a).cast(to: .float64)) }
        if let zero = try optional(zeros.1) {
            right = right - (zero.elementCount == 1 ? zero.reshaped(to: []) : zero).cast(to: .float64)
        }
        return matmul(left, right)
    }

    /// A convolution of integers without their zero points, in `float64`.
    fileprivate func integerConvolution(_ x: Int, _ weight: Int, zeros: (Int, Int)) throws -> Tensor {
        var (image, kernel) = (try tensor(x, rank: 3).cast(to: .float64), try tensor(weight, rank: 3).cast(to: .float64))
        if let zero = try optional(zeros.0) { image = image - zero.cast(to: .float64).reshaped(to: []) }
        if let zero = try optional(zeros.1) {
            let shape = zero.elementCount == 1 ? [] : [-1] + [Int](repeating: 1, count: kernel.rank - 1)
            kernel = kernel - zero.cast(to: .float64).reshaped(shape)
        }
        return try convolved(image, kernel, bias: nil)
    }
}
