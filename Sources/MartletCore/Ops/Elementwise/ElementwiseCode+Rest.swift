import CKernels

extension ElementwiseCode {
    /// When elements are at rest under a formula that replaces its inputs: where those of `still` are 0, it gives back what
    /// it got, whatever those of `kept` are. Inputs are bits.
    struct Rest: Hashable {
        var still: UInt32 = 0
        var kept: UInt32 = 0
    }

    /// When elements at which some inputs are 0, as the gradient of a row that was not read, may be at rest; nil if never.
    /// Whether they are depends on the scalars too, and is for the kernel to find out: where inputs of `kept` are -0, the
    /// formula has to give back its inputs.
    ///
    /// Adam at rest has moments that are 0, so the weight loses 0. A weight is kept whatever it is when the formula's last
    /// step subtracts from it what does not depend on it.
    /// - Parameters:
    ///   - zeros: the inputs that are 0.
    ///   - scalars: the inputs that are one number for all elements.
    ///   - pairs: the input that each output is the next value of; -1 for none.
    func rest(zeros: Set<Int>, scalars: Set<Int>, pairs: [Int]) -> Rest? {
        guard !pairs.contains(-1), inputTypes.count <= 32 else { return nil }
        let aligned = Set(inputTypes.indices).subtracting(zeros).subtracting(scalars)
        guard Set(pairs) == aligned, Set(pairs).count == pairs.count else { return nil }
        // The inputs that each register depends on, as the instructions run.
        var sources = [UInt32](repeating: 0, count: registers)
        for input in inputTypes.indices { sources[input] = 1 << UInt32(input) }
        var depends = [UInt32](repeating: 0, count: pairs.count)
        var rest = Rest()
        for instruction in instructions {
            let operands = [instruction.src.0, instruction.src.1, instruction.src.2]
                .prefix(Int(mk_ewise_arity(mk_op(UInt32(instruction.op))))).map { Int($0) }
            if let output = outputRegisters.firstIndex(of: instruction.dst),
                let (whole, parts) = Self.difference(instruction, operands), whole == pairs[output],
                inputTypes[whole] == DType.float32.rawValue || inputTypes[whole] == DType.float64.rawValue
            {
                rest.kept |= 1 << UInt32(whole)
                depends[output] = parts.reduce(0) { $0 | sources[$1] }
                sources[Int(instruction.dst)] = depends[output] | sources[whole]
                continue
            }
            sources[Int(instruction.dst)] = operands.reduce(0) { $0 | sources[$1] }
            if let output = outputRegisters.firstIndex(of: instruction.dst) {
                depends[output] = sources[Int(instruction.dst)]
            }
        }
        // What follows from a kept input is no more known to be 0.
        guard depends.allSatisfy({ $0 & rest.kept == 0 }) else { return nil }
        for input in pairs where rest.kept >> UInt32(input) & 1 == 0 { rest.still |= 1 << UInt32(input) }
        return rest
    }

    /// The operand that an instruction subtracts something from, and the operands that this is made of.
    private static func difference(_ instruction: mk_instr, _ operands: [Int]) -> (whole: Int, parts: ArraySlice<Int>)? {
        switch mk_op(UInt32(instruction.op)) {
        case MK_SUB: (operands[0], operands[1...])
        case MK_SUB_PRODUCT, MK_SUB_QUOTIENT: (operands[2], operands[..<2])
        default: nil
        }
    }
}
