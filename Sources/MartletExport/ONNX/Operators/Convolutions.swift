import Martlet

/// Where the windows of a convolution or pooling lie.
struct ONNXWindows {
    let kernel: [Int]
    var strides: [Int]
    let dilations: [Int]
    /// The padding, without what `ceil_mode` adds.
    var pads: [(before: Int, after: Int)]
    /// The number of windows on each axis.
    var counts: [Int]

    /// The span of a window on each axis.
    var spans: [Int] { zip(kernel, dilations).map { ($0 - 1) * $1 + 1 } }

    /// What each axis is extended by, so that all windows lie within.
    func extension_(of sizes: [Int]) -> [(before: Int, after: Int)] {
        sizes.indices.map { axis in
            let needed = (counts[axis] - 1) * strides[axis] + spans[axis] - sizes[axis] - pads[axis].before
            return (pads[axis].before, max(needed, 0))
        }
    }
}

extension ONNXCall {
    private static let sizes = 1...(1 << 24)

    /// The windows that the attributes describe, over an input of the given spatial sizes.
    func windows(kernel: [Int], over sizes: [Int]) throws -> ONNXWindows {
        let rank = sizes.count
        guard (1...3).contains(rank), kernel.count == rank, (kernel + sizes).allSatisfy(Self.sizes.contains) else {
            throw MartletError("Expected a window over 1 to 3 spatial axes. Received: \(kernel) over sizes \(sizes).")
        }
        let strides = try numbers("strides", count: rank, default: 1, in: Self.sizes)
        let dilations = try numbers("dilations", count: rank, default: 1, in: Self.sizes)
        var windows = ONNXWindows(kernel: kernel, strides: strides, dilations: dilations, pads: [], counts: [])
        let (spans, mode) = (windows.spans, try string("auto_pad", default: "NOTSET"))
        let roundsUp = try flag("ceil_mode")
        guard spans.allSatisfy({ $0 < 1 << 40 }) else { throw MartletError("Expected a smaller window. Received: \(spans).") }
        switch mode {
        case "NOTSET", "":
            let pads = try numbers("pads", count: 2 * rank, default: 0, in: 0...1 << 24)
            windows.pads = (0..<rank).map { (pads[$0], pads[$0 + rank]) }
        case "VALID": windows.pads = sizes.map { _ in (0, 0) }
        case "SAME_UPPER", "SAME_LOWER":
            windows.pads = sizes.indices.map { axis in
                let count = (sizes[axis] + strides[axis] - 1) / strides[axis]
                let total = max((count - 1) * strides[axis] + spans[axis] - sizes[axis], 0)
                return mode == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2)
            }
        default: throw MartletError("Expected auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER. Received: \"\(mode)\".")
        }
        windows.counts = sizes.indices.map { axis in
            let room = sizes[axis] + windows.pads[axis].before + windows.pads[axis].after - spans[axis]
            if room < 0 { return 0 }
            guard roundsUp else { return room / strides[axis] + 1 }
            let count = (room + strides[axis] - 1) / strides[axis] + 1
            // The last window begins within the input or the padding before it.
            return (count - 1) * strides[axis] >= sizes[axis] + windows.pads[axis].before ? count - 1 : count
        }
        guard windows.counts.allSatisfy({ $0 > 0 }) else {
            throw MartletError(
                "Expected a window that fits. Received: spans \(spans) over sizes \(sizes), padding \(windows.pads).")
        }
        return windows
    }

    /// A convolution of images whose channels come first.
    func convolved(_ x: Tensor, _ weight: Tensor, bias: Tensor?) throws -> Tensor {
        guard x.rank == weight.rank, x.rank >= 3 else {
            throw MartletError("Expected an input and a kernel of 3 to 5 axes. Received: \(x.spec), \(weight.spec).")
        }
        let windows = try windows(kernel: Array(weight.shape.dimensions[2...]), over: Array(x.shape.dimensions[2...]))
        let groups = try int("group", default: 1)
        guard groups > 0, weight.shape[1].multipliedReportingOverflow(by: groups).partialValue == x.shape[1],
            weight.shape[0] % groups == 0
        else { throw MartletError("Expected \(x.shape[1]) channels in \(groups) groups. Received: a kernel \(weight.spec).") }
        let kernel = weight.transposed(permutation: Array(2..<weight.rank) + [1, 0])
        let y = conv(
            x.movingAxis(1, to: -1), kernel, strides: windows.strides, padding: .explicit(windows.pads),
            dilations: windows.dilations, groups: groups, bias: bias?.cast(to: .promoted(x.dtype, weight.dtype)))
        return y.movingAxis(-1, to: 1)
    }
}

