import MartletCore

/// What layers share that combine several inputs element by element, broadcasting sizes of 1. An input of a smaller
/// rank gets axes of size 1 after its batch axis.
public class MergingLayer: Layer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: (any DTypeConvertible)? = nil) { super.init(name: name, dtype: dtype) }

    /// How many inputs the layer takes.
    var inputCounts: ClosedRange<Int> { 1...Int.max }

    /// Combines inputs that broadcast.
    func merge(_ inputs: [Tensor]) -> Tensor {
        stop(className, "The layer combines nothing: override merge(_:).")
    }

    /// Combines inputs some of which have masks, with an axis of size 1 behind theirs. The default looks at no masks.
    func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor { merge(inputs) }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let rank = inputs.map(\.rank).max() ?? 0
        let aligned = inputs.map { x in
            x.reshaped(
                [x.shape[0]] + [Int](repeating: 1, count: rank - x.rank) + x.shape.dimensions.dropFirst())
        }
        if context.masks.isEmpty { return [merge(aligned)] }
        // As in Keras, an input that got new axes has left its mask behind.
        let masks = zip(inputs, context.masks).map { x, mask in
            x.rank == rank ? mask?.cast(to: .bool).expandingDims(at: -1) : nil
        }
        return [merge(aligned, masks: masks)]
    }

    /// The combination of elements two by two, where one that does not count gives way to the other.
    static func fold(
        _ inputs: [Tensor], masks: [Tensor?], _ combine: (Tensor, Tensor) -> Tensor
    ) -> Tensor {
        zip(inputs, masks).dropFirst().reduce((inputs[0], masks[0])) { result, next in
            let ((output, outputMask), (input, mask)) = (result, next)
            let x = mask.map { `where`($0, input, output) } ?? input
            let y = outputMask.map { `where`($0, output, x) } ?? output
            return (combine(y, x), mask.flatMap { mask in outputMask?.logicalOr(mask) })
        }.0
    }

    override var listParameter: String? { "inputs" }

    /// Where all inputs have masks, what counts in any of them counts.
    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        let given = masks.compactMap { $0 }
        guard let first = given.first, given.count == inputs.count else { return [] }
        return [given.dropFirst().reduce(first) { $0.logicalOr($1) }]
    }

    public final override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard inputCounts.contains(inputShapes.count) else {
            let expected = inputCounts.upperBound == inputCounts.lowerBound ? "" : " at least"
            throw MartletError(
                "Expected\(expected) \(inputCounts.lowerBound) inputs. Received: \(inputShapes.count).")
        }
        guard inputShapes.allSatisfy({ $0.rank >= 1 }) else {
            throw MartletError("Expected inputs with a batch axis. Received: shapes \(inputShapes).")
        }
        let rank = inputShapes.map(\.rank).max()!
        let aligned = inputShapes.map { shape in
            PartialShape(
                [shape[0]] + [Int?](repeating: 1, count: rank - shape.rank) + shape.dimensions.dropFirst())
        }
        var result = aligned[0]
        for shape in aligned.dropFirst() {
            for axis in 0..<rank {
                guard let size = Self.broadcast(result[axis], shape[axis]) else {
                    throw MartletError("Expected inputs of shapes that broadcast. Received: shapes \(inputShapes).")
                }
                result[axis] = size
            }
        }
        return [result]
    }

    /// The size that both broadcast to: nil inside when unknown, nil when they do not.
    private static func broadcast(_ a: Int?, _ b: Int?) -> Int?? {
        switch (a, b) {
        case (1, _): .some(b)
        case (_, 1): .some(a)
        case (nil, _): .some(b)
        case (_, nil): .some(a)
        default: a == b ? .some(a) : .none
        }
    }

    static func samples(_ make: @escaping @Sendable () -> Layer, pairOnly: Bool = false) -> [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 2], [nil, 3]], [[], [nil]]]
        let pairs = [
            LayerSample("pair", make(), [[3], [3]], bad: bad),
            LayerSample("broadcast", make(), [[2, 1], [2, 3]], bad: bad),
            LayerSample("ranks", make(), [[3], [2, 3]], bad: bad),
        ]
        return pairOnly ? pairs : pairs + [LayerSample("three", make(), [[2, 2], [2, 2], [2, 2]], bad: bad)]
    }
}
