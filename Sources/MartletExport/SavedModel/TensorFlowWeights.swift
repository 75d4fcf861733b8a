import Martlet
import MartletCore

/// Which constants of a graph are weights: those of convolutions and products, their biases, and the scales and offsets of
/// normalizations, as frozen graphs and exports have them.
struct TensorFlowWeights {
    private let steps: [Int: TensorFlowProgram.Step]
    /// The inputs of nodes that scale or move what was normalized by its own mean and variance.
    private var normalizing: [Int: Set<Int>] = [:]

    init(_ program: TensorFlowProgram) {
        steps = Dictionary(program.steps.map { ($0.place, $0) }) { first, _ in first }
        noteNormalizations(program)
    }

    /// The inputs of a step that are weights where they are constants, by whether they are vectors.
    func places(of step: TensorFlowProgram.Step) -> [(place: Int, isVector: Bool)] {
        let bias = biasPlace(step)
        let others = (step.operator?.weights ?? []).union(normalizing[step.place] ?? [])
        return (others.union(bias.map { [$0] } ?? [])).sorted().map { ($0, $0 == bias) }
    }

    /// The constant that an input is, with its node; nil for others.
    func constant(_ operand: TensorFlowProgram.Operand) -> (place: Int, node: TensorFlowNode, value: Tensor)? {
        guard case .output(let place, _) = operand, let node = steps[place]?.node, node.operation == "Const",
            case .tensor(let value)? = node.attribute("value")
        else { return nil }
        return (place, node, value)
    }

    private func source(of operand: TensorFlowProgram.Operand) -> TensorFlowProgram.Step? {
        if case .output(let place, _) = operand { steps[place] } else { nil }
    }

    private static let sums: Set = ["Add", "AddV2"]

    /// The input of a sum that is added to the product of something with a weight.
    private func biasPlace(_ step: TensorFlowProgram.Step) -> Int? {
        guard Self.sums.contains(step.node.operation), step.inputs.count == 2 else { return nil }
        return [1, 0].first { place in
            var product = source(of: step.inputs[1 - place])
            // A dilated convolution is one between blocks, which are then joined.
            while let inner = product, ["BatchToSpaceND", "Squeeze"].contains(inner.node.operation), let first = inner.inputs.first {
                product = source(of: first)
            }
            guard let product, TensorFlowOperator.products.contains(product.node.operation), product.inputs.count > 1,
                let weight = source(of: product.inputs[1])
            else { return false }
            return ["Const", "ReadVariableOp"].contains(weight.node.operation)
        }
    }

    /// What changes the shape of numbers alone.
    private static let layout: Set = ["Reshape", "Transpose", "ExpandDims", "Squeeze", "Identity", "Cast", "BroadcastTo"]

    /// What a value is on the way from numbers to what is normalized.
    private enum Role {
        /// A mean of numbers, possibly with a constant added.
        case mean
        /// The root of one, or its reciprocal.
        case root, reciprocalRoot
        /// Numbers divided by one.
        case normalized
    }

    private mutating func noteNormalizations(_ program: TensorFlowProgram) {
        var roles: [Int: Role] = [:]
        func role(_ operand: TensorFlowProgram.Operand) -> Role? {
            if case .output(let place, 0) = operand { roles[place] } else { nil }
        }
        for step in program.steps {
            let operands = step.inputs.map(role)
            let name = step.node.operation
            if Self.layout.contains(name) {
                roles[step.place] = operands.first ?? nil
            } else if name == "Mean" {
                roles[step.place] = .mean
            } else if operands.first == .mean, name == "Sqrt" || name == "Rsqrt" {
                roles[step.place] = name == "Sqrt" ? .root : .reciprocalRoot
            } else if step.inputs.count == 2 {
                let known = step.inputs.indices.first { constant(step.inputs[$0]) != nil }
                let other = known.flatMap { operands[1 - $0] }
                switch (name, other) {
                case ("Mul", .normalized), ("Mul", .reciprocalRoot):
                    normalizing[step.place] = [known!]
                    roles[step.place] = other
                // What is subtracted from is an offset, what is subtracted is something else.
                case ("Add", .normalized), ("AddV2", .normalized),
                    ("Sub", .normalized) where known == 0:
                    normalizing[step.place] = [known!]
                case ("Add", .mean), ("AddV2", .mean), ("Maximum", .mean): roles[step.place] = .mean
                case ("Mul", nil) where operands.contains(.reciprocalRoot): roles[step.place] = .normalized
                case ("RealDiv", nil) where operands[1] == .root, ("Div", nil) where operands[1] == .root:
                    roles[step.place] = .normalized
                default: break
                }
            }
        }
    }
}
