import Foundation
import MartletCore
import MartletFormats
import MartletImages
import TestSupport
import Testing

/// Images of all kinds, as Pillow reads them.
@Suite(.ownSession) struct DecodingTests {
    static let expected: [String: Tensor] = {
        let file = try! NPZ.read(fixture("expected.npz"))
        return Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) })
    }()
    static let names = Set(expected.keys.map { String($0.split(separator: "/")[0]) }).sorted()

    @Test func thereAreImagesOfEveryKind() {
        #expect(DecodingTests.names.count == 20)
    }

    /// PNG to the bit. JPEG: Pillow has a newer libjpeg-turbo of its own, whose transforms and filters are the same; where Pillow
    /// goes by way of RGB to grey, libjpeg takes the file's own luma, which differs by the rounding of two conversions.
    @Test(arguments: names, ColorMode.allCases)
    func asPillow(name: String, mode: ColorMode) throws {
        let expected = try #require(DecodingTests.expected["\(name)/\(mode.rawValue)"])
        let image = try loadImage(fixture(name), colorMode: mode)
        #expect(image.spec == expected.spec)
        let difference = (image.cast(to: .int32) - expected.cast(to: .int32)).abs().max().item()
        let isOwnGrey = name.hasSuffix(".jpg") && mode == .grayscale
        #expect(difference <= (isOwnGrey ? 2 : name.hasSuffix(".jpg") ? 1 : 0))
    }

    @Test func headers() throws {
        let header = try ImageHeader(fixture("grey-alpha.png"))
        #expect(header.format == .png && header.height == 7 && header.width == 8 && header.channels == 2 && header.bits == 8)
        let photo = try ImageHeader(fixture("progressive.jpg"))
        #expect(photo.format == .jpeg && photo.height == 40 && photo.width == 56 && photo.channels == 3)
        #expect(try ImageHeader(fixture("rgb16.png")).bits == 16 && ImageHeader(fixture("two-bits.png")).bits == 2)
        #expect(try decodeImage(FileIO.read(fixture("grey-alpha.png"))).shape == [7, 8, 2])
        #expect(try decodeImage(FileIO.read(fixture("palette-transparent.png"))).shape == [13, 17, 4])
        #expect(try decodeImage(FileIO.read(fixture("cmyk.jpg"))).shape == [24, 20, 3])
        // What the camera says about its position is not applied.
        #expect(try loadImage(fixture("rotated.jpg")).shape == [16, 24, 3])
    }

    @Test(arguments: [1, 2, 3, 4])
    func writtenAndRead(channels: Int) throws {
        try withFolder { folder in
            let image = Tensor((0..<5 * 7 * channels).map { UInt8(truncatingIfNeeded: 37 * $0) }, shape: [5, 7, channels])
            try saveImage(image, to: folder + "/a.png")
            let again = try decodeImage(FileIO.read(folder + "/a.png"))
            #expect(same(again, image))
        }
    }

    /// What event files and reports hold, as libpng reads it: noise, which is compressed without a search, and drawings, which repeat.
    @Test(arguments: [1, 2, 3, 4], [(1, 1), (1, 300), (300, 1), (40, 23)])
    func filesWithoutALibrary(channels: Int, size: (height: Int, width: Int)) throws {
        let count = size.height * size.width * channels
        var random = Xorshift(state: 7)
        for pixels in [
            [UInt8](repeating: 0, count: count), (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) },
            (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3 + $0 / (size.width * channels) * 5) },
            (0..<count).map { $0 % (7 * channels) < channels ? 0 : 255 },
        ] {
            let file = PNGWriter.encode(pixels, height: size.height, width: size.width, channels: channels)
            let image = try decodeImage(file)
            #expect(image.shape == [size.height, size.width, channels])
            #expect(image.scalars(as: UInt8.self) == pixels)
            #expect(file == PNGWriter.encode(pixels, height: size.height, width: size.width, channels: channels))
        }
    }

    /// Noise of 16 values takes some 4 bits of each byte, a line that repeats next to nothing, and so do slopes.
    @Test func sizesOfFiles() {
        var random = Xorshift(state: 9)
        let noise = (0..<100_000).map { _ in UInt8.random(in: 0..<16, using: &random) }
        #expect((50_000..<53_000).contains(PNGWriter.encode(noise, height: 250, width: 400, channels: 1).count))
        let line = Array(noise.prefix(400))
        let repeated = Array(repeatElement(line, count: 250).joined())
        #expect(PNGWriter.encode(repeated, height: 250, width: 400, channels: 1).count < 2_000)
        let slope = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 % 400 / 2 + $0 / 400) }
        #expect(PNGWriter.encode(slope, height: 250, width: 400, channels: 1).count < 2_000)
    }

    @Test func numbersAsImages() throws {
        let image = try decodeImage(encodePNG(Tensor([[-1.0, 0, 1]])))
        #expect(image.shape == [1, 3, 1] && image.scalars(as: Int.self) == [0, 128, 255])
        #expect(try decodeImage(encodePNG(Tensor([[-1.0, 0.5, 3]]), range: 0...2)).scalars(as: Int.self) == [0, 64, 255])
        #expect(try decodeImage(encodePNG(Tensor([[UInt8(3), 4]]))).scalars(as: Int.self) == [3, 4])
        expectError("(2, 2, 5)") { try encodePNG(Tensor.zeros([2, 2, 5])) }
        expectError("finite") { try encodePNG(Tensor([[Double.nan, 1]])) }
        expectError("image.png") { try saveImage(Tensor.zeros([2, 2]), to: "/tmp/a.jpg") }
    }

    @Test func sizes() throws {
        let image = try loadImage(fixture("rgb.png"), targetSize: (5, 4), interpolation: .bilinear)
        #expect(image.shape == [5, 4, 3] && image.dtype == .uint8)
        let whole = try loadImage(fixture("rgb.png"), targetSize: (13, 17), interpolation: .bilinear)
        #expect(same(whole, try loadImage(fixture("rgb.png"))))
        expectError("at least 1") { try loadImage(fixture("rgb.png"), targetSize: (0, 4)) }
    }
}

