import MartletCore

/// NumPy's files of one array (`numpy.save`), format versions 1 to 3.
///
/// Source: NumPy Enhancement Proposal 1 and the documentation of `numpy.lib.format`.
public enum NPY {
    package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Reads the array in the file at `path`: any byte order, rows or columns first.
    ///
    /// `int8`, `int16` and `uint16` become `int32`, `uint32` becomes `int64`; the other types keep theirs. Strings, `U` and `S`,
    /// become a tensor of strings in UTF-8.
    /// - Throws: `MartletError` when the file cannot be read, is not an `.npy` file, holds another type (objects, complex
    ///   numbers, `uint64`), is cut short, or has bytes after its elements.
    public static func read(_ path: String) throws -> Tensor { try read(FileStream(path)) }

    package static func read(_ stream: any ByteStream) throws -> Tensor {
        let header = try NPYHeader(from: stream)
        let stored = header.isFortranOrder ? Shape(unchecked: header.shape.dimensions.reversed()) : header.shape
        if let text = header.strings { return try readStrings(stream, header, stored, text) }
        let tensor = try stream.tensor(stored, header.element, header.order)
        try stream.expectEnd(after: "the \(stored.elementCount) elements that the header announces")
        return header.isFortranOrder ? reversingAxes(tensor) : tensor
    }

    /// The array in the file at `path`, without reading it: the system reads the parts that are used, and drops them when memory
    /// is short. So `Dataset.fromTensorSlices` shuffles and batches files that are larger than memory.
    ///
    /// The file must stay as it is as long as the tensor, or anything that shares its memory, is used: where it is cut short, an
    /// access ends the program.
    /// - Throws: `MartletError` as `read` does, and when the elements would have to be converted: another byte order, columns
    ///   first, a type that no tensor has, or elements that do not begin at a multiple of 64 bytes (NumPy before 1.14).
    public static func map(_ path: String) throws -> Tensor {
        let stream = try FileStream(path)
        let size = stream.bound
        let header = try NPYHeader(from: stream)
        if header.strings != nil { return try read(path) }
        let start = size - stream.bound
        let dtype = header.element.dtype
        let byteCount = header.shape.elementCount * dtype.byteCount
        guard size - start == byteCount || header.element.byteCount != dtype.byteCount else {
            throw stream.error("Expected \(byteCount) bytes of elements. Received \(size - start).")
        }
        let isLittle = header.order == .little || header.element.byteCount == 1 || header.order == .host
        guard StoredElement(dtype) == header.element, isLittle, !header.isFortranOrder || header.shape.rank < 2, start % 64 == 0
        else {
            throw stream.error(
                "Expected little-endian elements, rows first, of a tensor's type, from a multiple of 64 bytes on. "
                    + "Received others: use NPY.read, or write the file anew with a present NumPy.")
        }
        guard byteCount > 0 else { return try read(path) }
        let mapping = try FileMapping(path, byteCount: size)
        let buffer = Buffer(borrowing: mapping.start + start, byteCount: byteCount, keeper: mapping)
        return Tensor(TensorSpec(header.shape, dtype), buffer: buffer)
    }

    /// Writes `tensor` to the file at `path`, little-endian and row-major, strings as NumPy's bytes (`S`). The file appears
    /// whole or not at all.
    /// - Throws: `MartletError` when the file cannot be written, or for `bfloat16`, which NumPy does not have.
    public static func write(_ tensor: Tensor, to path: String) throws {
        try FileIO.write(to: path) { try write(tensor, to: $0, at: path) }
    }

