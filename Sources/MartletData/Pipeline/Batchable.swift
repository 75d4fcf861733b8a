import Foundation
import MartletCore

/// What `batch` can put together: tensors, numbers, strings, bytes, and your own structs. Tuples of such are batched part by
/// part.
///
/// ```swift
/// struct Sample: Batchable {
///     let image: Tensor, label: Int
///     static func batch(_ samples: [Sample]) throws -> Batch {
///         Batch(inputs: [try Tensor.batch(samples.map(\.image))], targets: [try Int.batch(samples.map(\.label))])
///     }
/// }
/// ```
public protocol Batchable: Sendable {
    /// Several elements as one.
    associatedtype Batched: Sendable
    /// Puts elements together, at least one.
    /// - Throws: `MartletError` when they do not fit each other.
    static func batch(_ elements: [Self]) throws -> Batched
    /// The same for `paddedBatch`: tensors are first filled up at their ends, to the largest size of each axis, with `padding`.
    /// What has no sizes is put together as it is.
    static func batch(_ elements: [Self], padding: Double) throws -> Batched
}

extension Batchable {
    public static func batch(_ elements: [Self], padding: Double) throws -> Batched { try batch(elements) }
}

extension Batchable {
    static func batch(_ elements: [Self], padding: Double?) throws -> Batched {
        try padding.map { try batch(elements, padding: $0) } ?? batch(elements)
    }
}

/// What `unbatch` can take apart.
public protocol Unbatchable: Sendable {
    /// A single element.
    associatedtype Unbatched: Sendable
    /// The elements along the first axis.
    func unbatched() throws -> [Unbatched]
}

extension Tensor: Batchable, Unbatchable {
    /// The tensors along a new first axis.
    /// - Throws: `MartletError` when shapes or dtypes differ.
    public static func batch(_ elements: [Tensor]) throws -> Tensor {
        var elements = elements
        if elements[0].dtype == .string {
            // Texts are made as wide as the widest of them first.
            let width = elements.reduce(0) { Swift.max($0, $1.shape.dimensions.last ?? 0) }
            try Settings.requireMemory(elements.reduce(0) { $0 + $1.stringShape.elementCount } * width, at: "batch")
            elements = withOneWidth(elements)
        }
        let spec = elements[0].spec
        if let place = elements.firstIndex(where: { $0.dtype != spec.dtype || $0.shape != spec.shape }) {
            throw MartletError(
                "Expected tensors of one shape and dtype, \(spec) as the first of the batch. Received \(elements[place].spec) "
                    + "at place \(place). Give them one shape in a map, or use paddedBatch or bucketByLength.")
        }
        let result = try Tensor(batchOf: TensorSpec(Shape([elements.count] + spec.shape.dimensions), spec.dtype))
        let size = spec.shape.elementCount * spec.dtype.byteCount
        for (index, element) in elements.enumerated() where size > 0 {
            element.withUnsafeBytes {
                (result.mutablePointer + index * size).copyMemory(from: $0.baseAddress!, byteCount: size)
            }
        }
        return result
    }

    /// The tensors, filled up at their ends to the largest size of each axis, along a new first axis.
    /// - Throws: `MartletError` when ranks or dtypes differ, or an integer type cannot hold `padding`.
    public static func batch(_ elements: [Tensor], padding: Double) throws -> Tensor {
        // The bytes of strings are filled up anyway.
        if elements[0].dtype == .string { return try batch(elements) }
        let (rank, dtype) = (elements[0].rank, elements[0].dtype)
        if let other = elements.first(where: { $0.rank != rank || $0.dtype != dtype }) {
            throw MartletError(
                "Expected tensors of one rank and dtype, as \(elements[0].spec), the first of the batch. Received \(other.spec).")
        }
        let sizes = (0..<rank).map { axis in elements.map { $0.shape[axis] }.max()! }
        guard dtype.isFloatingPoint || Int64(exactly: padding).map(dtype.holds) == true else {
            throw MartletError("Expected a padding that \(dtype) can hold. Received \(padding).", at: "padding")
        }
        let fill = Tensor.full([1], padding, dtype: dtype)
        let result = try Tensor(batchOf: TensorSpec(Shape([elements.count] + sizes), dtype))
        let (size, count) = (dtype.byteCount, sizes.reduce(1, *))
        fill.withUnsafeBytes { one in
            for place in 0..<elements.count * count {
                (result.mutablePointer + place * size).copyMemory(from: one.baseAddress!, byteCount: size)
            }
        }
        for (index, element) in elements.enumerated() where element.elementCount > 0 {
            element.copy(into: result.mutablePointer + index * count * size, sizes: sizes)
        }
        return result
    }

