import CZlib
import MartletCore

/// Writes PNG files of 8 bits a channel, without a library for images.
///
/// Source: [PNG specification](https://www.w3.org/TR/png-3/).
package enum PNGWriter {
    /// The bytes of a file.
    /// - Parameters:
    ///   - pixels: row by row, `height * width * channels` bytes.
    ///   - channels: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.
    package static func encode(_ pixels: [UInt8], height: Int, width: Int, channels: Int) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        func number(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: UInt32(value).bigEndian, Array.init) }
        func add(_ type: String, _ content: [UInt8]) {
            let body = Array(type.utf8) + content
            file += number(content.count) + body + number(crc32(0, body, UInt32(body.count)))
        }
        let colorType: UInt8 = [0, 4, 2, 6][channels - 1]
        add("IHDR", number(width) + number(height) + [8, colorType, 0, 0, 0])
        // Each row has a filter in front: none.
        let size = width * channels
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (size + 1))
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * size..<(row + 1) * size]
        }
        add("IDAT", Compression.deflate(rows))
        add("IEND", [])
        return file
    }
}
