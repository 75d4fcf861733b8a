import CKernels

extension ElementwiseProgram {
    /// A value within a program that is being built.
    package struct Value {
        let builder: Builder
        let node: Int
    }

    /// Takes a formula down, node by node, and gives out the registers.
    package final class Builder {
        private enum Node {
            case input(Int)
            case constant(Int)
            case operation(mk_op, type: DType, to: DType, operands: [Int])
        }

        let type: DType
        private var nodes: [Node] = []
        private(set) var inputs: [(type: DType, isScalar: Bool)] = []
        private(set) var constants: [Double] = []
        private(set) var outputs: [(node: Int, type: DType)] = []

        init(_ type: DType) { self.type = type }

        /// The next input: an element of a tensor of type `source`.
        package func input(_ source: DType) -> Value { input(source, isScalar: false) }
        /// The next input: the only element of a tensor of type `source`.
        package func scalar(_ source: DType) -> Value { input(source, isScalar: true) }

        private func input(_ source: DType, isScalar: Bool) -> Value {
            inputs.append((source, isScalar))
            let value = add(.input(inputs.count - 1))
            return source == type ? value : add(.operation(MK_CAST, type: source, to: type, operands: [value.node]))
        }

        /// The next output.
        package func output(_ value: Value, as target: DType) {
            var result = value
            if target != type {
                result = add(.operation(MK_CAST, type: type, to: target, operands: [value.node]))
            } else if isPlain(value.node) || outputs.contains(where: { $0.node == value.node }) {
                result = apply(MK_COPY, value)
            }
            outputs.append((result.node, target))
        }

        func constant(_ number: Double) -> Value {
            // By bits: 0 and -0 differ, and NaN is a number like any other here.
            if let known = constants.firstIndex(where: { $0.bitPattern == number.bitPattern }) {
                return add(.constant(known))
            }
            constants.append(number)
            return add(.constant(constants.count - 1))
        }

        func apply(_ operation: mk_op, _ operands: Value...) -> Value {
            add(.operation(operation, type: type, to: type, operands: operands.map(\.node)))
        }

        private func add(_ node: Node) -> Value {
            nodes.append(node)
            return Value(builder: self, node: nodes.count - 1)
        }

        /// Whether a node is an input or a constant, which no instruction writes.
        private func isPlain(_ node: Int) -> Bool {
            if case .operation = nodes[node] { false } else { true }
        }

        /// The instructions; constants are the inputs behind the others.
        func code() -> ElementwiseCode {
            let steps = nodes.map { node -> ElementwiseStep in
                switch node {
                case .input(let position): .input(position)
                case .constant(let position): .input(inputs.count + position)
                case .operation(let operation, let type, let to, let operands):
                    .operation(operation, type: type, to: to, operands: operands)
                }
            }
            return ElementwiseCode(
                steps, inputTypes: inputs.map(\.type) + constants.map { _ in type }, outputs: outputs.map(\.node))
        }
    }
}
