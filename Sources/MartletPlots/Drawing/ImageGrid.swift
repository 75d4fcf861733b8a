import Foundation
import MartletCore
import MartletFormats

/// Images in rows and columns, in SVG: kernels, activations, samples with what was predicted for them.
///
/// ```swift
/// let grid = try ImageGrid(Tensor.ones([4, 8, 8, 1]), labels: ["a", "b", "c", "d"], title: "Samples")
/// let text = grid.svg
/// ```
public struct ImageGrid: Drawing, Sendable {
    /// The line above the images.
    public var title: String
    private let images: [PixelImage]
    private let labels: [String]
    /// The numbers of labels that are drawn as faults.
    private let faults: Set<Int>
    private let columns: Int
    /// The side of an image in the drawing, in pixels.
    public var side = 72.0

    /// Makes a grid of images.
    /// - Parameters:
    ///   - images: `(count, height, width, channels)` or `(count, height, width)`; 1 channel is grey, 3 are red, green and blue,
    ///     4 have an opacity, which is left out. Only the first channel of others is drawn.
    ///   - labels: a text below each image; missing ones are empty.
    ///   - faults: the numbers of the images whose label is drawn as a fault.
    ///   - range: the values of black and white; nil takes the least and the largest of each image.
    ///   - columns: the number of images in a row; nil chooses.
    ///   - limit: how many images are drawn at most, the first ones.
    ///   - title: the line above the images.
    /// - Throws: `MartletError` when the tensor has another rank or no elements.
    public init(
        _ images: Tensor, labels: [String] = [], faults: Set<Int> = [], range: ClosedRange<Double>? = nil, columns: Int? = nil,
        limit: Int = 64, title: String = ""
    ) throws {
        guard (3...4).contains(images.rank), images.elementCount > 0 else {
            throw MartletError(
                "Expected images of shape (count, height, width, channels) or (count, height, width). "
                    + "Received: \(images.shape).", at: "ImageGrid")
        }
        let count = min(images.shape[0], max(1, limit))
        self.images = (0..<count).map { PixelImage(images[$0], range: range) }
        self.labels = labels
        self.faults = faults
        self.columns = max(1, min(count, columns ?? Int(Double(count).squareRoot().rounded(.up))))
        self.title = title
    }

    /// The drawing.
    public var svg: String { svg(in: .file) }

    func svg(in place: SVGText.Place) -> String {
        let (top, gap) = (title.isEmpty ? 12.0 : 48.0, 8.0)
        let rows = (images.count + columns - 1) / columns
        let hasLabels = !labels.allSatisfy(\.isEmpty)
        let (across, down) = (side + gap, side + gap + (hasLabels ? 16 : 0))
        var svg = SVGText(
            width: max(24 + Double(columns) * across, title.isEmpty ? 0 : 48 + Markup.width(title, size: 16)),
            height: top + Double(rows) * down + 8, in: place, label: title)
        if !title.isEmpty { svg.text(title, x: 16, y: 30, size: 16, .strong, weight: 600) }
        for (index, image) in images.enumerated() {
            let (x, y) = (16 + Double(index % columns) * across, top + Double(index / columns) * down)
            // The longer side fills the place.
            let scale = side / Double(max(image.width, image.height))
            let (width, height) = (Double(image.width) * scale, Double(image.height) * scale)
            svg.image(image.dataURI, x: x + (side - width) / 2, y: y + (side - height) / 2, width: width, height: height)
            guard index < labels.count else { continue }
            let isFault = faults.contains(index)
            svg.text(
                Markup.fitted((isFault ? "✗ " : "") + labels[index], to: across - 4, size: 11), x: x + side / 2,
                y: y + side + 13, size: 11, isFault ? .series(1) : .plain, anchor: "middle", weight: isFault ? 600 : 400)
        }
        return svg.finish()
    }
}

