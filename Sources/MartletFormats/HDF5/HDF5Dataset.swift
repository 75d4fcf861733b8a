import MartletCore

/// An array in an HDF5 file.
public struct HDF5Dataset: Sendable {
    /// Its path in the file.
    public let path: String
    /// The sizes of its axes.
    public let shape: Shape

    private let file: HDF5Bytes
    private let type: HDF5Datatype
    private let header: HDF5ObjectHeader
    private let storage: HDF5Storage

    init(_ file: HDF5Bytes, at address: UInt64, path: String) throws {
        self.file = file
        self.path = path
        do {
            header = try HDF5ObjectHeader(file, at: address)
            guard var typeMessage = header.first(.datatype), let space = header.first(.dataspace),
                let layout = header.first(.layout)
            else { throw file.error("Expected a dataset. Received a group or something else.") }
            let type = try HDF5Datatype(&typeMessage)
            shape = try HDF5Dataspace.read(space) ?? [0]
            if case .unsupported(let what) = type { throw file.error("The dataset holds \(what): not supported.") }
            let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.byteCount)
            guard !overflow else { throw file.error("The dataset's shape \(shape) is too large.") }
            self.type = type
            storage = try HDF5Storage(
                file, layout, filters: header.first(.filters), shape: shape, elementSize: type.byteCount, byteCount: size)
        } catch let error as MartletError {
            throw HDF5Group.locate(error, path)
        }
    }

    /// The dtype of the tensor that `read()` returns, nil for texts.
    public var dtype: DType? { if case .number(let element, _) = type { element.dtype } else { nil } }

    /// The elements as a tensor.
    ///
    /// `int8`, `int16` and `uint16` become `int32`, and `uint32` becomes `int64`. h5py's `bool` becomes `bool`, and 16-bit
    /// elements that Keras marks as `bfloat16` become `bfloat16`. Memory is limited to what deflate can produce from the file.
    /// - Throws: `MartletError` when the elements are texts, are damaged, or claim more than the file can hold.
    public func read() throws -> Tensor {
        do {
            guard case .number(let element, let order) = type else { throw file.error("Expected numbers. Received text.") }
            let isBrain = try element.byteCount == 2 && attribute("dtype")?.text == "bfloat16"
            return try storage.stream().tensor(shape, isBrain ? .bfloat16 : element, order)
        } catch let error as MartletError {
            throw HDF5Group.locate(error, path)
        }
    }

    /// The elements as texts, row-major.
    public func readTexts() throws -> [String] {
        do {
            let bytes = try storage.stream().bytes(shape.elementCount * type.byteCount, "elements")
            // Texts in the global heap keep addresses of this file.
            let joined = HDF5Bytes(file.bytes + bytes, name: file.name)
            let range = file.bytes.count..<joined.bytes.count
            return try file.strings(HDF5Cursor(joined, range, "texts"), type, count: shape.elementCount)
        } catch let error as MartletError {
            throw HDF5Group.locate(error, path)
        }
    }

    /// The attribute `name`, nil when there is none.
    public func attribute(_ name: String) throws -> HDF5Attribute? {
        try HDF5Attribute.find(name, in: header, file, path: path)
    }
}

/// Where a dataset's elements are in the file.
struct HDF5Storage {
    private enum Layout {
        case place(Range<Int>)
        case chunks(tree: UInt64, sizes: [Int])
    }

    private let file: HDF5Bytes
    private let layout: Layout
    private let filters: HDF5Filters
    private let shape: Shape
    private let elementSize: Int
    private let byteCount: Int

    init(
        _ file: HDF5Bytes, _ message: HDF5Cursor, filters: HDF5Cursor?, shape: Shape, elementSize: Int, byteCount: Int
    ) throws {
        self.file = file
        self.shape = shape
        self.elementSize = elementSize
        self.byteCount = byteCount
        self.filters = try filters.map { try HDF5Filters($0, elementSize: elementSize) } ?? HDF5Filters()
        var message = message
        let version = try message.uint(1)
        guard (3...4).contains(version) else {
            throw file.error("Expected version 3 or 4 of a dataset's layout. Received: \(version).")
        }
        switch try message.uint(1) {
        case 0:
            let size = try message.int(2)
            layout = .place(try message.take(size).range)
        case 1:
            let address = try message.uint(8)
            guard address != HDF5Bytes.undefined else {
                guard byteCount == 0 else { throw file.error("The dataset's elements were never written.") }
                layout = .place(0..<0)
                break
            }
            let start = try file.place(address, size: message.int(8), "elements")
            layout = .place(start..<start + (try file.place(address, size: byteCount, "elements") == start ? byteCount : 0))
        case 2 where version == 3:
            let rank = try message.int(1)
            guard rank == shape.rank + 1 else { throw file.error("Expected chunks of rank \(shape.rank).") }
            let address = try message.uint(8)
            let sizes = try (0..<rank).map { _ in try message.int(4) }
            guard sizes.allSatisfy({ $0 > 0 }), sizes.last == elementSize else {
                throw file.error("Expected chunks of at least one element. Received: \(sizes).")
            }
            layout = .chunks(tree: address, sizes: sizes.dropLast())
        default: throw file.error("The dataset's layout is not supported. Write the file with h5py's defaults.")
        }
    }

