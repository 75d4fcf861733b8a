/// The same integers, all of which must lie in `0..<size`: for lookups in which a negative number does not count from the
/// end.
struct CheckedIndices: KernelOp, NotDifferentiable {
    static let name = "checkedIndices"

    let size: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try Indices.check(inputs[0])
        return inputs
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let count = inputs[0].shape.elementCount
        return inputs[0].dtype == .int32 ? kernel(of: Int32.self, count) : kernel(of: Int64.self, count)
    }

    private func kernel<Index: FixedWidthInteger>(of type: Index.Type, _ count: Int) -> Kernel {
        Kernel { [size] (memory) throws(OpFailure) in
            let (source, target) = (memory.input(0, as: type), memory.output(0, as: type))
            for place in 0..<count {
                let index = source[place]
                guard index >= 0, index < size else { throw OpFailure("Expected integers in 0..<\(size), not \(index).") }
                target[place] = index
            }
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] {
        [
            OpSample(CheckedIndices(size: 4), [Tensor([[3, 0], [1, 1]])], label: "int64"),
            OpSample(CheckedIndices(size: 4), [Tensor([3, 0]).cast(to: .int32)], label: "int32"),
            OpSample(CheckedIndices(size: 1), [Tensor([Int]())], label: "none"),
        ]
    }
}

extension Tensor {
    /// The same integers. Stops when one does not lie in `0..<size`.
    package func checkedIndices(below size: Int) -> Tensor { perform(CheckedIndices(size: size), asIndices) }
}
