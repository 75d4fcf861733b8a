import Martlet

extension ONNXOperator {
    /// An update of several weights: the inputs are rate, count of updates, then the weights, gradients and slots in groups.
    private static func update(
        slots: Int, _ rule: @escaping @Sendable (ONNXCall, _ rate: Tensor, _ count: Tensor, [Tensor]) throws -> [Tensor]
    ) -> ONNXOperator {
        ONNXOperator(inputCounts: 2...Int.max) { call in
            let groups = slots + 2
            guard (call.inputs.count - 2) % groups == 0 else { throw MartletError("Expected \(groups) inputs for each weight.") }
            let count = (call.inputs.count - 2) / groups
            var outputs = [[ONNX.Value]](repeating: [], count: slots + 1)
            for weight in 0..<count {
                let tensors = try (0..<groups).map { try call.floating(2 + $0 * count + weight) }
                let results = try rule(call, call.number(0), call.number(1), tensors)
                for (place, tensor) in results.enumerated() {
                    outputs[place].append(.tensor(tensor, like: try call.value(2 + weight)))
                }
            }
            return Array(outputs.joined())
        }
    }

    static func addOptimizers(_ table: inout [String: ONNXOperator]) {
        let domain = "ai.onnx.preview.training."
        table[domain + "Adagrad"] = update(slots: 1) { call, rate, count, tensors in
            let decayed = rate / (1 + count.cast(to: rate.dtype) * (try call.float("decay_factor", default: 0)))
            let gradient = tensors[0] * (try call.float("norm_coefficient", default: 0)) + tensors[1]
            let sum = tensors[2] + gradient.square()
            let epsilon = try call.float("epsilon", default: 1e-6)
            return [tensors[0] - decayed * gradient / (sum.squareRoot() + epsilon), sum]
        }
        table[domain + "Momentum"] = update(slots: 1) { call, rate, count, tensors in
            let (alpha, beta) = (try call.float("alpha", default: 0.9), try call.float("beta", default: 1))
            let gradient = tensors[0] * (try call.float("norm_coefficient", default: 0)) + tensors[1]
            let factor = `where`(count .> 0, Tensor(beta).cast(to: rate.dtype), Tensor(1.0).cast(to: rate.dtype))
            let velocity = alpha * tensors[2] + factor * gradient
            let isNesterov = try call.string("mode") == "nesterov"
            return [tensors[0] - rate * (isNesterov ? gradient + alpha * velocity : velocity), velocity]
        }
        table[domain + "Adam"] = update(slots: 2) { call, rate, count, tensors in
            let (alpha, beta) = (try call.float("alpha", default: 0.9), try call.float("beta", default: 0.999))
            let gradient = tensors[0] * (try call.float("norm_coefficient", default: 0)) + tensors[1]
            let mean = alpha * tensors[2] + (1 - alpha) * gradient
            let square = beta * tensors[3] + (1 - beta) * gradient.square()
            let steps = count.cast(to: rate.dtype)
            let unbiased = rate * (1 - pow(beta, steps)).squareRoot() / (1 - pow(alpha, steps))
            let adjusted = `where`(count .> 0, unbiased, rate)
            let x = tensors[0] - adjusted * mean / (square.squareRoot() + (try call.float("epsilon", default: 1e-6)))
            return [(1 - (try call.float("norm_coefficient_post", default: 0))) * x, mean, square]
        }
    }
}
