import MartletCore

/// Files in the IDX format of MNIST and similar datasets: a big-endian header with type and sizes, then the elements.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*, section "The IDX file format".
public enum IDX {
    private static let elements: [UInt8: StoredElement] = [
        0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
    ]

    /// Reads the array in the file at `path`, plain or gzip-compressed. The first bytes decide which, not the
    /// name.
    ///
    /// Signed bytes and 16-bit integers become `int32`; the other types keep theirs.
    /// - Throws: `MartletError` when the file cannot be read, is not IDX, is cut short, or has bytes after its
    ///   elements.
    public static func read(_ path: String) throws -> Tensor { try read(FileStream.openDecompressing(path)) }

    package static func read(_ stream: any ByteStream) throws -> Tensor {
        let (shape, element) = try header(of: stream)
        let tensor = try stream.tensor(shape, element, .big)
        try stream.expectEnd(after: "the \(shape.elementCount) elements that the header announces")
        return tensor
    }

    /// Whether the file at `path`, plain or gzip-compressed, begins as such a file does.
    package static func isFile(_ path: String) -> Bool {
        guard let stream = try? FileStream.openDecompressing(path) else { return false }
        return (try? header(of: stream)).map { $0.shape.rank > 0 } ?? false
    }

    /// Reads the shape of the array and the type of its elements.
    static func header(of stream: any ByteStream) throws -> (shape: Shape, element: StoredElement) {
        let magic = try stream.bytes(4, "IDX header")
        guard magic[0] == 0, magic[1] == 0, let element = elements[magic[2]] else {
            let received = magic.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            throw stream.error("Expected an IDX file: bytes 00 00, a type and a rank. Received \(received).")
        }
        let sizes = try stream.bytes(4 * Int(magic[3]), "IDX header")
        let dimensions = stride(from: 0, to: sizes.count, by: 4).map { at in
            sizes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        do {
            return (try Shape(validating: dimensions), element)
        } catch {
            throw stream.error("Expected the sizes of an array. \(error.message)")
        }
    }

    /// Writes `tensor`, of `uint8`, `int32`, `float32` or `float64`, to the file at `path`, which appears whole or not
    /// at all.
    ///
    /// - Parameter compressed: whether to compress with gzip; nil compresses when the name ends in `.gz`.
    /// - Throws: `MartletError` when the file cannot be written, or the format has no such type or size.
    public static func write(_ tensor: Tensor, to path: String, compressed: Bool? = nil) throws {
        guard let code = elements.first(where: { $0.value == StoredElement(tensor.dtype) })?.key else {
            throw MartletError(
                "IDX stores uint8, int32, float32 and float64. Received \(tensor.dtype): cast it.", at: path)
        }
        let sizes = tensor.shape.dimensions
        guard sizes.allSatisfy({ $0 <= UInt32.max }) else {
            throw MartletError("IDX stores sizes below 2^32. Received shape \(tensor.shape).", at: path)
        }
        var header: [UInt8] = [0, 0, code, UInt8(sizes.count)]
        for size in sizes { withUnsafeBytes(of: UInt32(size).bigEndian) { header += $0 } }
        try FileIO.write(to: path) { file in
            let compressor = compressed ?? path.hasSuffix(".gz") ? DeflateSink(file) : nil
            let sink: any ByteSink = compressor ?? file
            try sink.write(header)
            try sink.write(elementsOf: tensor, .big)
            try compressor?.finish()
        }
    }
}
