import MartletCore

/// NumPy's files of one array (`numpy.save`), format versions 1 to 3.
///
/// Source: NumPy Enhancement Proposal 1 and the documentation of `numpy.lib.format`.
public enum NPY {
    package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Reads the array in the file at `path`: any byte order, rows or columns first.
    ///
    /// `int8`, `int16` and `uint16` become `int32`, `uint32` becomes `int64`; the other types keep theirs.
    /// - Throws: `MartletError` when the file cannot be read, is not an `.npy` file, holds another type (strings, objects,
    ///   complex numbers, `uint64`), is cut short, or has bytes after its elements.
    public static func read(_ path: String) throws -> Tensor { try read(FileStream(path)) }

    package static func read(_ stream: any ByteStream) throws -> Tensor {
        let header = try NPYHeader(from: stream)
        let stored = header.isFortranOrder ? Shape(unchecked: header.shape.dimensions.reversed()) : header.shape
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

    /// Writes `tensor` to the file at `path`, little-endian and row-major. The file appears whole or not
    /// at all.
    /// - Throws: `MartletError` when the file cannot be written, or for `bfloat16`, which NumPy does not have.
    public static func write(_ tensor: Tensor, to path: String) throws {
        try FileIO.write(to: path) { try write(tensor, to: $0, at: path) }
    }

    /// Writes `tensor` to a sink. Errors name `path`.
    package static func write(_ tensor: Tensor, to sink: any ByteSink, at path: String) throws {
        guard let descriptor = NPYHeader.descriptor(of: tensor.dtype) else {
            throw MartletError("NumPy has no \(tensor.dtype): cast it to float32.", at: path)
        }
        let text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(tensor.shape), }"
        // The elements begin at a multiple of 64 bytes, for programs that map the file into memory.
        let padding = 63 - (magic.count + 4 + text.utf8.count) % 64
        let header = Array((text + String(repeating: " ", count: padding) + "\n").utf8)
        let size = [UInt8(truncatingIfNeeded: header.count), UInt8(truncatingIfNeeded: header.count >> 8)]
        try sink.write(magic + [1, 0] + size + header)
        try sink.write(elementsOf: tensor, .little)
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
