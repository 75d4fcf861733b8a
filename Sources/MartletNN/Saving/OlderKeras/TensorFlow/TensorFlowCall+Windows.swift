import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// Pooling and convolutions.
    static func windows(_ table: inout [String: Maker]) {
        for (kind, name) in [("MaxPool", "max_pool"), ("AveragePool", "avg_pool")] {
            for suffix in ["", "1d", "2d", "3d"] {
                table["nn.\(name)\(suffix)"] = { call in
                    let size = try call.perAxis(call.numbers("ksize") ?? [1])
                    return [try call.pooled(kind, call.input(), size, call.perAxis(call.numbers("strides") ?? [1]))]
                }
            }
        }
        table["nn.max_pool_v2"] = table["nn.max_pool"]
        table["nn.pool"] = { call in
            if let rates = try call.numbers("dilation_rate") ?? call.numbers("dilations"), rates.contains(where: { $0 != 1 }) {
                throw MartletError("Expected windows without dilation. Received: \(rates).")
            }
            let type: String = try call.required("pooling_type")
            let size = try call.perAxis(call.numbers("window_shape") ?? [1])
            return [
                try call.pooled(
                    type == "MAX" ? "MaxPool" : "AveragePool", call.input(), size, call.perAxis(call.numbers("strides") ?? [1]))
            ]
        }
        for name in ["nn.conv1d", "nn.conv2d", "nn.conv3d", "nn.convolution"] {
            table[name] = { call in
                _ = call["use_cudnn_on_gpu"]
                return [try call.convolved("Conv", [call.kernel(["filters", "filter"])])]
            }
        }
        table["nn.depthwise_conv2d"] = { [try $0.convolved("DepthwiseConv", [$0.kernel(["filter", "filters"])])] }
        table["nn.depthwise_conv2d_native"] = table["nn.depthwise_conv2d"]
        table["nn.separable_conv2d"] = { call in
            [try call.convolved("SeparableConv", [call.kernel(["depthwise_filter"]), call.kernel(["pointwise_filter"])])]
        }
        table["nn.atrous_conv2d"] = { call in
            let rate: Int = try call.required("rate")
            return [try call.convolved("Conv", [call.kernel(["filters"])], dilations: [rate, rate])]
        }
        for name in ["nn.conv1d_transpose", "nn.conv2d_transpose", "nn.conv3d_transpose"] {
            table[name] = { [try $0.transposedConvolution()] }
        }
    }

    /// A constant or a tensor.
    private func kernel(_ names: [String]) throws -> GraphValue {
        for name in names {
            if let value = self[name] { return value }
        }
        throw MartletError("Expected a tensor \"\(names[0])\".")
    }

    /// The input, with channels last.
    private func input() throws -> GraphValue {
        guard try !isChannelsFirst() else { throw MartletError("Expected data_format: \"NHWC\". Received: channels first.") }
        return first
    }

    /// A number for each axis of space, from one for all, one for each, or one for each axis of the tensor.
    private func perAxis(_ numbers: [Int]) throws -> [Int] {
        let rank = try rank(first)
        guard rank >= 3, !numbers.isEmpty else { throw MartletError("Expected numbers for axes between batch and channels.") }
        switch numbers.count {
        case 1: return [Int](repeating: numbers[0], count: max(0, rank - 2))
        case rank - 2: return numbers
        case rank where numbers[0] == 1 && numbers[rank - 1] == 1: return Array(numbers[1..<rank - 1])
        default: throw MartletError("Expected a number for each of \(rank - 2) axes. Received: \(numbers).")
        }
    }

    /// What the padding is called, and the input with borders where it is given in numbers.
    private func padded(_ x: GraphValue, value: JSONValue = 0) throws -> (GraphValue, padding: JSONValue) {
        guard let json = try json("padding") else { return (x, "valid") }
        if case .string(let name) = json { return (x, .string(name.lowercased())) }
        let widths: [[Int]] = try json.value(at: [])
        guard widths.count == (try rank(x)) else { throw MartletError("Expected paddings of all axes. Received: \(widths).") }
        return (try pad(x, widths, value: value), "valid")
    }

    private func pooled(_ kind: String, _ x: GraphValue, _ size: [Int], _ strides: [Int]) throws -> GraphValue {
        let (x, padding) = try padded(x, value: .double(-Double(Float.greatestFiniteMagnitude)))
        return try op(
            kind, x,
            with: ["pool_size": ints(size), "strides": ints(strides), "padding": padding, "data_format": "channels_last"])
    }

    /// Numbers for axes of space: one where all are equal, since some of Keras 3's functions take no list from a file.
    private func ints(_ values: [Int]) -> JSONValue {
        if let first = values.first, values.allSatisfy({ $0 == first }) { return .int(first) }
        return .array(values.map { .int($0) })
    }

    private func convolved(_ kind: String, _ kernels: [GraphValue], dilations given: [Int]? = nil) throws -> GraphValue {
        let rate = try given ?? numbers("dilations") ?? numbers("rate") ?? numbers("dilation_rate") ?? [1]
        let (x, padding) = try padded(input())
        let strides = try perAxis(numbers("strides") ?? numbers("stride") ?? [1])
        let attributes: JSONObject = [
            "strides": ints(strides), "padding": padding, "data_format": "channels_last",
            "dilation_rate": ints(try perAxis(rate)),
        ]
        return .tensor(try graph.node(kind, [x] + kernels, attributes).output(0))
    }

    private func transposedConvolution() throws -> GraphValue {
        let (x, kernel) = (try input(), try kernel(["filters", "filter", "input"]))
        let strides = try perAxis(numbers("strides") ?? [1])
        let dilations = try perAxis(numbers("dilations") ?? [1])
        guard case .string(let padding) = try json("padding") ?? "SAME", dilations.allSatisfy({ $0 == 1 }) else {
            throw MartletError("Expected padding: \"SAME\" or \"VALID\", and no dilation.")
        }
        var extra: [Int]?
        let asked = try sizes(operand("output_shape"), "output_shape")
        for (axis, stride) in strides.enumerated() {
            guard asked.count == strides.count + 2, let target = asked[axis + 1].known, let size = try shape(x)[axis + 1] else {
                continue
            }
            let window = try self.size(kernel, axis)
            let (usual, least) =
                padding == "SAME"
                ? (size * stride, (size - 1) * stride + window - 2 * (window / 2))
                : (size * stride + max(window - stride, 0), (size - 1) * stride + window)
            if target != usual || extra != nil {
                guard (0..<stride).contains(target - least) else {
                    throw MartletError("Expected an output of size \(usual) along axis \(axis + 1). Received: \(target).")
                }
                extra = extra ?? [Int](repeating: 0, count: strides.count)
                extra?[axis] = target - least
            }
        }
        let attributes: JSONObject = [
            "strides": ints(strides), "padding": .string(padding.lowercased()), "output_padding": extra.map(ints) ?? .null,
            "data_format": "channels_last", "dilation_rate": ints(dilations),
        ]
        return .tensor(try graph.node("ConvTranspose", [x, kernel], attributes).output(0))
    }
}