    /// Writes `tensor` to a sink. Errors name `path`.
    package static func write(_ tensor: Tensor, to sink: any ByteSink, at path: String) throws {
        let isText = tensor.dtype == .string
        guard let descriptor = isText ? "|S\(tensor.shape[-1])" : NPYHeader.descriptor(of: tensor.dtype) else {
            throw MartletError("NumPy has no \(tensor.dtype): cast it to float32.", at: path)
        }
        let text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(tensor.stringShape), }"
        // The elements begin at a multiple of 64 bytes, for programs that map the file into memory.
        let padding = 63 - (magic.count + 4 + text.utf8.count) % 64
        let header = Array((text + String(repeating: " ", count: padding) + "\n").utf8)
        let size = [UInt8(truncatingIfNeeded: header.count), UInt8(truncatingIfNeeded: header.count >> 8)]
        try sink.write(magic + [1, 0] + size + header)
        try sink.write(elementsOf: tensor, .little)
    }

    /// Strings of fixed width, filled up with zeros: bytes, or UTF-32.
    private static func readStrings(
        _ stream: any ByteStream, _ header: NPYHeader, _ stored: Shape, _ text: (characters: Int, byteCount: Int)
    ) throws -> Tensor {
        let width = text.characters * text.byteCount
        let (size, overflow) = stored.elementCount.multipliedReportingOverflow(by: width)
        // Strings without a character take no bytes of the file, but some of memory.
        guard stored.rank < Shape.maximumRank else {
            throw stream.error("Expected strings of at most \(Shape.maximumRank - 1) axes. Received: shape \(header.shape).")
        }
        guard !overflow, size <= stream.bound, width > 0 || stored.elementCount <= 1 << 24 else {
            throw stream.error(
                "Expected \(stored.elementCount) strings of \(text.characters) characters. At most \(stream.bound) bytes follow: "
                    + "the data is cut short, or its header is wrong.")
        }
        // An array of the bytes of each, and the tensor of all.
        try Settings.requireMemory(stored.elementCount * (width + 48), at: stream.name)
        var part = [UInt8](repeating: 0, count: width)
        var strings: [[UInt8]] = []
        strings.reserveCapacity(stored.elementCount)
        for _ in 0..<stored.elementCount { strings.append(try string(from: stream, header, into: &part)) }
        try stream.expectEnd(after: "the \(stored.elementCount) strings that the header announces")
        guard header.isFortranOrder else { return Tensor(utf8: strings, shape: header.shape) }
        let order: [Int] = reversingAxes(Tensor(Array(strings.indices), shape: stored)).scalars()
        return Tensor(utf8: order.map { strings[$0] }, shape: header.shape)
    }

    /// Reads a string of UTF-8.
    /// - Parameter part: room for the bytes of one.
    static func string(from stream: any ByteStream, _ header: NPYHeader, into part: inout [UInt8]) throws -> [UInt8] {
        try part.withUnsafeMutableBytes { try stream.fill($0, "strings") }
        return header.strings?.byteCount == 1 ? trimmed(part) : try utf8(part, header.order, stream)
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes[..<((bytes.lastIndex { $0 != 0 } ?? -1) + 1)])
    }

    private static func utf8(_ bytes: [UInt8], _ order: ByteOrder, _ stream: any ByteStream) throws -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let word = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let code = order == .big ? word : word.byteSwapped
            guard let scalar = Unicode.Scalar(code) else {
                throw stream.error("Expected characters of Unicode. Received: the number \(code).")
            }
            text += UTF8.encode(scalar)!
        }
        return trimmed(text)
    }

    /// The tensor whose axes are those of `tensor` from the last to the first.
    private static func reversingAxes(_ tensor: Tensor) -> Tensor {
        let dimensions = Array(tensor.shape.dimensions.reversed())
        let result = Tensor(uninitialized: TensorSpec(Shape(unchecked: dimensions), tensor.dtype))
        let strides = Array(tensor.shape.strides.reversed())
        let size = tensor.dtype.byteCount
        var index = [Int](repeating: 0, count: dimensions.count)
        tensor.withUnsafeBytes { source in
            var offset = 0
            for position in 0..<result.elementCount {
                (result.mutablePointer + position * size)
                    .copyMemory(from: source.baseAddress! + offset * size, byteCount: size)
                var axis = dimensions.count - 1
                while axis >= 0 {
                    index[axis] += 1
                    offset += strides[axis]
                    if index[axis] < dimensions[axis] { break }
                    offset -= index[axis] * strides[axis]
                    index[axis] = 0
                    axis -= 1
                }
            }
        }
        return result
    }
}
