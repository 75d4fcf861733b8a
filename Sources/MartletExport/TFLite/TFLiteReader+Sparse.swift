import Martlet
import MartletCore

/// Constants of which a file holds only some elements.
///
/// The elements are numbered by levels: the axes of the tensor, cut into blocks where there are some, and then the axes of the
/// blocks, in the file's order. A level is dense, or it lists for each index of the one before it which of its indices follow.
///
/// Source: `SparsityParameters` in TensorFlow's schema of TFLite.
struct SparseLayout {
    private enum Level {
        case dense(Int)
        /// Where each row's indices begin and end, and the indices.
        case listed(segments: [Int], indices: [Int])
    }

    private let levels: [Level]
    /// For each level how far apart elements of neighbouring indices lie.
    private let strides: [Int]

    /// - Parameter shape: of the dense tensor.
    init(_ table: FlatTableReader, shape: Shape) throws {
        let (rank, sizes) = (shape.rank, shape.dimensions)
        let order = try table.integers(0) ?? []
        let blocks = try table.integers(1) ?? []
        let axes = try table.tables(2)
        guard order.count == rank + blocks.count, order.sorted() == Array(0..<order.count), axes.count == order.count,
            blocks.allSatisfy({ (0..<rank).contains($0) }), Set(blocks).count == blocks.count
        else { throw table.malformed("a sparse tensor of \(rank) axes with the order \(order) and the blocks \(blocks)") }

        var levels: [Level] = []
        for axis in axes {
            switch try axis.byte(0) {
            case 0: levels.append(.dense(try axis.integer(1)))
            case 1: levels.append(.listed(segments: try Self.integers(axis, 2), indices: try Self.integers(axis, 4)))
            case let format: throw axis.malformed("a sparse axis of the format \(format)")
            }
        }
        // The size of a block along its axis is that of the level of the block.
        var block = [Int](repeating: 1, count: rank)
        for (number, axis) in blocks.enumerated() {
            guard case .dense(let size) = levels[order.firstIndex(of: rank + number)!], size > 0, sizes[axis] % size == 0 else {
                throw table.malformed("blocks that do not divide the axis of size \(sizes[axis])")
            }
            block[axis] = size
        }
        var inner = [Int](repeating: 1, count: rank)
        for axis in (0..<max(0, rank - 1)).reversed() { inner[axis] = inner[axis + 1] * sizes[axis + 1] }
        strides = order.map { $0 < rank ? inner[$0] * block[$0] : inner[blocks[$0 - rank]] }
        for (level, place) in zip(levels, order) {
            let size = place < rank ? sizes[place] / block[place] : block[blocks[place - rank]]
            switch level {
            case .dense(let count):
                guard count == size else { throw table.malformed("an axis of \(count) in place of \(size)") }
            case .listed(let segments, let indices):
                let isInOrder = zip(segments, segments.dropFirst()).allSatisfy { $0 <= $1 }
                guard segments.first == 0, isInOrder, segments.last == indices.count,
                    indices.allSatisfy({ (0..<size).contains($0) })
                else { throw table.malformed("indices that do not fit an axis of \(size)") }
            }
        }
        self.levels = levels
    }

    /// The vector of a union of vectors of 32, 16 and 8 bits.
    private static func integers(_ axis: FlatTableReader, _ field: Int) throws -> [Int] {
        guard let vector = try axis.table(field + 1) else { return [] }
        switch try axis.byte(field) {
        case 1: return try vector.integers(0) ?? []
        case 2: return try vector.numbers(0, as: UInt16.self)?.map(Int.init) ?? []
        case 3: return try vector.bytes(0)?.map(Int.init) ?? []
        case let type: throw axis.malformed("a vector of the type \(type)")
        }
    }

    /// Where the elements of the file lie in the dense tensor, in the file's order, as long as they are not more than `limit`.
    /// - Returns: nil when they are more, or a list is too short.
    func places(limit: Int) -> [Int]? {
        // Of each row of the levels so far its place; a level's rows are numbered through.
        var rows = [0]
        for (level, stride) in zip(levels, strides) {
            var next: [Int] = []
            switch level {
            case .dense(let count):
                guard count >= 0, rows.count <= limit / max(1, count) else { return nil }
                for row in rows { for index in 0..<count { next.append(row + index * stride) } }
            case .listed(let segments, let indices):
                guard segments.count == rows.count + 1, indices.count <= limit else { return nil }
                for (number, row) in rows.enumerated() {
                    for index in indices[segments[number]..<segments[number + 1]] { next.append(row + index * stride) }
                }
            }
            rows = next
        }
        return rows
    }
}

extension TFLiteReader {
    /// The bytes of a sparse constant with zeros where the file has nothing.
    func dense(
        _ data: ArraySlice<UInt8>, _ sparsity: FlatTableReader, _ shape: Shape, _ type: TFLite.ElementType
    ) throws -> ArraySlice<UInt8> {
        let (width, count) = (type.byteCount, shape.elementCount)
        // A small file must not ask for all memory: sparse tensors that save a thousandfold do not occur.
        guard count <= 1024 * max(1024, data.count), data.count % width == 0 else {
            throw sparsity.malformed("a sparse tensor of \(count) elements in \(data.count) bytes")
        }
        let layout = try SparseLayout(sparsity, shape: shape)
        guard let places = layout.places(limit: max(1, count)), places.count * width == data.count else {
            throw sparsity.malformed("a sparse tensor whose elements and indices differ in number")
        }
        var result = [UInt8](repeating: 0, count: count * width)
        for (number, place) in places.enumerated() {
            let source = data.startIndex + number * width
            result.replaceSubrange(place * width..<(place + 1) * width, with: data[source..<source + width])
        }
        return result[...]
    }
}
