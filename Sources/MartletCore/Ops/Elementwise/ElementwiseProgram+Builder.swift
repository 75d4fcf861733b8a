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

        /// The instructions, with registers used again once their values are done with: what lives in scratch stays
        /// small enough for the first-level cache.
        func plan() -> (code: [mk_instr], registers: Int, outputRegisters: [UInt16]) {
            var lastUse = [Int](repeating: -1, count: nodes.count)
            for (index, node) in nodes.enumerated() {
                if case .operation(_, _, _, let operands) = node {
                    for operand in operands { lastUse[operand] = index }
                }
            }
            let isOutput = Set(outputs.map(\.node))
            var register = [Int](repeating: -1, count: nodes.count)
            var registers = inputs.count + constants.count
            var free: [Int] = []
            var code: [mk_instr] = []
            for (index, node) in nodes.enumerated() {
                switch node {
                case .input(let position): register[index] = position
                case .constant(let position): register[index] = inputs.count + position
                case .operation(let operation, let type, let target, let operands):
                    // An output's register is written once, so it is always a new one.
                    if !isOutput.contains(index), let reused = free.popLast() {
                        register[index] = reused
                    } else {
                        register[index] = registers
                        registers += 1
                    }
                    for (place, operand) in operands.enumerated() where lastUse[operand] == index {
                        if isPlain(operand) || isOutput.contains(operand) || operands[..<place].contains(operand) {
                            continue
                        }
                        free.append(register[operand])
                    }
                    let sources = operands.map { UInt16(register[$0]) } + [0, 0, 0]
                    code.append(
                        mk_instr(
                            op: UInt16(operation.rawValue), type: type.rawValue, to: target.rawValue,
                            dst: UInt16(register[index]), src: (sources[0], sources[1], sources[2])))
                }
            }
            return (code, registers, outputs.map { UInt16(register[$0.node]) })
        }
    }
}