extension ONNXOperator {
    static func addConvolutions(_ table: inout [String: ONNXOperator]) {
        table["Conv"] = ONNXOperator(inputCounts: 2...3, weights: [1, 2]) { call in
            try call.result(call.convolved(call.floating(0), call.floating(1), bias: call.optional(2)))
        }
        table["ConvTranspose"] = ONNXOperator(inputCounts: 2...3, weights: [1, 2]) { call in
            try call.result(call.convolvedTransposed())
        }
        table["Col2Im"] = ONNXOperator(inputCounts: 3...3, settings: [1, 2]) { call in
            let x = try call.floating(0)
            let (sizes, block) = (try call.integers(1), try call.integers(2))
            guard sizes.allSatisfy({ (1...1 << 24).contains($0) }) else {
                throw MartletError("Expected sizes of at least 1. Received: \(sizes).")
            }
            let windows = try call.windows(kernel: block, over: sizes)
            let positions = block.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
            guard x.rank == 3, positions > 0, positions < 1 << 12, x.shape[1] % positions == 0,
                windows.counts.reduce(1, *) == x.shape[2]
            else { throw MartletError("Expected [batch, channels · \(positions), \(windows.counts)]. Received: \(x.spec).") }
            let channels = x.shape[1] / positions
            let columns = x.reshaped([x.shape[0] * channels, positions] + windows.counts).movingAxis(1, to: -1)
            // The adjoint of a convolution that takes the windows apart.
            let kernel = Tensor.eye(positions, dtype: x.dtype).reshaped(block + [1, positions])
            let full = convTransposed(
                columns, kernel, strides: windows.strides, padding: .explicit(sizes.map { _ in (0, 0) }),
                outputPadding: sizes.map { _ in 0 }, dilations: windows.dilations)
            let image = fitted(full, to: sizes, before: windows.pads.map(\.before))
            return try call.result(image.reshaped([x.shape[0], channels] + sizes))
        }
        table["DeformConv"] = ONNXOperator(inputCounts: 3...5) { call in try call.result(call.deformed()) }
    }

    /// Spatial axes, from the second on, from `before` on, with zeros where they are too short.
    static func fitted(_ x: Tensor, to sizes: [Int], before: [Int]) -> Tensor {
        var y = x
        for (place, size) in sizes.enumerated() {
            let axis = place + 1
            let start = Swift.min(before[place], y.shape[axis])
            let end = Swift.min(start + size, y.shape[axis])
            y = y.sliced(start..<end, axis: axis)
            if end - start < size {
                var pads = [(before: Int, after: Int)](repeating: (0, 0), count: y.rank)
                pads[axis].after = size - (end - start)
                y = y.padded(pads)
            }
        }
        return y
    }
}

extension ONNXCall {
    fileprivate func convolvedTransposed() throws -> Tensor {
        let (x, weight, bias) = (try floating(0), try floating(1), try optional(2))
        guard x.rank == weight.rank, (3...5).contains(x.rank) else {
            throw MartletError("Expected an input and a kernel of 3 to 5 axes. Received: \(x.spec), \(weight.spec).")
        }
        let (sizes, kernel) = (Array(x.shape.dimensions[2...]), Array(weight.shape.dimensions[2...]))
        let rank = sizes.count
        guard (sizes + kernel).allSatisfy(Self.sizes.contains) else {
            throw MartletError("Expected sizes from 1 to \(Self.sizes.upperBound). Received: \(x.spec), \(weight.spec).")
        }
        let strides = try numbers("strides", count: rank, default: 1, in: 1...1 << 24)
        let dilations = try numbers("dilations", count: rank, default: 1, in: 1...1 << 24)
        let extra = try numbers("output_padding", count: rank, default: 0, in: 0...1 << 24)
        let groups = try int("group", default: 1)
        guard groups > 0, x.shape[1] == weight.shape[0], x.shape[1] % groups == 0 else {
            throw MartletError("Expected \(x.shape[1]) channels in \(groups) groups. Received: a kernel \(weight.spec).")
        }
        let mode = try string("auto_pad", default: "NOTSET")
        let full = (0..<rank).map { (axis: Int) -> Int in
            let span = (kernel[axis] - 1) * dilations[axis] + 1
            return (sizes[axis] - 1) * strides[axis] + span
        }
        var before = [Int](repeating: 0, count: rank)
        var target = zip(full, extra).map { $0 + $1 }
        if mode.hasPrefix("SAME") || attribute("output_shape") != nil {
            target = try ints("output_shape").map { Array($0.suffix(rank)) } ?? (0..<rank).map { sizes[$0] * strides[$0] }
            guard target.count == rank, target.allSatisfy({ (1...1 << 24).contains($0) }) else {
                throw MartletError("Expected \(rank) sizes as attribute \"output_shape\". Received: \(target).")
            }
            before = (0..<rank).map { axis in
                let total = max(full[axis] + extra[axis] - target[axis], 0)
                return mode == "SAME_UPPER" ? total / 2 : total - total / 2
            }
        } else if mode != "VALID" {
            let pads = try numbers("pads", count: 2 * rank, default: 0, in: 0...1 << 24)
            before = Array(pads[..<rank])
            for axis in 0..<rank { target[axis] -= pads[axis] + pads[axis + rank] }
        }
        guard target.allSatisfy({ $0 > 0 }) else {
            throw MartletError("Expected padding that leaves something. Received: \(target).")
        }
        let (images, weights) = (x.movingAxis(1, to: -1), weight.transposed(permutation: Array(2..<weight.rank) + [1, 0]))
        let parts = zip(
            images.split(count: groups, axis: -1), weights.split(count: groups, axis: -1)
        ).map { image, kernel in
            convTransposed(
                image, kernel, strides: strides, padding: .explicit(sizes.map { _ in (0, 0) }),
                outputPadding: sizes.map { _ in 0 }, dilations: dilations)
        }
        let y = ONNXOperator.fitted(.concatenate(parts, axis: -1), to: target, before: before)
        return (bias.map { y + $0 } ?? y).movingAxis(-1, to: 1)
    }

