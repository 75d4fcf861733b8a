/// Hue, saturation and value of colours: red, green and blue in the last axis, of at least 0, give the three in its place, hue
/// and saturation in 0...1.
///
/// Source: [`keras.ops.image.rgb_to_hsv`](https://keras.io/api/ops/image/#rgbtohsv-function).
public func rgbToHSV(_ images: Tensor) -> Tensor {
    guard requireColors("rgbToHSV", images) else { return .substitute(images.spec) }
    let parts = images.floating.split(count: 3, axis: -1)
    let (red, green, blue) = (parts[0], parts[1], parts[2])
    let value = maximum(maximum(red, green), blue)
    let range = value - minimum(minimum(red, green), blue)
    let isGrey = range .<= 0
    let saturation = `where`(value .> 0, range / `where`(value .> 0, value, 1), 0)
    let sixth = 1 / (`where`(isGrey, 1, range) * 6)
    let hue = `where`(
        red .== value, sixth * (green - blue),
        `where`(green .== value, sixth * (blue - red) + 2.0 / 6, sixth * (red - green) + 4.0 / 6))
    let turned = `where`(isGrey, 0, `where`(hue .< 0, hue + 1, hue))
    return .concatenate([turned, saturation, value], axis: -1)
}

/// Red, green and blue of hue, saturation and value in the last axis: the inverse of ``rgbToHSV(_:)``.
///
/// Source: [`keras.ops.image.hsv_to_rgb`](https://keras.io/api/ops/image/#hsvtorgb-function).
public func hsvToRGB(_ images: Tensor) -> Tensor {
    guard requireColors("hsvToRGB", images) else { return .substitute(images.spec) }
    let parts = images.floating.split(count: 3, axis: -1)
    let (hue, saturation, value) = (parts[0] * 6, parts[1], parts[2])
    let colors = [
        (hue - 3).abs() - 1, 2 - (hue - 2).abs(), 2 - (hue - 4).abs(),
    ].map { (1 - saturation + saturation * $0.clipped(min: 0.0, max: 1.0)) * value }
    return .concatenate(colors, axis: -1)
}

/// The brightness of colours: red, green and blue in the last axis give `0.2989 r + 0.587 g + 0.114 b`, with an axis of size
/// 1 in its place. One channel stays as it is.
///
/// Source: [`keras.ops.image.rgb_to_grayscale`](https://keras.io/api/ops/image/#rgbtograyscale-function).
public func rgbToGrayscale(_ images: Tensor) -> Tensor {
    if images.rank > 0, images.shape[-1] == 1 { return images }
    guard requireColors("rgbToGrayscale", images) else { return .substitute(images.spec) }
    let x = images.floating
    return matmul(x, Tensor([0.2989, 0.587, 0.114], shape: [3, 1]).cast(to: x.dtype)).cast(to: images.dtype)
}

private func requireColors(_ function: String, _ images: Tensor) -> Bool {
    require(
        images.rank >= 1 && images.shape[-1] == 3, function,
        "Expected red, green and blue in the last axis. Received: \(images.spec).")
}

/// Images whose pixels are means of their neighbours, weighted by a bell curve.
///
/// - Parameters:
///   - images: [batch, height, width, channels].
///   - kernelSize: the size of the window, by rows and columns; as in Keras, the first number and `sigma` also shape the curve
///     along the columns.
///   - sigma: the standard deviations in pixels: of the first for columns, of the second for rows; a vector of two.
/// - Returns: images of the same shape; outside of them lies 0.
///
/// Source: [`keras.ops.image.gaussian_blur`](https://keras.io/api/ops/image/#gaussianblur-function).
public func gaussianBlur(_ images: Tensor, kernelSize: [Int] = [3, 3], sigma: Tensor = Tensor([1.0, 1.0])) -> Tensor {
    let images = images.floating
    guard
        require(
            images.rank == 4 && kernelSize.count == 2 && kernelSize.allSatisfy { $0 >= 1 } && sigma.shape == [2],
            "gaussianBlur",
            "Expected images (batch, height, width, channels), a kernel's size of two numbers of 1 or more and two deviations. "
                + "Received: \(images.spec), \(kernelSize), \(sigma.spec).")
    else { return .substitute(images.spec) }
    let deviations = sigma.cast(to: images.dtype)
    func curve(_ number: Int) -> Tensor {
        let size = kernelSize[number]
        let place = Tensor.range(0..<size).cast(to: images.dtype) - Double(size - 1) / 2
        let weights = ((place / deviations[number]).square() * -0.5).exp()
        return weights / weights.sum()
    }
    // As in Keras, whose window has the second curve along its first axis before it takes its shape.
    let window = outer(curve(1), curve(0)).reshaped([kernelSize[0], kernelSize[1], 1, 1])
    return depthwiseConv(images, window.tiled([1, 1, images.shape[3], 1]), padding: .same)
}
