import MartletCore

/// Tensors as bytes: dtype, rank, sizes, elements.
enum Packet {
    static func append(_ tensor: Tensor, to bytes: inout [UInt8]) {
        let dimensions = tensor.shape.dimensions
        bytes += [UInt8(DType.allCases.firstIndex(of: tensor.dtype)!), UInt8(dimensions.count)]
        for size in dimensions { withUnsafeBytes(of: Int64(size)) { bytes += Array($0) } }
        tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    static func next(_ bytes: inout ArraySlice<UInt8>) -> Tensor {
        let (type, rank) = (DType.allCases[Int(bytes.removeFirst())], Int(bytes.removeFirst()))
        let dimensions = (0..<rank).map { _ in
            defer { bytes = bytes.dropFirst(8) }
            return Int(bytes.prefix(8).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
        }
        let tensor = Tensor(uninitialized: TensorSpec(Shape(dimensions), type))
        let count = tensor.shape.elementCount * type.byteCount
        bytes.prefix(count).withUnsafeBytes { elements in
            if let base = elements.baseAddress { tensor.mutablePointer.copyMemory(from: base, byteCount: count) }
        }
        bytes = bytes.dropFirst(count)
        return tensor
    }

    /// An error: where it is, and what.
    static func bytes(of error: MartletError) -> [UInt8] { Array((error.location ?? "").utf8) + [0] + Array(error.message.utf8) }

    static func error(_ bytes: ArraySlice<UInt8>) -> MartletError {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        return MartletError(parts.count > 1 ? parts[1] : "", at: parts[0].isEmpty ? nil : parts[0])
    }
}
