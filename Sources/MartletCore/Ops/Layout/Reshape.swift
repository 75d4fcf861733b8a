/// The same elements under another shape; shares memory.
struct Reshape: ViewOp, SimplifiableOp {
    static let name = "reshape"
    static let isLinear = true

    let shape: Shape

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0].shape.elementCount == shape.elementCount else {
            throw OpFailure("Expected \(shape.elementCount) elements for shape \(shape).")
        }
        return [TensorSpec(shape, inputs[0].dtype)]
    }

    func substitute(for input: TensorSpec) -> TensorSpec { TensorSpec(shape, input.dtype) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [context.gradient.reshaped(to: context.inputs[0].shape)]
    }

    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        if graph.specs[inputs[0]].shape == shape { return .value(inputs[0]) }
        return graph.producer(of: inputs[0], as: Reshape.self).map { .op(self, $0.inputs.map { .value($0) }) }
    }

    static var samples: [OpSample] {
        [
            OpSample(Reshape(shape: [3, 2]), [SampleInput.uniform([2, 3])], label: "2x3 to 3x2"),
            OpSample(Reshape(shape: []), [SampleInput.uniform([1, 1])], label: "1x1 to scalar"),
            OpSample(Reshape(shape: [5, 0]), [SampleInput.uniform([0, 2])], label: "empty"),
        ]
    }
}

extension Tensor {
    /// The same elements, in row-major order, under another shape. Shares memory. Stops when the numbers of elements
    /// differ.
    public func reshaped(to shape: Shape) -> Tensor {
        shape == self.shape ? self : perform(Reshape(shape: shape), self)
    }

    /// The same elements under sizes of which one may be -1: that one follows from the others, as in `reshaped(-1,
    /// 28)`.
    public func reshaped(_ sizes: Int...) -> Tensor { reshaped(sizes) }

    /// The same elements under sizes of which one may be -1.
    public func reshaped(_ sizes: [Int]) -> Tensor {
        guard let unknown = sizes.firstIndex(of: -1) else { return reshaped(to: Shape(sizes)) }
        let known = sizes.enumerated().reduce(1) { $1.offset == unknown ? $0 : saturatedProduct($0, $1.element) }
        guard
            require(
                known > 0 && elementCount % known == 0, "reshape",
                "Expected one -1 beside sizes whose product divides \(elementCount). Received: \(sizes) for \(spec).")
        else { return .substitute(spec) }
        var sizes = sizes
        sizes[unknown] = elementCount / known
        return reshaped(to: Shape(sizes))
    }

    /// All elements as a vector.
    public func flattened() -> Tensor { reshaped(to: Shape(unchecked: [elementCount])) }

    /// Inserts an axis of size 1 so that it is axis `axis` of the result; -1 appends it.
    public func expandingDims(at axis: Int) -> Tensor {
        let position = axis < 0 ? axis + rank + 1 : axis
        guard
            require(
                (0...rank).contains(position), "expandingDims",
                "Expected an axis in \(-rank - 1)...\(rank). Received: axis \(axis) for \(spec).")
        else { return .substitute(spec) }
        var sizes = shape.dimensions
        sizes.insert(1, at: position)
        return reshaped(to: Shape(sizes))
    }

    /// Removes axes of size 1: the given ones, or every one when nil. Stops when a given axis has another size.
    public func squeezed(axes: [Int]? = nil) -> Tensor {
        let sizes = shape.dimensions
        let removed = Set(axes.map { checkedAxes($0, "squeezed") } ?? sizes.indices.filter { sizes[$0] == 1 })
        require(
            removed.allSatisfy { shape[$0] == 1 }, "squeezed",
            "Expected axes of size 1. Received: axes \(axes ?? []) of \(spec).")
        return reshaped(to: Shape(unchecked: sizes.indices.filter { !removed.contains($0) }.map { sizes[$0] }))
    }

    /// Removes an axis of size 1.
    public func squeezed(axis: Int) -> Tensor { squeezed(axes: [axis]) }
}
