import MartletCore
import MartletFormats

extension Operation {
    /// `keras.ops.image`, on single images or batches of them.
    static func imageFunctions(_ table: inout [String: Maker]) {
        table["RGBToGrayscale"] = { attributes in
            onImages(try attributes.dataFormat(), channels: 1, keepsType: true) { rgbToGrayscale($0[0]) }
        }
        table["RGBToHSV"] = { onImages(try $0.dataFormat(), channels: 3) { rgbToHSV($0[0]) } }
        table["HSVToRGB"] = { onImages(try $0.dataFormat(), channels: 3) { hsvToRGB($0[0]) } }
        table["Resize"] = { attributes in
            let size: [Int] = try attributes.required("size")
            guard size.count == 2, size.allSatisfy({ (1..<1 << 31).contains($0) }) else {
                throw MartletError("Expected a height and a width. Received: \(size).", at: "Resize.size")
            }
            let interpolation = try attributes.option("interpolation", default: Interpolation.bilinear)
            let antialias = try attributes.value("antialias", default: false)
            let crops = try attributes.value("crop_to_aspect_ratio", default: false)
            let pads = try attributes.value("pad_to_aspect_ratio", default: false)
            let fill = try attributes.value("fill_value", default: 0.0)
            return onImages(
                try attributes.dataFormat(), keepsType: interpolation == .nearest,
                shape: { PartialShape([$0[0], size[0], size[1], $0[3]]) }
            ) { inputs in
                let fitting = Resizing.withProportions(
                    inputs[0], height: size[0], width: size[1], crops ? .crop : pads ? .pad : nil, fillValue: fill)
                return resize(fitting, to: size, interpolation: interpolation, antialias: antialias)
            }
        }
        table["AffineTransform"] = { attributes in
            let interpolation = try attributes.sampling()
            let mode = try attributes.option("fill_mode", default: FillMode.constant)
            let fill = try attributes.value("fill_value", default: 0.0)
            return onImages(
                try attributes.dataFormat(), operands: 2,
                checking: { images, shapes in
                    guard shapes[0].dimensions.last == 8, shapes[0].rank <= 2, shapes[0].rank == 1 || images[0] == nil
                        || shapes[0][0] == nil || shapes[0][0] == 1 || shapes[0][0] == images[0]
                    else { throw MartletError("Expected transforms of 8 numbers. Received: shape \(shapes[0]).") }
                }
            ) { affineTransform($0[0], $0[1], interpolation: interpolation, fillMode: mode, fillValue: fill) }
        }
        table["PerspectiveTransform"] = { attributes in
            let interpolation = try attributes.sampling()
            let fill = try attributes.value("fill_value", default: 0.0)
            return onImages(
                try attributes.dataFormat(), operands: 3,
                checking: { _, shapes in
                    guard shapes[0].accepts(shapes[1]), (2...3).contains(shapes[0].rank),
                        PartialShape(shapes[0].dimensions.suffix(2)) == [4, 2]
                    else { throw MartletError("Expected points of shape (4, 2). Received: \(shapes).") }
                }
            ) { perspectiveTransform($0[0], from: $0[1], to: $0[2], interpolation: interpolation, fillValue: fill) }
        }
        table["GaussianBlur"] = { attributes in
            let size = try attributes.perAxis("kernel_size", default: 3).numbers(axes: 2)
            let sigma = try attributes.numbers("sigma") ?? [1, 1]
            guard size.count == 2, size.allSatisfy({ (1..<1 << 10).contains($0) }), (1...2).contains(sigma.count) else {
                throw MartletError("Expected a kernel's size and a deviation by rows and columns. Received: \(size), \(sigma).")
            }
            let deviations = Tensor([sigma[0], sigma[sigma.count - 1]])
            return onImages(try attributes.dataFormat()) { gaussianBlur($0[0], kernelSize: size, sigma: deviations) }
        }
    }

    /// An operation on images, single or in batches, in any order of their axes: `function` sees batches with channels last.
    /// - Parameters:
    ///   - operands: the number of operands, the images first.
    ///   - channels: the number of channels that the result has, where it differs from the images' or must be theirs.
    ///   - keepsType: whether integers stay integers.
    ///   - shape: the shape of the result of images, both batches with channels last.
    ///   - checking: checks the shapes of images and of the other operands.
    static func onImages(
        _ format: DataFormat, operands: Int = 1, channels: Int? = nil, keepsType: Bool = false,
        shape: @escaping @Sendable (PartialShape) throws -> PartialShape = { $0 },
        checking: @escaping @Sendable (PartialShape, [PartialShape]) throws -> Void = { _, _ in },
        _ function: @escaping @Sendable ([Tensor]) -> Tensor
    ) -> Operation {
        let type: @Sendable ([DType]) -> DType = { keepsType ? $0[0] : floatingType([$0[0]]) }
        return Operation(
            operandCount: operands,
            shapes: { shapes in
                guard (3...4).contains(shapes[0].rank) else {
                    throw MartletError("Expected an image, or a batch of them. Received: shape \(shapes[0]).")
                }
                let isSingle = shapes[0].rank == 3
                let batch = format.channelsLast(isSingle ? PartialShape([1] + shapes[0].dimensions) : shapes[0])
                guard batch[1] != 0, batch[2] != 0 else {
                    throw MartletError("Expected images of at least one pixel. Received: shape \(shapes[0]).")
                }
                if channels != nil {
                    guard batch[3] == nil || batch[3] == 3 || batch[3] == channels else {
                        throw MartletError("Expected images of 3 channels. Received: shape \(shapes[0]).")
                    }
                }
                try checking(batch, Array(shapes.dropFirst()))
                let result = format.fromChannelsLast(try shape(channels.map { batch.replacing(3, by: $0) } ?? batch))
                return [isSingle ? PartialShape(Array(result.dimensions.dropFirst())) : result]
            }, type: type,
            run: { inputs in
                let isSingle = inputs[0].rank == 3
                let x = isSingle ? inputs[0].expandingDims(at: 0) : inputs[0]
                let y = format.apply(to: keepsType ? x : x.floating) { function([$0] + inputs.dropFirst()) }
                return [isSingle ? y.squeezed(axis: 0) : y]
            })
    }
}

extension Configuration {
    /// The argument `interpolation` of what reads images between their pixels.
    fileprivate func sampling() throws -> Interpolation {
        let interpolation = try option("interpolation", default: Interpolation.bilinear)
        guard interpolation == .bilinear || interpolation == .nearest else {
            throw MartletError(
                "Expected \"bilinear\" or \"nearest\". Received: \"\(interpolation)\".", at: "\(className).interpolation")
        }
        return interpolation
    }
}