    /// Copies the elements to the corner of a larger array.
    private func copy(into target: UnsafeMutableRawPointer, sizes: [Int]) {
        let run = (shape.dimensions.last ?? 1) * dtype.byteCount
        withUnsafeBytes { bytes in
            for row in 0..<(bytes.count / Swift.max(1, run)) {
                var (rest, place, stride) = (row, 0, (sizes.last ?? 1) * dtype.byteCount)
                for axis in (0..<Swift.max(0, rank - 1)).reversed() {
                    place += rest % shape[axis] * stride
                    rest /= shape[axis]
                    stride *= sizes[axis]
                }
                (target + place).copyMemory(from: bytes.baseAddress! + row * run, byteCount: run)
            }
        }
    }

    /// The slices along the first axis.
    /// - Throws: `MartletError` for a scalar.
    public func unbatched() throws -> [Tensor] {
        guard rank > 0 else { throw MartletError("Expected a tensor with a first axis. Received a scalar, \(spec).") }
        let rows = TensorRows(self)
        return try (0..<shape[0]).map { try rows.row($0) }
    }

    /// The slices of the first axis at `indices`, copied.
    /// - Throws: `MartletError` when there is no memory for them.
    func rows(_ indices: [Int]) throws(MartletError) -> Tensor {
        let inner = Array(shape.dimensions.dropFirst())
        let result = try Tensor(batchOf: TensorSpec(Shape(unchecked: [indices.count] + inner), dtype))
        let size = inner.reduce(1, *) * dtype.byteCount
        withUnsafeBytes { bytes in
            for (place, index) in indices.enumerated() where size > 0 {
                (result.mutablePointer + place * size).copyMemory(from: bytes.baseAddress! + index * size, byteCount: size)
            }
        }
        return result
    }
}

extension Tensor {
    /// Takes uninitialised memory for several elements.
    /// - Throws: `MartletError` when there is none.
    fileprivate init(batchOf spec: TensorSpec) throws(MartletError) {
        try Settings.requireMemory(spec.bytes, at: "batch")
        self.init(uninitialized: spec)
    }
}

extension DType {
    fileprivate func holds(_ value: Int64) -> Bool {
        switch self {
        case .uint8: UInt8(exactly: value) != nil
        case .int32: Int32(exactly: value) != nil
        case .bool: value == 0 || value == 1
        default: true
        }
    }
}

/// A number that `batch` puts into a vector: an `Int` becomes `int64`, a `Double` the default float type, others keep theirs.
public protocol BatchableNumber: Batchable, TensorElement where Batched == Tensor {}
extension BatchableNumber {
    public static func batch(_ elements: [Self]) -> Tensor { Tensor(elements, dtype: nil) }
}
extension Int: BatchableNumber {}
extension Int64: BatchableNumber {}
extension Int32: BatchableNumber {}
extension UInt8: BatchableNumber {}
extension Bool: BatchableNumber {}
extension Float: BatchableNumber {}
extension Double: BatchableNumber {}

extension String: Batchable {
    public static func batch(_ elements: [String]) -> [String] { elements }
}

extension Data: Batchable {
    public static func batch(_ elements: [Data]) -> [Data] { elements }
}

/// Lists of tensors, all of one length, are batched place by place.
extension Array: Batchable where Element == Tensor {
    public static func batch(_ elements: [[Tensor]]) throws -> [Tensor] {
        if let other = elements.first(where: { $0.count != elements[0].count }) {
            throw MartletError(
                "Expected lists of one length, \(elements[0].count) as the first of the batch. Received \(other.count).")
        }
        return try elements[0].indices.map { place in try Tensor.batch(elements.map { $0[place] }) }
    }
}

/// Collects one part of tuples.
private final class Column<Part> {
    var parts: [Part] = []
}

/// Batches tuples part by part.
func batchTuples<each Part: Batchable>(
    _ elements: [(repeat each Part)], padding: Double?
) throws -> (repeat (each Part).Batched) {
    func put<Each: Batchable>(_ parts: [Each]) throws -> Each.Batched {
        try padding.map { try Each.batch(parts, padding: $0) } ?? Each.batch(parts)
    }
    let columns = (repeat Column<each Part>())
    repeat (each columns).parts.reserveCapacity(elements.count)
    for element in elements { repeat (each columns).parts.append(each element) }
    return (repeat try put((each columns).parts))
}