/// What cannot be decoded.
@Suite(.ownSession) struct BadImageTests {
    @Test func bombs() throws {
        expectError("bomb.png", "60000 x 60000", "pixelLimit") { try loadImage(fixture("bomb.png.bad")) }
        expectError("bomb.png", "of memory") {
            try decodeImage(FileIO.read(fixture("bomb.png.bad")), name: "bomb.png", pixelLimit: 1 << 60)
        }
    }

    @Test func truncatedAndChanged() throws {
        for name in ["rgb.png", "420.jpg", "progressive.jpg", "interlaced.png"] {
            let bytes = try FileIO.read(fixture(name))
            for kept in [0, 1, 5, 30, bytes.count / 2, bytes.count * 9 / 10] {
                expectError("cut.img") { try decodeImage(Array(bytes.prefix(kept)), name: "cut.img") }
            }
        }
        // A file that lacks only its last marker is whole.
        #expect(same(try loadImage(fixture("no-end.jpg.bad")), try loadImage(fixture("420.jpg"))))
        var flipped = try FileIO.read(fixture("rgb.png"))
        flipped[flipped.count / 2] ^= 4
        expectError("changed.png", "incorrect data") { try decodeImage(flipped, name: "changed.png") }
        expectError("empty") { try decodeImage([], name: "a") }
        expectError("GIF") { try decodeImage(Array("GIF89a".utf8), name: "a") }
        expectError("other bytes") { try decodeImage(Array("text".utf8), name: "a") }
        expectError("/none.png") { try loadImage("/none.png") }
    }

    /// Damaged files give pixels or an error. `MARTLET_FUZZ` sets the number of files for each.
    @Test(arguments: ["rgb.png", "palette-transparent.png", "interlaced.png", "420.jpg", "progressive.jpg", "cmyk.jpg"])
    func fuzzed(name: String) throws {
        let counts = fuzz(try FileIO.read(fixture(name))) { try decodeImage($0, colorMode: .rgb, pixelLimit: 1 << 20) }
        #expect(counts.refused > counts.read / 10)
    }
}
