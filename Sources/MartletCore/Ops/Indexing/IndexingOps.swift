extension OpRegistry {
    static let indexing: [any Op.Type] = [
        CheckedIndices.self, Gather.self, GatherND.self, ScatterAdd.self, ScatterAddAlong.self, ScatterND.self,
        SearchSorted.self, Sort.self, TakeAlong.self, TopK.self,
    ]
}

/// What the ops that read or add at indices share. An index may be negative: it counts from the end.
enum Indices {
    /// Whether the kernels take `spec` as indices.
    static func check(_ spec: TensorSpec) throws(OpFailure) {
        guard spec.dtype == .int64 || spec.dtype == .int32 else {
            throw OpFailure("Expected integer indices.")
        }
    }

    /// Turns the place of a bad index that a kernel reports (-1: none) into a failure that names it.
    static func check(
        _ place: Int64, of indices: TensorSpec, _ memory: UnsafeRawPointer, size: Int, axis: Int
    ) throws(OpFailure) {
        guard place >= 0 else { return }
        let value = value(at: Int(place), of: indices, memory)
        throw OpFailure(
            "Index \(value) at \(position(Int(place), in: indices.shape)) of the indices is out of range: "
                + "expected \(-size)..<\(size) for axis \(axis) of size \(size).")
    }

    /// The index with number `place`.
    static func value(at place: Int, of indices: TensorSpec, _ memory: UnsafeRawPointer) -> Int {
        indices.dtype == .int32
            ? Int(memory.assumingMemoryBound(to: Int32.self)[place]) : memory.assumingMemoryBound(to: Int.self)[place]
    }

    /// The coordinates of the element with number `place`: `[1, 0]`.
    static func position(_ place: Int, in shape: Shape) -> [Int] {
        zip(shape.strides, shape.dimensions).map { place / $0 % $1 }
    }
}

extension Tensor {
    /// Integers as the indexing kernels take them.
    var asIndices: Tensor { dtype == .uint8 ? cast(to: .int32) : self }

    /// Indices in one row, of the one dtype that holds all.
    var allIndices: Tensor { flattened().cast(to: .int64) }
}
