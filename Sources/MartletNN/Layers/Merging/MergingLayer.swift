import MartletCore
import MartletFormats

/// What layers share that combine several inputs element by element, broadcasting sizes of 1. An input of a smaller
/// rank gets axes of size 1 after its batch axis.
public class MergingLayer: Layer {
    /// How many inputs the layer takes.
    var inputCounts: ClosedRange<Int> { 1...Int.max }

    /// Combines inputs that broadcast.
    func merge(_ inputs: [Tensor]) -> Tensor {
        stop(className, "The layer combines nothing: override merge(_:).")
    }

    public final override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let rank = inputs.map(\.rank).max() ?? 0
        return [
            merge(
                inputs.map { x in
                    x.rank == rank
                        ? x
                        : x.reshaped(
                            [x.shape[0]] + [Int](repeating: 1, count: rank - x.rank)
                                + x.shape.dimensions.dropFirst())
                })
        ]
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
