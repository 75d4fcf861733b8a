import Martlet

extension ONNXOperator {
    /// A function of floating-point numbers with the attributes `alpha` and `beta`.
    private static func activation(
        alpha: Double = 0, beta: Double = 0, _ function: @escaping @Sendable (Tensor, Double, Double) -> Tensor
    ) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...1) { call in
            let (a, b) = (try call.float("alpha", default: alpha), try call.float("beta", default: beta))
            return try call.result(function(try call.number(0), a, b))
        }
    }

    static func addActivations(_ table: inout [String: ONNXOperator]) {
        table["Relu"] = unary { $0.relu() }
        table["Sigmoid"] = unary { $0.sigmoid() }
        table["Tanh"] = unary { $0.tanh() }
        table["Softplus"] = unary { $0.softplus() }
        table["Softsign"] = unary { $0 / (1 + $0.abs()) }
        table["Mish"] = unary { $0 * $0.softplus().tanh() }
        table["HardSwish"] = unary { $0 * ($0 / 6.0 + 0.5).clipped(to: 0.0...1.0) }
        table["Elu"] = activation(alpha: 1) { x, alpha, _ in `where`(x .> 0.0, x, alpha * minimum(x, 0.0).expm1()) }
        table["Celu"] = activation(alpha: 1) { x, alpha, _ in
            maximum(x, 0.0) + minimum(alpha * (minimum(x, 0.0) / alpha).expm1(), 0.0)
        }
        table["LeakyRelu"] = activation(alpha: 0.01) { x, alpha, _ in `where`(x .< 0.0, alpha * x, x) }
        table["ThresholdedRelu"] = activation(alpha: 1) { x, alpha, _ in x * (x .> alpha).cast(to: x.dtype) }
        table["HardSigmoid"] = activation(alpha: 0.2, beta: 0.5) { x, alpha, beta in
            (alpha * x + beta).clipped(to: 0.0...1.0)
        }
        table["Swish"] = activation(alpha: 1) { x, alpha, _ in x * (alpha * x).sigmoid() }
        table["Selu"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0)
            let alpha = try call.float("alpha", default: 1.67326319217681884765625)
            let gamma = try call.float("gamma", default: 1.05070102214813232421875)
            return try call.result(gamma * `where`(x .> 0.0, x, alpha * minimum(x, 0.0).expm1()))
        }
        table["Gelu"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0)
            if try call.string("approximate", default: "none") == "tanh" {
                let inner = 0.7978845608028654 * (x + 0.044715 * x * x.square())
                return try call.result(0.5 * x * (1 + inner.tanh()))
            }
            return try call.result(0.5 * x * (1 + (x * 0.7071067811865476).erf()))
        }
        table["PRelu"] = ONNXOperator(inputCounts: 2...2) { call in
            let (x, slope) = (try call.number(0), try call.number(1))
            // Before version 7, and from some exporters, the slopes are those of the channels.
            let isByChannel = slope.rank == 1 && slope.elementCount > 1 && x.rank > 2 && call.version < 7
            let slopes = isByChannel ? slope.reshaped([-1] + [Int](repeating: 1, count: x.rank - 2)) : slope
            return try call.result(`where`(x .< 0, slopes * x, x))
        }
        table["Shrink"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0)
            let (bias, lambda) = (try call.float("bias", default: 0), try call.float("lambd", default: 0.5))
            let wide = x.dtype.isFloatingPoint ? x : x.cast(to: .float32)
            return try call.result(
                `where`(wide .< -lambda, wide + bias, `where`(wide .> lambda, wide - bias, wide * 0.0)))
        }
        table["Softmax"] = alongAxis { $0.softmax(axis: $1) }
        table["LogSoftmax"] = alongAxis { $0.logSoftmax(axis: $1) }
        table["Hardmax"] = alongAxis { x, axis in
            let places = x.argmax(axis: axis)
            return Tensor.oneHot(places, depth: x.shape[axis], axis: axis, dtype: x.dtype)
        }
    }

    /// A function along one axis. Before version 13 it joined all axes from `axis` on, which is 1 by default.
    private static func alongAxis(_ function: @escaping @Sendable (Tensor, Int) -> Tensor) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0)
            if call.version >= 13 || !call.node.domain.isEmpty {
                return try call.result(function(x, try call.axis(call.int("axis", default: -1), rank: x.rank)))
            }
            let first = try call.axis(call.int("axis", default: 1), rank: max(x.rank, 2))
            let sizes = x.shape.dimensions
            let rows = x.reshaped([sizes[..<first].reduce(1, *), sizes[first...].reduce(1, *)])
            return try call.result(function(rows, 1).reshaped(to: x.shape))
        }
    }
}
