import CKernels

/// The kernel of one instruction of the engine on up to three inputs that broadcast to the output.
func elementwiseKernel(_ operation: mk_op, _ inputs: [TensorSpec], _ output: TensorSpec) -> Kernel {
    let loop = ElementwiseLoop(operation, inputs, output)
    let numbers = [Int64](unsafeUninitializedCapacity: loop.numberCount) { numbers, count in
        loop.write(inputs, output, to: numbers.baseAddress!)
        count = loop.numberCount
    }
    return Kernel { memory in numbers.withUnsafeBufferPointer { loop.run($0.baseAddress!, memory) } }
}

/// Runs one instruction without a kernel that is kept.
func runElementwise(_ operation: mk_op, _ inputs: [TensorSpec], _ output: TensorSpec, _ memory: KernelMemory) {
    let loop = ElementwiseLoop(operation, inputs, output)
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: loop.numberCount) { numbers in
        loop.write(inputs, output, to: numbers.baseAddress!)
        loop.run(UnsafePointer(numbers.baseAddress!), memory)
    }
}

/// One instruction over a loop space, whose sizes, and strides where an input is broadcast, are numbers beside it.
private struct ElementwiseLoop {
    let operation: mk_op
    let type: mk_dtype
    let target: mk_dtype
    /// The axes of the loop space: one where all inputs are contiguous.
    let rank: Int
    let isContiguous: Bool
    let numberCount: Int

    init(_ operation: mk_op, _ inputs: [TensorSpec], _ output: TensorSpec) {
        self.operation = operation
        // The last operand has the type that counts: a select's first is its condition.
        (type, target) = (inputs[inputs.count - 1].dtype.c, output.dtype.c)
        isContiguous = inputs.allSatisfy { $0.shape == output.shape }
        rank = isContiguous ? 1 : output.shape.rank
        numberCount = isContiguous ? 1 : max(rank * (inputs.count + 1), 1)
    }

    func write(_ inputs: [TensorSpec], _ output: TensorSpec, to numbers: UnsafeMutablePointer<Int64>) {
        if isContiguous {
            numbers.initialize(to: Int64(output.shape.elementCount))
            return
        }
        for axis in 0..<rank { (numbers + axis).initialize(to: Int64(output.shape.dimensions[axis])) }
        for (index, input) in inputs.enumerated() {
            input.shape.writeSteps(broadcastTo: rank, to: numbers + rank * (index + 1))
        }
    }

    func run(_ numbers: UnsafePointer<Int64>, _ memory: KernelMemory) {
        mk_ewise_single(
            operation, type, target, Int32(rank), numbers, isContiguous ? nil : numbers + rank, memory.inputs, memory.output(0))
    }
}

extension Shape {
    /// The steps in elements along each of `rank` axes: 0 along those that the shape lacks or has of size 1.
    func steps(broadcastTo rank: Int) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: rank) { numbers, count in
            if let base = numbers.baseAddress { writeSteps(broadcastTo: rank, to: base) }
            count = rank
        }
    }

    fileprivate func writeSteps(broadcastTo rank: Int, to numbers: UnsafeMutablePointer<Int64>) {
        let lead = rank - self.rank
        var stride: Int64 = 1
        for axis in (0..<rank).reversed() {
            let size = axis < lead ? 1 : Int64(dimensions[axis - lead])
            (numbers + axis).initialize(to: size == 1 ? 0 : stride)
            stride *= size
        }
    }
}
