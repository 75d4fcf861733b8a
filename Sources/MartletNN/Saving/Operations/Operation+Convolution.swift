import MartletCore
import MartletFormats

extension Operation {
    /// Convolutions, whose kernels are operands too, and what else `keras.ops.nn` has for images.
    static func convolutions(_ table: inout [String: Maker]) {
        table["Conv"] = convolution { x, kernels, window in
            conv(
                x, kernels[0], strides: window.strides, padding: window.padding, dilations: window.dilations,
                groups: max(1, x.shape[-1] / max(1, kernels[0].shape[-2])))
        }
        table["DepthwiseConv"] = convolution(isDepthwise: true) { x, kernels, window in
            depthwiseConv(
                x, kernels[0], strides: window.strides, padding: window.padding, dilations: window.dilations)
        }
        table["SeparableConv"] = convolution(operands: 3, isDepthwise: true) { x, kernels, window in
            let each = depthwiseConv(
                x, kernels[0], strides: window.strides, padding: window.padding, dilations: window.dilations)
            return conv(each, kernels[1])
        }
        table["ConvTranspose"] = transposedConvolution
        table["Moments"] = { attributes in
            let axes = try attributes.optionalAxes("axes")
            let keeps = try attributes.value("keepdims", default: false)
            return Operation(
                shapes: { shapes in
                    let shape = try ShapeRule.reduced(shapes[0], axes: axes, keepDims: keeps)
                    return [shape, shape]
                }, type: floatingType,
                run: { inputs in
                    let x = inputs[0].floating
                    return [x.mean(axes: axes, keepDims: keeps), x.variance(axes: axes, keepDims: keeps)]
                })
        }
        table["AdaptiveAveragePool"] = adaptivePool { adaptiveAveragePool($0, to: $1) }
        table["AdaptiveMaxPool"] = adaptivePool { adaptiveMaxPool($0, to: $1) }
        table["DepthToSpace"] = { attributes in
            let (block, format): (Int, DataFormat) = (try attributes.required("block_size"), try attributes.dataFormat())
            return Operation(
                shapes: { shapes in
                    var shape = try blocks(shapes[0], block, format)
                    guard (shape[3] ?? 0) % (block * block) == 0 else {
                        throw MartletError("Expected channels that \(block * block) divides. Received: shape \(shapes[0]).")
                    }
                    shape[3] = shape[3].map { $0 / (block * block) }
                    for axis in [1, 2] { shape[axis] = shape[axis].map { $0 * block } }
                    return [format.fromChannelsLast(shape)]
                }, type: { $0[0] },
                run: { inputs in
                    [format.apply(to: inputs[0]) { x in
                        let (sizes, channels) = (x.shape.dimensions, x.shape[3] / (block * block))
                        return x.reshaped([sizes[0], sizes[1], sizes[2], block, block, channels])
                            .transposed(permutation: [0, 1, 3, 2, 4, 5])
                            .reshaped([sizes[0], sizes[1] * block, sizes[2] * block, channels])
                    }]
                })
        }
        table["SpaceToDepth"] = { attributes in
            let (block, format): (Int, DataFormat) = (try attributes.required("block_size"), try attributes.dataFormat())
            return Operation(
                shapes: { shapes in
                    var shape = try blocks(shapes[0], block, format)
                    guard (shape[1] ?? 0) % block == 0, (shape[2] ?? 0) % block == 0 else {
                        throw MartletError("Expected sizes that \(block) divides. Received: shape \(shapes[0]).")
                    }
                    shape[3] = shape[3].map { $0 * block * block }
                    for axis in [1, 2] { shape[axis] = shape[axis].map { $0 / block } }
                    return [format.fromChannelsLast(shape)]
                }, type: { $0[0] },
                run: { inputs in
                    [format.apply(to: inputs[0]) { x in
                        let (sizes, rows, columns) = (x.shape.dimensions, x.shape[1] / block, x.shape[2] / block)
                        return x.reshaped([sizes[0], rows, block, columns, block, sizes[3]])
                            .transposed(permutation: [0, 1, 3, 2, 4, 5])
                            .reshaped([sizes[0], rows, columns, block * block * sizes[3]])
                    }]
                })
        }
    }

    /// The shape of images with channels last.
    private static func blocks(_ shape: PartialShape, _ block: Int, _ format: DataFormat) throws -> PartialShape {
        guard (1...1 << 15).contains(block), shape.rank == 4 else {
            throw MartletError("Expected images, and a block size of 1 or more. Received: \(shape), \(block).")
        }
        return format.channelsLast(shape)
    }

    /// The window of a convolution, for as many axes as the input has.
    private struct Window {
        let size, strides, dilations: [Int]
        let padding: Padding
    }

    /// The attributes of convolutions.
    private struct WindowOptions: Sendable {
        let strides, dilations: any PerAxis
        let padding: Padding
        let format: DataFormat

        init(_ attributes: Configuration) throws {
            strides = try attributes.perAxis("strides", default: 1)
            dilations = try attributes.perAxis("dilation_rate", default: 1)
            padding = try attributes.padding()
            format = try attributes.dataFormat()
        }

