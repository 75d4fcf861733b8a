/// Images turned, stretched, sheared or seen from another side: the pixel (x, y) of the result is read at
/// `(a0 x + a1 y + a2, b0 x + b1 y + b2) / (c0 x + c1 y + 1)`.
///
/// - Parameters:
///   - images: [batch, height, width, channels].
///   - transforms: `a0 a1 a2 b0 b1 b2 c0 c1`, [batch, 8], or [8] for all. Gradients do not flow to them.
///   - interpolation: `.bilinear` or `.nearest`.
///   - fillMode: what lies outside the images.
///   - fillValue: the value of `.constant`.
/// - Returns: images of the same shape, in the default float type for integers.
///
/// Source: [`keras.ops.image.affine_transform`](https://keras.io/api/ops/image/#affinetransform-function).
public func affineTransform(
    _ images: Tensor, _ transforms: Tensor, interpolation: Interpolation = .bilinear, fillMode: FillMode = .constant,
    fillValue: Double = 0
) -> Tensor {
    let images = images.floating
    guard requireImages("affineTransform", images, interpolation),
        require(
            transforms.shape == [8] || transforms.shape == [images.shape[0], 8] || transforms.shape == [1, 8],
            "affineTransform", "Expected transforms of shape [\(images.shape[0]), 8]. Received: \(transforms.spec).")
    else { return .substitute(images.spec) }
    let (height, width) = (images.shape[1], images.shape[2])
    let rows = transforms.reshaped([-1, 8]).cast(to: images.dtype).split(count: 8, axis: 1).map {
        $0.reshaped([-1, 1, 1])
    }
    let x = Tensor.range(0..<width).cast(to: images.dtype).reshaped([1, 1, width])
    let y = Tensor.range(0..<height).cast(to: images.dtype).reshaped([1, height, 1])
    let depth = rows[6] * x + rows[7] * y + 1
    func place(_ first: Int) -> Tensor {
        ((rows[first] * x + rows[first + 1] * y + rows[first + 2]) / depth)
            .broadcast(to: [images.shape[0], height, width])
    }
    return sampled(
        images, at: .stack([place(3), place(0)], axis: -1),
        ImageSampling(isLinear: interpolation == .bilinear, fillMode: fillMode, value: fillValue))
}

/// Images seen from another side: the four `startPoints` (x, y) of an image come to lie at the `endPoints`.
///
/// - Parameters:
///   - images: [batch, height, width, channels].
///   - startPoints: [batch, 4, 2], or [4, 2] for all.
///   - endPoints: as many. Stops when three of them lie on a line.
///   - interpolation: `.bilinear` or `.nearest`.
///   - fillValue: what lies outside the images.
/// - Returns: images of the same shape, in the default float type for integers.
///
/// Source: [`keras.ops.image.perspective_transform`](https://keras.io/api/ops/image/#perspectivetransform-function).
public func perspectiveTransform(
    _ images: Tensor, from startPoints: Tensor, to endPoints: Tensor, interpolation: Interpolation = .bilinear,
    fillValue: Double = 0
) -> Tensor {
    let images = images.floating
    guard requireImages("perspectiveTransform", images, interpolation),
        require(
            startPoints.shape == endPoints.shape && startPoints.rank >= 2 && startPoints.rank <= 3
                && startPoints.shape.dimensions.suffix(2) == [4, 2],
            "perspectiveTransform", "Expected points of shape [batch, 4, 2]. Received: \(startPoints.spec), \(endPoints.spec).")
    else { return .substitute(images.spec) }
    let transforms = perspectiveTransforms(from: startPoints.cast(to: images.dtype), to: endPoints.cast(to: images.dtype))
    return affineTransform(images, transforms, interpolation: interpolation, fillValue: fillValue)
}

/// The transforms of `affineTransform`, [batch, 8], by which points come to lie at others: [batch, 4, 2] or [4, 2] of one
/// floating-point dtype.
package func perspectiveTransforms(from startPoints: Tensor, to endPoints: Tensor) -> Tensor {
    let count = startPoints.rank == 3 ? startPoints.shape[0] : 1
    let (start, end) = (startPoints.reshaped(to: [count, 4, 2]), endPoints.reshaped(to: [count, 4, 2]))
    // Two equations for each point, in the eight numbers of the transform back.
    let (ones, zeros) = (Tensor.ones([count, 4, 1], dtype: start.dtype), Tensor.zeros([count, 4, 3], dtype: start.dtype))
    let point = Tensor.concatenate([end, ones], axis: -1)
    let (x, y) = (start[.all, .all, 0..<1], start[.all, .all, 1..<2])
    let equations = Tensor.stack(
        [.concatenate([point, zeros, -x * end], axis: -1), .concatenate([zeros, point, -y * end], axis: -1)], axis: 2)
    return solve(equations.reshaped(to: [count, 8, 8]), start.reshaped(to: [count, 8, 1])).reshaped(to: [count, 8])
}

/// Images whose pixel (row, column) is read at a place of its own.
///
/// - Parameters:
///   - images: [batch, height, width, channels].
///   - places: y and x of each pixel of the result, [batch, rows, columns, 2]. Gradients do not flow to them.
///   - interpolation: `.bilinear` or `.nearest`.
///   - fillMode: what lies outside the images. As in Keras's `map_coordinates`, `.reflect` has the first pixel of an axis
///     once between its neighbours.
///   - fillValue: the value of `.constant`.
/// - Returns: [batch, rows, columns, channels], in the default float type for integers.
///
/// Source: [`keras.ops.image.map_coordinates`](https://keras.io/api/ops/image/#mapcoordinates-function).
public func mapCoordinates(
    _ images: Tensor, _ places: Tensor, interpolation: Interpolation = .bilinear, fillMode: FillMode = .constant,
    fillValue: Double = 0
) -> Tensor {
    let images = images.floating
    guard requireImages("mapCoordinates", images, interpolation) else { return .substitute(images.spec) }
    return sampled(
        images, at: places.cast(to: images.dtype),
        ImageSampling(isLinear: interpolation == .bilinear, fillMode: fillMode, value: fillValue, isByPixel: true))
}

private func requireImages(_ function: String, _ images: Tensor, _ interpolation: Interpolation) -> Bool {
    require(
        images.rank == 4 && images.shape[1] > 0 && images.shape[2] > 0, function,
        "Expected images (batch, height, width, channels) of at least one pixel. Received: \(images.spec).")
        && require(
            interpolation == .bilinear || interpolation == .nearest, function,
            "Expected the interpolation bilinear or nearest. Received: \(interpolation).")
}
