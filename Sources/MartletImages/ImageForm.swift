import CImageFiles
import MartletCore

/// How images of all sizes are brought to one.
public enum ImageFit: String, Sendable, CaseIterable {
    /// By stretching each axis.
    case stretch
    /// The largest middle part with the proportions that are asked for, Keras's `crop_to_aspect_ratio`.
    case crop
    /// The whole image with black edges, Keras's `pad_to_aspect_ratio`.
    case pad
}

/// Brings images to one size, as Keras's readers of folders do with TensorFlow.
struct ImageForm: Sendable {
    let height: Int
    let width: Int
    let interpolation: Interpolation
    let fit: ImageFit

    init(_ size: (height: Int, width: Int), _ interpolation: Interpolation, _ fit: ImageFit) throws {
        guard size.height >= 1, size.width >= 1 else {
            throw MartletError(
                "Expected a height and a width of at least 1. Received: \(size.height) x \(size.width).", at: "imageSize")
        }
        (height, width, self.interpolation, self.fit) = (size.height, size.width, interpolation, fit)
    }

    /// The image as `float32`, of the height and width that are asked for. Call it within `withErrors`.
    func apply(_ image: Tensor) throws -> Tensor {
        let (rows, columns) = (image.shape[0], image.shape[1])
        let whole = 0..<rows
        switch fit {
        case .stretch: return try resized(image, whole, 0..<columns, height, width)
        case .crop:
            // TensorFlow computes these sizes in float32.
            let keptRows = min(max(Int(Float(columns * height) / Float(width)), 1), rows)
            let keptColumns = min(max(Int(Float(rows * width) / Float(height)), 1), columns)
            let (top, left) = ((rows - keptRows) / 2, (columns - keptColumns) / 2)
            return try resized(image, top..<top + keptRows, left..<left + keptColumns, height, width)
        case .pad:
            let ratio = max(Float(columns) / Float(width), Float(rows) / Float(height))
            let sizes = (Float(rows) / ratio, Float(columns) / ratio)
            let (newRows, newColumns) = (max(1, Int(sizes.0)), max(1, Int(sizes.1)))
            let top = max(0, Int(((Float(height) - sizes.0) / 2).rounded(.down)))
            let left = max(0, Int(((Float(width) - sizes.1) / 2).rounded(.down)))
            let inner = try resized(image, whole, 0..<columns, newRows, newColumns)
            return inner.padded([(top, max(0, height - newRows - top)), (left, max(0, width - newColumns - left)), (0, 0)])
        }
    }

    /// A part of the image in another size.
    private func resized(
        _ image: Tensor, _ rows: Range<Int>, _ columns: Range<Int>, _ height: Int, _ width: Int
    ) throws -> Tensor {
        let channels = image.shape[2]
        try Settings.requireMemory(4 * height * width * channels, at: "imageSize")
        guard interpolation == .bilinear else {
            let part = image[rows, columns].expandingDims(at: 0)
            return resize(part, to: [height, width], interpolation: interpolation).cast(to: .float32).squeezed(axis: 0)
        }
        let (down, across) = (Places(from: rows.count, to: height), Places(from: columns.count, to: width))
        let result = Tensor(uninitialized: TensorSpec([height, width, channels], .float32))
        var held = [Float](repeating: 0, count: 2 * width * channels)
        image.withUnsafeBytes { bytes in
            let start = bytes.baseAddress! + (rows.lowerBound * image.shape[1] + columns.lowerBound) * channels
            ci_resize_bilinear(
                start.assumingMemoryBound(to: UInt8.self), Int64(image.shape[1] * channels), Int64(channels),
                result.mutablePointer.assumingMemoryBound(to: Float.self), Int64(height), Int64(width), down.lower, down.upper,
                down.part, across.lower, across.upper, across.part, &held)
        }
        return result
    }
}

/// The places below and above each new place along an axis. Pixels lie at their centres.
private struct Places {
    var lower: [Int64] = [], upper: [Int64] = []
    var part: [Float] = []

    init(from size: Int, to count: Int) {
        let scale = Float(size) / Float(count)
        lower.reserveCapacity(count)
        upper.reserveCapacity(count)
        part.reserveCapacity(count)
        for index in 0..<count {
            let place = (Float(index) + 0.5) * scale - 0.5
            let below = place.rounded(.down)
            lower.append(Int64(min(max(below, 0), Float(size - 1))))
            upper.append(Int64(min(max(place.rounded(.up), 0), Float(size - 1))))
            part.append(place - below)
        }
    }
}
