import Martlet
import MartletCore

extension TensorFlowOperator {
    /// Products, convolutions, poolings and what else sees images.
    static func addProducts(_ table: inout [String: TensorFlowOperator]) {
        table["MatMul"] = TensorFlowOperator(weights: [1]) { call in
            let (a, b) = (try call.tensor(0, rank: 2...2), try call.tensor(1, rank: 2...2))
            return [matmul(a, b, transposeA: call.flag("transpose_a"), transposeB: call.flag("transpose_b"))]
        }
        let batched = TensorFlowOperator(weights: [1]) { call in
            let (a, b) = (try call.tensor(0, rank: 2...15), try call.tensor(1, rank: 2...15))
            return [matmul(a, b, transposeA: call.flag("adj_x"), transposeB: call.flag("adj_y"))]
        }
        for name in ["BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"] { table[name] = batched }
        table["Einsum"] = TensorFlowOperator { call in
            guard let equation = call.text("equation") else { throw MartletError("Expected an attribute \"equation\".") }
            return [einsum(equation, try call.tensors(call.inputs.count))]
        }
        table["BiasAdd"] = TensorFlowOperator(weights: [1]) { call in
            let (x, bias) = (try call.tensor(0, rank: 2...5), try call.tensor(1, rank: 1...1))
            guard try call.isChannelsFirst, x.rank > 2 else { return [x + bias] }
            return [x + bias.reshaped([1, -1] + [Int](repeating: 1, count: x.rank - 2))]
        }
        for name in ["Conv2D", "Conv3D"] {
            table[name] = TensorFlowOperator(weights: [1], value: { call in
                let rank = name == "Conv2D" ? 4 : 5
                if let blocks = try call.convolvedBlocks(rank) { return .blocks(blocks) }
                let y = try call.channelsLast(rank) { x, kernel, geometry in
                    let kernel = kernel!
                    guard kernel.rank == rank, kernel.shape[-2] > 0, x.shape[-1] % kernel.shape[-2] == 0 else {
                        throw MartletError("Expected a kernel for \(x.spec). Received: \(kernel.spec).")
                    }
                    return conv(
                        x, kernel, strides: geometry.strides, padding: geometry.padding, dilations: geometry.dilations,
                        groups: max(1, x.shape[-1] / kernel.shape[-2]))
                }
                return .tensor(y[0])
            })
        }
        table["DepthwiseConv2dNative"] = TensorFlowOperator(weights: [1], value: { call in
            if let blocks = try call.convolvedBlocks(4) { return .blocks(blocks) }
            let y = try call.channelsLast(4) { x, kernel, geometry in
                depthwiseConv(
                    x, kernel!, strides: geometry.strides, padding: geometry.padding, dilations: geometry.dilations)
            }
            return .tensor(y[0])
        })
        for name in ["Conv2DBackpropInput", "Conv3DBackpropInputV2"] {
            table[name] = TensorFlowOperator(weights: [1]) { try $0.transposedConvolution(name == "Conv2DBackpropInput" ? 4 : 5) }
        }
        for (name, rank) in [("MaxPool", 4), ("AvgPool", 4), ("MaxPool3D", 5), ("AvgPool3D", 5)] {
            table[name] = TensorFlowOperator { call in
                try call.channelsLast(rank) { x, _, geometry in
                    name.hasPrefix("Max")
                        ? maxPool(x, size: geometry.window, strides: geometry.strides, padding: geometry.padding)
                        : averagePool(x, size: geometry.window, strides: geometry.strides, padding: geometry.padding)
                }
            }
        }
        let normalization = TensorFlowOperator { call in
            let x = try call.tensor(0, rank: 4...5)
            guard case .flag(false)? = call.node.attribute("is_training") else {
                throw MartletError("Expected a batch normalization with the statistics of the file.")
            }
            let shape = try call.isChannelsFirst ? [1, -1] + [Int](repeating: 1, count: x.rank - 2) : [-1]
            let parts = try (1..<5).map { try call.tensor($0, rank: 1...1) }
            let scale = parts[0] / (parts[3] + call.number("epsilon", default: 1e-4)).squareRoot()
            let y = (x - parts[2].reshaped(shape)) * scale.reshaped(shape) + parts[1].reshaped(shape)
            return [y, parts[2], parts[3], parts[2], parts[3], parts[3]]
        }
        for name in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"] { table[name] = normalization }
        for (name, interpolation) in [
            ("ResizeBilinear", Interpolation.bilinear), ("ResizeNearestNeighbor", .nearest), ("ResizeBicubic", .bicubic),
        ] {
            table[name] = TensorFlowOperator { call in
                let (x, size) = (try call.tensor(0, rank: 4...4), try call.integers(1))
                let isWhole = size.count == 2 && zip(size, x.shape.dimensions[1...2]).allSatisfy { $0 % max(1, $1) == 0 }
                guard size.count == 2, size.allSatisfy({ (1...1 << 24).contains($0) }), !call.flag("align_corners"),
                    call.flag("half_pixel_centers") || interpolation == .nearest && isWhole
                else { throw MartletError("Expected the centers of pixels at halves, and corners that are not aligned.") }
                return [resize(x, to: size, interpolation: interpolation)]
            }
        }
        table["DepthToSpace"] = TensorFlowOperator { call in
            let (x, block) = (try call.tensor(0, rank: 4...4), try call.integer("block_size", default: 2))
            let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
            guard block > 0, c % (block * block) == 0 else { throw MartletError("Expected channels for blocks of \(block).") }
            let parts = x.reshaped([n, h, w, block, block, c / (block * block)])
            return [parts.transposed(permutation: [0, 1, 3, 2, 4, 5]).reshaped([n, h * block, w * block, c / (block * block)])]
        }
        table["SpaceToDepth"] = TensorFlowOperator { call in
            let (x, block) = (try call.tensor(0, rank: 4...4), try call.integer("block_size", default: 2))
            let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
            guard block > 0, h % block == 0, w % block == 0 else { throw MartletError("Expected sizes for blocks of \(block).") }
            let parts = x.reshaped([n, h / block, block, w / block, block, c])
            return [parts.transposed(permutation: [0, 1, 3, 2, 4, 5]).reshaped([n, h / block, w / block, block * block * c])]
        }
    }
}

