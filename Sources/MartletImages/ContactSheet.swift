import MartletCore

/// Many images in one, in rows from the top left, with gaps between them.
/// - Parameters:
///   - images: shape `(height, width, channels)` of 0 to 255, all of one height and width, grey (1 channel) or colours (3).
///   - columns: how many stand beside each other; nil makes the sheet about square.
///   - gap: the pixels between them.
/// - Returns: `uint8` of shape `(height, width, 3)`.
/// - Throws: `MartletError` when there is no image, or they differ in size.
public func contactSheet(_ images: [Tensor], columns: Int? = nil, gap: Int = 2) throws -> Tensor {
    guard let first = images.first else { throw MartletError("Expected at least one image for a sheet. There is none.") }
    let (height, width) = (first.rank == 3 ? first.shape[0] : 0, first.rank == 3 ? first.shape[1] : 0)
    func fits(_ image: Tensor) -> Bool {
        image.rank == 3 && image.shape[0] == height && image.shape[1] == width && [1, 3].contains(image.shape[2])
    }
    for image in images where !fits(image) {
        throw MartletError("Expected images of one size with 1 or 3 channels, as \(first.spec). Received: \(image.spec).")
    }
    let across = max(1, min(columns ?? Int(Double(images.count).squareRoot().rounded(.up)), images.count))
    let down = (images.count + across - 1) / across
    let (rows, rowWidth) = (down * (height + gap) - gap, across * (width + gap) - gap)
    try Settings.requireMemory(3 * rows * rowWidth, at: "sheet")
    var sheet = [UInt8](repeating: 255, count: 3 * rows * rowWidth)
    for (number, image) in images.enumerated() {
        let (top, left) = (number / across * (height + gap), number % across * (width + gap))
        let channels = image.shape[2]
        let bytes = try withErrors { image.cast(to: .float32).round().clipped(min: 0.0, max: 255.0).cast(to: .uint8) }
        let pixels = bytes.scalars(as: UInt8.self)
        for y in 0..<height {
            for x in 0..<width {
                let (target, source) = (3 * ((top + y) * rowWidth + left + x), channels * (y * width + x))
                for channel in 0..<3 { sheet[target + channel] = pixels[source + min(channel, channels - 1)] }
            }
        }
    }
    return Tensor(sheet, shape: [rows, rowWidth, 3])
}
