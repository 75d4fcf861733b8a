import CKernels

extension ElementwiseCode {
    /// Two operations that one instruction of the engine does, with the bits of the two.
    private struct Joint {
        let first: mk_op
        let second: mk_op
        /// Which operand of the second the first is; nil: either.
        let place: Int?
        let result: mk_op
    }

    // Sums of products, decays and running means, and the roots below a fraction: what optimizers, normalizations and
    // gradients are made of.
    private static let joints = [
        Joint(first: MK_MUL, second: MK_ADD, place: nil, result: MK_MUL_ADD),
        Joint(first: MK_MUL, second: MK_SUB, place: 0, result: MK_MUL_SUB),
        Joint(first: MK_MUL, second: MK_SUB, place: 1, result: MK_SUB_PRODUCT),
        Joint(first: MK_ADD, second: MK_MUL, place: nil, result: MK_ADD_MUL),
        Joint(first: MK_SUB, second: MK_MUL, place: nil, result: MK_SUB_MUL),
        Joint(first: MK_DIV, second: MK_SUB, place: 1, result: MK_SUB_QUOTIENT),
        Joint(first: MK_SQRT, second: MK_ADD, place: nil, result: MK_ROOT_ADD),
    ]

    /// The steps with each operation that only the next one needs joined to it, where the engine has an instruction for
    /// both: it reads and writes less.
    static func joined(_ steps: [ElementwiseStep], outputs: [Int]) -> [ElementwiseStep] {
        var uses = [Int](repeating: 0, count: steps.count)
        for case .operation(_, _, _, let operands) in steps { for operand in operands { uses[operand] += 1 } }
        for output in outputs { uses[output] += 1 }
        var steps = steps
        for (index, step) in steps.enumerated() {
            guard case .operation(let second, let type, _, let operands) = step, type.isFloatingPoint,
                operands.count == 2
            else { continue }
            for (place, operand) in operands.enumerated() where uses[operand] == 1 {
                guard case .operation(let first, type, _, let inner) = steps[operand] else { continue }
                let other = operands[1 - place]
                // a + (b - a) c
                if first == MK_SUB_MUL, second == MK_ADD, inner[1] == other {
                    steps[index] = .operation(MK_LERP, type: type, to: type, operands: [other, inner[0], inner[2]])
                } else if let joint = joints.first(where: {
                    $0.first == first && $0.second == second && ($0.place ?? place) == place
                }) {
                    steps[index] = .operation(joint.result, type: type, to: type, operands: inner + [other])
                } else {
                    continue
                }
                steps[operand] = .joined
                break
            }
        }
        return steps
    }
}
