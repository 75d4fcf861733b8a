import Martlet

extension ONNXOperator {
    static func addRandom(_ table: inout [String: ONNXOperator]) {
        func draw(_ isNormal: Bool, like: Bool) -> ONNXOperator {
            ONNXOperator(inputCounts: like ? 1...1 : 0...0) { call in
                let shape = like ? try call.tensor(0).stringShape : try call.shape(call.ints("shape") ?? [])
                let type = try call.elementType("dtype") ?? (like ? call.type(0) : .float)
                guard let dtype = type.dtype, dtype.isFloatingPoint else {
                    throw MartletError("Expected a floating-point type. Received: \(type).")
                }
                let generator = try call.generator()
                if isNormal {
                    let (mean, deviation) = (try call.float("mean", default: 0), try call.float("scale", default: 1))
                    return [ONNX.Value(generator.normal(shape, mean: mean, standardDeviation: deviation, dtype: dtype))]
                }
                let (low, high) = (try call.float("low", default: 0), try call.float("high", default: 1))
                guard low < high else { throw MartletError("Expected low < high. Received: \(low), \(high).") }
                return [ONNX.Value(generator.uniform(shape, in: low..<high, dtype: dtype))]
            }
        }
        table["RandomNormal"] = draw(true, like: false)
        table["RandomNormalLike"] = draw(true, like: true)
        table["RandomUniform"] = draw(false, like: false)
        table["RandomUniformLike"] = draw(false, like: true)
        table["Bernoulli"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.floating(0)
            let type = try call.elementType("dtype") ?? call.type(0)
            let numbers = try call.generator().uniform(x.shape, dtype: x.dtype.isHalf ? .float32 : x.dtype)
            return [.tensor(type.wrapped(numbers .< x), type)]
        }
        table["Multinomial"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 2)
            let count = try call.int("sample_size", default: 1)
            guard x.rank == 2, (0...1 << 24).contains(count), x.shape[1] > 0 else {
                throw MartletError("Expected [batch, classes]. Received: \(x.spec).")
            }
            // The largest of the logarithms with Gumbel's noise is drawn with the classes' probabilities.
            let noise = try call.generator().uniform([x.shape[0], count, x.shape[1]], in: 1e-30..<1, dtype: .float32)
            let places = (x.cast(to: .float32).expandingDims(at: 1) - (-noise.log()).log()).argmax(axis: 2)
            let type = try call.elementType("dtype") ?? .int32
            return [.tensor(type.wrapped(places), type)]
        }
    }
}
