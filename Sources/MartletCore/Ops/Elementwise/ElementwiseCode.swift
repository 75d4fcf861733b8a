import CKernels

/// A step of an elementwise formula, in the order of computation.
enum ElementwiseStep {
    /// The element of an input, by its number.
    case input(Int)
    /// An instruction on the results of earlier steps. `type` and `to` are those of `mk_instr`.
    case operation(mk_op, type: DType, to: DType, operands: [Int])
    /// A step that became part of a later one.
    case joined
}

/// An elementwise formula as the engine's instructions over registers.
struct ElementwiseCode: Sendable {
    let instructions: [mk_instr]
    let inputTypes: [UInt8]
    let registers: Int
    let outputRegisters: [UInt16]
    /// Operations on one element.
    let operations: Int

    /// Gives out the registers.
    /// - Parameter outputs: the steps whose results are the outputs, each of them an operation, each once.
    init(_ steps: [ElementwiseStep], inputTypes: [DType], outputs: [Int]) {
        operations = steps.count { if case .operation = $0 { true } else { false } }
        let steps = ElementwiseCode.joined(steps, outputs: outputs)
        var lastUse = [Int](repeating: -1, count: steps.count)
        for (index, step) in steps.enumerated() {
            if case .operation(_, _, _, let operands) = step { for operand in operands { lastUse[operand] = index } }
        }
        let isOutput = Set(outputs)
        var isInput = [Bool](repeating: false, count: steps.count)
        var register = [Int](repeating: -1, count: steps.count)
        var registers = inputTypes.count
        var free: [Int] = []
        var code: [mk_instr] = []
        for (index, step) in steps.enumerated() {
            switch step {
            case .joined: break
            case .input(let position):
                register[index] = position
                isInput[index] = true
            case .operation(let operation, let type, let target, let operands):
                // An output's register is written once, so it is always a new one. Registers are used again once their
                // values are done with: what lives in scratch stays small enough for the first-level cache.
                if !isOutput.contains(index), let reused = free.popLast() {
                    register[index] = reused
                } else {
                    register[index] = registers
                    registers += 1
                }
                for (place, operand) in operands.enumerated() where lastUse[operand] == index {
                    if isInput[operand] || isOutput.contains(operand) || operands[..<place].contains(operand) { continue }
                    free.append(register[operand])
                }
                let sources = operands.map { UInt16(register[$0]) } + [0, 0, 0]
                code.append(
                    mk_instr(
                        op: UInt16(operation.rawValue), type: type.rawValue, to: target.rawValue,
                        dst: UInt16(register[index]), src: (sources[0], sources[1], sources[2])))
            }
        }
        instructions = code
        self.inputTypes = inputTypes.map(\.rawValue)
        self.registers = registers
        outputRegisters = outputs.map { UInt16(register[$0]) }
        withProgram(dimensions: [], strides: []) { program in
            if let flaw = mk_ewise_flaw(program) { stop("ElementwiseCode", String(cString: flaw)) }
        }
    }

    /// Calls `body` with the program as the kernel takes it.
    /// - Parameters:
    ///   - dimensions: the loop space.
    ///   - strides: the steps of each input along each dimension, in elements.
    func withProgram(dimensions: [Int64], strides: [Int64], _ body: (UnsafePointer<mk_ewise>) -> Void) {
        dimensions.withUnsafeBufferPointer { dimensions in
            strides.withUnsafeBufferPointer { strides in
                inputTypes.withUnsafeBufferPointer { types in
                    instructions.withUnsafeBufferPointer { code in
                        outputRegisters.withUnsafeBufferPointer { outputs in
                            var program = mk_ewise(
                                rank: Int32(dimensions.count), inputs: Int32(types.count), outputs: Int32(outputs.count),
                                registers: Int32(registers), instructions: Int32(code.count),
                                dims: dimensions.baseAddress, strides: strides.baseAddress,
                                input_types: types.baseAddress, code: code.baseAddress,
                                output_registers: outputs.baseAddress)
                            body(&program)
                        }
                    }
                }
            }
        }
    }
}

extension ElementwiseCode: Hashable {
    static func == (a: ElementwiseCode, b: ElementwiseCode) -> Bool {
        a.inputTypes == b.inputTypes && a.outputRegisters == b.outputRegisters
            && a.instructions.withUnsafeBytes { first in
                b.instructions.withUnsafeBytes { first.elementsEqual($0) }
            }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(inputTypes)
        hasher.combine(outputRegisters)
        instructions.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
