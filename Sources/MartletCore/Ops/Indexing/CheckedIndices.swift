/// The same integers, all of which must lie in `0..<size`: for lookups in which a negative number does not count from the
/// end.
struct CheckedIndices: NotDifferentiable {
    static let name = "checkedIndices"

    let size: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try Indices.check(inputs[0])
        return inputs
    }

    func run(_ inputs: [Tensor], _ outputs: [Tensor]) throws(OpFailure) {
        if inputs[0].dtype == .int32 {
            try copy(Int32.self, inputs[0], outputs[0])
        } else {
            try copy(Int64.self, inputs[0], outputs[0])
        }
    }

    private func copy<Index: FixedWidthInteger>(_: Index.Type, _ x: Tensor, _ y: Tensor) throws(OpFailure) {
        let source = x.pointer.assumingMemoryBound(to: Index.self)
        let target = y.mutablePointer.assumingMemoryBound(to: Index.self)
        for place in 0..<x.elementCount {
            let index = source[place]
            guard index >= 0, index < size else { throw OpFailure("Expected integers in 0..<\(size), not \(index).") }
            target[place] = index
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