    /// A convolution whose windows take elements at places of their own, between the pixels linearly.
    fileprivate func deformed() throws -> Tensor {
        let (x, weight, offset) = (try floating(0), try floating(1), try floating(2))
        guard x.rank == 4, weight.rank == 4, offset.rank == 4 else {
            throw MartletError("Expected images of 4 axes. Received: \(x.spec), \(weight.spec), \(offset.spec).")
        }
        let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let kernel = Array(weight.shape.dimensions[2...])
        let windows = try windows(kernel: kernel, over: [h, w])
        let (groups, offsetGroups) = (try int("group", default: 1), try int("offset_group", default: 1))
        let positions = kernel[0] * kernel[1]
        let (oh, ow) = (windows.counts[0], windows.counts[1])
        guard groups > 0, offsetGroups > 0, c % groups == 0, c % offsetGroups == 0, weight.shape[0] % groups == 0,
            weight.shape[1] * groups == c, offset.shape == [n, offsetGroups * positions * 2, oh, ow]
        else { throw MartletError("Expected offsets [\(n), \(2 * positions) · groups, \(oh), \(ow)]. Received: \(offset.spec).") }
        let shifts = offset.reshaped([n, offsetGroups, positions, 2, oh, ow])
        let mask = try optional(4).map { $0.reshaped([n, offsetGroups, 1, positions, oh * ow]) }
        func grid(_ axis: Int) -> Tensor {
            let starts = Tensor.range(0..<windows.counts[axis], dtype: .int64) * windows.strides[axis] - windows.pads[axis].before
            let inner = Tensor.range(0..<kernel[axis], dtype: .int64) * windows.dilations[axis]
            let places = inner.reshaped(axis == 0 ? [-1, 1, 1, 1] : [1, -1, 1, 1])
                + starts.reshaped(axis == 0 ? [1, 1, -1, 1] : [1, 1, 1, -1])
            return places.broadcast(to: [kernel[0], kernel[1], oh, ow]).reshaped([1, 1, positions, oh, ow]).cast(to: x.dtype)
        }
        let (ys, xs) = (grid(0) + shifts[.all, .all, .all, 0], grid(1) + shifts[.all, .all, .all, 1])
        let image = x.reshaped([n * offsetGroups, c / offsetGroups, h, w])
        let places = Tensor.stack([ys, xs], axis: -1).reshaped([n * offsetGroups, positions * oh * ow, 2])
        var columns = ONNXSampling.linear(image, at: places).reshaped([n, offsetGroups, c / offsetGroups, positions, oh * ow])
        if let mask { columns = columns * mask }
        let parts = columns.reshaped([n, groups, c / groups * positions, oh * ow])
        let weights = weight.reshaped([1, groups, weight.shape[0] / groups, c / groups * positions])
        let y = matmul(weights, parts).reshaped([n, weight.shape[0], oh, ow])
        return try optional(3).map { y + $0.reshaped([1, -1, 1, 1]) } ?? y
    }
}