        /// - Throws: `MartletError` unless the input is one of images and the kernel one for them.
        func window(_ x: PartialShape, _ kernel: PartialShape) throws -> Window {
            let size = kernel.dimensions.dropLast(2).compactMap { $0 }
            let axes = x.rank - 2
            let (strides, dilations) = (strides.numbers(axes: max(0, axes)), dilations.numbers(axes: max(0, axes)))
            guard (1...3).contains(axes), kernel.rank == x.rank, size.count == axes, kernel[-1] != nil, kernel[-2] != nil,
                [size, strides, dilations].allSatisfy({ $0.count == axes && $0.allSatisfy { (1..<1 << 31).contains($0) } }),
                padding != .causal || axes == 1
            else {
                throw MartletError(
                    "Expected an input (batch, 1 to 3 spatial axes, channels), a kernel of the same rank and known sizes, and "
                        + "positive strides and dilations for each spatial axis. Received: shapes \(x), \(kernel), strides "
                        + "\(strides), dilations \(dilations).")
            }
            return Window(size: size, strides: strides, dilations: dilations, padding: padding)
        }

        /// The window for tensors, whose shapes the shape rule has checked.
        func window(_ x: Tensor, _ kernel: Tensor) -> Window? { try? window(PartialShape(x.shape), PartialShape(kernel.shape)) }
    }

    private static func convolution(
        operands: Int = 2, isDepthwise: Bool = false,
        _ function: @escaping @Sendable (Tensor, [Tensor], Window) -> Tensor
    ) -> Maker {
        { attributes in
            let options = try WindowOptions(attributes)
            return Operation(
                operandCount: operands,
                shapes: { shapes in
                    let (images, kernel) = (options.format.channelsLast(shapes[0]), shapes[1])
                    let window = try options.window(images, kernel)
                    let channels = images[-1]
                    let (seen, made) = (kernel[-2]!, kernel[-1]!)
                    guard seen > 0, channels == nil || (isDepthwise ? channels == seen : channels! % seen == 0) else {
                        throw MartletError("Expected \(seen) channels. Received: shape \(shapes[0]).")
                    }
                    var filters = isDepthwise ? seen * made : made
                    if operands > 2 {
                        guard shapes[2].rank == kernel.rank, shapes[2][-2] == filters, let last = shapes[2][-1],
                            shapes[2].dimensions.dropLast(2).allSatisfy({ $0 == 1 })
                        else {
                            throw MartletError(
                                "Expected a kernel of one element for \(filters) channels. Received: \(shapes[2]).")
                        }
                        filters = last
                    }
                    let output = try Windows.outputShape(
                        of: images, window: window.size, strides: window.strides, padding: window.padding,
                        dilations: window.dilations)
                    return [options.format.fromChannelsLast(output.replacing(-1, by: filters))]
                }, type: floatingType,
                run: { inputs in
                    [options.format.apply(to: inputs[0].floating) { x in
                        guard let window = options.window(x, inputs[1]) else { return x }
                        return function(x, inputs.dropFirst().map { $0.cast(to: x.dtype) }, window)
                    }]
                })
        }
    }

    private static let transposedConvolution: Maker = { attributes in
        let options = try WindowOptions(attributes)
        let isGiven = attributes.arguments["output_padding"] ?? .null != .null
        let extra = isGiven ? try attributes.perAxis("output_padding", default: 0) : nil
        @Sendable func outputPadding(_ axes: Int) throws -> [Int]? {
            guard let numbers = extra?.numbers(axes: axes) else { return nil }
            guard numbers.count == axes, numbers.allSatisfy({ (0..<1 << 31).contains($0) }) else {
                throw MartletError("Expected an output padding of 0 or more for each spatial axis. Received: \(numbers).")
            }
            return numbers
        }
        return Operation(
            operandCount: 2,
            shapes: { shapes in
                var (images, kernel) = (options.format.channelsLast(shapes[0]), shapes[1])
                let window = try options.window(images, kernel)
                let padding = try outputPadding(window.size.count)
                guard images[-1] == nil || images[-1] == kernel[-1], window.padding != .causal else {
                    throw MartletError("Expected \(kernel[-1]!) channels, and no causal padding. Received: shape \(shapes[0]).")
                }
                for axis in window.size.indices {
                    images[axis + 1] = images[axis + 1].map {
                        window.padding.transposedSize(
                            axis: axis, of: $0, window: window.size[axis], stride: window.strides[axis],
                            dilation: window.dilations[axis], outputPadding: padding?[axis])
                    }
                }
                return [options.format.fromChannelsLast(images.replacing(-1, by: kernel[-2]))]
            }, type: floatingType,
            run: { inputs in
                [options.format.apply(to: inputs[0].floating) { x in
                    guard let window = options.window(x, inputs[1]) else { return x }
                    return convTransposed(
                        x, inputs[1].cast(to: x.dtype), strides: window.strides, padding: window.padding,
                        outputPadding: (try? outputPadding(window.size.count)) ?? nil, dilations: window.dilations)
                }]
            })
    }

    private static func adaptivePool(_ function: @escaping @Sendable (Tensor, [Int]) -> Tensor) -> Maker {
        { attributes in
            let (size, format) = (try attributes.perAxis("output_size", default: 1), try attributes.dataFormat())
            return Operation(
                shapes: { shapes in
                    let sizes = size.numbers(axes: max(0, shapes[0].rank - 2))
                    guard (3...5).contains(shapes[0].rank), sizes.count == shapes[0].rank - 2,
                        sizes.allSatisfy({ (1..<1 << 31).contains($0) })
                    else { throw MartletError("Expected sizes for each spatial axis. Received: \(sizes) for \(shapes[0]).") }
                    var shape = format.channelsLast(shapes[0])
                    for (axis, size) in sizes.enumerated() { shape[axis + 1] = size }
                    return [format.fromChannelsLast(shape)]
                }, type: floatingType,
                run: { inputs in
                    [format.apply(to: inputs[0].floating) { function($0, size.numbers(axes: max(0, $0.rank - 2))) }]
                })
        }
    }
}