extension TensorFlowCall {
    /// How windows lie, without the axes of batch and channels.
    fileprivate struct Geometry {
        var window: [Int]
        var strides: [Int]
        var dilations: [Int]
        var padding: Padding
    }

    fileprivate var isChannelsFirst: Bool { get throws { text("data_format").map { $0.hasPrefix("NC") } ?? false } }

    /// Runs `body` on images with channels last, and the second input, if there is one.
    fileprivate func channelsLast(
        _ rank: Int, _ body: (Tensor, Tensor?, Geometry) throws -> Tensor
    ) throws -> [Tensor] {
        let (x, isFirst) = (try tensor(0, rank: rank...rank), try isChannelsFirst)
        let kernel = inputs.count > 1 ? try tensor(1, rank: rank...rank) : nil
        let y = try body(isFirst ? x.movingAxis(1, to: -1) : x, kernel, geometry(rank))
        return [isFirst ? y.movingAxis(-1, to: 1) : y]
    }

    /// The blocks of the first input with the convolution, where it is one that a dilated one of the whole takes the place of.
    fileprivate func convolvedBlocks(_ rank: Int) throws -> TensorFlowBlocked? {
        guard let blocks = try blocks(0), try !isChannelsFirst else { return nil }
        let (kernel, geometry) = (try tensor(1, rank: rank...rank), try geometry(rank))
        guard geometry.padding == .valid, (geometry.strides + geometry.dilations).allSatisfy({ $0 == 1 }) else { return nil }
        return blocks.convolved(kernel, isDepthwise: node.operation == "DepthwiseConv2dNative")
    }

    private func geometry(_ rank: Int) throws -> Geometry {
        let isFirst = try isChannelsFirst
        func spatial(_ name: String) throws -> [Int] {
            let all = integers(name) ?? [Int](repeating: 1, count: rank)
            guard all.count == rank, all.allSatisfy({ (1...1 << 24).contains($0) }), all[0] == 1,
                all[isFirst ? 1 : rank - 1] == 1
            else { throw MartletError("Expected \(rank) numbers, 1 for batch and channels, as \"\(name)\". Received: \(all).") }
            return Array(isFirst ? all[2...] : all[1..<rank - 1])
        }
        let padding: Padding
        switch text("padding") {
        case "SAME": padding = .same
        case "VALID": padding = .valid
        case "EXPLICIT":
            let all = integers("explicit_paddings") ?? []
            guard all.count == 2 * rank, all.allSatisfy({ (0...1 << 24).contains($0) }) else {
                throw MartletError("Expected \(2 * rank) paddings. Received: \(all).")
            }
            let first = isFirst ? 2 : 1
            padding = .explicit((first..<first + rank - 2).map { (all[2 * $0], all[2 * $0 + 1]) })
        case let other: throw MartletError("Expected the padding SAME, VALID or EXPLICIT. Received: \(other ?? "none").")
        }
        return Geometry(
            window: try spatial("ksize"), strides: try spatial("strides"), dilations: try spatial("dilations"), padding: padding)
    }

    /// The adjoint of a convolution whose input has the sizes of the first operand.
    fileprivate func transposedConvolution(_ rank: Int) throws -> [Tensor] {
        let (target, kernel, isFirst) = (try integers(0), try tensor(1, rank: rank...rank), try isChannelsFirst)
        let given = try tensor(2, rank: rank...rank)
        let (x, geometry) = (isFirst ? given.movingAxis(1, to: -1) : given, try geometry(rank))
        guard target.count == rank else { throw MartletError("Expected \(rank) sizes. Received: \(target).") }
        let sizes = Array(isFirst ? target[2...] : target[1..<rank - 1])
        var (pads, extra) = ([(before: Int, after: Int)](), [Int]())
        for (axis, size) in sizes.enumerated() {
            let (window, stride, dilation) = (kernel.shape[axis], geometry.strides[axis], geometry.dilations[axis])
            let pad = geometry.padding.amounts(axis: axis, size: size, window: window, stride: stride, dilation: dilation)
            let covered = (x.shape[axis + 1] - 1) * stride + (window - 1) * dilation + 1
            pads.append(pad)
            extra.append(size - covered + pad.before + pad.after)
        }
        guard extra.allSatisfy({ $0 >= 0 }) else { throw MartletError("Expected sizes that windows reach. Received: \(target).") }
        let y = convTransposed(
            x, kernel, strides: geometry.strides, padding: .explicit(pads), outputPadding: extra, dilations: geometry.dilations)
        return [isFirst ? y.movingAxis(-1, to: 1) : y]
    }
}
