import CKernels

/// The kernel of one instruction of the engine on up to three inputs that broadcast to the output.
func elementwiseKernel(_ operation: mk_op, _ inputs: [TensorSpec], _ output: TensorSpec) -> Kernel {
    let shape = output.shape
    // The last operand has the type that counts: a select's first is its condition.
    let (type, target) = (inputs[inputs.count - 1].dtype.c, output.dtype.c)
    if inputs.allSatisfy({ $0.shape == shape }) {
        let count = Int64(shape.elementCount)
        return Kernel { memory in
            withUnsafePointer(to: count) {
                mk_ewise_single(operation, type, target, 1, $0, nil, memory.inputs, memory.output(0))
            }
        }
    }
    let rank = shape.rank
    let numbers = shape.dimensions.map { Int64($0) } + inputs.flatMap { $0.shape.steps(broadcastTo: rank) }
    return Kernel { memory in
        numbers.withUnsafeBufferPointer {
            mk_ewise_single(
                operation, type, target, Int32(rank), $0.baseAddress, $0.baseAddress! + rank, memory.inputs, memory.output(0))
        }
    }
}

extension Shape {
    /// The steps in elements along each of `rank` axes: 0 along those that the shape lacks or has of size 1.
    func steps(broadcastTo rank: Int) -> [Int64] {
        let own = zip(dimensions, strides).map { $0 == 1 ? 0 : Int64($1) }
        return [Int64](repeating: 0, count: rank - self.rank) + own
    }
}