extension ImageGrid {
    /// Samples with what a model says of them: the class with the highest value, how sure it is, and, where it is wrong, the
    /// true one.
    /// - Parameters:
    ///   - predictions: a value for each class, `(count, classes)`, or one number of the second class, `(count, 1)`.
    ///   - labels: the true classes.
    ///   - classNames: the names of the classes; their numbers where there are none.
    /// - Throws: `MartletError` when the numbers of samples differ.
    public init(
        _ images: Tensor, predictions: Tensor, labels: Tensor, classNames: [String] = [], columns: Int? = nil, limit: Int = 36,
        title: String = "Predictions"
    ) throws {
        let classes = try ClassScores(predictions, labels: labels)
        guard images.rank > 0, classes.count == images.shape[0] else {
            throw MartletError(
                "Expected a prediction for each of \(images.rank > 0 ? images.shape[0] : 0) images. Received: \(classes.count).",
                at: "ImageGrid")
        }
        func name(_ index: Int) -> String { classNames.indices.contains(index) ? classNames[index] : String(index) }
        let texts = (0..<min(classes.count, limit)).map { place in
            let (guess, truth) = (classes.guess(place), classes.labels[place])
            let share = String(format: "%.0f%%", classes.confidence(place) * 100)
            return guess == truth ? "\(name(guess)) \(share)" : "\(name(guess)) \(share), is \(name(truth))"
        }
        try self.init(
            images, labels: texts, faults: Set(texts.indices.filter { classes.guess($0) != classes.labels[$0] }),
            columns: columns, limit: limit, title: title)
        side = 96
    }

    /// The kernels of a convolution: those of 1 or 3 input channels as images, of others the first input channel of each.
    /// - Throws: `MartletError` when the kernel is not one of two axes, `(height, width, inputs, outputs)`.
    public init(kernels: Tensor, columns: Int? = nil, limit: Int = 64, title: String = "Kernels") throws {
        guard kernels.rank == 4 else {
            throw MartletError(
                "Expected kernels of shape (height, width, inputs, outputs). Received: \(kernels.shape).", at: "ImageGrid")
        }
        try self.init(kernels.transposed(permutation: [3, 0, 1, 2]), columns: columns, limit: limit, title: title)
    }

    /// The channels that a layer gives for one image, each as a grey image.
    /// - Parameter activations: `(height, width, channels)`, or `(1, height, width, channels)`.
    /// - Throws: `MartletError` for other shapes.
    public init(activations: Tensor, columns: Int? = nil, limit: Int = 64, title: String = "Activations") throws {
        let one = activations.rank == 4 && activations.shape[0] == 1 ? activations[0] : activations
        guard one.rank == 3 else {
            throw MartletError(
                "Expected activations of one image, (height, width, channels). Received: \(activations.shape).", at: "ImageGrid")
        }
        try self.init(one.transposed(permutation: [2, 0, 1]), columns: columns, limit: limit, title: title)
    }
}

/// An image of bytes.
struct PixelImage: Sendable {
    let width: Int
    let height: Int
    /// 1 or 3.
    let channels: Int
    let pixels: [UInt8]

    /// - Parameters:
    ///   - image: `(height, width)` or `(height, width, channels)`.
    ///   - range: the values of black and white; nil takes those of the image.
    ///   - side: the longest side; larger images are thinned.
    init(_ image: Tensor, range: ClosedRange<Double>? = nil, side: Int = 96) {
        let values: [Double] = image.scalars()
        let (rows, across) = (image.shape[0], image.shape[1])
        let depth = image.rank == 3 ? image.shape[2] : 1
        let step = max(1, (max(rows, across) + side - 1) / max(1, side))
        channels = depth == 3 || depth == 4 ? 3 : 1
        let finite = range == nil ? values.filter(\.isFinite) : []
        let (low, high) = range.map { ($0.lowerBound, $0.upperBound) } ?? (finite.min() ?? 0, finite.max() ?? 0)
        let scale = high > low ? 255 / (high - low) : 0
        var pixels: [UInt8] = []
        for y in stride(from: 0, to: rows, by: step) {
            for x in stride(from: 0, to: across, by: step) {
                for channel in 0..<channels {
                    let value = (values[(y * across + x) * depth + channel] - low) * scale
                    pixels.append(value.isNaN ? 0 : UInt8(max(0, min(255, value.rounded()))))
                }
            }
        }
        (width, height) = ((across + step - 1) / step, (rows + step - 1) / step)
        self.pixels = pixels
    }

    /// An image whose bytes came from a file.
    init?(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        guard (1...4096).contains(width), (1...4096).contains(height), [1, 3].contains(channels),
            pixels.count == width * height * channels
        else { return nil }
        (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
    }

    /// The image as PNG in an address: `data:image/png;base64,...`.
    var dataURI: String {
        let file = PNGWriter.encode(pixels, height: height, width: width, channels: channels)
        return "data:image/png;base64," + Data(file).base64EncodedString()
    }
}
