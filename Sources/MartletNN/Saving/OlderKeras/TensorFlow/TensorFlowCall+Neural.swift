import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// Functions of neural networks without windows.
    static func neural(_ table: inout [String: Maker]) {
        table["nn.bias_add"] = { call in
            let bias = try call.operand("bias")
            guard try call.isChannelsFirst() else { return [try call.add(call.first, bias)] }
            let shape = [-1] + [Int](repeating: 1, count: max(0, try call.rank(call.first) - 2))
            let column = try call.op(
                "Reshape", .tensor(call.graph.tensor(bias)), with: ["newshape": .array(shape.map { .int($0) })])
            return [try call.add(call.first, column)]
        }
        table["nn.batch_normalization"] = { call in
            [
                try call.normalized(
                    mean: call.operand("mean"), variance: call.operand("variance"), offset: call["offset"],
                    scale: call["scale"],
                    epsilon: call.required("variance_epsilon"))
            ]
        }
        table["nn.fused_batch_norm"] = { call in
            guard try !call.constant("is_training", true), try !call.isChannelsFirst() else {
                throw MartletError("Expected is_training: false, and data_format: \"NHWC\".")
            }
            _ = call["exponential_avg_factor"]
            let (mean, variance) = (try call.operand("mean"), try call.operand("variance"))
            let y = try call.normalized(
                mean: mean, variance: variance, offset: call["offset"], scale: call["scale"],
                epsilon: call.constant("epsilon", 0.001))
            return [y, mean, variance]
        }
        table["nn.local_response_normalization"] = { call in
            let radius: Int = try call.constant("depth_radius", 5)
            let (bias, alpha, beta): (Double, Double, Double) = (
                try call.constant("bias", 1), try call.constant("alpha", 1), try call.constant("beta", 0.5)
            )
            let channels = try call.size(call.first, -1)
            guard channels <= 1 << 10 else { throw MartletError("Expected up to 1024 channels. Received: \(channels).") }
            let band = (0..<channels).map { row in (0..<channels).map { abs(row - $0) <= radius ? alpha : 0.0 } }
            let sums = try call.along(call.rank(call.first) - 1, call.op("Square", call.first), band)
            let scale = try call.op("Power", call.add(sums, .constant(.double(bias))), .constant(.double(-beta)))
            return [try call.mul(call.first, scale)]
        }
        table["nn.lrn"] = table["nn.local_response_normalization"]
        table["nn.dropout"] = { call in
            try call.expect(["noise_shape": .null])
            let rate: Double = try call.json("rate")?.value(at: []) ?? 1 - call.constant("keep_prob", 1.0)
            _ = call["seed"]
            guard rate != 0 else { return [.tensor(try call.graph.tensor(call.first))] }
            // It drops in predictions too: the call says so, as that of a layer with training=True.
            let config: JSONObject = ["rate": .double(rate)]
            return [
                .tensor(
                    try call.graph.layer("Dropout", config, call.graph.tensor(call.first), named: ["training": true]).output(0))
            ]
        }
        for (name, kind) in [("space_to_depth", "SpaceToDepth"), ("depth_to_space", "DepthToSpace")] {
            let maker: Maker = { call in
                let format = try call.isChannelsFirst() ? "channels_first" : "channels_last"
                return [
                    try call.op(
                        kind, call.first,
                        with: ["block_size": .int(call.required("block_size")), "data_format": .string(format)])
                ]
            }
            for name in [name, "nn.\(name)"] { table[name] = maker }
        }
        table["space_to_batch_nd"] = { call in
            let (blocks, pads): ([Int], [[Int]]) = (try call.required("block_shape"), try call.required("paddings"))
            guard pads.count == blocks.count else { throw MartletError("Expected paddings for each of \(blocks.count) axes.") }
            let rank = try call.rank(call.first)
            let widths = [[0, 0]] + pads + [[Int]](repeating: [0, 0], count: max(0, rank - 1 - pads.count))
            return [try call.batches(of: call.pad(call.first, widths), blocks)]
        }
        table["space_to_batch"] = table["space_to_batch_nd"]
        table["batch_to_space_nd"] = { call in
            let (blocks, crops): ([Int], [[Int]]) = (try call.required("block_shape"), try call.required("crops"))
            return [try call.space(of: call.first, blocks, crops)]
        }
        table["batch_to_space"] = table["batch_to_space_nd"]
        table["keras.backend.batch_flatten"] = { call in
            let sizes = try (1..<max(1, call.rank(call.first))).map { try call.size(call.first, $0) }
            return [try call.op("Reshape", call.first, with: ["newshape": [-1, .int(sizes.reduce(1, *))]])]
        }
    }

    /// Whether channels stand before the axes of space.
    func isChannelsFirst() throws -> Bool {
        let format: String = try constant("data_format", "NHWC")
        return format.hasPrefix("NC")
    }

    private func normalized(
        mean: GraphValue, variance: GraphValue, offset: GraphValue?, scale: GraphValue?, epsilon: Double
    ) throws -> GraphValue {
        let type = type(first)
        var factor = try op(
            "Rsqrt", .tensor(graph.tensor(op("Add", .tensor(graph.tensor(variance, type)), .constant(.double(epsilon))))))
        if let scale { factor = try mul(factor, scale) }
        let y = try mul(sub(first, mean), factor)
        return try offset.map { try add(y, $0) } ?? y
    }

    /// Blocks of space as batches of their own.
    private func batches(of x: GraphValue, _ blocks: [Int]) throws -> GraphValue {
        let rank = try rank(x)
        let spatial = try blocks.indices.map { try size(x, $0 + 1) }
        guard rank > blocks.count, zip(spatial, blocks).allSatisfy({ $1 > 0 && $0 % $1 == 0 }) else {
            throw MartletError("Expected sizes that \(blocks) divide. Received: \(spatial).")
        }
        let rest = try ((blocks.count + 1)..<rank).map { try size(x, $0) }
        let split = [-1] + zip(spatial, blocks).flatMap { [$0 / $1, $1] } + rest
        let count = blocks.count
        let order =
            (0..<count).map { 2 + 2 * $0 } + [0] + (0..<count).map { 1 + 2 * $0 } + rest.indices.map { 2 * count + 1 + $0 }
        let moved = try transpose(op("Reshape", x, with: ["newshape": .array(split.map { .int($0) })]), order)
        let target = [-1] + zip(spatial, blocks).map { $0 / $1 } + rest
        return try op("Reshape", moved, with: ["newshape": .array(target.map { .int($0) })])
    }

    /// Batches as blocks of space.
    private func space(of x: GraphValue, _ blocks: [Int], _ crops: [[Int]]) throws -> GraphValue {
        let (rank, count) = (try rank(x), blocks.count)
        let spatial = try blocks.indices.map { try size(x, $0 + 1) }
        guard rank > count, crops.count == count, crops.allSatisfy({ $0.count == 2 && $0.allSatisfy { $0 >= 0 } }) else {
            throw MartletError("Expected two crops for each of \(count) axes. Received: \(crops).")
        }
        let rest = try ((count + 1)..<rank).map { try size(x, $0) }
        let split = blocks + [-1] + spatial + rest
        let order = [count] + (0..<count).flatMap { [count + 1 + $0, $0] } + rest.indices.map { 2 * count + 1 + $0 }
        let moved = try transpose(op("Reshape", x, with: ["newshape": .array(split.map { .int($0) })]), order)
        let target = [-1] + zip(spatial, blocks).map { $0 * $1 } + rest
        let y = try op("Reshape", moved, with: ["newshape": .array(target.map { .int($0) })])
        return try crops.indices.reduce(y) { y, axis in
            crops[axis] == [0, 0] ? y : try part(y, axis + 1, crops[axis][0], target[axis + 1] - crops[axis][1])
        }
    }

    /// Losses of each sample.
    static func losses(_ table: inout [String: Maker]) {
        for name in ["nn.softmax_cross_entropy_with_logits_v2", "nn.softmax_cross_entropy_with_logits"] {
            table[name] = { call in
                let logits = try call.operand("logits")
                let axis = try call.axis(-1, of: logits)
                let logarithms = try call.op("LogSoftmax", logits, with: ["axis": .int(axis)])
                return [try call.op("Negative", call.reduce("Sum", call.mul(call.first, logarithms), [axis]))]
            }
        }
        table["nn.sparse_softmax_cross_entropy_with_logits"] = { call in
            let logits = try call.operand("logits")
            let axis = try call.rank(logits) - 1
            let logarithms = try call.op("LogSoftmax", logits, with: ["axis": .int(axis)])
            return [try call.sparse(call.first, logarithms)]
        }
        table["nn.sigmoid_cross_entropy_with_logits"] = { call in
            let logits = try call.operand("logits")
            let linear = try call.sub(call.op("Relu", logits), call.mul(logits, call.first))
            return [try call.add(linear, call.op("Softplus", call.op("Negative", call.op("Absolute", logits))))]
        }
        table["nn.weighted_cross_entropy_with_logits"] = { call in
            let (logits, weight) = (try call.operand("logits"), try call.operand("pos_weight"))
            let factor = try call.add(
                call.mul(call.first, call.op("Subtract", weight, .tensor(call.graph.tensor(1.0, call.type(logits))))), 1.0)
            let soft = try call.op("Softplus", call.op("Negative", logits))
            return [try call.add(call.mul(call.sub(1.0, call.first), logits), call.mul(factor, soft))]
        }
        table["keras.backend.binary_crossentropy"] = { call in
            try call.expect(["from_logits": false])
            let output = try call.op("Clip", call.operand("output"), with: ["x_min": 1e-7, "x_max": .double(1 - 1e-7)])
            func part(_ target: GraphValue, _ output: GraphValue) throws -> GraphValue {
                try call.mul(target, call.op("Log", call.add(output, 1e-7)))
            }
            let sum = try call.add(part(call.first, output), part(call.sub(1.0, call.first), call.sub(1.0, output)))
            return [try call.op("Negative", sum)]
        }
        table["keras.backend.categorical_crossentropy"] = { call in
            try call.expect(["from_logits": false])
            let output = try call.operand("output")
            let axis = try call.axis(-1, of: output)
            let shares = try call.div(output, call.reduce("Sum", output, [axis], keepDims: true))
            let logarithms = try call.op("Log", call.op("Clip", shares, with: ["x_min": 1e-7, "x_max": .double(1 - 1e-7)]))
            return [try call.op("Negative", call.reduce("Sum", call.mul(call.first, logarithms), [axis]))]
        }
        table["keras.backend.sparse_categorical_crossentropy"] = { call in
            try call.expect(["from_logits": false, "ignore_class": .null])
            let output = try call.operand("output")
            let last = try call.rank(output) - 1
            guard try call.axis(-1, of: output) == last else { throw MartletError("Expected axis: -1.") }
            let clipped = try call.op("Clip", output, with: ["x_min": 1e-7, "x_max": .double(1 - 1e-7)])
            let logarithms = try call.op("LogSoftmax", call.op("Log", clipped), with: ["axis": .int(last)])
            let isColumn = try call.rank(call.first) == last + 1
            return [
                try call.sparse(isColumn ? call.op("Squeeze", call.first, with: ["axis": .int(last)]) : call.first, logarithms)
            ]
        }
    }

    /// The negative logarithms at the places of labels.
    private func sparse(_ labels: GraphValue, _ logarithms: GraphValue) throws -> GraphValue {
        let last = try rank(logarithms) - 1
        let hot = try op(
            "OneHot", labels,
            with: ["num_classes": .int(size(logarithms, last)), "axis": -1, "dtype": .string(type(logarithms).name)])
        return try op("Negative", reduce("Sum", mul(hot, logarithms), [last]))
    }
}
