import MartletCore
import MartletFormats

extension Operation {
    /// Parts of images: patches, borders and edges.
    static func patches(_ table: inout [String: Maker]) {
        table["ExtractPatches"] = { attributes in
            let size = try attributes.perAxis("size", default: 1).numbers(axes: 2)
            let strides = try attributes.optional("strides", as: JSONValue.self) == nil
                ? size : attributes.perAxis("strides", default: 1).numbers(axes: 2)
            let dilations = try attributes.perAxis("dilation_rate", default: 1).numbers(axes: 2)
            let padding = try attributes.padding()
            guard size.count == 2, padding != .causal,
                [size, strides, dilations].allSatisfy({ $0.count == 2 && $0.allSatisfy { (1..<1 << 15).contains($0) } })
            else {
                throw MartletError(
                    "Expected a positive size, strides and dilations by rows and columns. Received: \(size), \(strides), "
                        + "\(dilations).", at: "ExtractPatches")
            }
            return onImages(
                try attributes.dataFormat(),
                shape: { images in
                    guard let channels = images[3], channels * size[0] * size[1] < 1 << 15 else {
                        throw MartletError("Expected patches of a known number of elements. Received: shape \(images).")
                    }
                    let windows = try Windows.outputShape(
                        of: images, window: zip(size, dilations).map { ($0 - 1) * $1 + 1 }, strides: strides, padding: padding)
                    return windows.replacing(3, by: channels * size[0] * size[1])
                }
            ) { inputs in
                let (x, count) = (inputs[0], inputs[0].shape[3] * size[0] * size[1])
                let kernel = Tensor.eye(count, dtype: x.dtype).reshaped([size[0], size[1], x.shape[3], count])
                return conv(x, kernel, strides: strides, padding: padding, dilations: dilations)
            }
        }
        table["PadImages"] = bordered("padding", sign: 1) { x, rows, columns in
            x.padded([(0, 0), (rows.first, rows.last), (columns.first, columns.last), (0, 0)])
        }
        table["CropImages"] = bordered("cropping", sign: -1) { x, rows, columns in
            x.indexed(by: [
                .ellipsis, .stride(from: rows.first, to: rows.first + rows.size, by: 1),
                .stride(from: columns.first, to: columns.first + columns.size, by: 1), .stride(from: nil, to: nil, by: 1),
            ])
        }
        table["SobelEdges"] = { attributes in
            let format = try attributes.dataFormat()
            return Operation(
                shapes: { shapes in
                    guard shapes[0].rank == 4 else {
                        throw MartletError("Expected a batch of images. Received: shape \(shapes[0]).")
                    }
                    guard (format.channelsLast(shapes[0])[1] ?? 2) > 1, (format.channelsLast(shapes[0])[2] ?? 2) > 1 else {
                        throw MartletError("Expected images of at least 2 by 2 pixels. Received: shape \(shapes[0]).")
                    }
                    return [PartialShape(shapes[0].dimensions + [2])]
                }, type: floatingType,
                run: { inputs in
                    let slopes = [[-1.0, -2, -1, 0, 0, 0, 1, 2, 1], [-1, 0, 1, -2, 0, 2, -1, 0, 1]].map { weights in
                        format.apply(to: inputs[0].floating) { x in
                            let channels = x.shape[3]
                            let kernel = Tensor(weights, shape: [3, 3, 1, 1]).cast(to: x.dtype)
                                .broadcast(to: [3, 3, channels, 1])
                            return depthwiseConv(x.padded([(0, 0), (1, 1), (1, 1), (0, 0)], mode: .reflect), kernel)
                        }
                    }
                    return [Tensor.stack(slopes, axis: -1)]
                })
        }
        table["Slice"] = { attributes in
            let sizes: [Int] = try attributes.required("shape")
            let starts = try corner(attributes)
            return moving({ shape in
                guard sizes.count == shape.rank, starts.count == shape.rank else {
                    throw MartletError("Expected \(shape.rank) starts and sizes. Received: \(starts), \(sizes).")
                }
                return PartialShape(
                    try shape.dimensions.indices.map { axis in
                        let (start, size) = (starts[axis], sizes[axis])
                        guard start >= 0, size >= -1, start <= 1 << 40, size <= 1 << 40,
                            shape[axis].map({ start + max(0, size) <= $0 }) ?? true
                        else { throw MartletError("Expected a slice within \(shape). Received: \(starts), \(sizes).") }
                        return size >= 0 ? size : shape[axis].map { $0 - start }
                    })
            }) { x in
                x.indexed(
                    by: zip(starts, sizes).map { start, size in
                        .stride(from: start, to: size < 0 ? nil : start + size, by: 1)
                    })
            }
        }
    }

    /// Images with other borders.
    /// - Parameter sign: 1 where borders are added, -1 where they are taken away.
    private static func bordered(
        _ kind: String, sign: Int, _ change: @escaping @Sendable (Tensor, Borders.Axis, Borders.Axis) -> Tensor
    ) -> Maker {
        { attributes in
            let borders = try Borders(attributes, kind, sign: sign)
            return onImages(
                try attributes.dataFormat(), keepsType: true,
                shape: { PartialShape([$0[0], try borders.axis(0, $0[1])?.size, try borders.axis(1, $0[2])?.size, $0[3]]) }
            ) { inputs in
                // The shape rule has checked the same sizes.
                guard let rows = try? borders.axis(0, inputs[0].shape[1]),
                    let columns = try? borders.axis(1, inputs[0].shape[2])
                else { return inputs[0] }
                return change(inputs[0], rows, columns)
            }
        }
    }

    /// Where a slice starts: a list of numbers or a constant.
    private static func corner(_ attributes: Configuration) throws -> [Int] {
        let json = attributes.arguments["start_indices"] ?? attributes.arguments[.key(secondArgument)] ?? .null
        if case .object = json { return try json.value(at: ["config", "value"]) }
        return try json.value(at: [])
    }
}

/// What is added to images, or taken from them, before and behind rows and columns, and the size that follows. Two of the three
/// are given for each.
private struct Borders: Sendable {
    typealias Axis = (first: Int, last: Int, size: Int)

    let first, last, target: [Int?]
    let sign: Int
    let path: String

    /// - Parameter sign: 1 where borders are added, -1 where they are taken away.
    init(_ attributes: Configuration, _ kind: String, sign: Int) throws {
        func pair(_ a: String, _ b: String) throws -> [Int?] { [try attributes.optional(a), try attributes.optional(b)] }
        first = try pair("top_\(kind)", "left_\(kind)")
        last = try pair("bottom_\(kind)", "right_\(kind)")
        target = try pair("target_height", "target_width")
        self.sign = sign
        path = attributes.className
        for axis in 0..<2 {
            let given = [first[axis], last[axis], target[axis]].compactMap { $0 }
            guard given.count == 2, given.allSatisfy({ (0..<1 << 31).contains($0) }) else {
                throw MartletError("Expected two of border, border behind and target size. Received: \(given).", at: path)
            }
        }
    }

    /// The borders and the size of rows or columns of a size; nil where that is unknown.
    func axis(_ axis: Int, _ size: Int?) throws -> Axis? {
        guard let size else { return nil }
        let both = target[axis].map { sign * ($0 - size) }
        let before = first[axis] ?? both! - last[axis]!
        let behind = last[axis] ?? both! - first[axis]!
        let result = (first: before, last: behind, size: size + sign * (before + behind))
        guard result.first >= 0, result.last >= 0, result.size >= 0 else {
            throw MartletError("Expected borders and sizes of at least 0. Received: \(result).", at: path)
        }
        return result
    }
}
