import MartletCore

/// What layers of categories return: Keras's `output_mode`.
public enum OutputMode: String, CaseIterable, Sendable {
    /// The number of each category.
    case int
    /// A vector for each category, 1 at its number. A last axis of size 1 is replaced.
    case oneHot = "one_hot"
    /// A vector for each sample: 1 at the number of each category that occurs in it.
    case multiHot = "multi_hot"
    /// A vector for each sample: how often each category occurs in it.
    case count
    /// The counts times the categories' inverse document frequencies.
    case tfIDF = "tf_idf"
}

extension OutputMode: ArgumentValue {
    /// Older files have two other names.
    package static var argumentForm: ArgumentForm<OutputMode> {
        ArgumentForm(
            read: { config, key in
                switch try config.required(key, as: String.self) {
                case "binary": .multiHot
                case "tf-idf": .tfIDF
                default: try config.option(key, default: .int)
                }
            }, write: { .string($0.rawValue) })
    }
}

/// Vectors of the numbers of categories.
enum CategoryEncoder {
    /// The shape of what `encode` returns. Vectors of samples go over the second axis; a single sample has one axis.
    static func shape(of input: PartialShape, _ mode: OutputMode, depth: Int?) -> PartialShape {
        var sizes = input.dimensions
        switch mode {
        case .int: return PartialShape(sizes)
        case .oneHot:
            if sizes.count > 1, sizes.last == .some(1) { sizes.removeLast() }
        default:
            if !sizes.isEmpty { sizes.remove(at: min(1, sizes.count - 1)) }
        }
        return PartialShape(sizes + [depth])
    }

    /// Encodes numbers of categories. Those from `depth` on are left out.
    /// - Parameters:
    ///   - indices: the numbers, `int64`.
    ///   - depth: the size of the vectors.
    ///   - dtype: that of the result.
    ///   - weights: for counts, how much each of `indices` counts.
    static func encode(
        _ indices: Tensor, _ mode: OutputMode, depth: Int, dtype: DType, weights: Tensor? = nil
    ) -> Tensor {
        switch mode {
        case .int: return indices.cast(to: dtype)
        case .oneHot:
            let isColumn = indices.rank > 1 && indices.shape[-1] == 1
            return Tensor.oneHot(isColumn ? indices.squeezed(axis: -1) : indices, depth: depth, dtype: dtype)
        default:
            let counts = bags(depth: depth, isBinary: mode == .multiHot)
            let vectors = weights.map { counts(indices, $0.cast(to: .float64)) } ?? counts(indices)
            return vectors.cast(to: dtype)
        }
    }

    /// Sums over the second axis, or the only one.
    private static func bags(depth: Int, isBinary: Bool) -> CustomOp {
        CustomOp("categories") { inputs in
            // The rows of a sample over the second axis, or the only one.
            let axis = min(1, inputs[0].rank - 1)
            var rows = Tensor.oneHot(inputs[0], depth: depth, dtype: .float64)
            if inputs.count > 1 { rows = rows * inputs[1].expandingDims(at: -1) }
            return [isBinary ? rows.max(axis: axis) : rows.sum(axis: axis)]
        } outputs: { inputs in
            guard inputs.count == 1 || inputs[1].shape == inputs[0].shape else {
                throw OpFailure("Expected a weight for each of the categories.")
            }
            let sizes = shape(of: PartialShape(inputs[0].shape), .count, depth: depth)
            return [TensorSpec(Shape(sizes.dimensions.map { $0! }), .float64)]
        } run: { inputs, outputs in
            let (shape, indices) = (inputs[0].spec.shape, inputs[0].elements(Int.self))
            let weights = inputs.count > 1 ? inputs[1].elements(Double.self) : nil
            let target = outputs[0].elements(Double.self)
            target.initialize(repeating: 0)
            let outer = shape.rank > 1 ? shape[0] : 1
            let middle = shape.rank > 1 ? shape[1] : shape.elementCount
            let inner = shape.rank > 2 ? shape.dimensions[2...].reduce(1, *) : 1
            for place in 0..<outer * middle * inner {
                let index = indices[place]
                guard index >= 0 else { throw OpFailure("Expected numbers of categories from 0, not \(index).") }
                guard index < depth else { continue }
                let row = place / (middle * inner) * inner + place % inner
                let element = row * depth + index
                target[element] = isBinary ? 1 : target[element] + (weights?[place] ?? 1)
            }
        }
    }
}

extension Tensor {
    /// Numbers of categories as `int64`.
    var asCategories: Tensor { cast(to: .int64) }
}

extension Arguments {
    /// An argument of Keras that asks for a kind of tensor which Martlet lacks.
    mutating func absent(_ key: String, _ kind: String) {
        custom(key) { _, config in
            guard try config.value(key, default: false) else { return }
            throw MartletError(
                "Expected false: Martlet has no \(kind) tensors. Without, the layer returns the same values as a dense tensor.",
                at: "\(config.className).\(key)")
        } write: { _ in
            false
        }
    }
}
