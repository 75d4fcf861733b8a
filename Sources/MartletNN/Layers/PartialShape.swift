import Foundation
import MartletCore

/// A shape some of whose sizes are not known yet, as a model sees it before its data: nil stands for Keras's `None`.
/// The first axis is the batch.
public struct PartialShape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The size of each axis, nil where any size will do.
    public var dimensions: [Int?]
    /// Whether the elements are strings, whose bytes are no axis here. Most layers take numbers only.
    public var holdsStrings = false

    /// Makes a partial shape.
    public init(_ dimensions: [Int?]) { self.dimensions = dimensions }
    /// The partial shape of a tensor: every size is known.
    public init(_ shape: Shape) { dimensions = shape.dimensions }
    /// The partial shape of a tensor of numbers or strings.
    public init(of tensor: Tensor) {
        self.init(tensor.stringShape)
        holdsStrings = tensor.dtype == .string
    }
    public init(arrayLiteral elements: Int?...) { dimensions = elements }

    /// The number of axes.
    public var rank: Int { dimensions.count }

    /// The size of an axis, nil when unknown; a negative axis counts from the end.
    public subscript(axis: Int) -> Int? {
        get { place(of: axis).flatMap { dimensions[$0] } }
        set { if let place = place(of: axis) { dimensions[place] = newValue } }
    }

    private func place(of axis: Int) -> Int? {
        let place = axis < 0 ? axis + rank : axis
        let exists = require(
            dimensions.indices.contains(place), "PartialShape", "Expected an axis of the shape \(self). Received: \(axis).")
        return exists ? place : nil
    }

    /// The shape with a batch axis of any size in front.
    public func batched() -> PartialShape { withDimensions([nil] + dimensions) }

    /// The same sizes with the batch axis unknown.
    public var withAnyBatch: PartialShape {
        dimensions.isEmpty ? self : withDimensions([nil] + dimensions.dropFirst())
    }

    /// A shape of the same elements with other sizes.
    private func withDimensions(_ dimensions: [Int?]) -> PartialShape {
        var result = self
        result.dimensions = dimensions
        return result
    }

    /// The shape when every size is known, nil otherwise.
    public var known: Shape? {
        let sizes = dimensions.compactMap { $0 }
        return sizes.count == rank ? Shape(sizes) : nil
    }

    /// Whether a tensor of shape `other` fits: numbers or strings as here, the same rank, and every size that both know equal.
    public func accepts(_ other: PartialShape) -> Bool {
        holdsStrings == other.holdsStrings && rank == other.rank
            && zip(dimensions, other.dimensions).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
    }

    /// The shape, when tensors can have it: what files ask for is checked by this before anything is computed with it.
    /// - Throws: `MartletError` for more than `Shape.maximumRank` axes, a size below 0 or from 2^31 (what shape rules make
    ///   of two sizes then never overflows), and a sample of more 4-byte elements than the machine has memory for.
    func validated() throws -> PartialShape {
        let known = dimensions.compactMap { $0 }
        guard rank <= Shape.maximumRank, known.allSatisfy({ (0..<1 << 31).contains($0) }),
            known.reduce(4.0, { $0 * Double(max($1, 1)) }) <= Double(ProcessInfo.processInfo.physicalMemory)
        else {
            throw MartletError(
                "Expected a shape of at most \(Shape.maximumRank) axes, of sizes from 0, that fits into memory. "
                    + "Received: \(self).")
        }
        return self
    }

    /// What it is the shape of: "strings of shape" or "data of shape".
    var kind: String { holdsStrings ? "strings of shape" : "data of shape" }

    /// As Keras prints it: `(None, 28, 28, 1)`.
    public var description: String {
        let sizes = dimensions.map { $0.map(String.init) ?? "None" }
        return sizes.count == 1 ? "(\(sizes[0]),)" : "(" + sizes.joined(separator: ", ") + ")"
    }
}