    /// The elements' bytes, as they are stored.
    func stream() throws -> any ByteStream {
        switch layout {
        case .place(let range):
            guard range.count >= byteCount else {
                throw file.error("Expected \(byteCount) bytes for shape \(shape). The file holds \(range.count).")
            }
            return SliceStream(file.bytes[range.prefix(byteCount)], name: file.name)
        case .chunks(let tree, let sizes):
            return MemoryStream(try assemble(tree, sizes), name: file.name)
        }
    }

    private func assemble(_ tree: UInt64, _ sizes: [Int]) throws -> [UInt8] {
        if byteCount == 0 { return [] }
        // Chunks are as large as the array, or small.
        var chunkSize = elementSize
        for size in sizes {
            let (product, overflow) = chunkSize.multipliedReportingOverflow(by: size)
            guard !overflow, product <= max(byteCount, 4 << 20) else {
                throw file.error("Chunks of \(sizes) do not fit the shape \(shape).")
            }
            chunkSize = product
        }
        let chunks = try chunks(tree, sizes)
        // No chunk inflates to more than 1032 times its size. A larger claim is refused before memory is allocated.
        let stored = chunks.reduce(0) { $0 + $1.place.count }
        guard stored <= file.bytes.count, byteCount <= max(1 << 20, stored * 1032) else {
            throw file.error(
                "Expected \(byteCount) bytes for shape \(shape). The chunks in the file, of \(stored) bytes, cannot be these.")
        }
        var result = [UInt8](repeating: 0, count: byteCount)
        for chunk in chunks {
            let bytes = try filters.undo(Array(file.bytes[chunk.place]), mask: chunk.mask, size: chunkSize, file)
            copy(bytes, sizes, at: chunk.start, to: &result)
        }
        return result
    }

    /// The chunks of a tree: where each begins in the array, and where it is in the file.
    private func chunks(_ tree: UInt64, _ sizes: [Int]) throws -> [(start: [Int], place: Range<Int>, mask: UInt64)] {
        var chunks: [(start: [Int], place: Range<Int>, mask: UInt64)] = []
        var starts: Set<[Int]> = []
        if tree == HDF5Bytes.undefined { return chunks }
        try HDF5Tree(file, type: 1).forEachLeaf(of: tree, keySize: 8 + 8 * (sizes.count + 1)) { key, address in
            var key = key
            let stored = try key.int(4)
            let mask = try key.uint(4)
            let start = try sizes.map { _ in try key.int(8) }
            guard zip(start, zip(sizes, shape.dimensions)).allSatisfy({ $0 % $1.0 == 0 && $0 < $1.1 }),
                starts.insert(start).inserted
            else {
                throw file.error("A chunk begins at \(start): outside the shape \(shape), between chunks, or twice.")
            }
            let place = try file.place(address, size: stored, "a chunk")
            chunks.append((start, place..<place + stored, mask))
        }
        return chunks
    }

    /// Copies the part of a chunk that lies within the shape, row by row.
    private func copy(_ chunk: [UInt8], _ sizes: [Int], at start: [Int], to result: inout [UInt8]) {
        let extent = zip(start, zip(sizes, shape.dimensions)).map { min($1.0, $1.1 - $0) }
        let row = (extent.last ?? 1) * elementSize
        let strides = shape.strides
        var index = [Int](repeating: 0, count: sizes.count)
        while true {
            var (from, to) = (0, 0)
            for axis in sizes.indices {
                from = from * sizes[axis] + index[axis]
                to += (start[axis] + index[axis]) * strides[axis]
            }
            result.replaceSubrange(
                to * elementSize..<to * elementSize + row, with: chunk[from * elementSize..<from * elementSize + row])
            var axis = sizes.count - 2
            while axis >= 0 {
                index[axis] += 1
                if index[axis] < extent[axis] { break }
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}

/// A part of an array of bytes as a stream, without a copy.
final class SliceStream: ByteStream {
    let name: String
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>, name: String) {
        rest = bytes
        self.name = name
    }

    var bound: Int { rest.count }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, rest.count)
        rest.prefix(count).withUnsafeBytes { buffer.copyMemory(from: $0) }
        rest = rest.dropFirst(count)
        return count
    }
}
