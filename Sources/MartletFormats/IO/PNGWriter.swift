import CZlib
import MartletCore

/// Writes PNG files of 8 bits a channel, without a library for images.
///
/// Source: [PNG specification](https://www.w3.org/TR/png-3/).
package enum PNGWriter {
    /// The bytes of a file. The same pixels give the same file.
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
        add("IDAT", compressed(pixels, height: height, size: width * channels, channels: channels))
        add("IEND", [])
        return file
    }

    /// Compresses rows of `size` bytes, in the way that does best with a few rows in the middle: a 32nd of them, or 4 KiB. To
    /// search for what was there before takes most of the time: 60 ms for 100,000 pixels of noise, such as weights are, where it
    /// finds nothing. Without it they take 1 ms and fewer bytes. Filters help pictures, and spread what has few values.
    private static func compressed(_ pixels: [UInt8], height: Int, size: Int, channels: Int) -> [UInt8] {
        let few = min(height, max(2, max(4 << 10, pixels.count / 32) / max(1, size)))
        let middle = (height - few) / 2..<(height + few) / 2
        var best = (isFiltered: false, strategy: Compression.Strategy.runs, count: Int.max)
        for isFiltered in [false, true] {
            let part = rows(middle, of: pixels, size: size, channels: channels, isFiltered: isFiltered)
            for strategy in [Compression.Strategy.runs, .anywhere] {
                let count = Compression.deflate(part, level: 1, strategy).count
                // What takes longer has to be worth it.
                if best.count == .max || count < best.count - best.count / 16 { best = (isFiltered, strategy, count) }
            }
        }
        let all = rows(0..<height, of: pixels, size: size, channels: channels, isFiltered: best.isFiltered)
        return Compression.deflate(all, level: best.strategy == .runs ? 1 : 6, best.strategy)
    }

    /// Some rows, each with the number of its filter in front. That is None, or of None, Sub, Up and Paeth the one whose bytes,
    /// as signed numbers, have the smallest sum of magnitudes, as the specification advises.
    private static func rows(
        _ range: Range<Int>, of pixels: [UInt8], size: Int, channels: Int, isFiltered: Bool
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count * (size + 1))
        guard isFiltered else {
            for row in range {
                result.append(0)
                result += pixels[row * size..<(row + 1) * size]
            }
            return result
        }
        let zeros = [UInt8](repeating: 0, count: size)
        let numbers: [UInt8] = [0, 1, 2, 4]
        var candidates = [[UInt8]](repeating: zeros, count: numbers.count)
        pixels.withUnsafeBufferPointer { pixels in
            zeros.withUnsafeBufferPointer { zeros in
                for row in range {
                    let present = UnsafeBufferPointer(rebasing: pixels[row * size..<(row + 1) * size])
                    let above = row > 0 ? UnsafeBufferPointer(rebasing: pixels[(row - 1) * size..<row * size]) : zeros
                    var (best, least) = (0, Int.max)
                    for (candidate, number) in numbers.enumerated() {
                        let sum = filter(number, present, above, channels, into: &candidates[candidate])
                        if sum < least { (best, least) = (candidate, sum) }
                    }
                    result.append(numbers[best])
                    result += candidates[best]
                }
            }
        }
        return result
    }

    /// - Returns: the sum of the magnitudes of the bytes as signed numbers.
    private static func filter(
        _ number: UInt8, _ row: UnsafeBufferPointer<UInt8>, _ above: UnsafeBufferPointer<UInt8>, _ channels: Int,
        into result: inout [UInt8]
    ) -> Int {
        var sum = 0
        result.withUnsafeMutableBufferPointer { result in
            func put(_ value: UInt8, at place: Int) {
                result[place] = value
                sum += Int(Int8(bitPattern: value).magnitude)
            }
            // In the first pixel nothing is to the left.
            let first = min(channels, row.count)
            switch number {
            case 0: for place in row.indices { put(row[place], at: place) }
            case 1:
                for place in 0..<first { put(row[place], at: place) }
                for place in first..<row.count { put(row[place] &- row[place - channels], at: place) }
            case 2: for place in row.indices { put(row[place] &- above[place], at: place) }
            default:
                for place in 0..<first { put(row[place] &- above[place], at: place) }
                for place in first..<row.count {
                    let (left, up, corner) = (
                        Int(row[place - channels]), Int(above[place]), Int(above[place - channels]))
                    let (toLeft, toUp, toCorner) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
                    let nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
                    put(row[place] &- UInt8(nearest), at: place)
                }
            }
        }
        return sum
    }
}
