import Martlet
import MartletCore

extension ExportGraph {
    /// Normalizations by the mean and the variance of the last axis, which files write with several operations, become one, with
    /// the scale and the offset that follow.
    mutating func recognizeNormalizations() {
        let finder = NormalizationFinder(graph: self)
        for index in nodes.indices {
            // Keras's by the squares alone has a scale.
            guard let found = finder.normalization(nodes[index].outputs[0]), found.isCentered || found.scale != nil else { continue }
            let operation = Operation.layerNorm(
                epsilon: found.epsilon, isCentered: found.isCentered, hasScale: found.scale != nil, hasOffset: found.offset != nil)
            var inputs = [found.input]
            for (tensor, name) in [(found.scale, "scale"), (found.offset, "offset")] {
                if let tensor { inputs.append(addConstant(tensor, "\(nodes[index].layer)/\(name)")) }
            }
            nodes[index].operation = operation
            nodes[index].inputs = inputs
        }
        prune()
    }
}

private struct NormalizationFinder {
    struct Normalization {
        let input: Int
        let isCentered: Bool
        let epsilon: Double
        var scale: Tensor?
        var offset: Tensor?
    }

    let graph: ExportGraph
    private let producers: [Int: Int]

    init(graph: ExportGraph) {
        self.graph = graph
        producers = graph.producers
    }

    private func node(_ value: Int) -> ExportGraph.Node? { producers[value].map { graph.nodes[$0] } }

    /// The operands of a function of two values, in both orders where these do not matter.
    private func operands(_ value: Int, _ binary: Operation.Binary) -> [(Int, Int)] {
        guard let node = node(value), node.operation == .binary(binary) else { return [] }
        let (a, b) = (node.inputs[0], node.inputs[1])
        return binary == .add || binary == .multiply ? [(a, b), (b, a)] : [(a, b)]
    }

    /// A constant with a number for each index of the last axis.
    private func vector(_ value: Int, like other: Int) -> Tensor? {
        guard let constant = graph.constant(value), let size = graph.values[other].shape.last?.size, constant.rank > 0,
            constant.shape[-1] == size, constant.elementCount == size, constant.dtype.isFloatingPoint
        else { return nil }
        return constant.flattened()
    }

    /// What a value is the mean of, along the last axis, which stays.
    private func averaged(_ value: Int) -> Int? {
        guard let node = node(value), case .reduce(.mean, let axes, keepDims: true) = node.operation,
            axes == [graph.values[node.inputs[0]].rank - 1]
        else { return nil }
        return node.inputs[0]
    }

    /// What a value is the square of.
    private func squared(_ value: Int) -> Int? {
        guard let node = node(value) else { return nil }
        if node.operation == .unary(.square) { return node.inputs[0] }
        return node.operation == .binary(.multiply) && node.inputs[0] == node.inputs[1] ? node.inputs[0] : nil
    }

    /// The numbers of whose squares' mean, with a constant, a value is the reciprocal root, and this constant.
    private func deviation(_ value: Int) -> (of: Int, epsilon: Double)? {
        guard let root = node(value), root.operation == .unary(.reciprocalSquareRoot) else { return nil }
        for (variance, epsilon) in operands(root.inputs[0], .add) {
            if let epsilon = graph.number(epsilon), let squares = averaged(variance), let numbers = squared(squares) {
                return (numbers, epsilon)
            }
        }
        return nil
    }

    /// The input whose mean was subtracted.
    private func centered(_ value: Int) -> (input: Int, mean: Int)? {
        operands(value, .subtract).first { averaged($0.1) == $0.0 }
    }

    /// Numbers divided by the root of the mean of their squares, scaled or not.
    private func plain(_ value: Int) -> Normalization? {
        for (numbers, root) in operands(value, .multiply) {
            guard let (of, epsilon) = deviation(root), of == numbers else { continue }
            if let (input, _) = centered(numbers) { return Normalization(input: input, isCentered: true, epsilon: epsilon) }
            return Normalization(input: numbers, isCentered: false, epsilon: epsilon)
        }
        return nil
    }

    private func scaled(_ value: Int) -> Normalization? {
        for (normalized, scale) in operands(value, .multiply) {
            guard let scale = vector(scale, like: value), var found = plain(normalized) else { continue }
            found.scale = scale
            return found
        }
        return plain(value)
    }

    /// The normalization that a value is, nil where it is none.
    func normalization(_ value: Int) -> Normalization? {
        guard graph.values[value].dtype == .float32 else { return nil }
        for (numbers, offset) in operands(value, .add) {
            guard let offset = vector(offset, like: value), var found = scaled(numbers), found.isCentered else { continue }
            found.offset = offset
            return found
        }
        return scaled(value) ?? folded(value)
    }

    /// `x s + (offset - mean s)`, as TensorFlow writes it, with `s` the reciprocal root, or its product with the scale.
    private func folded(_ value: Int) -> Normalization? {
        for (product, rest) in operands(value, .add) {
            for (offset, moved) in operands(rest, .subtract) {
                for (input, factor) in operands(product, .multiply) {
                    guard let offset = vector(offset, like: value) else { continue }
                    let means = operands(moved, .multiply).first { $0.1 == factor && averaged($0.0) == input }
                    guard let mean = means?.0 else { continue }
                    let factors = operands(factor, .multiply).map { ($0.0, vector($0.1, like: value)) } + [(factor, nil)]
                    for (root, scale) in factors {
                        guard let (of, epsilon) = deviation(root), let numbers = centered(of), numbers.input == input,
                            numbers.mean == mean || averaged(numbers.mean) == input
                        else { continue }
                        return Normalization(input: input, isCentered: true, epsilon: epsilon, scale: scale, offset: offset)
                    }
                }
            }
        }
        return nil
    }
}
