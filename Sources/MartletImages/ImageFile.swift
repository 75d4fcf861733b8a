import CImageFiles
import Foundation
import MartletCore
import MartletFormats

/// The channels that an image is given, Keras's `color_mode`.
public enum ColorMode: String, Sendable, CaseIterable, NamedChoice {
    /// One: luma.
    case grayscale
    /// Three: red, green, blue.
    case rgb
    /// Four: red, green, blue, alpha.
    case rgba

    /// The number of channels.
    public var channelCount: Int {
        switch self {
        case .grayscale: 1
        case .rgb: 3
        case .rgba: 4
        }
    }
}

/// What the header of an image file says.
public struct ImageHeader: Sendable, Hashable {
    /// The format of the bytes, whatever the file's name.
    public enum Format: String, Sendable {
        /// PNG of any kind: grey, colour or palette, with or without alpha, 1 to 16 bits, interlaced or not.
        case png
        /// JPEG of 8 bits: baseline or progressive, grey, colour or CMYK.
        case jpeg
    }

    /// The format.
    public let format: Format
    /// Pixels from top to bottom.
    public let height: Int
    /// Pixels from left to right.
    public let width: Int
    /// The channels: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.
    public let channels: Int
    /// The bits of a channel in the file.
    public let bits: Int
    let workingBytes: Int

    /// Reads the header of an image in memory; nothing is decoded.
    /// - Parameters:
    ///   - bytes: the bytes of a PNG or JPEG file.
    ///   - name: what errors call it.
    /// - Throws: `MartletError` when it is neither, or damaged.
    public init(_ bytes: [UInt8], name: String = "image") throws {
        self = try bytes.withUnsafeBufferPointer { try ImageHeader.read($0, name).0 }
    }

    /// Reads the header of a file.
    /// - Throws: `MartletError` when it cannot be read, is neither PNG nor JPEG, or damaged.
    public init(_ path: String) throws { try self.init(FileIO.read(path), name: path) }

    fileprivate static func read(_ bytes: UnsafeBufferPointer<UInt8>, _ name: String) throws -> (ImageHeader, Codec) {
        let codec: Codec
        switch (bytes.first, bytes.dropFirst().first) {
        case (0x89, 0x50): codec = Codec(.png, ci_png_header, ci_png_decode)
        case (0xFF, 0xD8): codec = Codec(.jpeg, ci_jpeg_header, ci_jpeg_decode)
        default:
            let kinds: [(String, [UInt8])] = [("GIF", [0x47, 0x49, 0x46]), ("BMP", [0x42, 0x4D]), ("WebP or AVI", [0x52, 0x49])]
            let other = kinds.first { bytes.starts(with: $1) }?.0
            let received = bytes.isEmpty ? "an empty file" : other.map { "\($0), which is not read" } ?? "other bytes"
            throw MartletError("Expected an image, PNG or JPEG. Received \(received).", at: name)
        }
        var found = ci_header()
        try codec.call(name) { codec.header(bytes.baseAddress, bytes.count, &found, $0) }
        let header = ImageHeader(
            format: codec.format, height: Int(found.height), width: Int(found.width), channels: Int(found.channels),
            bits: Int(found.bits), workingBytes: Int(found.working_bytes))
        return (header, codec)
    }

    private init(format: Format, height: Int, width: Int, channels: Int, bits: Int, workingBytes: Int) {
        (self.format, self.height, self.width, self.channels) = (format, height, width, channels)
        (self.bits, self.workingBytes) = (bits, workingBytes)
    }
}

/// The functions for a format.
private struct Codec {
    typealias Bytes = UnsafePointer<UInt8>?
    let format: ImageHeader.Format
    let header: (Bytes, Int, UnsafeMutablePointer<ci_header>, UnsafeMutablePointer<CChar>) -> Bool
    let decode: (Bytes, Int, Int32, UnsafeMutablePointer<UInt8>, Int, UnsafeMutablePointer<CChar>) -> Bool

