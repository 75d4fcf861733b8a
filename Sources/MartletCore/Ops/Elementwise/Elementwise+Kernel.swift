import CKernels

/// Runs one instruction of the engine on up to three inputs that broadcast to `output`.
func runElementwise(_ operation: mk_op, _ inputs: [Tensor], _ output: Tensor) {
    let shape = output.shape
    let rank = shape.rank
    // The last operand has the type that counts: a select's first is its condition.
    let (type, target) = (inputs[inputs.count - 1].dtype.c, output.dtype.c)
    withExtendedLifetime(inputs) {
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: inputs.count) { pointers in
            for (index, input) in inputs.enumerated() { pointers.initializeElement(at: index, to: input.pointer) }
            if inputs.allSatisfy({ $0.shape == shape }) {
                var count = Int64(shape.elementCount)
                mk_ewise_single(operation, type, target, 1, &count, nil, pointers.baseAddress, output.mutablePointer)
                return
            }
            withUnsafeTemporaryAllocation(of: Int64.self, capacity: rank * (inputs.count + 1)) { numbers in
                for axis in 0..<rank { numbers.initializeElement(at: axis, to: Int64(shape.dimensions[axis])) }
                for (index, input) in inputs.enumerated() {
                    writeStrides(of: input.shape, broadcastTo: rank, into: numbers, at: rank * (index + 1))
                }
                mk_ewise_single(
                    operation, type, target, Int32(rank), numbers.baseAddress, numbers.baseAddress! + rank,
                    pointers.baseAddress, output.mutablePointer)
            }
        }
    }
}

/// The steps in elements along each of `rank` axes: 0 along those that `shape` lacks or has of size 1.
private func writeStrides(
    of shape: Shape, broadcastTo rank: Int, into numbers: UnsafeMutableBufferPointer<Int64>, at start: Int
) {
    let dimensions = shape.dimensions
    let lead = rank - dimensions.count
    var stride: Int64 = 1
    for axis in (0..<rank).reversed() {
        let size = axis < lead ? 1 : Int64(dimensions[axis - lead])
        numbers.initializeElement(at: start + axis, to: size == 1 ? 0 : stride)
        stride *= size
    }
}
