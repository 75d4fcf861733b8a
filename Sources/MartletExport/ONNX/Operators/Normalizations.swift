import Martlet

extension ONNXOperator {
    static func addNormalizations(_ table: inout [String: ONNXOperator]) {
        table["BatchNormalization"] = ONNXOperator(inputCounts: 5...5, weights: [1, 2, 3, 4], statistics: [3, 4]) { call in
            let x = try call.floating(0)
            let shape = x.rank < 2 ? [-1] : [1, -1] + [Int](repeating: 1, count: x.rank - 2)
            let vectors = try (1..<5).map { try call.floating($0) }
            let (epsilon, momentum) = (try call.float("epsilon", default: 1e-5), try call.float("momentum", default: 0.9))
            let trains = try call.version >= 14 && call.flag("training_mode")
            var (mean, variance) = (vectors[2], vectors[3])
            if trains {
                let axes = [0] + Array(2..<max(x.rank, 2))
                (mean, variance) = (x.mean(axes: axes), x.variance(axes: axes))
            }
            let scale = (vectors[0] / (variance + epsilon).squareRoot()).reshaped(shape)
            let y = (x - mean.reshaped(shape)) * scale + vectors[1].reshaped(shape)
            guard trains else { return try call.result(y) }
            return try call.result(y) + [
                .tensor(vectors[2] * momentum + mean * (1 - momentum), like: try call.value(3)),
                .tensor(vectors[3] * momentum + variance * (1 - momentum), like: try call.value(4)),
            ]
        }
        table["InstanceNormalization"] = ONNXOperator(inputCounts: 3...3) { call in
            let x = try call.floating(0)
            let shape = [1, -1] + [Int](repeating: 1, count: max(x.rank - 2, 0))
            let y = normalized(x, axes: Array(2..<max(x.rank, 2)), epsilon: try call.float("epsilon", default: 1e-5)).y
            return try call.result(y * call.floating(1).reshaped(shape) + call.floating(2).reshaped(shape))
        }
        table["LayerNormalization"] = ONNXOperator(inputCounts: 2...3, weights: [1, 2]) { call in
            let x = try call.floating(0)
            let axis = try call.axis(call.int("axis", default: -1), rank: x.rank)
            let wide = x.dtype.isHalf ? x.cast(to: .float32) : x
            let epsilon = try call.float("epsilon", default: 1e-5)
            let (y, mean, inverse) = normalized(wide, axes: Array(axis..<x.rank), epsilon: epsilon)
            var scaled = try y * call.floating(1)
            if let bias = try call.optional(2) { scaled = scaled + bias }
            return try call.result(scaled) + [ONNX.Value(mean), ONNX.Value(inverse)]
        }
        table["GroupNormalization"] = ONNXOperator(inputCounts: 3...3) { call in
            let x = try call.tensor(0, rank: 2)
            let groups = try call.requiredInt("num_groups")
            guard groups > 0, x.shape[1] % groups == 0 else {
                throw MartletError("Expected channels in \(groups) groups. Received: \(x.spec).")
            }
            let rest = Array(x.shape.dimensions[2...])
            let parts = x.reshaped([x.shape[0], groups, x.shape[1] / groups] + rest)
            let y = normalized(parts, axes: Array(2..<parts.rank), epsilon: try call.float("epsilon", default: 1e-5)).y
            let (scale, bias) = (try call.floating(1), try call.floating(2))
            if call.version < 21 {
                // One factor for each group.
                let shape = [1, groups, 1] + rest.map { _ in 1 }
                return try call.result((y * scale.reshaped(shape) + bias.reshaped(shape)).reshaped(to: x.shape))
            }
            let shape = [1, -1] + rest.map { _ in 1 }
            return try call.result(y.reshaped(to: x.shape) * scale.reshaped(shape) + bias.reshaped(shape))
        }
        let rms = ONNXOperator(inputCounts: 2...2) { call in
            let x = try call.floating(0)
            let axis = try call.axis(call.int("axis", default: -1), rank: x.rank)
            let wide = x.dtype.isHalf ? x.cast(to: .float32) : x
            let mean = wide.square().mean(axes: Array(axis..<x.rank), keepDims: true)
            let y = wide * (mean + (try call.float("epsilon", default: 1e-5))).reciprocalSquareRoot()
            return try call.result(y.cast(to: x.dtype) * call.floating(1))
        }
        table["RMSNormalization"] = rms
        table["SimplifiedLayerNormalization"] = rms
        table["LpNormalization"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.floating(0)
            let axis = try call.axis(call.int("axis", default: -1), rank: x.rank)
            let norm = try call.int("p", default: 2) == 1
                ? x.abs().sum(axis: axis, keepDims: true) : x.square().sum(axis: axis, keepDims: true).squareRoot()
            return try call.result(`where`(norm .== 0.0, x * 0.0, x / `where`(norm .== 0.0, norm + 1, norm)))
        }
        table["MeanVarianceNormalization"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.floating(0)
            let axes = try call.axes(call.ints("axes") ?? [0, 2, 3], rank: x.rank)
            let mean = x.mean(axes: axes, keepDims: true)
            let deviation = (x.square().mean(axes: axes, keepDims: true) - mean.square()).squareRoot()
            return try call.result((x - mean) / (deviation + 1e-9))
        }
        table["LRN"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.tensor(0, rank: 2)
            let size = try call.requiredInt("size")
            guard (1...1 << 16).contains(size) else { throw MartletError("Expected a size of at least 1. Received: \(size).") }
            let (alpha, beta) = (try call.float("alpha", default: 0.0001), try call.float("beta", default: 0.75))
            let before = (size - 1) / 2
            var pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
            pads[1] = (before, size - 1 - before)
            let squares = x.square().padded(pads)
            let sum = (1..<size).reduce(squares.sliced(0..<x.shape[1], axis: 1)) {
                $0 + squares.sliced($1..<$1 + x.shape[1], axis: 1)
            }
            return try call.result(x / (call.float("bias", default: 1) + sum * (alpha / Double(size))).pow(beta))
        }
    }

    /// A tensor of mean 0 and variance 1 over axes, with the mean and the inverse of the deviation.
    static func normalized(_ x: Tensor, axes: [Int], epsilon: Double) -> (y: Tensor, mean: Tensor, inverse: Tensor) {
        let mean = x.mean(axes: axes, keepDims: true)
        let centred = x - mean
        let inverse = (centred.square().mean(axes: axes, keepDims: true) + epsilon).reciprocalSquareRoot()
        return (centred * inverse, mean, inverse)
    }
}