    init(
        _ format: ImageHeader.Format,
        _ header: @escaping (Bytes, Int, UnsafeMutablePointer<ci_header>, UnsafeMutablePointer<CChar>) -> Bool,
        _ decode: @escaping (Bytes, Int, Int32, UnsafeMutablePointer<UInt8>, Int, UnsafeMutablePointer<CChar>) -> Bool
    ) {
        (self.format, self.header, self.decode) = (format, header, decode)
    }

    /// Turns a message into an error.
    func call(_ name: String, _ body: (UnsafeMutablePointer<CChar>) -> Bool) throws {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CI_MESSAGE_SIZE)) { message in
            message[0] = 0
            guard !body(message.baseAddress!) else { return }
            let kind = format == .png ? "PNG" : "JPEG"
            throw MartletError("The \(kind) image cannot be decoded: \(String(cString: message.baseAddress!)).", at: name)
        }
    }
}

/// The pixels of an image in memory, PNG or JPEG, `uint8` of shape `(height, width, channels)`.
///
/// PNG gives exactly what Pillow gives: of 16 bits the upper 8, palettes as colours, alpha dropped where it is not asked for,
/// and what a gamma chunk or a profile says is not applied. JPEG is decoded by libjpeg with its exact transform, as Pillow does;
/// `tf.io.decode_jpeg` has another by default, which is up to a few steps darker. What EXIF says about the orientation is
/// ignored, as TensorFlow does. Grey is luma (ITU-R 601-2), CMYK becomes colours.
///
/// The header is judged before anything is decoded, so that a small file cannot ask for all memory.
/// - Parameters:
///   - bytes: the bytes of the file.
///   - colorMode: the channels; nil for those of the file.
///   - name: what errors call the image.
///   - pixelLimit: the most pixels that an image may have.
/// - Throws: `MartletError` when it is no image, damaged, cut short, or too large.
public func decodeImage(
    _ bytes: [UInt8], colorMode: ColorMode? = nil, name: String = "image", pixelLimit: Int = 1 << 28
) throws -> Tensor {
    try bytes.withUnsafeBufferPointer { buffer in
        let (header, codec) = try ImageHeader.read(buffer, name)
        let channels = colorMode?.channelCount ?? header.channels
        guard header.height <= pixelLimit / max(1, header.width) else {
            throw MartletError(
                "Expected at most \(pixelLimit) pixels. Received an image of \(header.height) x \(header.width). If it is no "
                    + "attack, raise pixelLimit.", at: name)
        }
        let spec = TensorSpec([header.height, header.width, channels], .uint8)
        try Settings.requireMemory(spec.shape.elementCount + header.workingBytes, at: name)
        let pixels = Tensor(uninitialized: spec)
        let (target, count) = (pixels.mutablePointer.assumingMemoryBound(to: UInt8.self), spec.shape.elementCount)
        try codec.call(name) { codec.decode(buffer.baseAddress, buffer.count, Int32(channels), target, count, $0) }
        return pixels
    }
}

/// The pixels of an image in memory, `float32` of shape `(height, width, channels)`, brought to a size. See `decodeImage` for the
/// rest.
public func decodeImage(
    _ bytes: [UInt8], colorMode: ColorMode? = nil, name: String = "image", size: (height: Int, width: Int),
    interpolation: Interpolation = .bilinear, fit: ImageFit = .stretch
) throws -> Tensor {
    let form = try ImageForm(size, interpolation, fit)
    let pixels = try decodeImage(bytes, colorMode: colorMode, name: name)
    return try withErrors { try form.apply(pixels) }
}

