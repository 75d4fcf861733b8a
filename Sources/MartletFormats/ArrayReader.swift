import MartletCore

/// Reads the array of a file part by part, so that one that is larger than memory can be looked at. Nothing but the header is
/// read before a part is asked for.
package final class ArrayReader {
    /// The shape of the array; of strings without the axis of their bytes.
    package let shape: Shape
    /// The type of a tensor that holds the elements.
    package let dtype: DType
    private let stream: any ByteStream
    private let element: StoredElement
    private let order: ByteOrder
    /// Of NumPy's files.
    private let header: NPYHeader?
    private var position = 0

    /// Reads the header of an `.npy` file.
    package init(npy stream: any ByteStream) throws {
        let header = try NPYHeader(from: stream)
        (self.stream, self.header, shape) = (stream, header, header.shape)
        (element, order) = (header.element, header.order)
        dtype = header.strings == nil ? header.element.dtype : .string
        try checkSize(header.strings.map { $0.characters * $0.byteCount } ?? header.element.byteCount)
    }

    /// Reads the header of an IDX file.
    package init(idx stream: any ByteStream) throws {
        (shape, element) = try IDX.header(of: stream)
        (self.stream, header, order, dtype) = (stream, nil, .big, element.dtype)
        try checkSize(element.byteCount)
    }

    private func checkSize(_ elementSize: Int) throws {
        let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementSize)
        // Elements without a byte take none of the file, but time.
        guard !overflow, size <= stream.bound, elementSize > 0 || shape.elementCount <= 1 << 24 else {
            throw stream.error(
                "Expected \(shape.elementCount) elements for shape \(shape). At most \(stream.bound) bytes follow: the data is "
                    + "cut short, or its header is wrong.")
        }
    }

    /// Where the element at `index` comes, counted from 0.
    package func place(of index: [Int]) -> Int {
        let axes = header?.isFortranOrder == true ? Array(index.indices.reversed()) : Array(index.indices)
        return axes.reduce(0) { $0 * shape[$1] + index[$1] }
    }

    /// The next elements, at most 65,536, as a vector in the order in which they are stored; nil at the end, where the file's
    /// checksum is compared, if it has one.
    /// - Throws: `MartletError` when the file cannot be read, is damaged, or goes on behind its elements.
    package func next() throws -> Tensor? {
        let rest = shape.elementCount - position
        guard rest > 0 else {
            try stream.expectEnd(after: "the \(shape.elementCount) elements that the header announces")
            return nil
        }
        guard let header, let text = header.strings else {
            let count = min(rest, 1 << 16)
            position += count
            return try stream.tensor([count], element, order)
        }
        let width = text.characters * text.byteCount
        try Settings.requireMemory(3 * width, at: stream.name)
        let count = min(rest, max(1, (1 << 20) / max(16, width)))
        position += count
        var part = [UInt8](repeating: 0, count: width)
        return Tensor(utf8: try (0..<count).map { _ in try NPY.string(from: stream, header, into: &part) }, shape: [count])
    }
}