/// The pixels of an image file, PNG or JPEG, `uint8` of shape `(height, width, channels)`; Keras's `load_img` and
/// `img_to_array` in one. See `decodeImage` for how files are decoded.
///
/// ```swift
/// let photo = try loadImage("cat.jpg", targetSize: (96, 96), interpolation: .bilinear)
/// ```
/// - Parameters:
///   - path: the file. Its bytes tell the format, whatever its name.
///   - colorMode: the channels.
///   - targetSize: the height and width that the image is brought to; nil keeps its own.
///   - interpolation: how it is brought to another size, without a filter against aliasing.
///   - keepAspectRatio: whether the middle of the image is taken that has the proportions of `targetSize`.
/// - Throws: `MartletError` with the path when the file cannot be read or decoded.
public func loadImage(
    _ path: String, colorMode: ColorMode = .rgb, targetSize: (height: Int, width: Int)? = nil,
    interpolation: Interpolation = .nearest, keepAspectRatio: Bool = false
) throws -> Tensor {
    let pixels = try decodeImage(FileIO.read(path), colorMode: colorMode, name: path)
    guard let size = targetSize else { return pixels }
    let form = try ImageForm(size, interpolation, keepAspectRatio ? .crop : .stretch)
    return try withErrors { try form.apply(pixels).round().clipped(min: 0.0, max: 255.0).cast(to: .uint8) }
}

/// An image as the bytes of a PNG file.
/// - Parameters:
///   - image: shape `(height, width)` or `(height, width, channels)`, of 1 to 4 channels: grey, grey and alpha, colours, colours
///     and alpha. Of any dtype.
///   - range: the values that become 0 and 255; what lies outside becomes the nearest of them. When nil, `uint8` stays as it is,
///     and other numbers reach from their smallest to their largest, as with Keras's `scale=True`.
/// - Throws: `MartletError` when the tensor is no image, or not finite.
public func encodePNG(_ image: Tensor, range: ClosedRange<Double>? = nil) throws -> [UInt8] {
    let channels = image.rank == 2 ? 1 : image.rank == 3 ? image.shape[2] : 0
    guard (1...4).contains(channels), image.elementCount > 0 else {
        throw MartletError("Expected an image (height, width) or (height, width, 1 to 4 channels). Received: \(image.spec).")
    }
    let pixels = try withErrors { try bytes(of: image, range) }
    return try pixels.withUnsafeBytes { buffer in
        let start = buffer.assumingMemoryBound(to: UInt8.self).baseAddress
        var (file, count) = (UnsafeMutablePointer<UInt8>?.none, 0)
        defer { free(file) }
        let codec = Codec(.png, ci_png_header, ci_png_decode)
        try codec.call("image") {
            ci_png_encode(start, Int64(image.shape[1]), Int64(image.shape[0]), Int32(channels), &file, &count, $0)
        }
        return Array(UnsafeBufferPointer(start: file, count: count))
    }
}

private func bytes(of image: Tensor, _ range: ClosedRange<Double>?) throws -> Tensor {
    if image.dtype == .uint8, range == nil { return image }
    let values = image.cast(to: .float64)
    guard values.isFinite().all().item(as: Bool.self) else {
        throw MartletError("Expected finite numbers in an image. Received NaN or infinity in \(image.spec).")
    }
    let (low, high) = range.map { ($0.lowerBound, $0.upperBound) } ?? (values.min().item(), values.max().item())
    let scaled = high > low ? (values - low) * (255 / (high - low)) : values - low
    return scaled.round().clipped(min: 0.0, max: 255.0).cast(to: .uint8)
}

/// Writes an image to a PNG file, which appears whole or not at all. See `encodePNG`.
/// - Throws: `MartletError` when the tensor is no image, or the file cannot be written.
public func saveImage(_ image: Tensor, to path: String, range: ClosedRange<Double>? = nil) throws {
    guard path.lowercased().hasSuffix(".png") else {
        throw MartletError("Expected the name of a PNG file, such as image.png. Received: \"\(path)\".", at: path)
    }
    try FileIO.write(encodePNG(image, range: range), to: path)
}
